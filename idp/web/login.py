"""The pages of a login: password, code, backup code, new password, account, notice.

A view reads the form, calls one action, and shows or redirects. A page appears only
while its step is due; at any other moment the browser is sent to the page that is
(SEC-004).
"""

from flask import Blueprint
from flask import request
from flask.typing import ResponseReturnValue

from idp.actions import login
from idp.actions import login_start
from idp.actions import login_view
from idp.actions.login_view import LoginView
from idp.errors import Crowded
from idp.rules.policy import Step
from idp.web import browser
from idp.web import csrf
from idp.web import errors
from idp.web import pages
from idp.web import steps
from idp.web.guards import public
from idp.web.login_pages import OF_THE_APP
from idp.web.login_pages import OF_THE_LIST
from idp.web.login_pages import language_action
from idp.web.login_pages import look
from idp.web.login_pages import own_form
from idp.web.login_pages import problem
from idp.web.login_pages import reason
from idp.web.login_pages import show
from idp.web.login_pages import standing
from idp.web.problems import Problem
from idp.web.work import current_session
from idp.web.work import current_work

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
@public
def start() -> ResponseReturnValue:
    """Signs in without an application; somebody signed in goes to the settings."""
    home = steps.full_path("/settings")
    if current_session() is not None:
        return steps.away(home)
    begun = login_start.begin(
        current_work(), return_to=home, browser_token=browser.browser_token()
    )
    return steps.go(begun)


@blueprint.get("/login/<login_id>/password")
@public
def show_password(login_id: str) -> ResponseReturnValue:
    """Asks for user name and password."""
    view = look(login_id)
    if view.step is not Step.PASSWORD:
        return steps.go(standing(view))
    return show(_password_page(view, error=problem(view)))


def _password_page(
    view: LoginView, *, error: Problem | None, username: str | None = None
) -> pages.PasswordPage:
    return pages.PasswordPage(
        csrf_token=csrf.token(view.login_id),
        language_action=language_action(view.login_id),
        error=error,
        action=request.path,
        username=username or view.typed or view.login_hint or view.signed_in or "",
        application=view.application,
        reason=reason(view),
    )


@blueprint.post("/login/<login_id>/password")
@public
def submit_password(login_id: str) -> ResponseReturnValue:
    """Checks user name and password; where too many wait, the typed name stays."""
    form = own_form(login_id)
    username = form.get("username", "")
    try:
        progress = login.submit_password(
            current_work(),
            login_id,
            browser.browser_token(),
            username,
            form.get("password", ""),
        )
    except Crowded as crowd:
        busy = Problem(code="unavailable", wait_seconds=crowd.retry_after)
        page = _password_page(look(login_id), error=busy, username=username)
        return errors.refused(crowd, show(page))
    return steps.go(progress)


@blueprint.get("/login/<login_id>/totp")
@public
def show_totp(login_id: str) -> ResponseReturnValue:
    """Asks for the six digits."""
    view = look(login_id)
    if view.step is not Step.SECOND_FACTOR:
        return steps.go(standing(view))
    other = steps.login_path(login_id, steps.BACKUP_CODE)
    return show(
        pages.TotpPage(
            csrf_token=csrf.token(login_id),
            language_action=language_action(login_id),
            error=problem(view, elsewhere=OF_THE_LIST),
            action=request.path,
            username=view.username or "",
            switch_action=steps.login_path(login_id, "switch"),
            backup_code_href=other if view.accepts_backup_codes else None,
            backup_codes_left=view.backup_codes_remaining,
            application=view.application,
            reason=reason(view),
        )
    )


@blueprint.post("/login/<login_id>/totp")
@public
def submit_totp(login_id: str) -> ResponseReturnValue:
    """Checks the six digits."""
    form = own_form(login_id)
    progress = login.submit_totp(
        current_work(), login_id, browser.browser_token(), form.get("code", "")
    )
    return steps.go(progress)


@blueprint.get("/login/<login_id>/backup-code")
@public
def show_backup_code(login_id: str) -> ResponseReturnValue:
    """Asks for a backup code in place of the six digits."""
    view = look(login_id)
    if view.step is not Step.SECOND_FACTOR:
        return steps.go(standing(view))
    return show(
        pages.BackupCodePage(
            csrf_token=csrf.token(login_id),
            language_action=language_action(login_id),
            error=problem(view, elsewhere=OF_THE_APP),
            action=request.path,
            username=view.username or "",
            switch_action=steps.login_path(login_id, "switch"),
            totp_href=steps.login_path(login_id, "totp"),
            application=view.application,
        )
    )


@blueprint.post("/login/<login_id>/backup-code")
@public
def submit_backup_code(login_id: str) -> ResponseReturnValue:
    """Checks a backup code; a wrong one leads back to this page, not to the digits."""
    form = own_form(login_id)
    progress = login.submit_backup_code(
        current_work(), login_id, browser.browser_token(), form.get("backup_code", "")
    )
    stays = progress.step is Step.SECOND_FACTOR
    return steps.go(progress, path=request.path if stays else None)


@blueprint.get("/login/<login_id>/new-password")
@public
def show_new_password(login_id: str) -> ResponseReturnValue:
    """Asks for the lasting password."""
    view = look(login_id)
    if view.step is not Step.NEW_PASSWORD:
        return steps.go(standing(view))
    return show(
        pages.NewPasswordPage(
            csrf_token=csrf.token(login_id),
            language_action=language_action(login_id),
            error=problem(view),
            action=request.path,
            username=view.username or "",
            switch_action=steps.login_path(login_id, "switch"),
            minimum_length=view.minimum_length,
            application=view.application,
            reason="initial-password",
        )
    )


@blueprint.post("/login/<login_id>/new-password")
@public
def submit_new_password(login_id: str) -> ResponseReturnValue:
    """Sets the lasting password."""
    form = own_form(login_id)
    progress = login.change_forced_password(
        current_work(),
        login_id,
        browser.browser_token(),
        form.get("new_password", ""),
        form.get("new_password_again", ""),
    )
    return steps.go(progress)


@blueprint.get("/login/<login_id>/account")
@public
def show_account(login_id: str) -> ResponseReturnValue:
    """Shows who is signed in and asks whether to go on as that person."""
    view = look(login_id)
    if view.step is not Step.SELECT_ACCOUNT:
        return steps.go(standing(view))
    return show(
        pages.SelectAccountPage(
            csrf_token=csrf.token(login_id),
            language_action=language_action(login_id),
            action=request.path,
            switch_action=steps.login_path(login_id, "switch"),
            username=view.username or "",
            full_name=view.full_name,
            application=view.application,
        )
    )


@blueprint.post("/login/<login_id>/account")
@public
def continue_as(login_id: str) -> ResponseReturnValue:
    """Goes on as the person signed in here."""
    own_form(login_id)
    progress = login.choose_account(
        current_work(), login_id, browser.browser_token(), other=False
    )
    return steps.go(progress)


@blueprint.post("/login/<login_id>/switch")
@public
def switch_user(login_id: str) -> ResponseReturnValue:
    """Lets somebody else sign in: "Not you?"."""
    own_form(login_id)
    progress = login.switch_user(current_work(), login_id, browser.browser_token())
    return steps.go(progress)


@blueprint.get("/login/<login_id>/notice")
@public
def show_notice(login_id: str) -> ResponseReturnValue:
    """Says how many backup codes are left, or that the person is signed in."""
    view = look(login_id)
    if view.step is not Step.NOTICE:
        return steps.go(standing(view))
    by_backup_code = view.notice == login_view.BACKUP_CODE_USED
    return show(
        pages.NoticePage(
            csrf_token=csrf.token(login_id),
            language_action=language_action(login_id),
            action=request.path,
            username=view.username or "",
            remaining=view.backup_codes_remaining if by_backup_code else None,
            warn_at=view.backup_code_warning,
            application=None if view.finished else view.application,
            replace_href=steps.full_path("/settings/mfa/replace"),
        )
    )


@blueprint.post("/login/<login_id>/notice")
@public
def acknowledge(login_id: str) -> ResponseReturnValue:
    """Leaves the notice behind."""
    own_form(login_id)
    progress = login.acknowledge(current_work(), login_id, browser.browser_token())
    if progress.step is Step.NOTICE:
        return steps.away(steps.full_path("/settings"))
    return steps.go(progress)
