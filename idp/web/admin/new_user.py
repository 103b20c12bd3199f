"""A new person: the name, what is known of them, and the first password, shown once."""

from dataclasses import dataclass
from typing import ClassVar

from flask import Blueprint
from flask import Response

from idp.actions import roles
from idp.actions import users
from idp.actions.sessions import SessionFacts
from idp.rules import permissions
from idp.rules.permissions import USERS_WRITE
from idp.web.admin import faults
from idp.web.admin import frame
from idp.web.admin import people_filter
from idp.web.admin.faults import Fault
from idp.web.admin.gate import administers
from idp.web.work import current_work

blueprint = Blueprint("admin_new_user", __name__)
HOME = f"{people_filter.HOME}/new"
FIELDS = ("username", "email", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUserPage(frame.AdminFrame):
    """The form; ``choices`` are the roles that may be given, with whether ticked."""

    template: ClassVar[str] = "admin/new_user.html"
    name: ClassVar[str] = "admin-user-new"

    action: str
    values: dict[str, str]
    choices: tuple[tuple[str, bool], ...]
    mfa_required: bool
    faults: tuple[Fault, ...] = ()


@blueprint.get(HOME)
@administers(USERS_WRITE)
def show_form(session: SessionFacts) -> Response:
    """Shows the form, with what was entered last where that did not do."""
    carried = frame.frame(session)
    blank = {**dict.fromkeys(FIELDS, ""), "roles": [], "mfa_required": ""}
    entered = faults.entered(carried, blank)
    held = tuple(carried["may"])
    return frame.show(
        NewUserPage(
            **carried,
            action=carried["base"] + HOME,
            values={name: entered[name] for name in FIELDS},
            choices=tuple(
                (role.name, role.name in entered["roles"])
                for role in roles.list_roles(current_work())
                if permissions.may_grant(held, role.permissions)
            ),
            mfa_required=entered["mfa_required"] == "on",
            faults=faults.found(carried),
        )
    )


@blueprint.post(HOME)
@administers(USERS_WRITE, write=True)
def create(session: SessionFacts) -> Response:
    """Creates the person and goes to their page, which shows the first password."""
    form = frame.own_form("roles", "mfa_required")
    given = form.lists.get("roles", ())
    required = "on" in form.lists.get("mfa_required", ())
    try:
        made = users.create_user(
            current_work(),
            form.get("username"),
            email=form.get("email").strip() or None,
            name=form.get("name").strip() or None,
            role_names=given,
            mfa_required=required,
        )
    except frame.TO_BE_MENDED as refusal:
        values = {name: form.get(name) for name in FIELDS}
        kept = {
            **values,
            "roles": list(given),
            "mfa_required": "on" if required else "",
        }
        return faults.refused(session, refusal, values=kept, to=HOME)
    return frame.finished(
        session,
        "created",
        to=f"{people_filter.HOME}/{made.user.id}",
        told={"expires_at": made.expires_at.isoformat() if made.expires_at else None},
        secret=made.initial_password,
    )
