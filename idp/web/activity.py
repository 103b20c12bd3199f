"""The settings of activity: what happened, and "This was not me"."""

from flask import Blueprint
from flask import Response
from flask import request

from idp.actions import activity
from idp.actions import own_sessions
from idp.actions.sessions import SessionFacts
from idp.errors import BadRequest
from idp.rules import policy
from idp.web import settings_pages
from idp.web import signed_out
from idp.web import steps
from idp.web.guards import demands
from idp.web.work import current_work

blueprint = Blueprint("activity", __name__)
HOME = "/settings/activity"
LONGEST_NUMBER = 18


@blueprint.get(HOME)
@demands(policy.ACCOUNT_PAGE)
def show_activity(session: SessionFacts) -> Response:
    """Lists what happened, the newest first."""
    events, older = activity.list_own(current_work(), session, before=_before())
    path = steps.full_path(HOME)
    return settings_pages.show(
        settings_pages.ActivityPage(
            **settings_pages.frame(session),
            action=path,
            rows=events,
            older_href=f"{path}?before={older}" if older else None,
        )
    )


def _before() -> int | None:
    given = request.args.get("before")
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > LONGEST_NUMBER:
        raise BadRequest("before is no number")
    return int(given)


@blueprint.post(HOME)
@demands(policy.ACCOUNT_PAGE)
def not_me(session: SessionFacts) -> Response:
    """Ends everything that is open in the person's name and says what to do next."""
    settings_pages.own_form()
    return signed_out.answer(own_sessions.not_me(current_work(), session))
