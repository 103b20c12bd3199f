"""Sign-out asked for by an application (RP-Initiated Logout 1.0), in two phases.

``read`` says what a request is worth: whether it may end the session at once, needs a
yes on our page, or is refused; and where the browser may go afterwards. Ending is an
action, asking is a page.
"""

import enum
from dataclasses import dataclass

from idp.actions.grants import Client
from idp.actions.sessions import SessionFacts
from idp.actions.work import Work
from idp.oidc import clients
from idp.oidc.id_token import Hint
from idp.oidc.id_token import read_hint
from idp.oidc.keys import KeyRing
from idp.oidc.responses import extended
from idp.oidc.wire import HttpRequest
from idp.oidc.wire import Parameters
from idp.oidc.wire import lenient

NAMES = (
    *("id_token_hint", "client_id", "post_logout_redirect_uri"),
    *("state", "logout_hint", "ui_locales"),
)


class Worth(enum.Enum):
    """What a request for sign-out can do by itself."""

    END = "end"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A request for sign-out, judged; ``return_to`` is where to go afterwards.

    ``proved`` tells that a hint of ours names the client; without it the browser goes
    there only after a yes of the person. ``fields`` are kept by the page that asks.
    """

    worth: Worth
    proved: bool
    client: Client | None
    return_to: str | None
    fields: tuple[tuple[str, str], ...]


def read(
    http: HttpRequest, work: Work, keys: KeyRing, session: SessionFacts | None
) -> LogoutRequest:
    """Judges a request (SEC-235 to SEC-237, SEC-240)."""
    parameters = lenient(http)
    sound = not parameters.repeated(NAMES) and not parameters.oversized(NAMES)
    text = parameters.get("id_token_hint") if sound else None
    hint = None if text is None else read_hint(text, work, keys)
    client = _client(parameters, hint, work) if sound else None
    return LogoutRequest(
        worth=_worth(parameters, hint, client, session),
        proved=hint is not None,
        client=client,
        return_to=_return_to(parameters, text, hint, client),
        fields=_fields(parameters) if sound else (),
    )


def _client(parameters: Parameters, hint: Hint | None, work: Work) -> Client | None:
    named = parameters.get("client_id")
    if named is None and hint is not None:
        named = hint.audience[0]
    found = clients.find(work, named)
    return None if found is None else found.record


def _worth(
    parameters: Parameters,
    hint: Hint | None,
    client: Client | None,
    session: SessionFacts | None,
) -> Worth:
    """Decides; only our ID token for this very session ends it without a question."""
    named = parameters.get("client_id")
    if hint is not None and named is not None and named not in hint.audience:
        return Worth.REFUSE
    if session is None:
        return Worth.END
    if hint is None or client is None or hint.sid != session.sid:
        return Worth.ASK
    address = parameters.get("post_logout_redirect_uri")
    if address is not None and address not in client.post_logout_redirect_uris:
        return Worth.ASK
    return Worth.END


def _return_to(
    parameters: Parameters, text: str | None, hint: Hint | None, client: Client | None
) -> str | None:
    """Returns the registered address to go to, with ``state``; None for a page here.

    The client is proved by a hint, or named and then confirmed by the person; a hint
    that was sent and does not hold proves nothing (section 4).
    """
    address = parameters.get("post_logout_redirect_uri")
    if client is None or address is None or (text is not None and hint is None):
        return None
    if address not in client.post_logout_redirect_uris:
        return None
    state = parameters.get("state")
    return address if state is None else extended(address, [("state", state)])


def _fields(parameters: Parameters) -> tuple[tuple[str, str], ...]:
    single = parameters.single()
    return tuple((name, single[name]) for name in NAMES if name in single)
