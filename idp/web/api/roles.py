"""Roles over the API: listed, created, shown, changed, deleted."""

from typing import Annotated

from pydantic import Field

from idp.actions import roles
from idp.rules.permissions import PERMISSIONS
from idp.rules.permissions import ROLES_WRITE
from idp.rules.permissions import USERS_READ
from idp.web.api.models import Body
from idp.web.api.models import Patch
from idp.web.api.models import Shown
from idp.web.api.resources import Answer
from idp.web.api.resources import Call
from idp.web.api.resources import Resources
from idp.web.api.words import OneOf

resources = Resources("roles", "Roles: what people may do, whom they make prove more.")

Name = Annotated[str, Field(min_length=1, max_length=roles.LONGEST_NAME)]
Description = Annotated[str, Field(max_length=roles.LONGEST_DESCRIPTION)]
Permission = Annotated[str, OneOf(PERMISSIONS)]


class Role(Shown):
    """A role; whoever holds a permission needs MFA always."""

    name: str
    description: str
    permissions: list[Permission]
    mfa_required: bool
    built_in: bool = Field(description="It keeps its name and its permissions.")


class Roles(Shown):
    """Every role, by name."""

    items: list[Role]


class NewRole(Body):
    """A role to be; its name is what applications find in `groups`."""

    name: Name
    description: Description = ""
    permissions: list[Permission] = Field(default_factory=list)
    mfa_required: bool = False


class RolePatch(Patch):
    """What is to be changed; what is left out stays."""

    description: Description = ""
    permissions: list[Permission] = Field(default_factory=list)
    mfa_required: bool = False


def _answer(role: roles.Role, *, created: bool = False) -> Answer:
    return Answer(
        Role.model_validate(role),
        version=roles.version_of(role),
        location=f"/roles/{role.name}" if created else None,
    )


@resources.declare(
    "GET", "/roles", needs=USERS_READ, summary="List the roles", gives=Roles
)
def list_roles(call: Call[None, None]) -> Answer:
    """Lists every role by name."""
    found = [Role.model_validate(role) for role in roles.list_roles(call.work)]
    return Answer(Roles(items=found))


@resources.declare(
    "POST",
    "/roles",
    needs=ROLES_WRITE,
    summary="Create a role",
    description="Nobody makes a role with permissions that they lack themselves.",
    body=NewRole,
    gives=Role,
    status=201,
    refusals=(409,),
)
def create_role(call: Call[None, NewRole]) -> Answer:
    """Creates a role."""
    wanted = call.body
    made = roles.create_role(
        call.work,
        wanted.name,
        description=wanted.description,
        granted=wanted.permissions,
        mfa_required=wanted.mfa_required,
    )
    return _answer(made, created=True)


@resources.declare(
    "GET", "/roles/{name}", needs=USERS_READ, summary="Show a role", gives=Role
)
def show_role(call: Call[None, None]) -> Answer:
    """Shows a role."""
    return _answer(roles.show_role(call.work, call.path["name"]))


@resources.declare(
    "PATCH",
    "/roles/{name}",
    needs=ROLES_WRITE,
    summary="Change a role",
    description=(
        "What it allows and asks is changed for whoever holds it at once. The "
        "permissions of a built-in role stay."
    ),
    body=RolePatch,
    gives=Role,
    conditional=True,
)
def change_role(call: Call[None, RolePatch]) -> Answer:
    """Changes what is given of a role."""
    changes = call.body.changes()
    changed = roles.change_role(
        call.work,
        call.path["name"],
        description=changes.get("description"),
        granted=changes.get("permissions"),
        mfa_required=changes.get("mfa_required"),
        version=call.version,
    )
    return _answer(changed)


@resources.declare(
    "DELETE",
    "/roles/{name}",
    needs=ROLES_WRITE,
    summary="Delete a role",
    description="Whoever holds it loses it. Built-in roles stay.",
)
def delete_role(call: Call[None, None]) -> Answer:
    """Deletes a role."""
    roles.delete_role(call.work, call.path["name"])
    return Answer()
