"""The authorization code grant with PKCE, on Authlib's, filled by actions.

Authlib checks the order of things; the code is spent inside ``authenticate_user``,
after client, address and verifier were found right and before anything is signed.
Codes are made by ``actions.authorize`` only.
"""

from dataclasses import dataclass
from dataclasses import field
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7636.challenge import CODE_VERIFIER_PATTERN

from idp.actions import codes
from idp.actions.codes import CodeFacts
from idp.actions.grants import GrantFacts
from idp.errors import GrantGone
from idp.oidc.authlib_request import ProtocolRequest
from idp.oidc.clients import METHODS
from idp.oidc.clients import ProtocolClient
from idp.oidc.refusals import InvalidTargetError

INVALID_CODE = "The code is not valid for this request."
CHALLENGE_MISSING = (
    "PKCE is required: send code_challenge with code_challenge_method=S256. "
    "For a client with a secret, require_pkce can be switched off."
)
METHOD_WRONG = "code_challenge needs code_challenge_method=S256."


@dataclass(frozen=True, slots=True)
class PresentedCode:
    """A code as Authlib carries it from check to check."""

    text: str = field(repr=False)
    facts: CodeFacts

    def get_redirect_uri(self) -> str:
        """Returns the address that the code was sent to; it must be named again."""
        return self.facts.redirect_uri

    def get_scope(self) -> str:
        """Returns nothing: what was granted is known once the code is spent."""
        return ""


class CodeGrant(AuthorizationCodeGrant):
    """``grant_type=authorization_code`` and ``response_type=code``."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    request: ProtocolRequest

    def query_authorization_code(self, code: str, client: Any) -> PresentedCode:
        """Finds a code of this client; a used one has revoked everything (SEC-190)."""
        facts = codes.find_code(self.request.work, code, client.get_client_id())
        if facts is None:
            raise InvalidGrantError(INVALID_CODE)
        if self.request.form.get("resource") not in (None, facts.audience):
            raise InvalidTargetError
        return PresentedCode(code, facts)

    def authenticate_user(self, authorization_code: Any) -> GrantFacts:
        """Spends the code; when this returns, everything is committed (REL-016)."""
        presented: PresentedCode = authorization_code
        client_id = presented.facts.client_id
        try:
            return codes.redeem_code(self.request.work, presented.text, client_id)
        except GrantGone:
            raise InvalidGrantError(INVALID_CODE) from None

    def delete_authorization_code(self, authorization_code: Any) -> None:
        """Keeps the code, which is marked as used (SEC-191)."""


class S256(CodeChallenge):
    """PKCE by S256 only, checked from the first request on (SEC-173, SEC-174)."""

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Refuses a request without a challenge, unless its client is excused."""
        client: ProtocolClient = grant.request.client
        challenge = grant.request.payload.data.get("code_challenge")
        method = grant.request.payload.data.get("code_challenge_method")
        excused = not client.record.require_pkce and not client.record.public
        if challenge is None and method is None and excused:
            return
        if challenge is None:
            raise InvalidRequestError(CHALLENGE_MISSING)
        if method != "S256":
            raise InvalidRequestError(METHOD_WRONG)
        if not challenge.isprintable():
            raise InvalidRequestError("Invalid code_challenge.")
        super().validate_code_challenge(grant, redirect_uri)

    def validate_code_verifier(self, grant: Any, result: Any) -> None:
        """Compares; a wrong verifier is counted and five of them kill the code."""
        presented: PresentedCode = grant.request.authorization_code
        challenge = presented.facts.code_challenge
        verifier = grant.request.form.get("code_verifier")
        if challenge is None and verifier is None:
            return
        if challenge is None:
            raise InvalidGrantError("The code was asked for without code_challenge.")
        if verifier is None:
            raise InvalidGrantError("The code_verifier is missing.")
        if not self._matches(verifier, challenge):
            codes.wrong_verifier(grant.request.work, presented.text)
            raise InvalidGrantError("The code_verifier is not right.")

    def _matches(self, verifier: str, challenge: str) -> bool:
        compare = self.CODE_CHALLENGE_METHODS["S256"]
        well_formed = CODE_VERIFIER_PATTERN.match(verifier) is not None
        return well_formed and bool(compare(verifier, challenge))
