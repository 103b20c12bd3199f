"""Who calls our own API: from a bearer token to its holder and their rights.

A token gives its scopes or what its holder may do at this moment, whichever is less. A
fault becomes a challenge (RFC 6750, RFC 9470); Flask and problem documents are
elsewhere.
"""

from dataclasses import replace

from idp.actions import gate
from idp.actions import rights
from idp.actions import throttle
from idp.actions.gate import Holder
from idp.actions.work import Work
from idp.errors import Forbidden
from idp.oidc import access_token
from idp.oidc.access_token import AccessToken
from idp.oidc.keys import KeyRing
from idp.oidc.userinfo import token_in_header
from idp.rules import permissions
from idp.rules.policy import Step

LEVEL = "mfa"
INVALID = "The access token is not valid."
STEP_UP = "insufficient_user_authentication"


class TokenRefused(Exception):  # noqa: N818  a refusal, as those of idp.errors
    """A request that its token does not carry: why, and what to ask for instead.

    ``error`` is a word of RFC 6750 or RFC 9470, or None where no token came.
    """

    def __init__(self, error: str | None, description: str, **parameters: str) -> None:
        """Takes the parameters that belong to the challenge."""
        super().__init__(description)
        self.error = error
        self.description = description
        self.parameters = parameters

    @property
    def status(self) -> int:
        """The status of the answer."""
        return 403 if self.error == "insufficient_scope" else 401

    @property
    def challenge(self) -> str:
        """The value of ``WWW-Authenticate``."""
        said = {"realm": "api"}
        if self.error is not None:
            said["error"] = self.error
            said["error_description"] = self.description
        said.update(self.parameters)
        return "Bearer " + ", ".join(f'{name}="{text}"' for name, text in said.items())


def admit(
    authorization: str | None,
    work: Work,
    keys: KeyRing,
    *,
    needs: str,
    writes: bool,
) -> None:
    """Puts who holds a token into the work, if it carries a right.

    Raises TokenRefused, Forbidden where the holder lacks the right, and
    TooManyAttempts for a bad token of a source that sent too many (SEC-115); good ones
    are never counted.
    """
    text = token_in_header(authorization)
    if text is None:
        raise TokenRefused(None, "An access token is needed.")
    token = access_token.read(text, work, keys)
    holder = None if token is None else _holder(token, work, fresh=writes)
    if token is None or holder is None:
        throttle.check_source(work)
        throttle.count_source(work)
        raise TokenRefused("invalid_token", INVALID)
    work.actor = holder.actor
    try:
        rights.require(work, needs)
    except Forbidden:
        if needs in token.scopes:
            raise
        words = f"The access token lacks the scope {needs}."
        raise TokenRefused("insufficient_scope", words, scope=needs) from None
    if holder.step is not Step.DONE:
        raise _step_up(work, writes=writes)


def _holder(token: AccessToken, work: Work, *, fresh: bool) -> Holder | None:
    """Finds who stands behind a token that is for the API and nothing else."""
    if token.audience != (permissions.api_audience(work.settings.issuer),):
        return None
    if token.grant_id is None:
        is_service = token.subject == token.client_id
        found = (
            gate.service(work, token.client_id, token.issued_at) if is_service else None
        )
    else:
        found = gate.person_of_grant(work, token.grant_id, fresh=fresh)
        if found is not None and found.actor.id != token.subject:
            return None
    if found is None or found.client_id != token.client_id:
        return None
    rights = tuple(one for one in found.actor.permissions if one in token.scopes)
    return replace(found, actor=replace(found.actor, permissions=rights))


def _step_up(work: Work, *, writes: bool) -> TokenRefused:
    """Says which authentication is needed (RFC 9470 section 3)."""
    if not writes:
        return TokenRefused(STEP_UP, "A second factor is needed.", acr_values=LEVEL)
    age = str(int(work.settings.sudo_freshness.total_seconds()))
    words = "A second factor proved just now is needed."
    return TokenRefused(STEP_UP, words, max_age=age, acr_values=LEVEL)
