"""The page of one person (R7, R8): facts, MFA, roles, sessions, what happened.

Changes are collected and made by *Update*, all or none; what ends something at once is
``user_acts``.
"""

from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Any
from typing import ClassVar
from urllib.parse import quote

from flask import Blueprint
from flask import Response

from idp.actions import audit_query
from idp.actions import rights
from idp.actions import user_edit
from idp.actions import user_sessions
from idp.actions.sessions import SessionFacts
from idp.actions.user_edit import Dossier
from idp.actions.user_sessions import UserSession
from idp.errors import Forbidden
from idp.errors import NotFound
from idp.errors import StaleVersion
from idp.rules.permissions import AUDIT_READ
from idp.rules.permissions import MFA_WRITE
from idp.rules.permissions import USERS_READ
from idp.rules.permissions import USERS_WRITE
from idp.web.admin import audit
from idp.web.admin import faults
from idp.web.admin import frame
from idp.web.admin import people_filter
from idp.web.admin import user_form
from idp.web.admin.audit import AuditRow
from idp.web.admin.faults import Fault
from idp.web.admin.gate import administers
from idp.web.work import current_work

blueprint = Blueprint("admin_user", __name__)
HOME = f"{people_filter.HOME}/<user_id>"
DISABLE = f"{HOME}/mfa/disable"
LATEST = 10
NAMED_ON_DISABLE = ("reason", "confirm_username")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFrame(frame.AdminFrame):
    """What the pages about one person show; ``action`` is the address of the person.

    ``values`` is what the form holds, ``seen`` what it was made from.
    """

    action: str
    dossier: Dossier
    sessions: tuple[UserSession, ...]
    values: dict[str, Any]
    seen: str
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPage(PersonFrame):
    """A person with everything that may be seen and changed.

    ``activity`` is None for who may not read the audit trail; ``meanwhile`` is what
    somebody else changed while the form was open: field, before, now.
    """

    template: ClassVar[str] = "admin/user.html"
    name: ClassVar[str] = "admin-user"

    own: bool
    activity: tuple[AuditRow, ...] | None
    meanwhile: tuple[tuple[str, Any, Any], ...] = ()
    secret_until: datetime | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DisablePage(PersonFrame):
    """What taking somebody's MFA away ends, and the reason for it.

    ``carried_fields`` came from the form of the person and are saved with it.
    """

    template: ClassVar[str] = "admin/user_mfa_disable.html"
    name: ClassVar[str] = "admin-user-mfa-disable"

    carried_fields: frozenset[str] = frozenset()


@blueprint.get(HOME)
@administers(USERS_READ)
def show_user(session: SessionFacts, user_id: str) -> Response:
    """Shows a person, by id or by user name."""
    work = current_work()
    dossier = user_edit.look(work, user_id)
    carried = frame.frame(session)
    told = carried["told"] or {}
    until = told.get("expires_at")
    found = dossier.user.id
    return frame.show(
        UserPage(
            **carried,
            action=_address(carried, found),
            dossier=dossier,
            sessions=user_sessions.list_sessions(work, found),
            values=faults.entered(carried, user_form.current(dossier)),
            seen=user_form.written(dossier),
            faults=faults.found(carried),
            own=found == session.user_id,
            activity=_activity(found) if AUDIT_READ in carried["may"] else None,
            meanwhile=tuple(tuple(one) for one in told.get("meanwhile", ())),
            secret_until=datetime.fromisoformat(until) if until else None,
        )
    )


def _address(carried: frame.Carried, user_id: str) -> str:
    return carried["base"] + path(HOME, user_id)


def path(rule: str, user_id: str) -> str:
    """Returns the address of a rule for one person, below the issuer's path."""
    return rule.replace("<user_id>", quote(user_id, safe=""))


def _activity(user_id: str) -> tuple[AuditRow, ...]:
    asked = audit_query.Asked(user=user_id)
    found = audit_query.list_records(current_work(), asked, limit=LATEST)
    return tuple(audit.row_of(facts, {}) for facts in found.items)


@blueprint.post(HOME)
@administers(USERS_WRITE, MFA_WRITE, write=True)
def update(session: SessionFacts, user_id: str) -> Response:
    """Makes all changes of the form, or goes back to a page that says what hinders.

    Taking MFA away without a reason, or without the typed name that the privileged
    want, leads to the page that lists what ends.
    """
    form = frame.own_form("roles")
    work = current_work()
    dossier = user_edit.look(work, user_id)
    back = path(HOME, dossier.user.id)
    changes, entered = user_form.read(form), user_form.entered(form)
    asking = path(DISABLE, dossier.user.id)
    asked = form.get("asked") or MFA_WRITE not in dossier.may
    if not asked and user_form.lacks_proof(dossier, changes):
        return frame.carry(session, {"values": entered}, to=asking)
    try:
        user_edit.update(
            work, dossier.user.id, changes, version=user_form.version(form)
        )
    except StaleVersion as refusal:
        meanwhile = user_form.differences(
            form.get("seen"), user_edit.look(work, dossier.user.id)
        )
        return frame.again(session, refusal, to=back, told={"meanwhile": meanwhile})
    except frame.TO_BE_MENDED as refusal:
        about_disabling = refusal.detail in NAMED_ON_DISABLE
        to = asking if about_disabling else back
        return faults.refused(session, refusal, values=entered, to=to)
    done = "mfa-disabled" if changes.disable_mfa else "updated"
    return frame.finished(session, done, to=back)


@blueprint.get(DISABLE)
@administers(MFA_WRITE)
def show_disable(session: SessionFacts, user_id: str) -> Response:
    """Lists what ends with somebody's MFA and asks for the reason (SEC-263)."""
    work = current_work()
    dossier = user_edit.look(work, user_id)
    if MFA_WRITE not in dossier.may:
        raise Forbidden("somebody with more rights")
    if dossier.user.mfa.state == "none":
        raise NotFound("this person has no MFA")
    rights.require_other(work, dossier.user.id)
    carried = frame.frame(session)
    shown = {**user_form.current(dossier), "reason": "", "confirm_username": ""}
    return frame.show(
        DisablePage(
            **carried,
            action=_address(carried, dossier.user.id),
            dossier=dossier,
            sessions=user_sessions.list_sessions(work, dossier.user.id),
            values=faults.entered(carried, shown),
            seen=user_form.written(dossier),
            faults=faults.found(carried),
            carried_fields=frozenset((carried["told"] or {}).get("values", ())),
        )
    )
