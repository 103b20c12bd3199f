"""The settings of sessions: where somebody is signed in, and ending that."""

from flask import Blueprint
from flask import Response
from flask import request

from idp.actions import own_sessions
from idp.actions.sessions import SessionFacts
from idp.errors import BadRequest
from idp.rules import policy
from idp.web import devices
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
    rows = tuple(
        settings_pages.SessionRow(
            sid=one.sid,
            current=one.current,
            device=devices.words(one.user_agent),
            source=one.source,
            created_at=one.created_at,
            last_seen_at=one.last_seen_at,
            applications=one.applications,
        )
        for one in own_sessions.list_own(current_work(), session)
    )
    return settings_pages.show(
        settings_pages.SessionsPage(
            **settings_pages.frame(session),  # type: ignore[arg-type]
            action=request.path,
            rows=rows,
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
    return steps.away(steps.here(HOME))
