"""``idp user`` and ``idp report`` about second factors: one person's, or all."""

import click

from idp.actions import fleet
from idp.actions import fleet_mfa
from idp.actions import user_mfa
from idp.actions.fleet import Coverage
from idp.actions.fleet import Filter
from idp.actions.fleet import Selection
from idp.actions.fleet_mfa import Bulk
from idp.actions.people import STATES
from idp.cli import output
from idp.cli import work
from idp.cli.accounts import show_person
from idp.cli.accounts import user


@user.command("unlock")
@click.argument("name")
@output.as_json
@output.speaks
def unlock(name: str, as_json: bool) -> None:
    """Unlock a second factor."""
    show_person(user_mfa.unlock(work.build(), name), as_json=as_json)


@user.command("disable-mfa")
@click.argument("name")
@click.option("--reason", required=True)
@output.as_json
@output.speaks
def disable_mfa(name: str, reason: str, as_json: bool) -> None:
    """Take somebody's MFA away; what is required stays required."""
    changed = user_mfa.disable_mfa(work.build(), name, reason=reason)
    show_person(changed, as_json=as_json)


@user.command("require-mfa")
@click.argument("name", required=False)
@click.option("--query", help="Of whom this finds, as `user list` does.")
@click.option("--mfa", "state", type=click.Choice(STATES))
@click.option("--role")
@click.option("--all", "everybody", is_flag=True, help="Of everybody.")
@click.option("--off", is_flag=True, help="Take the requirement away.")
@click.option("--dry-run", is_flag=True, help="Only say what it would mean.")
@output.as_json
@output.speaks
def require_mfa(
    name: str | None,
    query: str | None,
    state: str | None,
    role: str | None,
    everybody: bool,
    off: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make MFA mandatory for a person, or for all whom a filter finds."""
    asked = Filter(query=query, mfa=state, role=role)
    filtered = asked != Filter()
    if [name is not None, filtered, everybody].count(True) != 1:
        words = "Name a person, or give --query, --mfa and --role, or --all."
        raise click.UsageError(words)
    at_work = work.build()
    if name is None:
        who = Selection(filter=asked)
        done = fleet_mfa.require_mfa(at_work, who, required=not off, dry_run=dry_run)
        _show_bulk(done, required=not off, dry_run=dry_run, as_json=as_json)
    elif dry_run:
        raise click.UsageError("--dry-run goes with --query, --mfa, --role or --all.")
    else:
        changed = user_mfa.require_mfa(at_work, name, required=not off)
        show_person(changed, as_json=as_json)


def _show_bulk(told: Bulk, *, required: bool, dry_run: bool, as_json: bool) -> None:
    """Says in words what was done, or what would be."""
    lines = [f"{told.changed} of {told.matched} people {_verb(dry_run)} changed"]
    if required:
        lines.append(f"{told.would_enrol} have to set MFA up at their next sign-in")
    else:
        lines.append(f"of {told.no_longer_required} nothing else requires it")
    lines += _named(told.sample, told.would_enrol if required else told.changed)
    if told.refused:
        lines.append(f"{told.refused} have more rights and stay as before")
    output.show(output.data(told), as_json=as_json, line="\n".join(lines))


def _verb(dry_run: bool) -> str:
    return "would be" if dry_run else "are"


def _named(names: tuple[str, ...], number: int) -> list[str]:
    more = number - len(names)
    said = ", ".join(names)
    return [f"{said}, and {more} more" if more else said] if names else []


@click.group("report")
def report() -> None:
    """Figures about everybody."""


@report.command("mfa")
@output.as_json
@output.speaks
def report_mfa(as_json: bool) -> None:
    """Tell how far MFA has come among the people whose account is enabled."""
    found = fleet.coverage(work.build())
    output.show(output.data(found), as_json=as_json, line=_figures(found))


def _figures(found: Coverage) -> str:
    return "\n".join(
        f"{number}\t{name.replace('_', ' ')}"
        for name, number in output.data(found).items()
    )
