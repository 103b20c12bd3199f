"""The settings of the password."""

from flask import Blueprint
from flask import Response
from flask import request

from idp.actions import passwords
from idp.actions.sessions import SessionFacts
from idp.rules import policy
from idp.web import browser
from idp.web import settings_pages
from idp.web import steps
from idp.web.guards import demands
from idp.web.work import current_work

blueprint = Blueprint("passwords", __name__)
HOME = "/settings/password"


@blueprint.get(HOME)
@demands(policy.ACCOUNT_PAGE)
def show_password(session: SessionFacts) -> Response:
    """Asks for the old password and the new one."""
    return settings_pages.show(
        settings_pages.PasswordChangePage(
            **settings_pages.frame(session),
            action=request.path,
            minimum_length=passwords.minimum_of(current_work(), session),
            enrolled=session.enrolled,
            kept_elsewhere=passwords.is_kept_elsewhere(current_work(), session),
        )
    )


@blueprint.post(HOME)
@demands(policy.ACCOUNT_PAGE)
def change_password(session: SessionFacts) -> Response:
    """Changes the password; this session goes on under a new cookie (SEC-025)."""
    form = settings_pages.own_form()
    work = current_work()
    done = passwords.change(
        work,
        session,
        current=form.get("current_password", ""),
        new=form.get("new_password", ""),
        again=form.get("new_password_again", ""),
        code=form.get("code", ""),
    )
    if done.error is not None or done.token is None:
        return settings_pages.again(
            session,
            done.error or "bad-request",
            verdict=done.verdict,
            complaints=done.complaints,
            minimum=passwords.minimum_of(work, session),
        )
    response = steps.away(steps.full_path("/settings"))
    browser.set_session(response, done.token)
    return response
