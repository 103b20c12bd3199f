"""Callers of the API: services and people, with tokens got as anybody gets them."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from tests.support.browser import Browser
from tests.support.exchange import Answer
from tests.support.exchange import Fields
from tests.support.exchange import with_query
from tests.support.people import Person
from tests.support.relying_party import RelyingParty
from tests.support.relying_party import Tokens
from tests.support.within import Within

ALL = (
    "idp:users:read idp:users:write idp:mfa:read idp:mfa:write idp:sessions:write "
    "idp:roles:write idp:clients:read idp:clients:write idp:policy:read "
    "idp:policy:write idp:audit:read idp:keys:write"
)
JSON = "application/json"


@dataclasses.dataclass
class ApiCaller:
    """Somebody who calls the API with a token."""

    provider: Within
    token: str | None

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Fields = (),
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        """Calls; `raw` replaces the body, a header of None in `headers` is left out."""
        sent = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        content = b""
        if raw is not None or body is not None:
            sent["Content-Type"] = JSON
            content = json.dumps(body).encode() if raw is None else raw
        sent.update(headers or {})
        address = with_query(f"{self.provider.issuer}/api/v1{path}", query)
        return self.provider.wire(method, address, list(sent.items()), content)

    def got(self, path: str, **query: str) -> Any:
        """Gives what a GET answers."""
        answer = self("GET", path, query=query)
        assert answer.status == 200, answer
        return answer.json()


@dataclasses.dataclass
class Administrator:
    """A person with a browser and an application that asks for their rights."""

    person: Person
    browser: Browser
    console: RelyingParty
    scope: str = f"openid {ALL}"

    def tokens(self, **changes: str) -> Tokens:
        """Goes through the code flow, with whatever pages are due."""
        arrived = self.console.ask(
            self.browser, **{"scope": self.scope, "acr_values": "mfa", **changes}
        )
        if arrived.page == "login-password":
            self.person.enter_password(arrived)
        if arrived.page == "login-totp":
            self.person.enter_code(arrived)
        return self.console.collect(arrived)


class Stage:
    """A provider with an API, and whoever calls it."""

    def __init__(self, provider: Within) -> None:
        self.provider = provider
        self.console = provider.client(
            "Console", "--id", "console", "--scope", f"openid offline_access {ALL}"
        )

    def bare(self, token: str | None = None) -> ApiCaller:
        """Gives a caller with a token of any kind, or none."""
        return ApiCaller(self.provider, token)

    def service(self, scope: str = ALL, name: str = "robot") -> ApiCaller:
        """Registers a service and gives it with a token of its own."""
        party = self.provider.client(name, "--id", name, "--service", "--scope", scope)
        answer = party.token(grant_type="client_credentials", scope=scope)
        assert answer.status == 200, answer
        return self.bare(answer.json()["access_token"])

    def administrator(self, username: str, *roles: str) -> Administrator:
        """Makes somebody with roles, signed in with a second factor."""
        named = [part for role in roles for part in ("--role", role)]
        person = self.provider.person(username, *named)
        browser = person.sign_in(self.provider.browser())
        return Administrator(person, browser, self.console.twin())

    def caller(self, username: str, *roles: str) -> ApiCaller:
        """Gives somebody with roles as a caller with a fresh token."""
        return self.bare(self.administrator(username, *roles).tokens().access)
