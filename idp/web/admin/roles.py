"""Roles: the list with how many people hold each, making, changing, deleting one."""

from dataclasses import dataclass
from typing import Any
from typing import ClassVar
from urllib.parse import urlencode

from flask import Blueprint
from flask import Response
from flask import request

from idp.actions import roles
from idp.actions.roles import Role
from idp.actions.sessions import SessionFacts
from idp.errors import BadRequest
from idp.errors import Conflict
from idp.errors import NotFound
from idp.rules import permissions
from idp.rules.permissions import MFA_WRITE
from idp.rules.permissions import ROLES_WRITE
from idp.rules.permissions import USERS_READ
from idp.web.admin import faults
from idp.web.admin import frame
from idp.web.admin import right_words
from idp.web.admin import versions
from idp.web.admin.faults import Fault
from idp.web.admin.gate import administers
from idp.web.admin.right_words import Tick
from idp.web.forms import Filled
from idp.web.work import current_work

blueprint = Blueprint("admin_roles", __name__)
HOME = "/admin/roles"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRow:
    """One role of the list; ``href`` leads to its own form."""

    role: Role
    holders: int
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleForm:
    """What a role's form shows; ``of`` is the role that is changed, None for a new one.

    ``fixed`` says that whoever looks cannot change it: too few rights. With
    ``stays_strict`` they can, but not end that it requires MFA.
    """

    action: str
    of: str | None
    name: str
    description: str
    mfa_required: bool
    rights: tuple[Tick, ...]
    version: int = 0
    built_in: bool = False
    holders: int = 0
    fixed: bool = False
    stays_strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesPage(frame.AdminFrame):
    """Every role, and a form for one of them or for a new one."""

    template: ClassVar[str] = "admin/roles.html"
    name: ClassVar[str] = "admin-roles"

    action: str
    rows: tuple[RoleRow, ...]
    form: RoleForm | None
    faults: tuple[Fault, ...] = ()


@blueprint.get(HOME)
@administers(USERS_READ)
def show_roles(session: SessionFacts) -> Response:
    """Lists the roles, or shows the one that the query names."""
    work = current_work()
    carried = frame.frame(session)
    holders = roles.count_holders(work)
    named = request.args.get("role")
    form = (
        _new_form(carried)
        if named is None
        else _form_of(carried, roles.show_role(work, named), holders)
    )
    return frame.show(
        RolesPage(
            **carried,
            action=carried["base"] + HOME,
            rows=tuple(
                RoleRow(
                    role=role,
                    holders=holders.get(role.name, 0),
                    href=carried["base"] + _at(role.name),
                )
                for role in roles.list_roles(work)
            ),
            form=form,
            faults=faults.found(carried),
        )
    )


def _form_of(carried: frame.Carried, role: Role, holders: dict[str, int]) -> RoleForm:
    held = set(role.permissions)
    # Looking at a role is free; touching it needs all that it allows (SEC-256).
    fixed = ROLES_WRITE not in carried["may"] or not permissions.may_grant(
        carried["may"], held
    )
    values = faults.entered(
        carried,
        {
            "description": role.description,
            "permissions": role.permissions,
            "mfa_required": role.mfa_required,
        },
    )
    return RoleForm(
        action=carried["base"] + _at(role.name),
        of=role.name,
        name=role.name,
        description=values["description"],
        mfa_required=values["mfa_required"],
        rights=right_words.ticks(
            values["permissions"], may=carried["may"], fixed=role.built_in or fixed
        ),
        version=roles.version_of(role),
        built_in=role.built_in,
        holders=holders.get(role.name, 0),
        fixed=fixed,
        stays_strict=role.mfa_required and MFA_WRITE not in carried["may"],
    )


def _new_form(carried: frame.Carried) -> RoleForm | None:
    if ROLES_WRITE not in carried["may"]:
        return None
    values = faults.entered(
        carried,
        {"name": "", "description": "", "permissions": (), "mfa_required": False},
    )
    return RoleForm(
        action=carried["base"] + HOME,
        of=None,
        name=values["name"],
        description=values["description"],
        mfa_required=values["mfa_required"],
        rights=right_words.ticks(values["permissions"], may=carried["may"]),
    )


@blueprint.post(HOME)
@administers(ROLES_WRITE, write=True)
def save_role(session: SessionFacts) -> Response:
    """Makes a role, or changes the one that the form is about."""
    form = frame.own_form("permissions", "mfa_required")
    values = _values(form)
    of = form.fields.get("role")
    back = HOME if of is None else _at(of)
    try:
        if of is None:
            role = _create(values)
        else:
            role = _change(of, values, versions.of_form(form))
    except NotFound as refusal:
        return frame.again(session, refusal, to=HOME)
    except Conflict as refusal:
        taken = Fault("name", refusal.sentence)
        return faults.send_back(session, [taken], values=values, to=back)
    except frame.TO_BE_MENDED as refusal:
        return faults.refused(session, refusal, values=values, to=back)
    done = "role-created" if of is None else "role-changed"
    return frame.finished(session, done, to=HOME, told={"name": role.name})


def _values(form: Filled) -> dict[str, Any]:
    """Returns the fields that came; a list that did not come is left as it is."""
    values: dict[str, Any] = {
        name: form.get(name).strip()
        for name in ("name", "description")
        if name in form.fields
    }
    if "permissions" in form.lists:
        values["permissions"] = form.lists["permissions"]
    if "mfa_required" in form.lists:
        values["mfa_required"] = bool(form.lists["mfa_required"])
    return values


def _create(values: dict[str, Any]) -> Role:
    return roles.create_role(
        current_work(),
        values.get("name", ""),
        description=values.get("description", ""),
        granted=values.get("permissions", ()),
        mfa_required=values.get("mfa_required", False),
    )


def _change(of: str, values: dict[str, Any], version: int | None) -> Role:
    return roles.change_role(
        current_work(),
        of,
        description=values.get("description"),
        granted=values.get("permissions"),
        mfa_required=values.get("mfa_required"),
        version=version,
    )


@blueprint.post(f"{HOME}/delete")
@administers(ROLES_WRITE, write=True, back=HOME)
def delete_role(session: SessionFacts) -> Response:
    """Deletes a role; whoever holds it loses it."""
    form = frame.own_form()
    name = form.get("role")
    if form.get("confirm") != "yes":
        refusal = BadRequest("confirm", sentence="Tick the box to confirm.")
        return frame.again(session, refusal, to=_at(name))
    return frame.attempt(
        session,
        lambda: roles.delete_role(current_work(), name),
        done="role-deleted",
        to=HOME,
    )


def _at(name: str) -> str:
    return f"{HOME}?{urlencode({'role': name})}"
