"""Sign-out at an application's request (RP-Initiated Logout 1.0).

``oidc.end_session`` says what a request may do; here the person is asked, the session
ended and the browser sent on.
"""

from urllib.parse import urlencode

from flask import Blueprint
from flask import Response
from flask import make_response
from flask import request
from flask.typing import ResponseReturnValue

from idp.actions import own_sessions
from idp.actions.own_sessions import SignedOut
from idp.actions.sessions import SessionFacts
from idp.errors import BadRequest
from idp.oidc.end_session import LogoutRequest
from idp.oidc.end_session import Worth
from idp.web import browser
from idp.web import csrf
from idp.web import pages
from idp.web import rendering
from idp.web import signed_out
from idp.web import steps
from idp.web.guards import public
from idp.web.oidc import LONGEST_QUERY
from idp.web.oidc import ExactRedirect
from idp.web.oidc import http_request
from idp.web.work import current_session
from idp.web.work import current_work
from idp.web.work import parts

blueprint = Blueprint("end_session", __name__)


@blueprint.route("/end_session", methods=["GET", "POST"])
@blueprint.get("/end_session/continue")
@public
def end_session() -> ResponseReturnValue:
    """Signs out, or asks first."""
    session = current_session()
    asked = parts().server.logout_request(http_request(), current_work(), session)
    if asked.worth is Worth.REFUSE:
        raise BadRequest("request for sign-out does not hold together")
    if session is None:
        return _without_session(asked)
    confirmed = request.method == "POST" and request.form.get("confirm") == "yes"
    if confirmed:
        csrf.check(csrf.SESSION, request.form.get("csrf_token"))
    if asked.worth is Worth.ASK and not confirmed:
        return _ask(asked, session)
    ended = own_sessions.sign_out(
        current_work(),
        browser.session_token(),
        browser.browser_token(),
        client_id=asked.client.client_id if asked.client else None,
    )
    return _signed_out(asked, ended, go_on=asked.proved or confirmed)


def _without_session(asked: LogoutRequest) -> Response:
    """Answers when the cookies show no session.

    A page of another site posts without our cookies (``SameSite=Lax``); by GET they
    come, at another path than this (``interface.md`` section 2).
    """
    query = urlencode(asked.fields)
    blind = request.method == "POST" and browser.browser_token() is None
    if blind and len(query) <= LONGEST_QUERY:
        return ExactRedirect(f"{steps.full_path('/end_session/continue')}?{query}")
    return _signed_out(asked, SignedOut(()), go_on=asked.proved)


def _ask(asked: LogoutRequest, session: SessionFacts) -> Response:
    page = pages.LogoutConfirmPage(
        csrf_token=csrf.token(csrf.SESSION),
        action=steps.full_path("/end_session"),
        username=session.username,
        stay_href=steps.full_path("/settings"),
        application=asked.client.name if asked.client else None,
        fields=asked.fields,
    )
    return make_response(rendering.render(page))


def _signed_out(asked: LogoutRequest, ended: SignedOut, *, go_on: bool) -> Response:
    """Goes back to the application, or shows that it is done and offers the way.

    What the browser has to load before is on a page that goes back by itself.
    """
    if go_on and asked.return_to is not None and not signed_out.has_pages(ended):
        response: Response = ExactRedirect(asked.return_to)
        browser.clear_session(response)
        return response
    return signed_out.answer(
        ended,
        return_href=asked.return_to,
        return_name=asked.client.name if asked.client else None,
        go_on=go_on,
    )
