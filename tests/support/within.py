"""The provider inside the test process, under a clock that the test moves.

The same application as `idp serve` runs, called as WSGI; `idp init` has run once for
each kind of database, and every test gets a copy of what it made.
"""

import contextlib
import dataclasses
import datetime
import functools
import json
import os
import pathlib
import shutil
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import flask
from click.testing import CliRunner

from idp.app import create_app
from idp.cli.main import main
from idp.settings import Settings
from tests.support.clock import Clock
from tests.support.compiled import share_templates
from tests.support.exchange import in_process
from tests.support.known_keys import check_keys_once
from tests.support.phone import STEP
from tests.support.postgres import Server
from tests.support.provider import Command
from tests.support.provider import CommandFailedError
from tests.support.provider import Provider
from tests.support.provider import commander
from tests.support.provider import settings_for

ISSUER = "http://127.0.0.1:5000"


@dataclasses.dataclass
class Prepared:
    """What `idp init` made: keys, and an empty database with its schema."""

    folder: pathlib.Path
    url: str | None  # None: the SQLite file in the folder
    server: Server | None

    def copy(self, folder: pathlib.Path) -> str | None:
        """Copies it into a folder; gives the URL of the new database."""
        shutil.copytree(self.folder / "keys", folder / "keys")
        if self.server is None:
            shutil.copytree(self.folder / "var", folder / "var", dirs_exist_ok=True)
            return None
        (folder / "var").mkdir()
        return self.server.fresh_database(like=self.url)


def inside_commander(settings: Mapping[str, str]) -> Command:
    """Gives `idp` for these settings, run in this process: the same, but quicker."""

    def run(*arguments: str, stdin: str | None = None) -> Any:
        away = {name: None for name in os.environ if name.startswith("IDP_")}
        done = CliRunner().invoke(
            main, arguments, input=stdin, env={**away, **settings}
        )
        if done.exit_code != 0:
            if done.exception is not None and not isinstance(
                done.exception, SystemExit
            ):
                raise done.exception
            raise CommandFailedError(arguments, done.exit_code, done.stderr)
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    return run


def prepare(folder: pathlib.Path, server: Server | None) -> Prepared:
    """Runs `idp init` on SQLite, or on a database of the given server."""
    url = None if server is None else server.fresh_database()
    commander(settings_for(folder, database_url=url), folder)("init")
    return Prepared(folder, url, server)


@dataclasses.dataclass
class Within(Provider):
    """A provider in this process; `move` is its clock, to be moved by hand."""

    move: Clock = dataclasses.field(kw_only=True)
    restart: Callable[[], None] = dataclasses.field(kw_only=True)
    settings: Mapping[str, str] = dataclasses.field(kw_only=True, repr=False)


@contextlib.contextmanager
def within(
    folder: pathlib.Path, prepared: Prepared, **settings: str
) -> Iterator[Within]:
    """Runs a provider in this process until the block ends."""
    with side_by_side(folder, prepared, processes=1, **settings) as (provider,):
        yield provider


@contextlib.contextmanager
def side_by_side(
    folder: pathlib.Path, prepared: Prepared, *, processes: int, **settings: str
) -> Iterator[tuple[Within, ...]]:
    """Runs what several processes would be: one database, one clock, nothing else."""
    check_keys_once()
    url = prepared.copy(folder)
    settings.setdefault("IDP_ISSUER", ISSUER)
    environment = settings_for(folder, database_url=url, **settings)
    clock = _just_ahead()
    load = functools.partial(Settings.load, environment)
    with contextlib.ExitStack() as stopping:
        if url is not None and prepared.server is not None:
            stopping.callback(prepared.server.drop_database, url)
        made = []
        for _ in range(processes):
            running = _Running(lambda: share_templates(create_app(load(), clock=clock)))
            stopping.callback(running.stop)
            made.append(_provider(environment, clock, running))
        yield tuple(made)


def _provider(
    environment: Mapping[str, str], clock: Clock, running: "_Running"
) -> Within:
    return Within(
        environment["IDP_ISSUER"],
        in_process(running),
        clock,
        inside_commander(environment),
        lambda: "",
        lambda: clock.advance(seconds=STEP),
        move=clock,
        restart=running.restart,
        settings=environment,
    )


class _Running:
    """The application, which a test may replace by a new one on the same state."""

    def __init__(self, make: Callable[[], flask.Flask]) -> None:
        self._make = make
        self._application = make()

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        return self._application(environ, start_response)

    def stop(self) -> None:
        self._application.extensions["ostiary"].close()

    def restart(self) -> None:
        self.stop()
        self._application = self._make()


def _just_ahead() -> Clock:
    """Starts in the middle of the next TOTP step.

    Commands run under the machine's clock; what they make must not lie in the future
    of the application.
    """
    now = int(datetime.datetime.now(datetime.UTC).timestamp())
    middle = (now // STEP + 1) * STEP + STEP // 2
    return Clock(datetime.datetime.fromtimestamp(middle, datetime.UTC))
