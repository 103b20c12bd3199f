"""The refresh grant on Authlib's: rotation and families are ``actions.tokens``.

As with codes, the token is spent inside ``authenticate_user``, before any signature.
A refresh may ask for less; what was never granted is left out, not refused (SEC-202).
"""

from dataclasses import dataclass
from dataclasses import field
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError
from authlib.oauth2.rfc6749 import TokenMixin
from authlib.oauth2.rfc6749.grants import RefreshTokenGrant

from idp.actions import tokens
from idp.actions.grants import GrantFacts
from idp.errors import BadRequest
from idp.errors import GrantGone
from idp.oidc.authlib_request import ProtocolRequest
from idp.oidc.clients import METHODS
from idp.oidc.refusals import InvalidTargetError

INVALID_TOKEN = "The refresh token is not valid."


@dataclass(frozen=True)
class PresentedToken(TokenMixin):
    """A refresh token as Authlib carries it; whose it is, is asked when it is spent."""

    text: str = field(repr=False)

    def check_client(self, client: Any) -> bool:
        """Leaves the question to the block that spends the token."""
        return True

    def get_scope(self) -> str:
        """Returns nothing: what was granted is known once the token is spent."""
        return ""


class RefreshGrant(RefreshTokenGrant):
    """``grant_type=refresh_token``."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    request: ProtocolRequest

    def authenticate_refresh_token(self, refresh_token: str) -> PresentedToken:
        """Takes the token as it is."""
        return PresentedToken(refresh_token)

    def _validate_token_scope(self, token: Any) -> None:
        """Refuses no scope; Authlib would (clients repeat their configured scope)."""

    def authenticate_user(self, refresh_token: Any) -> GrantFacts:
        """Spends the token; when this returns, everything is committed (SEC-199)."""
        presented: PresentedToken = refresh_token
        asked = self.request.form.get("scope")
        scopes = None if asked is None else tuple(asked.split())
        try:
            return tokens.refresh(
                self.request.work,
                presented.text,
                self.request.client.get_client_id(),
                scopes,
                resource=self.request.form.get("resource"),
            )
        except GrantGone:
            raise InvalidGrantError(INVALID_TOKEN) from None
        except BadRequest:
            raise InvalidTargetError from None

    def revoke_old_credential(self, refresh_token: Any) -> None:
        """Does nothing: the old token was spent in the block that made the new one."""
