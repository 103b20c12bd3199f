"""The settings of sessions: where somebody is signed in, and ending that."""

from flask import Blueprint
from flask import Response
from flask import request

from idp.actions import own_sessions
from idp.actions.sessions import SessionFacts
from idp.errors import BadRequest
from idp.rules import policy
from idp.web import settings_pages
from idp.web import steps
from idp.web.guards import demands
from idp.web.work import current_work

blueprint = Blueprint("sessions", __name__)
HOME = "/settings/sessions"


@blueprint.get(HOME)
@demands(policy.ACCOUNT_PAGE)
def show_sessions(session: SessionFacts) -> Response:
    """Lists the sessions, this one first."""
    return settings_pages.show(
        settings_pages.SessionsPage(
            **settings_pages.frame(session),
            action=request.path,
            rows=own_sessions.list_own(current_work(), session),
        )
    )


@blueprint.post(HOME)
@demands(policy.ACCOUNT_PAGE)
def end_sessions(session: SessionFacts) -> Response:
    """Ends one session (``sid``), or all others (``others``)."""
    form = settings_pages.own_form()
    if form.get("others"):
        own_sessions.end_all_others(current_work(), session)
    elif form.get("sid"):
        own_sessions.end_one(current_work(), session, form["sid"])
    else:
        raise BadRequest("neither a session nor all others")
    return steps.away(steps.full_path(HOME))
