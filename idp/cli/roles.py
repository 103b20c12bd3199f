"""``idp role``: what holders may do, and whether they must use MFA."""

from typing import Any

import click

from idp.actions import roles
from idp.actions.roles import Role
from idp.cli import output
from idp.cli import work
from idp.rules.permissions import PERMISSIONS

permission = click.option(
    "--permission",
    "granted",
    multiple=True,
    type=click.Choice(PERMISSIONS),
    help="A right of administration; may be said several times.",
)


@click.group("role")
def role() -> None:
    """Roles."""


def _facts(found: Role) -> dict[str, Any]:
    facts: dict[str, Any] = output.data(found)
    return facts


def _line(facts: dict[str, Any]) -> str:
    words = ",".join(facts["permissions"]) or "-"
    return f"{facts['name']}\t{'mfa' if facts['mfa_required'] else '-'}\t{words}"


def _show(found: Role, *, as_json: bool) -> None:
    facts = _facts(found)
    output.show(facts, as_json=as_json, line=_line(facts))


@role.command("list")
@output.as_json
@output.speaks
def list_(as_json: bool) -> None:
    """List the roles."""
    found = roles.list_roles(work.build())
    output.show_list(map(_facts, found), as_json=as_json, line=_line)


@role.command("create")
@click.argument("name")
@click.option("--description", default="")
@permission
@click.option("--mfa-required", is_flag=True)
@output.as_json
@output.speaks
def create(
    name: str,
    description: str,
    granted: tuple[str, ...],
    mfa_required: bool,
    as_json: bool,
) -> None:
    """Create a role; its name is what applications find in ``groups``."""
    made = roles.create_role(
        work.build(),
        name,
        description=description,
        granted=granted,
        mfa_required=mfa_required,
    )
    _show(made, as_json=as_json)


@role.command("update")
@click.argument("name")
@click.option("--description")
@permission
@click.option("--no-permissions", is_flag=True, help="Take every right away.")
@click.option("--mfa-required/--no-mfa-required", default=None)
@output.as_json
@output.speaks
def update(
    name: str,
    description: str | None,
    granted: tuple[str, ...],
    no_permissions: bool,
    mfa_required: bool | None,
    as_json: bool,
) -> None:
    """Change a role; only what is named changes, --permission replaces all."""
    if granted and no_permissions:
        raise click.UsageError("--permission and --no-permissions exclude each other")
    changed = roles.change_role(
        work.build(),
        name,
        description=description,
        granted=granted if granted or no_permissions else None,
        mfa_required=mfa_required,
    )
    _show(changed, as_json=as_json)


@role.command("delete")
@click.argument("name")
@output.as_json
@output.speaks
def delete(name: str, as_json: bool) -> None:
    """Delete a role; whoever holds it loses it."""
    gone = roles.delete_role(work.build(), name)
    line = f"deleted, {gone.people} held it"
    output.show(output.data(gone), as_json=as_json, line=line)
