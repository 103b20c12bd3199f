"""People over the API: listed, created, shown, changed, deleted."""

from idp.actions import fleet
from idp.actions import people
from idp.actions import user_edit
from idp.actions import users
from idp.actions.fleet import Filter
from idp.actions.initial_passwords import Issued
from idp.actions.user_edit import Changes
from idp.errors import NotFound
from idp.rules.permissions import USERS_READ
from idp.rules.permissions import USERS_WRITE
from idp.web.api.problems import Unusable
from idp.web.api.resources import Answer
from idp.web.api.resources import Call
from idp.web.api.resources import Resources
from idp.web.api.user_models import CreatedUser
from idp.web.api.user_models import NewUser
from idp.web.api.user_models import User
from idp.web.api.user_models import UserPatch
from idp.web.api.user_models import UserQuery
from idp.web.api.user_models import Users

resources = Resources("users", "People and their accounts.")


def user_id(call: Call[object, object]) -> str:
    """Returns the id in the path; here people go by their `sub` and by nothing else."""
    named = call.path["id"]
    if not people.is_id(named):
        raise NotFound("user", sentence="There is nobody with this id.")
    return named


@resources.declare(
    "GET",
    "/users",
    needs=USERS_READ,
    summary="List people",
    description="By user name. Every condition that is given has to hold.",
    query=UserQuery,
    gives=Users,
)
def list_users(call: Call[UserQuery, None]) -> Answer:
    """Lists people by user name."""
    asked = call.query
    found = fleet.list_people(
        call.work,
        Filter(
            query=asked.query,
            mfa=asked.mfa,
            role=asked.role,
            source=asked.source,
            active=asked.active,
        ),
        limit=asked.limit,
        cursor=asked.cursor,
    )
    return Answer(Users.model_validate(found))


@resources.declare(
    "POST",
    "/users",
    needs=USERS_WRITE,
    summary="Create a person",
    description=(
        "Without `password` the answer holds a one-time one that has to be changed at "
        "the first sign-in. Roles with rights need the same rights and "
        "`idp:roles:write`."
    ),
    body=NewUser,
    gives=CreatedUser,
    status=201,
    refusals=(409,),
)
def create_user(call: Call[None, NewUser]) -> Answer:
    """Creates a person."""
    wanted = call.body
    try:
        made = users.create_user(
            call.work,
            wanted.username,
            email=wanted.email,
            name=wanted.name,
            role_names=wanted.roles,
            profile=wanted.profile,
            mfa_required=wanted.mfa_required,
            password=wanted.password,
        )
    except NotFound as refusal:
        raise unknown_role(refusal) from None
    return Answer(
        _created(made),
        version=made.user.version,
        location=f"/users/{made.user.id}",
    )


def _created(made: Issued) -> CreatedUser:
    shown = User.model_validate(made.user)
    return CreatedUser(
        **dict(shown),
        initial_password=made.initial_password,
        expires_at=made.expires_at,
    )


def unknown_role(refusal: NotFound) -> Exception:
    """Turns a role that is not there from a missing page into a wrong member."""
    if refusal.detail != "role":
        return refusal
    words = refusal.sentence
    return Unusable(400, "bad-request", words, faults=[("roles", words)])


@resources.declare(
    "GET",
    "/users/{id}",
    needs=USERS_READ,
    summary="Show a person",
    gives=User,
)
def show_user(call: Call[None, None]) -> Answer:
    """Shows a person."""
    found = users.show_user(call.work, user_id(call))
    return Answer(User.model_validate(found), version=found.version)


@resources.declare(
    "PATCH",
    "/users/{id}",
    needs=USERS_WRITE,
    summary="Change a person",
    description=(
        "All of it or nothing. With `If-Match` a change made for an older state is "
        "refused. Disabling an account ends everything that it has open."
    ),
    body=UserPatch,
    gives=User,
    conditional=True,
    refusals=(409,),
)
def change_user(call: Call[None, UserPatch]) -> Answer:
    """Changes a person, field by field."""
    changes = call.body.changes()
    active, roles = changes.pop("active", None), changes.pop("roles", None)
    wanted = Changes(details=changes, active=active, roles=roles)
    try:
        changed = user_edit.update(
            call.work, user_id(call), wanted, version=call.version
        )
    except NotFound as refusal:
        raise unknown_role(refusal) from None
    return Answer(User.model_validate(changed), version=changed.version)


@resources.declare(
    "DELETE",
    "/users/{id}",
    needs=USERS_WRITE,
    summary="Delete a person",
    description="The id stays taken for ever.",
    conditional=True,
    refusals=(409,),
)
def delete_user(call: Call[None, None]) -> Answer:
    """Deletes a person."""
    users.delete_user(call.work, user_id(call), version=call.version)
    return Answer()
