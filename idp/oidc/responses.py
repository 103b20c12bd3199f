"""Authorization answers: how a code or an error travels back to the application.

In the query of the return address, or as a form that the browser posts. ``iss`` is in
every one of them (RFC 9207, SEC-177), ``state`` to the letter (SEC-178). The address is
extended as text, because parsing and joining it again would change some of them.
"""

from dataclasses import dataclass
from dataclasses import field
from urllib.parse import quote
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error

from idp.oidc.refusals import description_of
from idp.oidc.wire import FormPost
from idp.oidc.wire import Redirect

QUERY = "query"
FORM_POST = "form_post"
MODES = (QUERY, FORM_POST)


@dataclass(frozen=True, slots=True)
class Reply:
    """Where an answer goes and how; the address is proved to be the client's."""

    client_id: str
    application: str
    redirect_uri: str
    mode: str = QUERY
    state: str | None = field(default=None, repr=False)


def success(reply: Reply, code: str, issuer: str) -> Redirect | FormPost:
    """Sends a code."""
    return _send(reply, [("code", code)], issuer)


def failure(reply: Reply, error: OAuth2Error, issuer: str) -> Redirect | FormPost:
    """Sends an error: its word and a sentence, nothing of what was received."""
    fields = [("error", str(error.error))]
    if description := description_of(error):
        fields.append(("error_description", description))
    return _send(reply, fields, issuer)


def _send(
    reply: Reply, fields: list[tuple[str, str]], issuer: str
) -> Redirect | FormPost:
    if reply.state is not None:
        fields.append(("state", reply.state))
    fields.append(("iss", issuer))
    if reply.mode == FORM_POST:
        return FormPost(
            reply.redirect_uri, reply.client_id, reply.application, tuple(fields)
        )
    return Redirect(extended(reply.redirect_uri, fields))


def extended(address: str, fields: list[tuple[str, str]]) -> str:
    """Appends parameters to an address, which keeps every character of its own."""
    query = urlencode(fields, quote_via=quote, safe="")
    if "?" not in address:
        return f"{address}?{query}"
    return f"{address}{query}" if address[-1] in "?&" else f"{address}&{query}"


def form_post_possible(redirect_uri: str) -> bool:
    """Tells whether a browser can post a form there: http and https only."""
    return redirect_uri.startswith(("https://", "http://"))
