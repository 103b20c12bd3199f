"""The signed-in person's own page, and signing out of it."""

from flask import Blueprint
from flask import Response
from flask.typing import ResponseReturnValue

from idp.actions import mfa
from idp.actions import own_sessions
from idp.actions.sessions import SessionFacts
from idp.rules import policy
from idp.web import browser
from idp.web import csrf
from idp.web import forms
from idp.web import settings_pages
from idp.web import signed_out
from idp.web import steps
from idp.web.guards import demands
from idp.web.guards import public
from idp.web.work import current_work

blueprint = Blueprint("account", __name__)


@blueprint.get("/")
@public
def home() -> ResponseReturnValue:
    """Leads to the settings."""
    return steps.away(steps.full_path("/settings"))


@blueprint.get("/settings")
@demands(policy.ACCOUNT_PAGE)
def show_settings(session: SessionFacts) -> Response:
    """Shows who is signed in and how the account is protected."""
    own = mfa.own(current_work(), session)
    return settings_pages.show(
        settings_pages.OverviewPage(
            **settings_pages.frame(session),
            full_name=session.display_name,
            email=session.email,
            signed_in_at=session.created_at,
            mfa_state=own.state,
        )
    )


@blueprint.post("/logout")
@public
def sign_out() -> ResponseReturnValue:
    """Ends the session of this browser."""
    form = forms.read()
    csrf.check(csrf.SESSION, form.get("csrf_token"))
    ended = own_sessions.sign_out(
        current_work(), browser.session_token(), browser.browser_token()
    )
    return signed_out.answer(ended)


@blueprint.get("/logged-out")
@public
def show_signed_out() -> ResponseReturnValue:
    """Shows what became of the last sign-out in this browser."""
    ended = own_sessions.last_sign_out(current_work(), browser.browser_token())
    return signed_out.show(ended)
