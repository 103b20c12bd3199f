"""The operations that are measured, each from the outside as an application does it.

An operation is made ready once for each wire, which is not measured; what it then does
is one call. `floor` says which pieces of the floor it cannot do without.
"""

import dataclasses
from collections.abc import Callable

from tests.bench.stage import Stage
from tests.support.browser import Browser
from tests.support.exchange import Answer
from tests.support.exchange import Wire
from tests.support.people import Person

SCOPE = "openid profile email"

Once = Callable[[], None]


@dataclasses.dataclass(frozen=True)
class Operation:
    """A thing that an application or a person does; ``title`` is for the table."""

    name: str
    title: str
    make_ready: Callable[[Stage, Wire], Once]
    floor: dict[str, int]
    per_person: bool = False
    """Whether a person can do it only once in half a minute, for want of a code."""


def _ok(answer: Answer) -> Answer:
    assert answer.status == 200, answer
    return answer


def _document(path: str) -> Callable[[Stage, Wire], Once]:
    def ready(stage: Stage, wire: Wire) -> Once:
        def once() -> None:
            _ok(wire("GET", stage.issuer + path))

        return once

    return ready


def _client_credentials(stage: Stage, wire: Wire) -> Once:
    party = stage.party(wire, service=True)

    def once() -> None:
        _ok(party.token(grant_type="client_credentials", scope="idp:users:read"))

    return once


def _refresh(stage: Stage, wire: Wire) -> Once:
    party = stage.party(wire)
    browser = stage.signed_in(wire)
    held = _tokens(stage, wire, browser)

    def once() -> None:
        held.update(_ok(party.refresh(held["refresh_token"])).json())

    return once


def _userinfo(stage: Stage, wire: Wire) -> Once:
    party = stage.party(wire)
    browser = stage.signed_in(wire)
    token = _tokens(stage, wire, browser)["access_token"]

    def once() -> None:
        _ok(party.userinfo(token))

    return once


def _introspect(stage: Stage, wire: Wire) -> Once:
    party = stage.party(wire)
    browser = stage.signed_in(wire)
    token = _tokens(stage, wire, browser)["access_token"]

    def once() -> None:
        assert _ok(party.introspect(token)).json()["active"]

    return once


def _authorize(stage: Stage, wire: Wire) -> Once:
    party = stage.party(wire)
    browser = stage.signed_in(wire)

    def once() -> None:
        party.code(party.ask(browser, scope=SCOPE, prompt="none"))

    return once


def _authorize_and_code(stage: Stage, wire: Wire) -> Once:
    browser = stage.signed_in(wire)

    def once() -> None:
        _tokens(stage, wire, browser)

    return once


def _login(dear: bool) -> Callable[[Stage, Wire], Once]:
    def ready(stage: Stage, wire: Wire) -> Once:
        party = stage.party(wire)
        waiting = stage.dear_people if dear else stage.people

        def once() -> None:
            somebody: Person = waiting.get_nowait()
            stage.next_step()
            try:
                browser = stage.browser(wire)
                party.ask(browser, scope=SCOPE)
                somebody.enter_code(somebody.enter_password(browser))
                party.code(browser)
            finally:
                waiting.put(somebody)

        return once

    return ready


def _tokens(stage: Stage, wire: Wire, browser: Browser) -> dict[str, str]:
    party = stage.party(wire)
    code = party.code(party.ask(browser, scope=SCOPE, prompt="none"))
    found: dict[str, str] = _ok(party.redeem(code)).json()
    return found


EXCHANGE = {"view": 1, "rs256": 1, "es256": 1, "commit": 1}
ASKING = {"view": 1, "verify": 1}
LOGIN = {"view": 6, "commit": 5}
OPERATIONS = (
    Operation(
        "discovery",
        "discovery",
        _document("/.well-known/openid-configuration"),
        {"view": 1},
    ),
    Operation("jwks", "JWKS", _document("/.well-known/jwks.json"), {"view": 1}),
    Operation(
        "client-credentials",
        "client credentials",
        _client_credentials,
        {"view": 1, "es256": 1, "commit": 1},
    ),
    Operation("refresh", "refresh", _refresh, EXCHANGE),
    Operation("userinfo", "userinfo", _userinfo, ASKING),
    Operation("introspection", "introspection", _introspect, ASKING),
    Operation("authorize", "silent authorize", _authorize, {"view": 1, "commit": 1}),
    Operation(
        "sign-on",
        "silent authorize + code exchange",
        _authorize_and_code,
        {"view": 2, "rs256": 1, "es256": 1, "commit": 2},
    ),
    Operation(
        "login", "full login without the hash", _login(False), LOGIN, per_person=True
    ),
    Operation(
        "login-with-hash",
        "full login with the hash",
        _login(True),
        {**LOGIN, "bcrypt": 1},
        per_person=True,
    ),
)
