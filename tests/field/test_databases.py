"""Rows 25 and 26: a database that is busy, and one that was away for a moment."""

import contextlib
import functools
import json
import pathlib
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy

from tests.support.barrier import at_once
from tests.support.exchange import Answer
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.postgres import Server
from tests.support.provider import Provider
from tests.support.provider import serving
from tests.support.waiting import until

pytestmark = pytest.mark.races

CONNECTED = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
REFRESHES = 20
SCOPE = "idp:users:read"


def test_a_busy_sqlite_never_becomes_a_wrong_password(tmp_path: pathlib.Path) -> None:
    """Row 25, REL-003: and what was accepted is recorded, neither more nor less"""
    with serving(tmp_path, workers=4) as provider:
        provider.policy("optional")
        people = [provider.person(f"person-{n}", enrolled=False) for n in range(8)]
        wiki = provider.client("Wiki")
        tokens = wiki.collect(people[0].enter_password(wiki.ask(provider.browser())))
        before = _trail(provider)

        def sign_in(somebody: Person) -> Answer:
            browser = provider.browser().visit("/login")
            if browser.status == 200:
                somebody.enter_password(browser)
            return browser.answer

        def refresh() -> Answer:
            current = tokens
            for _ in range(REFRESHES):
                current = wiki.refreshed(current)
            return wiki.userinfo(current.access)

        tries: list[Callable[[], Answer]] = [refresh]
        tries += [functools.partial(sign_in, somebody) for somebody in people] * 5
        with _copying(provider, tmp_path):
            answers = at_once(tries)
        provider.command("audit", "verify")
        for answer in answers:
            assert answer.status in (200, 503), answer
            assert "wrong-credentials" not in answer.text
            assert answer.status == 200 or answer.header("Retry-After")
        added = _trail(provider) - before
        accepted = sum(answer.status == 200 for answer in answers[1:])
        assert added["session.started"] == added["login.succeeded"] == accepted > 0
        assert added["tokens.refreshed"] == REFRESHES
        assert not {name for name in added if name.endswith(".refused")}
        assert "Traceback" not in provider.log


@contextlib.contextmanager
def _copying(provider: Provider, folder: pathlib.Path) -> Iterator[None]:
    """Exports the trail and copies the database again and again, until it ends."""
    done = threading.Event()

    def copy_all_the_time() -> None:
        provider.command("audit", "export", "--format", "csv")
        while not done.is_set():
            _copy(folder)

    keeper = threading.Thread(target=copy_all_the_time)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def _trail(provider: Provider) -> Counter[str]:
    """Counts what is recorded, by event."""
    lines = str(provider.command("audit", "export")).splitlines()
    return Counter(json.loads(line)["event"] for line in lines)


def _copy(folder: pathlib.Path) -> None:
    """Copies the live database page by page, as `sqlite3 … .backup` does."""
    (source,) = (path for path in (folder / "var").iterdir() if _is_database(path))
    reader, copy = sqlite3.connect(source), sqlite3.connect(folder / "copy")
    try:
        reader.backup(copy, pages=50)
    finally:
        reader.close()
        copy.close()


def _is_database(path: pathlib.Path) -> bool:
    with path.open("rb") as file:
        return file.read(15) == b"SQLite format 3"


def test_logins_go_on_after_a_restart_of_postgresql(
    tmp_path: pathlib.Path, postgres: Server
) -> None:
    """Row 26, REL-002: between the password and the code, and before the tokens"""
    url = postgres.fresh_database()
    with serving(tmp_path, database_url=url, workers=4) as provider:
        mia, ben = provider.person("mia"), provider.person("ben")
        wiki = provider.client("Wiki")
        asking = first_requests(provider)
        halfway = mia.enter_password(wiki.ask(provider.browser()))
        code = wiki.code(wiki.ask(ben.sign_in(provider.browser())))
        pending = wiki.pending
        _restart(postgres)

        for ask in asking:
            assert [_once_or_twice(ask) for _ in range(8)] == [200] * 8, ask
        mia.enter_code(halfway)
        assert halfway.left_for
        assert pending is not None
        assert wiki.redeem(code).status == 200
        assert is_signed_in(halfway)


def _restart(server: Server) -> None:
    server.stop()
    server.start()


def _once_or_twice(ask: Callable[[], Answer]) -> int:
    """Asks on some worker; one 503 is forgiven."""
    answer = ask()
    return (ask() if answer.status == 503 else answer).status


def first_requests(provider: Provider) -> list[Callable[[], Answer]]:
    """Gives a login, tokens, userinfo, and a look of an administrating service."""
    eva, wiki = provider.person("eva"), provider.client("Eva")
    tokens = wiki.collect(wiki.ask(eva.sign_in(provider.browser())))
    robot = provider.client("Robot", "--service", "--scope", SCOPE)
    grant = {"grant_type": "client_credentials", "scope": SCOPE}
    own = {"Authorization": f"Bearer {robot.token(**grant).json()['access_token']}"}
    return [
        lambda: eva.enter_password(provider.browser().visit("/login")).answer,
        lambda: robot.token(**grant),
        lambda: wiki.userinfo(tokens.access),
        lambda: provider.http.get("/api/v1/users", headers=own),
    ]


def test_a_database_that_ends_idle_sessions_fails_nobody(
    tmp_path: pathlib.Path, postgres: Server
) -> None:
    """Row 26: `idle_session_timeout`; whoever comes after a rest is served at once"""
    url = postgres.fresh_database()
    name = sqlalchemy.make_url(url).database
    postgres.execute(f"ALTER DATABASE {name} SET idle_session_timeout = '1s'")
    # The job beside the workers asks every half second, and never rests.
    alone = ("--no-worker",)
    with serving(tmp_path, database_url=url, workers=2, options=alone) as provider:
        asking = first_requests(provider)
        for _ in range(3):
            until(lambda: _sessions(url) == 0, "the database has ended all sessions")
            assert {answer.status for answer in at_once(asking * 2)} == {200}
        assert "Traceback" not in provider.log


def _sessions(url: str) -> int:
    """Counts who is connected to a database besides."""
    here = sqlalchemy.make_url(url)
    with psycopg.connect(
        host=str(here.query["host"]), user=here.username, dbname=here.database
    ) as connection:
        found = connection.execute(CONNECTED).fetchone()
    assert found is not None
    return int(found[0])
