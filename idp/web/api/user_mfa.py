"""People's second factors over the API: shown, required, unlocked, disabled."""

from idp.actions import fleet
from idp.actions import initial_passwords
from idp.actions import user_mfa
from idp.actions.fleet import Filter
from idp.actions.fleet import Selection
from idp.errors import BadRequest
from idp.rules.permissions import MFA_READ
from idp.rules.permissions import MFA_WRITE
from idp.rules.permissions import USERS_WRITE
from idp.web.api.resources import Answer
from idp.web.api.resources import Call
from idp.web.api.resources import Resources
from idp.web.api.user_models import Coverage
from idp.web.api.user_models import InitialPassword
from idp.web.api.user_models import Mfa
from idp.web.api.user_models import MfaDisable
from idp.web.api.user_models import MfaPatch
from idp.web.api.user_models import Requirement
from idp.web.api.user_models import RequirementEffect
from idp.web.api.user_models import SelectionFilter
from idp.web.api.users import user_id

resources = Resources("mfa", "Second factors of people, and where they are missing.")


@resources.declare(
    "GET",
    "/users/{id}/mfa",
    needs=MFA_READ,
    summary="Show the state of a person's MFA",
    gives=Mfa,
)
def show_mfa(call: Call[None, None]) -> Answer:
    """Shows the state of somebody's MFA."""
    return Answer(Mfa.model_validate(user_mfa.show_mfa(call.work, user_id(call))))


@resources.declare(
    "PATCH",
    "/users/{id}/mfa",
    needs=MFA_WRITE,
    summary="Require MFA of a person, or not any more",
    description="The strictest of organisation, roles and person counts.",
    body=MfaPatch,
    gives=Mfa,
)
def change_mfa(call: Call[None, MfaPatch]) -> Answer:
    """Makes MFA mandatory for a person, or not any more."""
    required = call.body.required
    changed = user_mfa.require_mfa(call.work, user_id(call), required=required)
    return Answer(Mfa.model_validate(changed.mfa))


@resources.declare(
    "POST",
    "/users/{id}/mfa/disable",
    needs=MFA_WRITE,
    summary="Take a person's MFA away",
    description=(
        "Wipes the secret, a pending one, backup codes, counters and lock, and ends "
        "every session. What is required stays required. The person is told."
    ),
    body=MfaDisable,
)
def disable_mfa(call: Call[None, MfaDisable]) -> Answer:
    """Takes somebody's MFA away."""
    user_mfa.disable_mfa(call.work, user_id(call), reason=call.body.reason)
    return Answer()


@resources.declare(
    "POST",
    "/users/{id}/unlock",
    needs=MFA_WRITE,
    summary="Unlock a person's second factor",
)
def unlock(call: Call[None, None]) -> Answer:
    """Takes the lock from somebody's second factor."""
    user_mfa.unlock(call.work, user_id(call))
    return Answer()


@resources.declare(
    "POST",
    "/users/{id}/initial-password",
    needs=USERS_WRITE,
    summary="Give a person a one-time password",
    description=(
        "Replaces the password and ends every session. The new one works once, for a "
        "day, and has to be changed at once."
    ),
    gives=InitialPassword,
)
def give_initial_password(call: Call[None, None]) -> Answer:
    """Replaces somebody's password by a one-time one."""
    made = initial_passwords.issue(call.work, user_id(call))
    return Answer(InitialPassword.model_validate(made))


@resources.declare(
    "POST",
    "/users/mfa/require",
    needs=MFA_WRITE,
    summary="Require MFA of many people, or not any more",
    description=(
        "Name people, or give a filter; an empty one is everybody. With `dry_run` "
        "nothing changes, and the answer says what would. Whoever holds rights beyond "
        "the caller's stays as they are and is counted in `refused`."
    ),
    body=Requirement,
    gives=RequirementEffect,
)
def require_mfa(call: Call[None, Requirement]) -> Answer:
    """Makes MFA mandatory for many people at once, or not any more."""
    asked = call.body
    if asked.user_ids is not None and asked.filter is not None:
        # Else a list that came out empty would be everybody.
        raise BadRequest("user_ids", sentence="Name people, or give a filter.")
    who = Selection(tuple(asked.user_ids or ()), _filter(asked.filter))
    done = fleet.require_mfa(
        call.work, who, required=asked.required, dry_run=asked.dry_run
    )
    return Answer(RequirementEffect.model_validate(done))


def _filter(asked: SelectionFilter | None) -> Filter | None:
    return None if asked is None else Filter(**dict(asked))


@resources.declare(
    "GET",
    "/reports/mfa",
    needs=MFA_READ,
    summary="Report how far MFA has come",
    gives=Coverage,
)
def report_mfa(call: Call[None, None]) -> Answer:
    """Reports how far MFA has come among the people who can sign in."""
    return Answer(Coverage.model_validate(fleet.coverage(call.work)))
