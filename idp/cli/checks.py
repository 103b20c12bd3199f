"""``idp check``: what is wrong with settings, database and keys, a line each.

``idp serve`` refuses to start for some of it, in the same words.
"""

from collections.abc import Iterator

import click

from idp.actions import client_checks
from idp.actions import clients
from idp.actions import directory_sync
from idp.actions import maintenance
from idp.actions import notices
from idp.actions import rewrap
from idp.actions import throttle
from idp.actions.maintenance import Readiness
from idp.actions.work import Work
from idp.cli import outbox
from idp.cli import output
from idp.cli import work
from idp.errors import Misconfigured
from idp.settings import SAFE_HASH_COST
from idp.settings import Settings
from idp.vault import RING_FILE

CLOCK_MAY_DIFFER = 5
"""Seconds between machines that are nobody's concern (REL-091)."""

BARRED = "the tables cannot be read: do they belong to the role of IDP_DATABASE_URL?"

TOO_LATE = "the database is of a later version, which has no room for this one"

TOO_EARLY = "the database is of an earlier version: run 'idp db upgrade'"

NAMED = 10
"""People whom one finding names."""

MAILS_MAY_WAIT = 3600
"""Seconds after which a mail that was not sent is somebody's concern."""


def away(found: Readiness) -> str:
    """Says that the database does not answer, and what was said instead."""
    words = "the database does not answer"
    return f"{words}: {found.reason}" if found.reason else words


@click.command("check")
@output.as_json
@output.speaks
def check(as_json: bool) -> None:
    """Check settings, database and keys: one line per finding."""
    try:
        settings = Settings.load()
        built = work.build(settings)
    except Misconfigured as refusal:
        if not as_json:
            raise
        output.show({"ok": False, "findings": refusal.findings}, as_json=True, line="")
        raise SystemExit(1) from None
    found = maintenance.readiness(built)
    findings = [*_of_settings(settings), *_of_database(built, found)]
    findings += [*_of_mail(built, found), *_of_clients(built, found)]
    findings += [*_of_directory(built, found), *_of_valkey(built)]
    facts = {"ok": found.ready, "findings": findings}
    lines = [*findings, "ok"] if found.ready else findings
    output.show(facts, as_json=as_json, line="\n".join(lines))
    if not found.ready:
        raise SystemExit(1)


def _of_settings(settings: Settings) -> Iterator[str]:
    if settings.password_hash_cost < SAFE_HASH_COST:
        yield "IDP_PASSWORD_HASH_COST is low: for trying out only"
    ring = settings.keys_dir / RING_FILE
    if settings.master_key is None and ring.stat().st_mode & 0o077:
        yield f"{ring} is open to its group: make it mode 0600"


def _of_database(built: Work, found: Readiness) -> Iterator[str]:
    if not found.database:
        yield away(found)
    elif found.barred:
        yield BARRED
    elif not found.migrations and found.later:
        yield TOO_LATE
    elif found.earlier:
        yield TOO_EARLY
    elif not found.migrations:
        yield "the database is empty: run 'idp init'"
    elif found.closed:
        yield work.CLOSED
    elif not found.keys:
        yield "signing keys are missing: run 'idp init'"
    else:
        yield from _of_sound_database(built, found)


def _of_sound_database(built: Work, found: Readiness) -> Iterator[str]:
    yield from _of_key_ring(built)
    if found.later:
        yield "the database is of a later version: upgrade this host too"
    if not maintenance.waits_are_bounded(built):
        yield "a pooler drops the time limits of the database: set them there"
    if not maintenance.commits_are_kept(built):
        yield "a crash may lose answered changes: set fsync and synchronous_commit on"
    file = built.settings.sqlite_path
    if file is not None and file.stat().st_mode & 0o007:
        yield f"{file} is open to others: make it and its -wal and -shm mode 0600"
    yield from _of_clocks(built)


def _of_key_ring(built: Work) -> Iterator[str]:
    if rewrap.lacks_keys(built):
        yield "some secrets are sealed by a key that the key ring lacks: add it below"
    lost, older = rewrap.passwords_left(built)
    if lost:
        words = f"passwords of {len(lost)} are of a key that the key ring lacks"
        yield f"{words}: add it below, or 'idp user initial-password' {_some(lost)}"
    if older:
        words = f"passwords of {len(older)} still need an older key of the key ring"
        yield f"{words}, until they next sign in: {_some(older)}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (", …" if names[NAMED:] else "")


def _of_clocks(built: Work) -> Iterator[str]:
    if (behind := maintenance.seconds_behind(built)) > CLOCK_MAY_DIFFER:
        yield f"the clock is behind: records lie {behind:.0f} s in the future"
    offset = maintenance.clock_offset(built) or 0.0
    if abs(offset) > CLOCK_MAY_DIFFER:
        yield f"the clock is not the database's: it is {offset:+.0f} s off"
    if names := maintenance.used_ahead(built):
        words = "a clock that was ahead used up codes of"
        yield f"{words} {len(names)}: 'idp user unlock' {_some(names)}"


def _of_mail(built: Work, found: Readiness) -> Iterator[str]:
    complaint = outbox.complaint(built.settings)
    if complaint is not None:
        yield f"the mail server cannot be used: {complaint}"
    if not found.ready:
        return
    number, age = notices.waiting(built)
    if number and built.settings.smtp_url is None:
        yield f"mails wait, and no IDP_SMTP_URL says where to send them: {number}"
    elif age > MAILS_MAY_WAIT:
        yield f"mails wait, the oldest for {age / 3600:.0f} h: {number}"


def _of_clients(built: Work, found: Readiness) -> Iterator[str]:
    if not found.ready:
        return
    known = clients.list_clients(built)
    lax = [
        client.client_id
        for client in known
        if client.enabled
        and not client.require_pkce
        and "authorization_code" in client.grant_types
    ]
    if lax:
        yield f"PKCE is not required of: {', '.join(lax)}"
    yield from client_checks.unclaimed_resources(known)


def _of_directory(built: Work, found: Readiness) -> Iterator[str]:
    if built.directory is None:
        return
    complaints = built.directory.complaints()
    whole = len(complaints) == len(built.directory.servers)
    what = "the directory" if whole else "a server of the directory"
    for complaint in complaints:
        yield f"{what} cannot be used: {complaint}"
    if found.ready and (unknown := directory_sync.unknown_roles(built)):
        names = ", ".join(unknown)
        yield f"IDP_LDAP_GROUP_ROLE_MAP names roles that are not there: {names}"


def _of_valkey(built: Work) -> Iterator[str]:
    complaint = throttle.complaint(built.settings)
    if complaint is not None:
        yield f"Valkey cannot be used: {complaint}"
