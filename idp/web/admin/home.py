"""The first page of administration: how far MFA has come, and what needs attention."""

from dataclasses import dataclass
from typing import ClassVar

from flask import Blueprint
from flask import Response
from flask.typing import ResponseReturnValue

from idp.actions.sessions import SessionFacts
from idp.rules.permissions import PERMISSIONS
from idp.web import steps
from idp.web.admin import frame
from idp.web.admin.gate import administers
from idp.web.guards import public

blueprint = Blueprint("admin_home", __name__)
HOME = "/admin/"


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage(frame.AdminFrame):
    """Where administration begins."""

    template: ClassVar[str] = "admin/home.html"
    name: ClassVar[str] = "admin-home"


@blueprint.get("/admin")
@public
def lead_home() -> ResponseReturnValue:
    """Leads whoever leaves the slash away to the page."""
    return steps.away(steps.here(HOME))


@blueprint.get(HOME)
@administers(*PERMISSIONS)
def show_home(session: SessionFacts) -> Response:
    """Shows where to go."""
    return frame.show(HomePage(**frame.frame(session)))
