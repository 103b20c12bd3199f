"""People's sessions over the API: listed and ended."""

from idp.actions import user_sessions
from idp.actions import users
from idp.rules.permissions import SESSIONS_WRITE
from idp.rules.permissions import USERS_READ
from idp.web.api.resources import Answer
from idp.web.api.resources import Call
from idp.web.api.resources import Resources
from idp.web.api.user_models import Session
from idp.web.api.user_models import Sessions
from idp.web.api.users import user_id

resources = Resources("sessions", "What people have open, by the `sid` of tokens.")


@resources.declare(
    "GET",
    "/users/{id}/sessions",
    needs=USERS_READ,
    summary="List a person's sessions",
    gives=Sessions,
)
def list_sessions(call: Call[None, None]) -> Answer:
    """Lists the living sessions of a person."""
    found = user_sessions.list_sessions(call.work, user_id(call))
    return Answer(Sessions(items=[Session.model_validate(one) for one in found]))


@resources.declare(
    "DELETE",
    "/users/{id}/sessions",
    needs=SESSIONS_WRITE,
    summary="End all of a person's sessions",
    description="With them all that applications hold, and logins under way.",
)
def end_sessions(call: Call[None, None]) -> Answer:
    """Ends everything that a person has open."""
    users.end_sessions(call.work, user_id(call))
    return Answer()


@resources.declare(
    "DELETE",
    "/sessions/{sid}",
    needs=SESSIONS_WRITE,
    summary="End a session",
)
def end_session(call: Call[None, None]) -> Answer:
    """Ends one session."""
    user_sessions.end_session(call.work, call.path["sid"])
    return Answer()
