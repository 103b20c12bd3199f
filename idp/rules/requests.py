"""The authorization request as a value: what an application asked for, already checked.

Made by ``oidc.requests`` from the wire, kept by ``store.logins`` while pages are due,
read by ``actions.authorize``. No parsing of parameters and no decision lives here.
"""

from dataclasses import dataclass
from dataclasses import fields
from datetime import UTC
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """An authorization request whose client and redirect address are proved.

    ``max_age`` is in seconds. ``scopes`` holds only what the client may have.
    ``acr_essential`` says that ``acr_values`` came from an essential ``claims`` member.
    ``subject`` is the person named by a verified ``id_token_hint``. The two
    ``…_claims`` are the members of the ``claims`` parameter, ``audience`` is the
    resource asked for, ``pushed`` names the row of a request that was pushed.
    """

    client_id: str
    redirect_uri: str
    arrived_at: datetime
    scopes: tuple[str, ...] = ()
    response_mode: str = "query"
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    prompt: tuple[str, ...] = ()
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()
    acr_essential: bool = False
    subject: str | None = None
    login_hint: str | None = None
    ui_locales: tuple[str, ...] = ()
    id_token_claims: tuple[str, ...] = ()
    userinfo_claims: tuple[str, ...] = ()
    audience: str | None = None
    pushed: str | None = None

    def as_stored(self) -> dict[str, Any]:
        """Returns the JSON form for the database."""
        stored = {name: getattr(self, name) for name in NAMES}
        return {**stored, "arrived_at": self.arrived_at.isoformat()}

    @classmethod
    def from_stored(cls, stored: dict[str, Any]) -> "AuthorizationRequest":
        """Reads a request back that ``as_stored`` wrote.

        Raises ValueError where a later version has noted something that is not known
        here: it may be a demand, and to leave it out would be to weaken it (REL-052).
        """
        if any(stored[name] for name in stored.keys() - NAMES):
            raise ValueError("a later version has noted more")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in stored.items()
            if name in NAMES
        }
        arrived_at = datetime.fromisoformat(stored["arrived_at"]).astimezone(UTC)
        values["arrived_at"] = arrived_at
        return cls(**values)


NAMES = frozenset(one.name for one in fields(AuthorizationRequest))
