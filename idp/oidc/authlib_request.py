"""One request as Authlib reads it, with the work it belongs to.

Authlib's hooks find everything they need on it; nothing of a request is kept in a
module or on a shared server. Parsing is ``wire``; what parameters mean is elsewhere.
"""

from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from idp.actions.work import Work

SECURE_PLACE = "https://issuer.invalid/"
"""Authlib insists on https in each address; what our issuer may be was settled at the
start (``settings``), so that no header of a request has a say in it."""


class ProtocolRequest(OAuth2Request):
    """A request with single-valued parameters and its ``Work``."""

    payload: BasicOAuth2Payload
    client: Any

    def __init__(
        self,
        method: str,
        parameters: dict[str, str],
        work: Work,
        *,
        authorization: str | None = None,
    ) -> None:
        """Takes parameters that were sent once and are not empty."""
        headers = {} if authorization is None else {"Authorization": authorization}
        super().__init__(method, SECURE_PLACE, headers=headers)
        self.payload = BasicOAuth2Payload(parameters)
        self.work = work
        self._parameters = parameters

    @property
    def form(self) -> dict[str, str]:
        """Returns the parameters; where they may stand was checked before."""
        return self._parameters

    @property
    def args(self) -> dict[str, Any]:
        """Returns nothing: no endpoint takes credentials from the query string."""
        return {}
