"""Requiring MFA of many people at once, or no longer: whom it concerns, what it does.

The address holds the selection and the change, so that the preview can be opened again,
and a step-up before the confirmation comes back to it.
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
from idp.errors import BadRequest
from idp.rules.permissions import MFA_WRITE
from idp.web.admin import frame
from idp.web.admin import people_filter
from idp.web.admin.gate import QUERY
from idp.web.admin.gate import administers
from idp.web.admin.user_form import ON_OFF
from idp.web.work import current_work

blueprint = Blueprint("admin_users_mfa", __name__)
HOME = f"{people_filter.HOME}/require-mfa"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequireMfaPage(frame.AdminFrame):
    """What would happen; ``bulk`` is None where nobody was ticked.

    ``required`` tells whether it is begun or taken back.
    """

    template: ClassVar[str] = "admin/users_require_mfa.html"
    name: ClassVar[str] = "admin-users-require-mfa"

    action: str
    back_href: str
    bulk: Bulk | None
    required: bool = True


@blueprint.get(HOME)
@administers(MFA_WRITE)
def preview(session: SessionFacts) -> Response:
    """Says what it would mean, and names who would be asked to enrol."""
    who, required = _who(), _required()
    bulk = None
    if who is not None:
        bulk = fleet_mfa.require_mfa(
            current_work(), who, required=required, dry_run=True
        )
    carried = frame.frame(session)
    query = quote(request.query_string, safe=QUERY)
    return frame.show(
        RequireMfaPage(
            **carried,
            action=f"{carried['base']}{HOME}?{query}",
            back_href=carried["base"] + _list(),
            bulk=bulk,
            required=required,
        )
    )


@blueprint.post(HOME)
@administers(MFA_WRITE, write=True)
def require(session: SessionFacts) -> Response:
    """Requires MFA of the people selected, or no longer; goes back to the list."""
    frame.own_form()
    who, required = _who() or Selection(), _required()
    try:
        bulk = fleet_mfa.require_mfa(current_work(), who, required=required)
    except frame.TO_BE_MENDED as refusal:
        return frame.again(session, refusal, to=_list())
    told = {"number": bulk.changed, "refused": bulk.refused}
    done = "required" if required else "not-required"
    return frame.finished(session, done, to=_list(), told=told)


def _list() -> str:
    return people_filter.HOME + people_filter.query(people_filter.given())


def _required() -> bool:
    """Reads whether MFA is to be required, which is so where nothing is said."""
    given = request.args.getlist("required") or ["on"]
    if len(given) > 1 or given[0] not in ON_OFF:
        raise BadRequest("required")
    return ON_OFF[given[0]]


def _who() -> Selection | None:
    """Reads who is meant: everybody whom the filter finds, or those ticked."""
    if request.args.get("everybody") == "yes":
        return Selection(filter=people_filter.asked(people_filter.given()))
    named = tuple(request.args.getlist("user_ids"))
    return Selection(user_ids=named) if named else None
