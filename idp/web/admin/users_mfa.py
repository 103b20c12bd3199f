"""MFA made mandatory for many people at once: who is meant, what it means, *Require*.

The address says who is meant, so that the preview can be looked at again, and a step-up
before the confirmation comes back to it.
"""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

from flask import Blueprint
from flask import Response
from flask import request

from idp.actions import fleet_mfa
from idp.actions.fleet_mfa import Bulk
from idp.actions.fleet_mfa import Selection
from idp.actions.sessions import SessionFacts
from idp.rules.permissions import MFA_WRITE
from idp.web.admin import frame
from idp.web.admin import people_filter
from idp.web.admin.gate import QUERY
from idp.web.admin.gate import administers
from idp.web.work import current_work

blueprint = Blueprint("admin_users_mfa", __name__)
HOME = f"{people_filter.HOME}/require-mfa"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequireMfaPage(frame.AdminFrame):
    """What would happen; ``bulk`` is None where nobody was ticked."""

    template: ClassVar[str] = "admin/users_require_mfa.html"
    name: ClassVar[str] = "admin-users-require-mfa"

    action: str
    back_href: str
    bulk: Bulk | None


@blueprint.get(HOME)
@administers(MFA_WRITE)
def preview(session: SessionFacts) -> Response:
    """Says what it would mean, and names who would be asked to enrol."""
    who = _who()
    bulk = None
    if who is not None:
        bulk = fleet_mfa.require_mfa(current_work(), who, required=True, dry_run=True)
    carried = frame.frame(session)
    query = quote(request.query_string, safe=QUERY)
    return frame.show(
        RequireMfaPage(
            **carried,
            action=f"{carried['base']}{HOME}?{query}",
            back_href=carried["base"] + _list(),
            bulk=bulk,
        )
    )


@blueprint.post(HOME)
@administers(MFA_WRITE, write=True)
def require(session: SessionFacts) -> Response:
    """Requires MFA of whom the address names, and goes back to the list."""
    frame.own_form()
    who = _who() or Selection()
    try:
        bulk = fleet_mfa.require_mfa(current_work(), who, required=True)
    except frame.TO_BE_MENDED as refusal:
        return frame.again(session, refusal, to=_list())
    return frame.finished(
        session, "required", to=_list(), told={"number": bulk.changed}
    )


def _list() -> str:
    return people_filter.HOME + people_filter.query(people_filter.given())


def _who() -> Selection | None:
    """Reads who is meant: everybody whom the filter finds, or those ticked."""
    if request.args.get("everybody") == "yes":
        return Selection(filter=people_filter.asked(people_filter.given()))
    named = tuple(request.args.getlist("user_ids"))
    return Selection(user_ids=named) if named else None
