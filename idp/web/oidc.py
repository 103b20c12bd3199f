"""The protocol's endpoints as views: bytes in, redirect, page or JSON out.

What an endpoint answers is decided in ``oidc``; which cookies come along, here. Signing
out at an application's wish is ``web.end_session``.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from functools import partial
from typing import Any

from flask import Blueprint
from flask import Response
from flask import make_response
from flask import request
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import generate_etag

from idp.actions.authorize import Pending
from idp.actions.work import Work
from idp.oidc import introspection
from idp.oidc import registration
from idp.oidc.server import Sent
from idp.oidc.wire import Answer
from idp.oidc.wire import FormPost
from idp.oidc.wire import HttpRequest
from idp.oidc.wire import Redirect
from idp.web import browser
from idp.web import origins
from idp.web import pages
from idp.web import rendering
from idp.web import steps
from idp.web.application import PlainResponse
from idp.web.guards import public
from idp.web.work import current_work
from idp.web.work import parts

blueprint = Blueprint("oidc", __name__)
JSON = "application/json"
NO_CONTENT = 204
ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
"""Methods that reach the JSON endpoints, so that a wrong one is told in JSON."""

OF_DOCUMENTS = (
    ("Cache-Control", "public, max-age=300"),
    ("Access-Control-Allow-Origin", "*"),
)
NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
CONDITIONS = frozenset({"HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"})

LONGEST_QUERY = 6000
LARGEST_QUESTION = 2 * 1024 * 1024
"""Bytes; whatever a resource server was handed as a token, it gets an answer."""

Respond = Callable[[HttpRequest, Work], Answer]


class ExactRedirect(PlainResponse):
    """303 to an address as it is written.

    The framework parses a location and joins it again, which changes the addresses of
    native applications (``app.example:///cb``) and must not happen (RFC 8252 7.1).
    """

    def __init__(self, location: str) -> None:
        """Takes an address of printable ASCII."""
        super().__init__(status=303)
        self.exactly = location
        self.headers["Location"] = location

    def get_wsgi_headers(self, environ: Any) -> Any:
        """Puts the address back that the framework has changed."""
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self.exactly
        return headers


# --- documents


@blueprint.get("/.well-known/openid-configuration")
@blueprint.get("/.well-known/oauth-authorization-server")
@public
def metadata() -> ResponseReturnValue:
    """Describes the provider (RFC 8414, OpenID Connect Discovery)."""
    return _document(parts().server.metadata())


@blueprint.get("/.well-known/jwks.json")
@public
def keys() -> ResponseReturnValue:
    """Publishes the public keys."""
    return _document(parts().keys.public_jwks())


def _document(body: bytes) -> Response:
    response = PlainResponse(body, content_type=JSON)
    for name, value in OF_DOCUMENTS:
        response.headers.add(name, value)
    response.set_etag(_etag(body))
    if CONDITIONS.intersection(request.environ):
        response.make_conditional(request)
    return response


# The documents are few, and the same bytes until the keys change.
_etag = lru_cache(maxsize=16)(generate_etag)


# --- in the browser


@blueprint.route("/authorize", methods=["GET", "POST"])
@public
def authorize() -> ResponseReturnValue:
    """Answers an authorization request; HEAD asks for nothing and gets nothing."""
    if request.method == "HEAD":
        return ""
    http = http_request()
    session, known = browser.session_token(), browser.browser_token()
    if session is None and known is None and _may_come_again(http):
        query = http.body.decode("ascii")
        return ExactRedirect(f"{steps.full_path('/authorize')}?{query}")
    work = current_work()
    if session is None:
        work.hashing.check_room()  # before anything is looked up
    with work.on_one_connection():
        sent = parts().server.authorize(http, work, session, known)
    return deliver(sent)


def _may_come_again(http: HttpRequest) -> bool:
    """Tells whether a posted request should come again by GET.

    A page of another site posts without our cookies (``SameSite=Lax``), but the browser
    brings them along on the redirect: who is signed in is not asked again.
    """
    return (
        http.method == "POST"
        and http.is_form
        and not http.query
        and len(http.body) <= LONGEST_QUERY
        and http.body.isascii()
        and http.body.decode("ascii").isprintable()
    )


@blueprint.get("/authorize/<login_id>/resume")
@public
def resume(login_id: str) -> ResponseReturnValue:
    """Goes on with a request whose pages are done."""
    if request.method == "HEAD":
        return ""
    session, known = browser.session_token(), browser.browser_token()
    work = current_work()
    with work.on_one_connection():
        sent = parts().server.resume(login_id, work, session, known)
    return deliver(sent)


def deliver(sent: Sent) -> Response:
    """Turns what the protocol decided into a redirect or a page."""
    if isinstance(sent, Pending):
        return steps.go(sent.progress)
    if isinstance(sent, Redirect):
        return ExactRedirect(sent.location)
    return _form_post(sent)


def _form_post(sent: FormPost) -> Response:
    page = pages.FormPostPage(
        action=sent.action, application=sent.application, fields=sent.fields
    )
    return make_response(rendering.render(page))


# --- behind it


@blueprint.route("/token", methods=ANY)
@public
def token() -> ResponseReturnValue:
    """Answers a token request."""
    return _json(parts().server.token, ["POST"])


@blueprint.route("/userinfo", methods=ANY)
@public
def userinfo() -> ResponseReturnValue:
    """Says who the holder of an access token is."""
    return _json(parts().server.userinfo, ["GET", "POST"])


@blueprint.route("/revoke", methods=ANY)
@public
def revoke() -> ResponseReturnValue:
    """Revokes a token."""
    return _json(parts().server.revoke, ["POST"])


@blueprint.route("/par", methods=ANY)
@public
def push() -> ResponseReturnValue:
    """Keeps an authorization request for the browser that comes with its name."""
    return _json(parts().server.push, ["POST"])


@blueprint.route("/introspect", methods=ANY)
@public
def introspect() -> ResponseReturnValue:
    """Answers a resource server; browsers have no business here, so no CORS."""
    request.max_content_length = LARGEST_QUESTION
    respond = partial(parts().server.introspect, signed=_wants_signature())
    return _json(respond, ["POST"], shared=False)


def _wants_signature() -> bool:
    """Tells whether a signed answer is asked for by name, and not liked less."""
    accepted = request.accept_mimetypes
    named = any(one == introspection.MEDIA_TYPE for one in accepted.values())
    quality = accepted.quality(introspection.MEDIA_TYPE) if named else 0
    return quality > 0 and quality >= accepted.quality(JSON)


@blueprint.route("/register", methods=ANY)
@public
def register() -> ResponseReturnValue:
    """Registers an application that holds a token for it; no page does that."""
    return _json(registration.create, ["POST"], shared=False)


@blueprint.route("/register/<client_id>", methods=ANY)
@public
def manage_registration(client_id: str) -> ResponseReturnValue:
    """Shows, replaces or deletes the record of who holds its token."""
    respond = partial(registration.manage, client_id=client_id)
    return _json(respond, ["GET", "PUT", "DELETE"], shared=False)


def _json(respond: Respond, methods: list[str], *, shared: bool = True) -> Response:
    with current_work().on_one_connection():
        if shared and request.method == "OPTIONS":
            return origins.preflight(methods)
        answer = _answered(respond, methods)
        response = _written(answer)
        if shared:
            origins.share(response, answer.client_id)
        return response


def _written(answer: Answer) -> Response:
    text = json.dumps(answer.body) if answer.token is None else answer.token
    if answer.status == NO_CONTENT:
        text = ""
    headers = {"Content-Type": JSON, **dict(answer.headers), **NOT_KEPT}
    return PlainResponse(text, answer.status, headers)


def _answered(respond: Respond, methods: list[str]) -> Answer:
    asked = "GET" if request.method == "HEAD" else request.method
    if asked not in methods:
        body = _error("This endpoint has another method.")
        return Answer(405, body, (("Allow", ", ".join(methods)),))
    try:
        http = http_request()
    except RequestEntityTooLarge:
        return Answer(413, _error("The request is too large."))
    return respond(http, current_work())


def _error(description: str) -> dict[str, str]:
    return {"error": "invalid_request", "error_description": description}


def http_request() -> HttpRequest:
    """Returns the request as bytes; raises RequestEntityTooLarge."""
    asked = request_ctx.request
    sent = asked.headers.getlist("Authorization")
    return HttpRequest(
        method=asked.method,
        query=asked.query_string,
        body=asked.get_data(cache=True),
        content_type=asked.headers.get("Content-Type", ""),
        # Two headers are joined and so fit no scheme (SEC-225).
        authorization=", ".join(sent) if sent else None,
    )
