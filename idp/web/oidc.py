"""The protocol's endpoints as views: bytes in, redirect, page or JSON out, and CORS.

What an endpoint answers is decided in ``oidc``; which cookies come along, here.
"""

import json

from flask import Blueprint
from flask import Response
from flask import make_response
from flask import request
from flask.typing import ResponseReturnValue

from idp.actions import sessions
from idp.actions.authorize import Pending
from idp.errors import BadRequest
from idp.oidc import origins
from idp.oidc.end_session import LogoutRequest
from idp.oidc.end_session import Worth
from idp.oidc.server import Sent
from idp.oidc.wire import Answer
from idp.oidc.wire import FormPost
from idp.oidc.wire import HttpRequest
from idp.oidc.wire import Redirect
from idp.web import browser
from idp.web import csrf
from idp.web import pages
from idp.web import rendering
from idp.web import steps
from idp.web.guards import public
from idp.web.work import current_session
from idp.web.work import current_work
from idp.web.work import parts

blueprint = Blueprint("oidc", __name__)
JSON = "application/json"
PREFLIGHT = (
    ("Access-Control-Allow-Methods", "GET, POST"),
    ("Access-Control-Allow-Headers", "authorization, content-type"),
    ("Access-Control-Max-Age", "600"),
)


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
    response = Response(body, content_type=JSON)
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag()
    return response.make_conditional(request)


@blueprint.route("/authorize", methods=["GET", "POST"])
@public
def authorize() -> ResponseReturnValue:
    """Answers an authorization request; HEAD asks for nothing and gets nothing."""
    if request.method == "HEAD":
        return ""
    return deliver(
        parts().server.authorize(
            _http(),
            current_work(),
            browser.session_token(),
            browser.browser_token(),
        )
    )


@blueprint.get("/authorize/<login_id>/resume")
@public
def resume(login_id: str) -> ResponseReturnValue:
    """Goes on with a request whose pages are done."""
    if request.method == "HEAD":
        return ""
    return deliver(
        parts().server.resume(
            login_id, current_work(), browser.session_token(), browser.browser_token()
        )
    )


@blueprint.post("/token")
@public
def token() -> ResponseReturnValue:
    """Answers a token request."""
    return _answer(parts().server.token(_http(), current_work()))


@blueprint.post("/introspect")
@public
def introspect() -> ResponseReturnValue:
    """Answers a resource server."""
    return _answer(parts().server.introspect(_http(), current_work()))


@blueprint.post("/revoke")
@public
def revoke() -> ResponseReturnValue:
    """Revokes a token."""
    return _answer(parts().server.revoke(_http(), current_work()))


@blueprint.route("/userinfo", methods=["GET", "POST"])
@public
def userinfo() -> ResponseReturnValue:
    """Says who the holder of an access token is."""
    return _answer(parts().server.userinfo(_http(), current_work()))


@blueprint.route("/token", methods=["OPTIONS"])
@blueprint.route("/userinfo", methods=["OPTIONS"])
@blueprint.route("/revoke", methods=["OPTIONS"])
@public
def preflight() -> ResponseReturnValue:
    """Lets the pages of registered applications call (SEC-161)."""
    response = Response(status=204)
    if _share(response, None):
        for name, value in PREFLIGHT:
            response.headers[name] = value
    return response


@blueprint.route("/end_session", methods=["GET", "POST"])
@public
def end_session() -> ResponseReturnValue:
    """Signs out at the wish of an application, or asks first (RP-Initiated Logout)."""
    if request.method == "HEAD":
        return ""
    work, session = current_work(), current_session()
    asked = parts().server.logout_request(_http(), work, session)
    if asked.worth is Worth.REFUSE:
        raise BadRequest("request for sign-out does not hold together")
    confirmed = request.method == "POST" and request.form.get("confirm") == "yes"
    if confirmed:
        csrf.check(csrf.SESSION, request.form.get("csrf_token"))
    if session is not None and asked.worth is Worth.ASK and not confirmed:
        return _ask(asked, session.username)
    ended = sessions.sign_out(work, browser.session_token(), browser.browser_token())
    response = _signed_out(asked, ended.clients, confirmed=confirmed)
    browser.clear_session(response)
    return response


def _ask(asked: LogoutRequest, username: str) -> Response:
    page = pages.LogoutConfirmPage(
        csrf_token=csrf.token(csrf.SESSION),
        action=steps.here("/end_session"),
        username=username,
        stay_href=steps.here("/settings"),
        application=asked.client.name if asked.client else None,
        fields=asked.fields,
    )
    return make_response(rendering.render(page))


def _signed_out(
    asked: LogoutRequest, clients: tuple[str, ...], *, confirmed: bool
) -> Response:
    if asked.return_to is not None and (asked.proved or confirmed):
        return steps.away(asked.return_to)
    page = pages.LoggedOutPage(
        login_href=steps.here("/login"),
        applications=tuple(
            pages.SignedOutApplication(client_id=name, name=name) for name in clients
        ),
    )
    return make_response(rendering.render(page))


def deliver(sent: Sent) -> Response:
    """Turns what the protocol decided into a redirect or a page."""
    if isinstance(sent, Pending):
        return steps.go(sent.progress)
    if isinstance(sent, Redirect):
        return steps.away(sent.location)
    return _form_post(sent)


def _form_post(sent: FormPost) -> Response:
    page = pages.FormPostPage(
        action=sent.action, application=sent.application, fields=sent.fields
    )
    return make_response(rendering.render(page))


def _http() -> HttpRequest:
    return HttpRequest(
        method=request.method,
        query=request.query_string,
        body=request.get_data(cache=True),
        content_type=request.headers.get("Content-Type", ""),
        authorization=_authorization(),
    )


def _authorization() -> str | None:
    """Returns the header as sent; two of them are joined and so fit no scheme."""
    sent = request.headers.getlist("Authorization")
    return ", ".join(sent) if sent else None


def _answer(answer: Answer) -> Response:
    response = Response(json.dumps(answer.body), answer.status, content_type=JSON)
    for name, value in answer.headers:
        response.headers[name] = value
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    _share(response, answer.client_id)
    return response


def _share(response: Response, client_id: str | None) -> bool:
    """Lets the origin that asked read the answer, if it is a registered one."""
    response.vary.add("Origin")
    origin = request.headers.get("Origin")
    if origin is None or not origins.allowed(current_work(), origin, client_id):
        return False
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate"
    return True
