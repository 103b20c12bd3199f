"""The settings of the second factor: how it stands, on, off, new codes, new device."""

from flask import Blueprint
from flask import Response
from flask import request

from idp.actions import mfa
from idp.actions.sessions import SessionFacts
from idp.actions.verdicts import Verdict
from idp.rules import policy
from idp.web import browser
from idp.web import settings_pages
from idp.web import steps
from idp.web.guards import demands
from idp.web.problems import Problem
from idp.web.work import current_work

blueprint = Blueprint("mfa", __name__)
HOME = "/settings/mfa"


@blueprint.get(HOME)
@demands(policy.ACCOUNT_PAGE)
def show_mfa(session: SessionFacts) -> Response:
    """Shows how the second factor stands and what can be done."""
    own = mfa.own(current_work(), session)
    return settings_pages.show(
        settings_pages.MfaPage(
            **settings_pages.frame(session),
            state=own.state,
            enrolled_at=own.enrolled_at,
            last_used_at=own.last_used_at,
            backup_codes_left=own.backup_codes_left,
            warn_at=own.backup_code_warning,
            because=own.because,
            may_enable=own.may_enable,
        )
    )


@blueprint.get(f"{HOME}/enable")
@demands(policy.second_factor_setup)
def enable(session: SessionFacts) -> Response:
    """Comes back here once the set-up is done: the demand is what leads through it."""
    return steps.away(steps.full_path(HOME))


@blueprint.post(f"{HOME}/enable")
@demands(policy.ACCOUNT_PAGE)
def begin_enable(session: SessionFacts) -> Response:
    """Leads to the set-up."""
    settings_pages.own_form()
    return steps.away(request.path)


@blueprint.get(f"{HOME}/replace")
@demands(policy.second_factor_setup)
def replace(session: SessionFacts) -> Response:
    """Begins the set-up of a new device; the old one counts until then (SEC-063)."""
    begun = mfa.replace_device(
        current_work(),
        session,
        return_to=steps.full_path(HOME),
        browser_token=browser.browser_token(),
    )
    return steps.go(begun)


@blueprint.post(f"{HOME}/replace")
@demands(policy.ACCOUNT_PAGE)
def begin_replace(session: SessionFacts) -> Response:
    """Leads to the set-up of a new device."""
    settings_pages.own_form()
    return steps.away(request.path)


@blueprint.get(f"{HOME}/disable")
@demands(policy.ACCOUNT_PAGE)
def show_disable(session: SessionFacts) -> Response:
    """Asks for a code before MFA is turned off, or says which rule forbids it."""
    own = mfa.own(current_work(), session)
    if own.state in ("none", "pending"):
        return steps.away(steps.full_path(HOME))
    carried = settings_pages.frame(session)
    if own.required:
        carried["error"] = Problem(code="policy")
    return settings_pages.show(
        settings_pages.MfaCodePage(
            **carried,
            action=request.path,
            because=own.because,
        )
    )


@blueprint.post(f"{HOME}/disable")
@demands(policy.ACCOUNT_PAGE)
def disable(session: SessionFacts) -> Response:
    """Turns MFA off with an authenticator code (R5)."""
    form = settings_pages.own_form()
    verdict = mfa.disable(current_work(), session, _code(form))
    if verdict.fault is not None:
        return settings_pages.again(session, verdict.fault.value, verdict=verdict)
    return steps.away(steps.full_path(HOME))


@blueprint.get(f"{HOME}/regenerate")
@demands(policy.ACCOUNT_PAGE)
def show_regenerate(session: SessionFacts) -> Response:
    """Asks for a code before the backup codes are replaced."""
    own = mfa.own(current_work(), session)
    if own.state in ("none", "pending"):
        return steps.away(steps.full_path(HOME))
    return settings_pages.show(
        settings_pages.RegeneratePage(
            **settings_pages.frame(session),
            action=request.path,
            left=own.backup_codes_left,
        )
    )


@blueprint.post(f"{HOME}/regenerate")
@demands(policy.ACCOUNT_PAGE)
def regenerate(session: SessionFacts) -> Response:
    """Replaces the backup codes with an authenticator code (R6)."""
    form = settings_pages.own_form()
    done = mfa.regenerate(
        current_work(),
        session,
        _code(form),
        return_to=steps.full_path(HOME),
        browser_token=browser.browser_token(),
    )
    if not isinstance(done, Verdict):
        return steps.go(done)
    error = done.fault.value if done.fault else "bad-request"
    return settings_pages.again(session, error, verdict=done)


def _code(form: dict[str, str]) -> str:
    return form.get("code") or form.get("backup_code", "")
