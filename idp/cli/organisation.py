"""``idp policy`` and ``idp keys``: the organisation's rules and the signing keys."""

from typing import Any

import click

from idp.actions import keys as key_actions
from idp.actions import organisation
from idp.actions import rewrap as rewrapping
from idp.actions.organisation import Preview
from idp.cli import output
from idp.cli import work

KEY_FACTS = ("kid", "alg", "state", "created_at", "activated_at", "retired_at")


@click.group("policy")
def policy() -> None:
    """The organisation's rules."""


@policy.command("show")
@output.as_json
@output.speaks
def show(as_json: bool) -> None:
    """Show the rules in force."""
    facts = _facts(organisation.show_policy(work.build()))
    output.show(facts, as_json=as_json, line=output.lines(facts))


@policy.command("set")
@click.option("--mfa", type=click.Choice(organisation.MFA_WORDS))
@click.option("--enrol-during-step-up", type=click.BOOL)
@click.option("--backup-code-warning", type=int, metavar="CODES")
@click.option("--dry-run", is_flag=True, help="Only say whom --mfa concerns.")
@output.as_json
@output.speaks
def set_(
    mfa: str | None,
    enrol_during_step_up: bool | None,
    backup_code_warning: int | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Change rules; only what is named changes."""
    at_work = work.build()
    if dry_run and mfa is None:
        raise click.UsageError("--dry-run needs --mfa")
    effect = None if mfa is None else organisation.preview(at_work, mfa=mfa)
    if dry_run and effect is not None:
        output.show(output.data(effect), as_json=as_json, line=_effect(effect))
        return
    changed = organisation.set_policy(
        at_work,
        mfa=mfa,
        enrol_during_step_up=enrol_during_step_up,
        backup_code_warning=backup_code_warning,
    )
    facts = _facts(changed)
    line = output.lines(facts)
    if effect is not None:
        line = f"{line}\n{_effect(effect)}"
    output.show(facts, as_json=as_json, line=line)


def _effect(effect: Preview) -> str:
    """Says in words whom a rule concerns, the first of them by name."""
    said = (
        f"{effect.would_enrol} of {effect.people} people would have to set MFA up at "
        f"their next sign-in; {effect.administrators} of them hold a permission"
    )
    if effect.no_longer_required:
        said += f"\n{effect.no_longer_required} people would no longer need MFA"
    if effect.sample:
        more = effect.would_enrol - len(effect.sample)
        named = ", ".join(effect.sample)
        said += f"\n{named}, and {more} more" if more else f"\n{named}"
    return said


def _facts(rules: Any) -> dict[str, Any]:
    facts: dict[str, Any] = output.data(rules)
    facts.pop("version")
    return facts


@click.group("keys")
def keys() -> None:
    """The signing keys."""


def _key(row: Any) -> dict[str, Any]:
    facts: dict[str, Any] = output.data(row)
    return {name: facts[name] for name in KEY_FACTS}


@keys.command("list")
@output.as_json
@output.speaks
def list_(as_json: bool) -> None:
    """List the keys."""
    found = key_actions.list_keys(work.build())
    output.show_list(
        map(_key, found),
        as_json=as_json,
        line=lambda facts: f"{facts['kid']}\t{facts['alg']}\t{facts['state']}",
    )


@keys.command("rotate")
@click.option("--alg", type=click.Choice(key_actions.ALGORITHMS), default="RS256")
@output.as_json
@output.speaks
def rotate(alg: str, as_json: bool) -> None:
    """Publish a new key; it signs six minutes later."""
    built = work.build(seals=True)
    kid = key_actions.rotate(built, alg)
    (made,) = (row for row in key_actions.list_keys(built) if row.kid == kid)
    output.show(_key(made), as_json=as_json, line=kid)


@keys.command("revoke")
@click.argument("kid")
@output.as_json
@output.speaks
def revoke(kid: str, as_json: bool) -> None:
    """Remove a key at once; everything that it signed fails."""
    key_actions.revoke(work.build(), kid)
    output.show({"kid": kid}, as_json=as_json, line="revoked")


@keys.command("rewrap")
@output.as_json
@output.speaks
def rewrap(as_json: bool) -> None:
    """Seal every secret again with the newest master key of the ring.

    Keep the older keys in the ring as long as passwords and client secrets made
    under them are in use.
    """
    done = rewrapping.rewrap(work.build())
    line = f"{done.resealed} sealed again, {done.current} were so already"
    output.show(output.data(done), as_json=as_json, line=line)
    if done.unreadable:
        words = f"{done.unreadable} cannot be opened by any key of the ring"
        raise click.ClickException(words)
