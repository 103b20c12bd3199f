"""interface.md section 5: commands print the objects that the API answers."""

from typing import Any

import pytest

from tests.api.stage import ApiCaller
from tests.api.stage import Stage

SHOWN = {
    ("user", "show", "mia"): "/users/{mia}",
    ("role", "list"): "/roles",
    ("client", "list"): "/clients",
    ("client", "show", "wiki"): "/clients/wiki",
    ("client", "registration-token", "list"): "/registration-tokens",
    ("policy", "show"): "/policy",
    ("keys", "list"): "/keys",
}


@pytest.fixture
def robot(stage: Stage) -> ApiCaller:
    command = stage.provider.command
    command("role", "create", "finance", "--mfa-required")
    command("user", "create", "mia", "--email", "mia@rp.example", "--role", "finance")
    where = ("--redirect-uri", "https://rp.example/cb")
    command("client", "create", "Wiki", "--id", "wiki", *where)
    command("client", "rotate-secret", "wiki")
    command("client", "registration-token", "create", "build farm")
    return stage.service()


@pytest.mark.parametrize("words", SHOWN, ids=" ".join)
def test_a_command_shows_what_the_api_shows(
    stage: Stage, robot: ApiCaller, words: tuple[str, ...]
) -> None:
    mia = robot.got("/users", query="mia")["items"][0]["id"]
    shown = stage.provider.command(*words, "--json")
    assert shown == robot.got(SHOWN[words].format(mia=mia))


def test_a_command_lists_the_people_that_the_api_lists(
    stage: Stage, robot: ApiCaller
) -> None:
    shown = stage.provider.command("user", "list", "--json")
    assert shown["items"] == robot.got("/users")["items"]


def test_both_answer_a_new_application_alike(stage: Stage, robot: ApiCaller) -> None:
    where = "https://rp.example/cb"
    told = stage.provider.command(
        "client", "create", "New", "--redirect-uri", where, "--json"
    )
    wish = {"client_name": "New", "redirect_uris": [where]}
    answered = robot("POST", "/clients", wish).json()
    assert _alike(told) == _alike(answered)


def test_both_answer_a_new_secret_alike(stage: Stage, robot: ApiCaller) -> None:
    told = stage.provider.command("client", "rotate-secret", "wiki", "--json")
    answered = robot("POST", "/clients/wiki/secrets", {}).json()
    assert _alike(told) == _alike(answered)


def test_both_export_the_same_records(stage: Stage, robot: ApiCaller) -> None:
    for form in ("jsonl", "csv"):
        asked = {"event": "role.created", "format": form}
        told = stage.provider.command(
            *("audit", "export", "--event", "role.created", "--format", form)
        )
        answer = robot("GET", "/audit/export", query=asked)
        assert told.splitlines() == answer.body.decode().splitlines()
        assert told


def _alike(facts: dict[str, Any]) -> dict[str, Any]:
    """Leaves out what is new each time."""
    made = ("id", "client_id", "client_id_issued_at", "client_secret", "secrets")
    assert facts["client_secret"]
    return {name: value for name, value in facts.items() if name not in made}
