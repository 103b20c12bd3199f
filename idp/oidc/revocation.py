"""The revocation endpoint (RFC 7009) on Authlib's.

200 with an empty JSON object for every token, known or not, so that nothing can be
found out by asking (SEC-227); only a client's own tokens are revoked.
"""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint

from idp.actions import tokens
from idp.oidc import access_token
from idp.oidc.authlib_request import ProtocolRequest
from idp.oidc.clients import METHODS
from idp.oidc.keys import KeyRing


class Revocation(RevocationEndpoint):
    """Ends what a token came from."""

    CLIENT_AUTH_METHODS = METHODS

    def __init__(self, keys: KeyRing) -> None:
        """Takes the ring that opens tokens."""
        super().__init__()
        self._keys = keys

    def authenticate_token(self, request: Any, client: Any) -> str:
        """Takes the token as it is; whose it is, is asked when it is revoked."""
        text: str | None = request.form.get("token")
        if text is None:
            raise InvalidRequestError("The parameter token is missing.")
        request.client = client
        return text

    def revoke_token(self, token: Any, request: Any) -> None:
        """Revokes the family or grant of this client that the token stands for."""
        text: str = token
        asked: ProtocolRequest = request
        client_id = asked.client.get_client_id()
        if text.count(".") != 2:
            tokens.revoke_refresh(asked.work, text, client_id)
            return
        found = access_token.read(text, asked.work, self._keys)
        if found is not None and found.grant_id is not None:
            tokens.revoke_grant(asked.work, found.grant_id, client_id)
