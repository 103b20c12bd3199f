"""``idp user``: people, from the terminal; each use is audited as the host's.

What concerns their second factor is ``cli.second_factors``.
"""

from typing import Any

import click

from idp.actions import fleet
from idp.actions import initial_passwords
from idp.actions import user_sessions
from idp.actions import users
from idp.actions.initial_passwords import Issued
from idp.actions.people import STATES
from idp.actions.people import User
from idp.cli import channels
from idp.cli import output
from idp.cli import work
from idp.rules.documents import read_json


@click.group("user")
def user() -> None:
    """People."""


@user.command("create")
@click.argument("name")
@click.option("--email")
@click.option("--name", "full_name")
@click.option("--role", "roles", multiple=True)
@click.option("--profile", help="Standard claims as a JSON object.")
@click.option("--mfa-required", is_flag=True)
@click.option("--password-stdin", is_flag=True, help="Read a lasting password.")
@output.as_json
@output.speaks
def create(
    name: str,
    email: str | None,
    full_name: str | None,
    roles: tuple[str, ...],
    profile: str | None,
    mfa_required: bool,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Create a person; without a password a one-time one is made and shown."""
    made = users.create_user(
        work.build(seals=True),
        name,
        email=email,
        name=full_name,
        role_names=roles,
        profile=_profile(profile),
        mfa_required=mfa_required,
        password=channels.secret_from_stdin() if password_stdin else None,
    )
    _show_created(made, as_json=as_json)


def _profile(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        profile = read_json(text)
    except ValueError:
        raise click.BadParameter("is not JSON", param_hint="--profile") from None
    if not isinstance(profile, dict):
        raise click.BadParameter("is not a JSON object", param_hint="--profile")
    return profile


def _show_created(made: Issued, *, as_json: bool) -> None:
    """Prints a new person, with the one-time password where one was made."""
    facts = output.data(made.user)
    line = str(facts["username"])
    if made.initial_password is not None:
        facts["initial_password"] = made.initial_password
        facts["expires_at"] = output.data(made.expires_at)
        line = f"{line}: one-time password {made.initial_password}"
    output.show(facts, as_json=as_json, line=line)


@user.command("list")
@click.option("--query")
@click.option("--mfa", "state", type=click.Choice(STATES))
@click.option("--role")
@output.as_json
@output.speaks
def list_(
    query: str | None, state: str | None, role: str | None, as_json: bool
) -> None:
    """List people."""
    asked = fleet.Filter(query=query, mfa=state, role=role)
    found = fleet.table(work.build(), asked)
    output.show_list(map(output.data, found), as_json=as_json, line=_line)


def show_person(person: User, *, as_json: bool) -> None:
    """Prints a person, as JSON or as a line."""
    facts = output.data(person)
    output.show(facts, as_json=as_json, line=_line(facts))


def _line(facts: dict[str, Any]) -> str:
    roles = ",".join(facts["roles"]) or "-"
    return f"{facts['username']}\t{facts['mfa']['state']}\t{roles}"


@user.command("show")
@click.argument("name")
@output.as_json
@output.speaks
def show(name: str, as_json: bool) -> None:
    """Show a person: the account, the second factor, and what requires it."""
    facts = output.data(users.show_user(work.build(), name))
    output.show(facts, as_json=as_json, line=output.lines(facts))


@user.command("update")
@click.argument("name")
@click.option("--email")
@click.option("--no-email", is_flag=True, help="Take the address away.")
@click.option("--name", "full_name")
@click.option("--no-name", is_flag=True, help="Take the full name away.")
@click.option("--profile", help="All standard claims as a JSON object.")
@output.as_json
@output.speaks
def update(
    name: str,
    email: str | None,
    no_email: bool,
    full_name: str | None,
    no_name: bool,
    profile: str | None,
    as_json: bool,
) -> None:
    """Change what is known of a person; what is not given stays."""
    if (no_email and email is not None) or (no_name and full_name is not None):
        raise click.UsageError("A value is given or taken away, not both.")
    changes: dict[str, Any] = {}
    if email is not None or no_email:
        changes["email"] = email
    if full_name is not None or no_name:
        changes["name"] = full_name
    if profile is not None:
        changes["profile"] = _profile(profile)
    show_person(users.change_user(work.build(), name, changes), as_json=as_json)


@user.command("disable")
@click.argument("name")
@output.as_json
@output.speaks
def disable(name: str, as_json: bool) -> None:
    """Disable an account; everything of it ends at once."""
    show_person(users.set_active(work.build(), name, active=False), as_json=as_json)


@user.command("enable")
@click.argument("name")
@output.as_json
@output.speaks
def enable(name: str, as_json: bool) -> None:
    """Enable an account again."""
    show_person(users.set_active(work.build(), name, active=True), as_json=as_json)


@user.command("delete")
@click.argument("name")
@output.as_json
@output.speaks
def delete(name: str, as_json: bool) -> None:
    """Delete a person; the id is never used again."""
    user_id = users.delete_user(work.build(), name)
    output.show({"id": user_id}, as_json=as_json, line="deleted")


@user.command("end-sessions")
@click.argument("name")
@output.as_json
@output.speaks
def end_sessions(name: str, as_json: bool) -> None:
    """End every session of a person."""
    show_person(users.end_sessions(work.build(), name), as_json=as_json)


@user.command("sessions")
@click.argument("name")
@output.as_json
@output.speaks
def sessions(name: str, as_json: bool) -> None:
    """List a person's living sessions."""
    found = user_sessions.list_sessions(work.build(), name)
    output.show_list(map(output.data, found), as_json=as_json, line=_session_line)


def _session_line(facts: dict[str, Any]) -> str:
    applications = ",".join(facts["applications"]) or "-"
    return f"{facts['sid']}\t{facts['last_seen_at']}\t{facts['acr']}\t{applications}"


@user.command("end-session")
@click.argument("sid")
@output.as_json
@output.speaks
def end_session(sid: str, as_json: bool) -> None:
    """End one session by its sid."""
    user_sessions.end_session(work.build(), sid)
    output.show({"sid": sid}, as_json=as_json, line="ended")


@user.command("initial-password")
@click.argument("name")
@output.as_json
@output.speaks
def initial_password(name: str, as_json: bool) -> None:
    """Give a one-time password that has to be changed at once."""
    made = initial_passwords.issue(work.build(seals=True), name)
    facts = {
        "initial_password": made.initial_password,
        "expires_at": output.data(made.expires_at),
    }
    output.show(facts, as_json=as_json, line=made.initial_password or "")


@user.command("set-roles")
@click.argument("name")
@click.option("--role", "roles", multiple=True)
@output.as_json
@output.speaks
def set_roles(name: str, roles: tuple[str, ...], as_json: bool) -> None:
    """Replace somebody's roles."""
    show_person(users.set_roles(work.build(), name, roles), as_json=as_json)
