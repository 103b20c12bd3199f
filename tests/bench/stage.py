"""Who takes part: a provider, an application, a service, people with a phone.

The provider runs in this process under a clock moved by hand, or as the real
`idp serve`; applications and people come to be through the same commands in both.
"""

import contextlib
import dataclasses
import datetime
import functools
import pathlib
import queue
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

from idp.actions.work import Origin
from idp.actions.work import Work
from idp.app import create_app
from idp.settings import Settings
from tests.bench.cpu import Tree
from tests.bench.databases import Place
from tests.bench.wires import Called
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.clock import real_clock
from tests.support.exchange import Caller
from tests.support.exchange import Wire
from tests.support.people import Person
from tests.support.people import password_of
from tests.support.phone import STEP
from tests.support.provider import Command
from tests.support.provider import Process
from tests.support.provider import settings_for
from tests.support.provider import started
from tests.support.relying_party import RelyingParty
from tests.support.valkey import free_port
from tests.support.within import inside_commander
from tests.support.within import prepare

FULL_COST = 12
CHEAP_COST = 4
STOP_LIMIT = 30
INSIDE = 100
"""So many that each of them has no more sessions than people have."""
SEEDED_BEFORE = datetime.timedelta(minutes=10)
"""How long ago the people of the served provider enrolled, so that none of the codes
of this moment is used up."""

Clocked = Callable[[], datetime.datetime]


@dataclasses.dataclass
class Stage:
    """What operations play on; `people` go round, each with a browser of their own."""

    issuer: str
    clock: Clocked
    application: dict[str, Any]
    service: dict[str, Any]
    people: "queue.SimpleQueue[Person]"
    dear_people: "queue.SimpleQueue[Person]"
    next_step: Callable[[], None] = lambda: None
    jars: dict[int, dict[str, str]] = dataclasses.field(default_factory=dict)

    def party(self, wire: Wire, *, service: bool = False) -> RelyingParty:
        """Gives the application's side, or the service's, on one wire."""
        facts = self.service if service else self.application
        return RelyingParty(Caller(self.issuer, wire), facts, self.clock)

    def browser(self, wire: Wire) -> Browser:
        """Gives a browser with an empty jar on one wire."""
        return Browser(self.issuer, wire)

    def signed_in(self, wire: Wire) -> Browser:
        """Gives a browser on one wire in which somebody is signed in."""
        browser = self.browser(wire)
        if id(wire) not in self.jars:
            somebody = self.people.get_nowait()
            self.next_step()
            somebody.sign_in(browser)
            self.people.put(somebody)
            self.jars[id(wire)] = browser.cookies
        browser.cookies = self.jars[id(wire)]
        return browser


@dataclasses.dataclass
class Inside:
    """A provider in this process; `new_work` gives the work of its background job."""

    stage: Stage
    wire: Called
    new_work: Callable[[], Work]


@dataclasses.dataclass
class Served:
    """The real server; `tree` is its processes without the background job."""

    stage: Stage
    tree: Tree


@contextlib.contextmanager
def inside(folder: pathlib.Path, place: Place) -> Iterator[Inside]:
    """Runs the application in this process, with cheap hashes and a few people."""
    settings, command = _prepared(folder, place, 5000)
    clock = Clock(real_clock() + datetime.timedelta(minutes=1))
    with _application(settings, clock) as wire:
        seat = functools.partial(_enrolled, settings, command, wire, clock)
        parts = wire.application.extensions["ostiary"]
        somebody = [seat(f"person{n}", cost=CHEAP_COST) for n in range(INSIDE)]
        clock.advance(seconds=STEP)
        people = _queue(somebody)
        stage = _stage(
            settings, command, clock, people, people, lambda: clock.advance(seconds=60)
        )
        yield Inside(stage, wire, lambda: parts.new_work(Origin()))


@contextlib.contextmanager
def served(
    folder: pathlib.Path, place: Place, *, people: int, dear: int, workers: int
) -> Iterator[Served]:
    """Runs `idp serve` with so many people, of whom some have a full-cost hash."""
    port = free_port()
    settings, command = _prepared(folder, place, port)
    then = real_clock() - SEEDED_BEFORE
    with _application(settings, lambda: then) as wire:
        seat = functools.partial(_enrolled, settings, command, wire, lambda: then)
        cheap = [seat(f"person{n}", cost=CHEAP_COST) for n in range(people)]
        costly = [seat(f"dear{n}", cost=FULL_COST) for n in range(dear)]
    for somebody in (*cheap, *costly):
        somebody.phone._clock = real_clock
    stage = _stage(settings, command, real_clock, _queue(cheap), _queue(costly))
    with _server(settings, folder, port, workers) as process:
        yield Served(stage, Tree(process.pid))


def _queue(people: list[Person]) -> "queue.SimpleQueue[Person]":
    waiting: queue.SimpleQueue[Person] = queue.SimpleQueue()
    for somebody in people:
        waiting.put(somebody)
    return waiting


def _prepared(
    folder: pathlib.Path, place: Place, port: int
) -> tuple[dict[str, str], Command]:
    """Runs `idp init` for a new database in a new folder."""
    folder.mkdir()
    made = prepare(folder, place.server)
    issuer = f"http://127.0.0.1:{port}"
    settings = settings_for(folder, database_url=made.url, IDP_ISSUER=issuer)
    return settings, inside_commander(settings)


@contextlib.contextmanager
def _application(settings: dict[str, str], clock: Clocked) -> Iterator[Called]:
    """Runs the application; what it logs is written, as in a server, to a file."""
    log = pathlib.Path(settings["IDP_DATA_DIR"]) / "log"
    with log.open("a") as sink, contextlib.redirect_stderr(sink):
        application = create_app(Settings.load(settings), clock=clock)
        try:
            yield Called(application)
        finally:
            application.extensions["ostiary"].close()


def _stage(
    settings: dict[str, str],
    command: Command,
    clock: Clocked,
    people: "queue.SimpleQueue[Person]",
    dear: "queue.SimpleQueue[Person]",
    next_step: Callable[[], None] = lambda: None,
) -> Stage:
    create = ("client", "create")
    callback = ("--redirect-uri", "https://application.example/cb")
    service = ("--service", "--scope", "idp:users:read")
    return Stage(
        settings["IDP_ISSUER"],
        clock,
        command(*create, "Application", *callback, "--json"),
        command(*create, "Service", *service, "--json"),
        people,
        dear,
        next_step,
    )


def _enrolled(
    settings: dict[str, str],
    command: Command,
    wire: Called,
    clock: Clocked,
    username: str,
    *,
    cost: int,
) -> Person:
    """Creates somebody with a hash of this cost, who enrols on the pages."""
    password = password_of(username)
    create = ("user", "create", username, "--password-stdin", "--json")
    if cost != CHEAP_COST:
        command = inside_commander({**settings, "IDP_PASSWORD_HASH_COST": str(cost)})
    facts = command(*create, stdin=password)
    somebody = Person(facts["id"], username, password, clock)
    somebody.enrol(somebody.sign_in(Browser(settings["IDP_ISSUER"], wire)))
    return somebody


@contextlib.contextmanager
def _server(
    settings: dict[str, str], folder: pathlib.Path, port: int, workers: int
) -> Iterator[Process]:
    with (
        (folder / "log").open("ab") as log,
        started(settings, folder, port, workers, log, "--no-worker") as process,
    ):
        yield process
