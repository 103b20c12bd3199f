"""A provider with its worker, and a crowd that enrolled before it was started.

The crowd comes to be in this process, on the pages, under a clock that is ten minutes
behind, so that no code of the moment is used up.
"""

import contextlib
import dataclasses
import datetime
import pathlib
import random
from collections.abc import Iterator

import sqlalchemy
from sqlalchemy.engine import Engine

from idp.actions import maintenance
from idp.app import create_app
from idp.cli import work as building
from idp.settings import Settings
from tests.load.book import Book
from tests.load.copies import copies
from tests.load.journeys import Walker
from tests.load.watch import Watch
from tests.load.watch import rows
from tests.load.wave import Wave
from tests.support.browser import Browser
from tests.support.clock import real_clock
from tests.support.exchange import in_process
from tests.support.people import Person
from tests.support.people import password_of
from tests.support.provider import Provider
from tests.support.provider import commander
from tests.support.provider import settings_for
from tests.support.provider import started
from tests.support.relying_party import RelyingParty
from tests.support.valkey import free_port
from tests.support.within import inside_commander

ENROLLED_BEFORE = datetime.timedelta(minutes=10)


@dataclasses.dataclass
class Scene:
    """Who takes part; `settings` is the environment of the provider."""

    provider: Provider
    people: list[Person]
    watch: Watch
    settings: dict[str, str]
    registration: dict[str, object]

    def walkers(self, many: int, seed: int) -> tuple[Book, list[Walker]]:
        """Divides the crowd among so many threads that write into one book."""
        book = Book()
        provider = dataclasses.replace(self.provider, wire=book.wire())
        return book, [
            Walker(
                provider,
                self._party(provider),
                self.people[number::many],
                book,
                random.Random(seed * 1000 + number),
            )
            for number in range(many)
        ]

    def wave(self, many: int) -> Wave:
        """Lets so many people come to be who are like the first."""
        book = Book()
        provider = dataclasses.replace(self.provider, wire=book.wire())
        people = copies(self.watch.engine, self.settings, self.people[0], many)
        return Wave(provider, self._party(provider), people, book)

    def purged(self, later: datetime.timedelta) -> dict[str, int]:
        """Purges all that nobody needs at a later moment; counts what is left."""
        work = building.build(Settings.load(self.settings))
        work.now += later
        try:
            while maintenance.purge(work):
                pass
        finally:
            work.database.dispose()
            work.hashing.close()
        return rows(self.watch.engine)

    def _party(self, provider: Provider) -> RelyingParty:
        return RelyingParty(provider.http, self.registration, provider.clock)


@contextlib.contextmanager
def crowded(
    folder: pathlib.Path,
    *,
    people: int,
    workers: int,
    database_url: str | None = None,
    **settings: str,
) -> Iterator[Scene]:
    """Runs `idp serve` with its worker for so many people who have a phone."""
    port = free_port()
    settings.setdefault("IDP_ISSUER", f"http://127.0.0.1:{port}")
    environment = settings_for(folder, database_url=database_url, **settings)
    commander(environment, folder)("init")
    crowd = _enrolled(environment, people)
    registration = inside_commander(environment)(
        *("client", "create", "Wiki", "--scope", "openid offline_access"),
        *("--redirect-uri", "https://wiki.example/cb", "--json"),
    )
    log = folder / "log"
    engine = _looking(environment)
    with (
        log.open("ab") as sink,
        started(environment, folder, port, workers, sink) as process,
    ):
        provider = Provider(
            environment["IDP_ISSUER"],
            Book().wire(),
            real_clock,
            commander(environment, folder),
            log.read_text,
        )
        try:
            watch = Watch(process.pid, engine)
            yield Scene(provider, crowd, watch, environment, registration)
        finally:
            engine.dispose()


def _looking(environment: dict[str, str]) -> Engine:
    url = environment.get("IDP_DATABASE_URL")
    file = pathlib.Path(environment["IDP_DATA_DIR"]) / "idp.db"
    return sqlalchemy.create_engine(url or f"sqlite:///{file}")


def _enrolled(environment: dict[str, str], many: int) -> list[Person]:
    moment = real_clock() - ENROLLED_BEFORE
    command = inside_commander(environment)
    application = create_app(Settings.load(environment), clock=lambda: moment)
    wire = in_process(application)
    crowd = []
    try:
        for number in range(many):
            name = f"person{number}"
            create = ("user", "create", name, "--password-stdin", "--json")
            facts = command(*create, stdin=password_of(name))
            somebody = Person(facts["id"], name, password_of(name), lambda: moment)
            somebody.enrol(somebody.sign_in(Browser(environment["IDP_ISSUER"], wire)))
            somebody.phone._clock = somebody.clock = real_clock
            crowd.append(somebody)
    finally:
        application.extensions["ostiary"].close()
    return crowd
