"""``Work`` for commands: made without Flask, with the host itself as the actor."""

import getpass
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from idp import clock
from idp.actions import maintenance
from idp.actions import tools
from idp.actions.work import Origin
from idp.actions.work import Work
from idp.errors import Misconfigured
from idp.errors import Unavailable
from idp.settings import Settings
from idp.vault import Vault

CLOSED = "the key ring (master key) is not the one that sealed this database"


def build(
    settings: Settings | None = None,
    *,
    vault: Vault | None = None,
    may_create: bool = False,
    seals: bool = False,
) -> Work:
    """Makes what one command may touch; raises Misconfigured.

    Only what is there to make a database ``may_create`` its file: all else would leave
    an empty one where a path was mistyped. What ``seals`` is refused with a key ring
    that is not the database's: nobody else could open a signing key that it made, and
    a password or secret that it hashed would never be right.
    """
    settings = settings or Settings.load()
    file = settings.sqlite_path
    if file is not None and not may_create and _is_missing(file):
        raise Misconfigured([f"the database {file} does not exist: run 'idp init'"])
    origin = Origin(source="host", request_id=uuid.uuid4().hex)
    made = tools.Tools(settings, vault or Vault.load(settings))
    context = click.get_current_context(silent=True)
    if context is not None:
        context.call_on_close(made.close)
    built = made.work(clock.now(), actor=tools.host(_account()), origin=origin)
    if seals:
        _refuse_other_ring(built)
    return built


@contextmanager
def making(what: Path) -> Iterator[None]:
    """Says in one line what cannot be made, as in a folder of another user."""
    try:
        yield
    except OSError as fault:
        raise Misconfigured([f"{what} cannot be made ({fault.strerror})"]) from None


def _refuse_other_ring(built: Work) -> None:
    """Refuses what cannot be looked at, too: a second try would hear less of why."""
    found = maintenance.readiness(built)
    if found.closed:
        raise Misconfigured([CLOSED])
    if found.reason:
        raise Unavailable("database", reason=found.reason)


def _is_missing(file: Path) -> bool:
    try:
        file.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False  # who opens it says what is wrong
    return False


def _account() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None
