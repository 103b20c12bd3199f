"""Following the directory: a thread of the worker, and a command.

How often is decided in ``actions.directory_sync``, for all workers together.
"""

import copy
import logging
import threading

import click

from idp import clock
from idp import logs
from idp.actions import directory_sync
from idp.actions.directory_sync import Synced
from idp.actions.work import Work
from idp.cli import output
from idp.cli import work
from idp.cli.outages import Outage
from idp.errors import Unavailable
from idp.ldap_line import Away

log = logging.getLogger("idp.directory")


class Following(threading.Thread):
    """Follows the directory again and again, until told to stop."""

    def __init__(self, work: Work, stop: threading.Event) -> None:
        """Takes a work of its own, whose moment it moves on."""
        super().__init__(name="directory", daemon=True)
        self._work = work
        self._told_to_stop = stop
        self._pause = directory_sync.pause(work).total_seconds()
        self._outage = Outage(log)

    def run(self) -> None:
        """Works until told to stop; never raises."""
        while not self._told_to_stop.is_set():
            try:
                follow(self._work)
                self._outage.is_over()
            except Exception as fault:
                self._outage.tell("the directory could not be followed", fault)
            self._told_to_stop.wait(self._pause)


def follow(work: Work) -> Synced | None:
    """Does a round if one is due; one that fails is due again at once."""
    work.now = clock.now()
    if work.directory is None or not directory_sync.claim(work):
        return None
    try:
        done = directory_sync.sync(
            work, work.directory, before_each=lambda: _go_on(work)
        )
        directory_sync.finish(work)
    except Away as trouble:
        facts = {logs.FACTS: {"reason": trouble.reason}}
        log.warning("the directory cannot be followed", extra=facts)
        directory_sync.give_back(work)
        return None
    except BaseException:
        directory_sync.give_back(work)
        raise
    return done


def _go_on(work: Work) -> None:
    work.now = clock.now()
    directory_sync.hold(work)


def start(built: Work, stop: threading.Event) -> None:
    """Starts the thread where there is a directory; it ends with the process."""
    if built.directory is not None:
        Following(copy.copy(built), stop).start()


@click.group("directory")
def directory() -> None:
    """People of the directory."""


@directory.command("sync")
@click.option(
    "--even-many",
    is_flag=True,
    help="Believe it even when most people are missing in the directory.",
)
@output.as_json
@output.speaks
def sync(even_many: bool, as_json: bool) -> None:
    """Follow the directory now: who was changed, removed, disabled or is back."""
    built = work.build()
    if built.directory is None:
        raise click.ClickException("IDP_LDAP_URL is not set")
    try:
        done = directory_sync.sync(built, built.directory, even_many=even_many)
    except Away as trouble:
        words = f"The directory cannot be used: {trouble.reason}."
        raise Unavailable("directory", sentence=words) from None
    facts = output.data(done)
    output.show(
        facts,
        as_json=as_json,
        line="\n".join(f"{name}: {number}" for name, number in facts.items()),
    )
    if done.doubted:
        click.echo("So many are missing that nobody was taken out.", err=True)
        raise SystemExit(1)
