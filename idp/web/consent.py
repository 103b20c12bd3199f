"""The consent page: what an application would see, allow or cancel."""

from flask import Blueprint
from flask import request
from flask.typing import ResponseReturnValue

from idp.actions import consent
from idp.errors import BadRequest
from idp.web import browser
from idp.web import csrf
from idp.web import pages
from idp.web import steps
from idp.web.guards import public
from idp.web.login_pages import language_action
from idp.web.login_pages import own_form
from idp.web.login_pages import show
from idp.web.oidc import deliver
from idp.web.work import current_work
from idp.web.work import parts

blueprint = Blueprint("consent", __name__)


@blueprint.get("/consent/<login_id>")
@public
def show_consent(login_id: str) -> ResponseReturnValue:
    """Asks the person."""
    asked = consent.question(
        current_work(), login_id, browser.browser_token(), browser.session_token()
    )
    return show(
        pages.ConsentPage(
            csrf_token=csrf.token(login_id),
            language_action=language_action(login_id),
            action=request.path,
            username=asked.username,
            application=asked.client_name,
            scopes=asked.scopes,
        )
    )


@blueprint.post("/consent/<login_id>")
@public
def decide(login_id: str) -> ResponseReturnValue:
    """Stores the consent and continues, or tells the application that it was denied."""
    form = own_form(login_id)
    work, tokens = current_work(), (browser.browser_token(), browser.session_token())
    if form.get("decision") == "allow":
        consent.allow(work, login_id, *tokens)
        return steps.away(steps.full_path(f"/authorize/{login_id}/resume"))
    if form.get("decision") == "deny":
        asked = consent.deny(work, login_id, *tokens)
        return deliver(parts().server.denied(asked, work))
    raise BadRequest("no decision")
