"""The set-up for the suite: its scripts meet our pages, so that no module waits.

``docs/conformance/prepare.py`` sets a fresh provider up by commands; then each module's
visits go over HTTPS with the scripts of the configuration that it wrote.
"""

import base64
import contextlib
import dataclasses
import datetime
import importlib.util
import json
from collections.abc import Iterator
from typing import Any

import pytest

from idp.app import create_app
from idp.settings import Settings
from tests.architecture.tree import TOP
from tests.oidc.conformance import plans
from tests.oidc.conformance.automation import Automaton
from tests.oidc.conformance.automation import StuckError
from tests.oidc.conformance.automation import fits
from tests.oidc.conformance.logout import STATE
from tests.oidc.conformance.op import HOST
from tests.oidc.conformance.op import listening
from tests.support.browser import Browser
from tests.support.certificates import Authority
from tests.support.clock import Clock
from tests.support.exchange import Caller
from tests.support.exchange import over_tls
from tests.support.provider import settings_for
from tests.support.relying_party import challenge
from tests.support.valkey import free_port
from tests.support.within import inside_commander

SUITE = "https://localhost:8443"
CODE, ERROR, PAGE = "code", "error", "page"
NOBODY = {"prompt": "none"}
Fields = dict[str, str | None]


def program() -> Any:
    """Loads the program of the documentation."""
    path = TOP / "docs" / "conformance" / "prepare.py"
    spec = importlib.util.spec_from_file_location("prepare", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@dataclasses.dataclass
class SetUp:
    """A provider as the program leaves it, and the configurations that it wrote."""

    program: Any
    issuer: str
    wire: Any
    clock: Clock
    command: Any
    configs: dict[str, Any]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SetUp]:
    folder, port, prepare = tmp_path_factory.mktemp("suite"), free_port(), program()
    issuer = f"https://{HOST}:{port}"
    environment = settings_for(folder, IDP_ISSUER=issuer, IDP_SOURCE_RATE="60/minute")
    command = inside_commander(environment)
    command("init")
    into = folder / "conformance"
    wish = ["--issuer", issuer, "--suite", SUITE, "--into", str(into)]
    prepare.main(wish, command)
    configs = {f.stem: json.loads(f.read_text("utf-8")) for f in into.glob("*.json")}
    authority, clock = Authority(folder), Clock(datetime.datetime.now(datetime.UTC))
    clock.advance(seconds=1)
    application = create_app(Settings.load(environment), clock=clock)
    wire = over_tls(authority.file)
    with (
        contextlib.closing(application.extensions["ostiary"]),
        listening(application, port, authority),
    ):
        yield SetUp(prepare, issuer, wire, clock, command, configs)


class Module:
    """One module of a plan, with an empty jar."""

    def __init__(self, ready: SetUp, plan: str, name: str) -> None:
        self.ready = ready
        self.config = ready.configs[plan]
        self.base = f"{SUITE}/test/a/{self.config['alias']}"
        self.mode = "form_post" if plan == "form-post" else None
        self.http = Caller(ready.issuer, ready.wire)
        browser = Browser(ready.issuer, ready.wire)
        self.automaton = Automaton(browser, self.config, name, SUITE)

    def visit(
        self,
        changes: Fields,
        expected: str = CODE,
        *,
        client: str = "client",
        shot: bool = False,
        by_post: bool = False,
    ) -> dict[str, str]:
        """Sends a request, by the script; gives what came back."""
        wish: Fields = {
            "client_id": self.config[client]["client_id"],
            "nonce": "n0n0n0n0n0",
            "redirect_uri": f"{self.base}/callback",
            "response_mode": self.mode,
            "response_type": "code",
            "scope": "openid",
            "state": "s1s1s1s1s1",
            **changes,
        }
        sent = {
            name: value for name, value in sorted(wish.items()) if value is not None
        }
        address = f"{self.ready.issuer}/authorize"
        arrived = self.automaton.go(address, sent, by_post=by_post, shot=shot)
        if expected == PAGE:
            assert arrived is None
            return {}
        assert arrived is not None, self.automaton.at
        assert expected in arrived, arrived
        assert arrived.get("state") == sent.get("state")
        self.ready.clock.advance(seconds=2)
        return arrived

    def tokens(self, code: str, client: str = "client", **more: str) -> dict[str, Any]:
        """Redeems a code with what the configuration says of the client."""
        who = tuple(self.config[client].values())
        form = {"grant_type": "authorization_code", "code": code, **more}
        form["redirect_uri"] = f"{self.base}/callback"
        if client == "client_secret_post":
            form.update(self.config[client])
            answer = self.http.post("/token", form)
        else:
            answer = self.http.post("/token", form, basic=(who[0], who[1]))
        assert answer.status == 200, answer
        return dict(answer.json())

    def sign_out(self, fields: Fields, *, shot: bool) -> None:
        """Sends the browser to the end, by the script."""
        sent = {name: value for name, value in fields.items() if value is not None}
        self.automaton.go(f"{self.ready.issuer}/end_session", sent, shot=shot)


def unsigned(claims: dict[str, str]) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return (
        ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts) + "."
    )


def simple() -> dict[str, tuple[Fields, str]]:
    """Gives the modules of one visit: what they change, and what comes back."""
    changes: dict[str, Fields] = {
        "ensure-request-without-nonce-succeeds-for-code-flow": {"nonce": None},
        "scope-profile": {"scope": "openid profile"},
        "scope-email": {"scope": "openid email"},
        "scope-address": {"scope": "openid address"},
        "scope-phone": {"scope": "openid phone"},
        "scope-all": {"scope": "openid email phone address profile"},
        "alternate-happy-flow": {"scope": "email openid"},
        "display-page": {"display": "page"},
        "display-popup": {"display": "popup"},
        "ensure-request-with-unknown-parameter-succeeds": {"extra": "foobar"},
        "login-hint": {"login_hint": "buffy@op.test"},
        "ui-locales": {"ui_locales": "se"},
        "claims-locales": {"claims_locales": "se"},
        "ensure-request-with-acr-values-succeeds": {"acr_values": "pwd mfa"},
        "claims-essential": {"claims": '{"userinfo":{"name":{"essential":true}}}'},
    }
    refused: dict[str, Fields] = {
        "response-type-missing": {"response_type": None},
        "prompt-none-not-logged-in": NOBODY,
        "unsigned-request-object-supported-correctly-or-rejected-as-unsupported": {
            "request": unsigned({"state": "s1s1s1s1s1"}),
            "state": None,
        },
    }
    plain = ("server", "userinfo-get", "userinfo-post-header", "userinfo-post-body")
    once = {**{name: {} for name in (*plain, "codereuse", "codereuse-30seconds")}}
    return {
        **{f"oidcc-{name}": (wish, CODE) for name, wish in {**once, **changes}.items()},
        **{f"oidcc-{name}": (wish, ERROR) for name, wish in refused.items()},
    }


SIMPLE = simple()
TWICE: dict[str, tuple[Fields, Fields]] = {
    "oidcc-prompt-login": ({}, {"prompt": "login"}),
    "oidcc-prompt-none-logged-in": ({}, NOBODY),
    "oidcc-max-age-1": ({}, {"max_age": "1"}),
    "oidcc-max-age-10000": ({"max_age": "15000"}, {"max_age": "10000"}),
}
KEPT = {
    "oidcc-ensure-registered-redirect-uri": ("/a1b2c3d4e5", {}),
    "oidcc-ensure-request-object-with-redirect-uri": (
        "_invalid",
        {"request": unsigned({})},
    ),
}
OTHERS = {
    "oidcc-id-token-hint",
    "oidcc-ensure-post-request-succeeds",
    "oidcc-server-client-secret-post",
    "oidcc-refresh-token",
    "oidcc-ensure-request-with-valid-pkce-succeeds",
}
BY_FORM = ("oidcc-server", "oidcc-prompt-none-not-logged-in", "oidcc-scope-all")


def test_every_module_of_basic_op_is_gone_through() -> None:
    assert {*SIMPLE, *TWICE, *KEPT, *OTHERS} == set(plans.BASIC)


@pytest.mark.parametrize("name", SIMPLE)
def test_a_module_of_one_visit_comes_to_its_end(ready: SetUp, name: str) -> None:
    changes, expected = SIMPLE[name]
    Module(ready, "basic", name).visit(changes, expected)


@pytest.mark.parametrize("name", BY_FORM)
def test_an_answer_by_form_is_carried_over(ready: SetUp, name: str) -> None:
    changes, expected = SIMPLE[name]
    Module(ready, "form-post", name).visit(changes, expected)


@pytest.mark.parametrize("plan", ["basic", "form-post"])
@pytest.mark.parametrize("name", TWICE)
def test_a_second_visit_is_photographed_where_the_form_comes_again(
    ready: SetUp, plan: str, name: str
) -> None:
    module = Module(ready, plan, name)
    first, second = TWICE[name]
    module.visit(first)
    module.visit(second, shot=name in ready.program.LOGIN_SHOWN)


@pytest.mark.parametrize("plan", ["basic", "form-post"])
@pytest.mark.parametrize("name", KEPT)
def test_the_page_about_an_address_is_photographed(
    ready: SetUp, plan: str, name: str
) -> None:
    module = Module(ready, plan, name)
    more, changes = KEPT[name]
    wrong = f"{module.base}/callback{more}"
    module.visit({"redirect_uri": wrong, **changes}, PAGE, shot=True)
    assert name in ready.program.ADDRESS_REFUSED


def test_oidcc_id_token_hint_comes_to_its_end(ready: SetUp) -> None:
    module = Module(ready, "basic", "oidcc-id-token-hint")
    tokens = module.tokens(module.visit({})["code"])
    module.visit({"prompt": "none", "id_token_hint": tokens["id_token"]})


def test_a_request_by_post_comes_to_its_end(ready: SetUp) -> None:
    module = Module(ready, "basic", "oidcc-ensure-post-request-succeeds")
    module.tokens(module.visit({}, by_post=True)["code"])


def test_the_client_with_its_secret_in_the_form_is_set_up(ready: SetUp) -> None:
    module = Module(ready, "basic", "oidcc-server-client-secret-post")
    code = module.visit({}, client="client_secret_post")["code"]
    module.tokens(code, "client_secret_post")


def test_a_challenge_comes_to_its_end(ready: SetUp) -> None:
    module = Module(ready, "basic", "oidcc-ensure-request-with-valid-pkce-succeeds")
    wish = {"code_challenge": challenge("v" * 43), "code_challenge_method": "S256"}
    code = module.visit({**wish})["code"]
    module.tokens(code, code_verifier="v" * 43)


@pytest.mark.parametrize("plan", ["basic", "form-post"])
def test_both_clients_of_the_refresh_get_their_tokens(ready: SetUp, plan: str) -> None:
    module = Module(ready, plan, "oidcc-refresh-token")
    wish = {"scope": "openid offline_access", "prompt": "consent"}
    for client in ("client", "client2"):
        code = module.visit({**wish}, client=client)["code"]
        assert module.tokens(code, client)["refresh_token"]


def test_the_person_has_a_value_for_every_claim(ready: SetUp) -> None:
    module = Module(ready, "basic", "oidcc-scope-all")
    changes, _ = SIMPLE["oidcc-scope-all"]
    token = module.tokens(module.visit(changes)["code"])["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    info = module.http.get("/userinfo", headers=bearer).json()
    assert len(info) == 1 + 14 + 2 + 1 + 2


@pytest.mark.parametrize("name", plans.RP_INITIATED[1:])
def test_a_sign_out_comes_to_its_end(ready: SetUp, name: str) -> None:
    module = Module(ready, "rp-initiated", name)
    tokens = module.tokens(module.visit({})["code"])
    back_to, hint = f"{module.base}/post_logout_redirect", tokens["id_token"]
    full: Fields = {
        "id_token_hint": hint,
        "post_logout_redirect_uri": back_to,
        "state": STATE,
    }
    nothing: Fields = dict.fromkeys(full)
    wish: dict[str, Fields] = {
        "": full,
        "-no-state": {**full, "state": None},
        "-bad-post-logout-redirect-uri": {
            **full,
            "post_logout_redirect_uri": f"{module.base}/bad_post_logout_redirect_uri",
        },
        "-query-added-to-post-logout-redirect-uri": {
            **full,
            "post_logout_redirect_uri": f"{back_to}?foo=bar",
        },
        "-modified-id-token-hint": {**full, "id_token_hint": unsigned({"sub": "x"})},
        "-bad-id-token-hint": {**full, "id_token_hint": hint[:-8] + "AAAAAAAA"},
        "-no-id-token-hint": {**full, "id_token_hint": None},
        "-no-post-logout-redirect-uri": {**full, "post_logout_redirect_uri": None},
        "-no-params": nothing,
        "-only-state": {**nothing, "state": STATE},
    }
    shot = name in ready.program.SIGNED_OUT
    module.sign_out(wish[name.removeprefix("oidcc-rp-initiated-logout")], shot=shot)
    assert shot == (module.automaton.arrived is None)
    module.visit(NOBODY, ERROR)


@pytest.mark.parametrize("kind", ["back", "front"])
def test_the_client_that_is_told_is_another_one(ready: SetUp, kind: str) -> None:
    module = Module(
        ready, f"{kind}-channel", f"oidcc-{kind}channel-rp-initiated-logout"
    )
    tokens = module.tokens(module.visit({})["code"])
    back_to = f"{module.base}/post_logout_redirect"
    full = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": back_to}
    module.sign_out({**full}, shot=False)
    assert module.automaton.at == back_to
    client_id = module.config["client"]["client_id"]
    facts = ready.command("client", "show", client_id, "--json")
    assert facts[f"{kind}channel_logout_session_required"] is True
    told = f"{module.base}/{kind}channel_logout"
    assert facts[f"{kind}channel_logout_uri"] == told
    loaded = [address.partition("?")[0] for address in module.automaton.framed]
    assert loaded == ([told] if kind == "front" else [])
    module.visit(NOBODY, ERROR)


def test_scripts_are_found_by_origin_not_by_what_a_query_holds(ready: SetUp) -> None:
    """An address of the request holds that of the answer, as the suite writes it."""
    back = f"{SUITE}/test/a/ostiary/callback"
    address = f"{ready.issuer}/authorize?redirect_uri={back}"
    assert fits("*/test/*/callback*", address)
    patterns = {
        task["match"]
        for config in ready.configs.values()
        for entry in config["browser"]
        for task in entry["tasks"]
    }
    assert all(one.startswith((ready.issuer, SUITE)) for one in patterns)


def test_a_script_that_meets_no_page_of_ours_is_noticed(ready: SetUp) -> None:
    module = Module(ready, "basic", "oidcc-prompt-login")
    module.visit({})
    with pytest.raises(StuckError, match="no photograph"):
        module.visit(NOBODY, shot=True)
    (entry, _) = module.config["browser"]
    commands = entry["tasks"][0]["commands"]
    for number, command, complaint in (
        (2, ["click", "css", "form[data-action=sign-in] button"], "sends no form"),
        (0, ["text", "name", "user", "somebody"], "no name user"),
    ):
        kept, commands[number] = commands[number], command
        with pytest.raises(StuckError, match=complaint):
            Module(ready, "basic", "oidcc-server").visit({})
        commands[number] = kept
