"""Which OAuth error each refusal becomes, with a description that a client may read.

Descriptions are fixed sentences of printable ASCII and never repeat what was sent. The
table of ``architecture.md`` 5.3.4 lives here; pages for people are elsewhere.
"""

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.base import invalid_error_characters
from authlib.oidc.core.errors import ConsentRequiredError
from authlib.oidc.core.errors import InteractionRequiredError
from authlib.oidc.core.errors import LoginRequiredError

from idp.actions.authorize import Blocked
from idp.rules.policy import Step


class UnmetError(OAuth2Error):
    """The level asked for cannot be reached by this person, now."""

    error = "unmet_authentication_requirements"
    description = "The authentication asked for cannot be given here and now."


class UnsupportedResponseError(OAuth2Error):
    """``unsupported_response_type``, without an echo of what was asked."""

    error = "unsupported_response_type"
    description = "The only response_type here is code."


class UnsupportedGrantError(OAuth2Error):
    """``unsupported_grant_type``, without an echo of what was asked."""

    error = "unsupported_grant_type"
    description = "This grant_type is not supported."


class InvalidTargetError(OAuth2Error):
    """``invalid_target`` of RFC 8707."""

    error = "invalid_target"
    description = "The client has no tokens for this resource."


class BusyError(OAuth2Error):
    """A store is away, or a source failed too often; to be tried again."""

    error = "temporarily_unavailable"
    description = "The service is not available at the moment."

    def __init__(self, retry_after: int, *, status_code: int) -> None:
        """Takes the seconds to wait; 503 for us, 429 for too many attempts."""
        super().__init__(status_code=status_code)
        self.retry_after = retry_after

    def get_headers(self) -> list[tuple[str, str]]:
        """Adds ``Retry-After``."""
        return [*super().get_headers(), ("Retry-After", str(self.retry_after))]


class ServerSideError(OAuth2Error):
    """``server_error``: our fault."""

    error = "server_error"
    description = "Something went wrong on our side."


OF_STEP: dict[Step, type[OAuth2Error]] = {
    Step.PASSWORD: LoginRequiredError,
    Step.NEW_PASSWORD: InteractionRequiredError,
    Step.SECOND_FACTOR: InteractionRequiredError,
    Step.ENROL: InteractionRequiredError,
    Step.BACKUP_CODES: InteractionRequiredError,
    Step.NOTICE: InteractionRequiredError,
    Step.SELECT_ACCOUNT: InteractionRequiredError,
    Step.CONSENT: ConsentRequiredError,
    Step.REFUSED: LoginRequiredError,
    Step.DONE: LoginRequiredError,
}

SAID: dict[type[OAuth2Error], str] = {
    LoginRequiredError: "The person has to sign in first.",
    InteractionRequiredError: "The person has to do something first.",
    ConsentRequiredError: "The person has to allow this first.",
}


def of_blocked(blocked: Blocked) -> OAuth2Error:
    """Names what stood in the way of a request that may show no page (SEC-099)."""
    if blocked.unmet:
        return UnmetError()
    kind = OF_STEP[blocked.step]
    return kind(SAID[kind])


def description_of(error: OAuth2Error) -> str:
    """Returns the description with nothing in it that RFC 6749 5.2 forbids."""
    return readable(str(error.get_error_description() or ""))


def readable(text: str) -> str:
    """Returns a text with nothing in it that RFC 6749 5.2 forbids."""
    forbidden = invalid_error_characters(text)
    return "".join(letter for letter in text if letter not in forbidden)
