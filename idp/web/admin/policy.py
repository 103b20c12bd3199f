"""The organisation's policy; each rule with whom it affects, before it is saved."""

from dataclasses import dataclass
from typing import Any
from typing import ClassVar
from urllib.parse import urlencode

from flask import Blueprint
from flask import Response
from flask import request

from idp.actions import organisation
from idp.actions import policy_effects
from idp.actions.organisation import Preview
from idp.actions.policy_effects import Effects
from idp.actions.sessions import SessionFacts
from idp.rules.permissions import POLICY_READ
from idp.rules.permissions import POLICY_WRITE
from idp.web import steps
from idp.web.admin import faults
from idp.web.admin import frame
from idp.web.admin import versions
from idp.web.admin.faults import Fault
from idp.web.admin.gate import administers
from idp.web.forms import Filled
from idp.web.work import current_work

blueprint = Blueprint("admin_policy", __name__)
HOME = "/admin/policy"
FIELDS = ("mfa", "enrol_during_step_up", "backup_code_warning")
NO_NUMBER = "This has to be a whole number."


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value of the rule for MFA and what it would mean."""

    value: str
    chosen: bool
    current: bool
    effect: Preview


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPage(frame.AdminFrame):
    """The rules in force, and in the form those that were last entered.

    ``changed`` names the rules in which the two differ, while somebody tries them out,
    and ``names`` the first people whom another rule for MFA would concern.
    """

    template: ClassVar[str] = "admin/policy.html"
    name: ClassVar[str] = "admin-policy"

    action: str
    mfa: tuple[Choice, ...]
    enrol_during_step_up: bool
    warn_at: str
    version: int
    effects: Effects
    names: tuple[str, ...]
    changed: tuple[str, ...]
    faults: tuple[Fault, ...] = ()


@blueprint.get(HOME)
@administers(POLICY_READ)
def show_policy(session: SessionFacts) -> Response:
    """Shows the rules; those of the query are tried out, not saved."""
    work = current_work()
    carried = frame.frame(session)
    now = organisation.show_policy(work)
    current: dict[str, Any] = {name: getattr(now, name) for name in FIELDS}
    wanted = faults.entered(carried, {**current, **_tried_out()})
    warning = wanted["backup_code_warning"]
    counted = warning if isinstance(warning, int) else now.backup_code_warning
    effects = policy_effects.effects(work, backup_code_warning=counted)
    return frame.show(
        PolicyPage(
            **carried,
            action=carried["base"] + HOME,
            mfa=tuple(
                Choice(
                    value=word,
                    chosen=word == wanted["mfa"],
                    current=word == now.mfa,
                    effect=effects.mfa[word],
                )
                for word in organisation.MFA_WORDS
            ),
            enrol_during_step_up=wanted["enrol_during_step_up"],
            warn_at=str(warning),
            version=now.version,
            effects=effects,
            names=_names(current["mfa"], wanted["mfa"]),
            changed=tuple(name for name in FIELDS if wanted[name] != current[name]),
            faults=faults.found(carried),
        )
    )


def _names(current: str, wanted: str) -> tuple[str, ...]:
    """Returns who would be asked to enrol, when another rule is tried out."""
    if wanted == current or wanted not in organisation.MFA_WORDS:
        return ()
    return organisation.preview(current_work(), mfa=wanted).sample


def _tried_out() -> dict[str, Any]:
    """Reads rules out of the query; what is no value of a rule is left out."""
    asked = request.args
    found: dict[str, Any] = {}
    if asked.get("mfa") in organisation.MFA_WORDS:
        found["mfa"] = asked["mfa"]
    if asked.get("enrol_during_step_up") in ("on", "off"):
        found["enrol_during_step_up"] = asked["enrol_during_step_up"] == "on"
    number = asked.get("backup_code_warning", "")
    if _is_warning(number):
        found["backup_code_warning"] = int(number)
    return found


def _is_warning(text: str) -> bool:
    plain = text.isascii() and text.isdigit() and len(text) <= 2
    return plain and int(text) <= organisation.MOST_WARNING


@blueprint.post(HOME)
@administers(POLICY_WRITE, write=True)
def save_policy(session: SessionFacts) -> Response:
    """Saves the rules of the form, or only goes to see what they would mean."""
    form = frame.own_form()
    values = _values(form)
    warning = values.get("backup_code_warning", 0)
    if not isinstance(warning, int):
        fault = Fault("backup_code_warning", NO_NUMBER)
        return faults.send_back(session, [fault], values=values, to=HOME)
    if form.get("try"):
        return steps.away(steps.full_path(f"{HOME}?{urlencode(_said(values))}"))
    try:
        organisation.set_policy(
            current_work(), **values, version=versions.of_form(form)
        )
    except frame.TO_BE_MENDED as refusal:
        return faults.refused(session, refusal, values=values, to=HOME)
    return frame.finished(session, "policy-saved", to=HOME)


def _values(form: Filled) -> dict[str, Any]:
    """Returns the rules that came; a number that is none stays the text it is."""
    values: dict[str, Any] = {}
    if "mfa" in form.fields:
        values["mfa"] = form.get("mfa")
    if "enrol_during_step_up" in form.fields:
        values["enrol_during_step_up"] = form.get("enrol_during_step_up") == "on"
    if "backup_code_warning" in form.fields:
        text = form.get("backup_code_warning").strip()
        number = text.isascii() and text.isdigit() and len(text) <= 4
        values["backup_code_warning"] = int(text) if number else text
    return values


def _said(values: dict[str, Any]) -> dict[str, str]:
    """Writes rules as the fields of the form are written."""
    written = {True: "on", False: "off"}
    return {
        name: written[value] if isinstance(value, bool) else str(value)
        for name, value in values.items()
    }
