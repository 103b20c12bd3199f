"""The pages of enrolment in a login: the key, its confirmation, the backup codes."""

from flask import Blueprint
from flask import request
from flask.typing import ResponseReturnValue

from idp.actions import enrolment
from idp.rules.policy import Step
from idp.web import browser
from idp.web import csrf
from idp.web import pages
from idp.web import steps
from idp.web.guards import public
from idp.web.login_pages import language_action
from idp.web.login_pages import look
from idp.web.login_pages import own_form
from idp.web.login_pages import problem
from idp.web.login_pages import show
from idp.web.login_pages import standing
from idp.web.work import current_work

blueprint = Blueprint("enrolment", __name__)


@blueprint.get("/login/<login_id>/enrol")
@public
def show_enrol(login_id: str) -> ResponseReturnValue:
    """Shows the pending key, the same at each visit."""
    view = look(login_id)
    if view.step is not Step.ENROL:
        return steps.go(standing(view))
    pending = enrolment.start(current_work(), login_id, browser.browser_token())
    return show(
        pages.EnrolPage(
            csrf_token=csrf.token(login_id),
            language_action=language_action(login_id),
            error=problem(view),
            action=request.path,
            username=view.username or "",
            secret=pending.secret,
            otpauth_uri=pending.uri,
            issuer=pending.issuer,
            account=pending.account,
            switch_action=steps.login_path(login_id, "switch"),
            application=view.application,
            reason="required" if view.mfa_required and not view.replacing else None,
            replacing=view.replacing,
            cancel_href=steps.full_path("/settings/mfa") if view.return_to else None,
        )
    )


@blueprint.post("/login/<login_id>/enrol")
@public
def confirm(login_id: str) -> ResponseReturnValue:
    """Confirms the key with a code of it."""
    form = own_form(login_id)
    progress = enrolment.confirm(
        current_work(), login_id, browser.browser_token(), form.get("code", "")
    )
    return steps.go(progress)


@blueprint.get("/login/<login_id>/backup-codes")
@public
def show_codes(login_id: str) -> ResponseReturnValue:
    """Shows the new backup codes, once."""
    view = look(login_id)
    if view.step is not Step.BACKUP_CODES:
        return steps.go(standing(view))
    codes = enrolment.reveal_codes(current_work(), login_id, browser.browser_token())
    return show(
        pages.BackupCodesPage(
            csrf_token=csrf.token(login_id),
            action=request.path,
            username=codes.username,
            made_at=codes.created_at,
            codes=codes.codes or (),
            regenerate_href=steps.full_path("/settings/mfa/regenerate"),
        )
    )


@blueprint.post("/login/<login_id>/backup-codes")
@public
def confirm_saved(login_id: str) -> ResponseReturnValue:
    """Goes on once the codes are kept."""
    form = own_form(login_id)
    progress = enrolment.confirm_saved(
        current_work(), login_id, browser.browser_token(), saved=bool(form.get("saved"))
    )
    return steps.go(progress)
