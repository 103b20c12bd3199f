"""Requests made from the OpenAPI document itself: no fault, every answer as described.

schemathesis makes what the document allows and what it forbids, the same each time. The
forbidden must not be taken; the allowed may still be refused by a rule. Half of what is
allowed is about things that exist, so that every operation also succeeds.
"""

from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import strategies
from schemathesis import Case
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.api.stage import ApiCaller
from tests.api.stage import Stage

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
SETTINGS = hypothesis.settings(
    max_examples=8,
    derandomize=True,
    database=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
ONCE = hypothesis.settings(SETTINGS, max_examples=1)
REFUSED = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 428, 429]
CONFIG = schemathesis.Config.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": REFUSED}}}
)
CALLBACK = "https://rp.example/cb"
BODIES: dict[str, Any] = {
    "POST /clients": {"client_name": "New", "redirect_uris": [CALLBACK]},
    "POST /registration-tokens": {"name": "build farm"},
    "POST /roles": {"name": "auditor"},
    "PATCH /clients/{client_id}": {"min_acr": "mfa", "max_factor_age": None},
    "POST /users/mfa/require": {"filter": {"role": "finance"}, "required": True},
    "POST /users/{id}/mfa/disable": {"reason": "lost"},
}
"""What chance would hardly make: values that hold together."""


def existing(stage: Stage, looking: ApiCaller) -> dict[str, dict[str, str]]:
    """Makes what paths may name; gives it by the path or the word it begins with."""
    command = stage.provider.command
    command("role", "create", "finance")
    for one in ("wiki", "books"):
        command("client", "create", one, "--id", one, "--redirect-uri", CALLBACK)
    command("client", "rotate-secret", "books")
    stage.provider.person("mia", "--role", "finance")
    stage.provider.person("rob").sign_in(stage.provider.browser())
    rob, mia = (
        looking.got("/users", query=q)["items"][0]["id"] for q in ("rob", "mia")
    )
    token = ("client", "registration-token", "create", "farm", "--json")
    secret = looking.got("/clients/books")["secrets"][0]["id"]
    return {
        "/clients/{client_id}/secrets/{id}": {"client_id": "books", "id": secret},
        "/clients": {"client_id": "wiki"},
        "/keys": {"kid": command("keys", "rotate", "--json")["kid"]},
        "/registration-tokens": {"id": command(*token)["id"]},
        "/roles": {"name": "finance"},
        "/sessions": {"sid": looking.got(f"/users/{rob}/sessions")["items"][0]["sid"]},
        "/users": {"id": mia},
    }


def sent(caller: ApiCaller, case: Case[Any]) -> schemathesis.Response:
    """Sends what was made; gives the answer for the checks."""
    base = f"{caller.provider.issuer}/api/v1"
    token = {"Authorization": f"Bearer {caller.token}"}
    made = case.as_transport_kwargs(base_url=base, headers=token)
    ready = requests.Request(**made).prepare()
    content = ready.body or b""
    answer = caller.provider.wire(
        str(ready.method),
        str(ready.url),
        list(ready.headers.items()),
        content.encode() if isinstance(content, str) else content,
    )
    headers = {name: answer.all_headers(name) for name, _ in answer.headers}
    return schemathesis.Response(
        answer.status, headers, answer.body, ready, elapsed=0.0, verify=False
    )


def explored(
    caller: ApiCaller,
    operation: Any,
    mode: GenerationMode,
    named: dict[str, str],
) -> set[int]:
    """Sends some requests of one operation and checks each answer; gives statuses."""
    made = [operation.as_strategy(generation_mode=mode)]
    if mode is GenerationMode.POSITIVE:
        fixed: dict[str, Any] = {"path_parameters": named} if named else {}
        made.append(operation.as_strategy(generation_mode=mode, **fixed))
        if operation.label in BODIES:
            fixed["body"] = BODIES[operation.label]
        if operation.headers:
            fixed["headers"] = {"If-Match": "*"}
        if "body" in fixed or "headers" in fixed:
            made.append(operation.as_strategy(generation_mode=mode, **fixed))
    statuses = set()

    def explore(case: Case[Any]) -> None:
        response = sent(caller, case)
        statuses.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    SETTINGS(hypothesis.given(case=strategies.one_of(made))(explore))()
    if len(made) > 1:  # chance may pass over what holds together
        ONCE(hypothesis.given(case=made[-1])(explore))()
    return statuses


def _from_within(operation: Any) -> tuple[bool, int]:
    """Puts deletions last, and what lies within something before that."""
    return operation.method == "delete", -len(operation.path)


@pytest.mark.parametrize("kind", ["service", "person"])
def test_every_answer_is_as_described_and_none_is_a_fault(
    stage: Stage, kind: str
) -> None:
    robot = stage.service()
    real = existing(stage, robot)
    caller = robot if kind == "service" else stage.caller("root", "administrator")
    document = caller("GET", "/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document, config=CONFIG)
    operations = [found.ok() for found in schema.get_all_operations()]
    never = []
    for operation in sorted(operations, key=_from_within):
        subject = real.get(f"/{operation.path.split('/')[1]}", {})
        known = real.get(operation.path, subject)
        named = {one: known[one] for one in known if f"{{{one}}}" in operation.path}
        statuses = explored(caller, operation, GenerationMode.POSITIVE, named)
        if not any(status < 300 for status in statuses):
            never.append(operation.label)
        if operation.body or operation.query:
            explored(caller, operation, GenerationMode.NEGATIVE, named)
    assert never == []
