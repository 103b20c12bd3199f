"""What happens to a person at once: unlocked, signed out, a first password, deleted.

Each comes back to the page of the person, which says that it was done.
"""

from flask import Blueprint
from flask import Response

from idp.actions import initial_passwords
from idp.actions import user_edit
from idp.actions import user_mfa
from idp.actions import user_sessions
from idp.actions import users
from idp.actions.sessions import SessionFacts
from idp.errors import BadRequest
from idp.errors import PolicyRefused
from idp.rules.permissions import MFA_WRITE
from idp.rules.permissions import SESSIONS_WRITE
from idp.rules.permissions import USERS_WRITE
from idp.web.admin import frame
from idp.web.admin import people_filter
from idp.web.admin import user
from idp.web.admin.gate import administers
from idp.web.work import current_work

blueprint = Blueprint("admin_user_acts", __name__)
HOME = user.HOME
BACK = "/admin/users/{user_id}"


@blueprint.post(f"{HOME}/unlock")
@administers(MFA_WRITE, write=True, back=BACK)
def unlock(session: SessionFacts, user_id: str) -> Response:
    """Takes the lock from somebody's second factor."""
    frame.own_form()
    return frame.attempt(
        session,
        lambda: user_mfa.unlock(current_work(), user_id),
        done="unlocked",
        to=user.path(HOME, user_id),
    )


@blueprint.post(f"{HOME}/initial-password")
@administers(USERS_WRITE, write=True, back=BACK)
def give_password(session: SessionFacts, user_id: str) -> Response:
    """Replaces the password by a first one, which the next page shows once."""
    frame.own_form()
    back = user.path(HOME, user_id)
    try:
        made = initial_passwords.issue(current_work(), user_id)
    except PolicyRefused as refusal:
        return frame.again(session, refusal, to=back)
    until = made.expires_at.isoformat() if made.expires_at else None
    return frame.finished(
        session,
        "initial-password",
        to=back,
        told={"expires_at": until},
        secret=made.initial_password,
    )


@blueprint.post(f"{HOME}/sessions")
@administers(SESSIONS_WRITE, write=True, back=BACK)
def end_sessions(session: SessionFacts, user_id: str) -> Response:
    """Ends one session (``sid``), or everything (``all``)."""
    form = frame.own_form()
    sid, back = form.get("sid"), user.path(HOME, user_id)
    if form.get("all"):
        return frame.attempt(
            session,
            lambda: users.end_sessions(current_work(), user_id),
            done="sessions-ended",
            to=back,
        )
    if not sid:
        raise BadRequest("neither a session nor all of them")
    return frame.attempt(
        session,
        lambda: user_sessions.end_session(current_work(), sid),
        done="session-ended",
        to=back,
    )


@blueprint.post(f"{HOME}/delete")
@administers(USERS_WRITE, write=True, back=BACK)
def delete(session: SessionFacts, user_id: str) -> Response:
    """Deletes a person whose user name was typed."""
    form = frame.own_form()
    typed = form.get("confirm_username")
    return frame.attempt(
        session,
        lambda: user_edit.delete(current_work(), user_id, confirm_username=typed),
        done="deleted",
        to=people_filter.HOME,
        on_refusal=user.path(HOME, user_id),
    )
