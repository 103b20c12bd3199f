"""REL-003, REL-004: a database that is full, locked or read-only.

Reads go on; what cannot be recorded is refused with 503 and leaves nothing behind.
"""

import contextlib
import dataclasses
import functools
import pathlib
import sqlite3
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
import sqlalchemy

from tests.support.barrier import at_once
from tests.support.browser import Browser
from tests.support.disk import Disk
from tests.support.disk import small_disk
from tests.support.exchange import Answer
from tests.support.people import is_signed_in
from tests.support.provider import CommandFailedError
from tests.support.provider import settings_for
from tests.support.relying_party import RelyingParty
from tests.support.relying_party import Tokens
from tests.support.waiting import until
from tests.support.within import Prepared
from tests.support.within import Within
from tests.support.within import inside_commander
from tests.support.within import within

Breaking = Callable[[], AbstractContextManager[None]]
SMALL = 24  # megabytes; what `idp init` makes takes some ten on PostgreSQL


class OnSmallDisk(Prepared):
    """Puts the copy that the provider works on where there is little room."""

    disk: Disk

    def copy(self, folder: pathlib.Path) -> str | None:
        """Copies, and moves the database of PostgreSQL over."""
        url = super().copy(folder)
        if url is not None and self.server is not None:
            name = sqlalchemy.make_url(url).database
            self.server.execute(f"ALTER DATABASE {name} SET TABLESPACE small")
        return url


def full(disk: Disk) -> Breaking:
    @contextlib.contextmanager
    def broken() -> Iterator[None]:
        disk.fill()
        yield
        disk.make_room()

    return broken


@contextlib.contextmanager
def on_full_sqlite(
    folder: pathlib.Path, prepared: Prepared
) -> Iterator[tuple[Within, Breaking]]:
    """Gives a provider whose file has no room to grow."""
    with small_disk(folder, megabytes=SMALL) as disk, within(folder, prepared) as found:
        yield found, full(disk)


@contextlib.contextmanager
def on_full_postgresql(
    folder: pathlib.Path, prepared: Prepared
) -> Iterator[tuple[Within, Breaking]]:
    """Gives a provider whose tables have no room to grow."""
    server = prepared.server
    assert server is not None
    place = server.folder / "small"
    with small_disk(place, megabytes=SMALL) as disk:
        server.own(place)
        server.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        copied = OnSmallDisk(prepared.folder, prepared.url, server)
        with within(folder, copied) as found:
            yield found, full(disk)
        server.execute("DROP TABLESPACE small")


@contextlib.contextmanager
def on_read_only_postgresql(
    folder: pathlib.Path, prepared: Prepared
) -> Iterator[tuple[Within, Breaking]]:
    """Gives a provider whose database is read-only for whoever connects from now on."""
    server = prepared.server
    assert server is not None

    @contextlib.contextmanager
    def broken() -> Iterator[None]:
        name = sqlalchemy.make_url(found.settings["IDP_DATABASE_URL"]).database
        server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        activity = f"pg_stat_activity WHERE datname = '{name}'"
        end = f"SELECT pg_terminate_backend(pid) FROM {activity}"
        server.execute(end)
        yield
        server.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        server.execute(end)

    with within(folder, prepared) as found:
        yield found, broken


@contextlib.contextmanager
def on_locked_sqlite(
    folder: pathlib.Path, prepared: Prepared
) -> Iterator[tuple[Within, Breaking]]:
    """Gives a provider whose file somebody else writes to, and does not finish."""

    @contextlib.contextmanager
    def broken() -> Iterator[None]:
        (file,) = (folder / "var").glob("*.db")
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()

    with within(folder, prepared) as found:
        yield found, broken


FAULTS = {
    "full sqlite": (on_full_sqlite, "prepared_sqlite"),
    "locked sqlite": (on_locked_sqlite, "prepared_sqlite"),
    "full postgresql": (on_full_postgresql, "prepared_postgresql"),
    "read-only postgresql": (on_read_only_postgresql, "prepared_postgresql"),
}


@dataclasses.dataclass
class Faulty:
    """A provider, and how to break its database for a while."""

    fault: str
    provider: Within
    broken: Breaking


@pytest.fixture(params=FAULTS)
def faulty(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Faulty]:
    stage, prepared = FAULTS[request.param]
    folder = tmp_path / "provider"
    with stage(folder, request.getfixturevalue(prepared)) as (provider, broken):
        yield Faulty(request.param, provider, broken)


def told(answer: Answer) -> bool:
    """Tells whether it was refused for now; anything but an answer is a failure."""
    assert answer.status < 500 or answer.status == 503, answer
    return answer.status == 503 and bool(answer.header("Retry-After"))


def test_what_cannot_be_written_does_not_happen_and_reads_go_on(faulty: Faulty) -> None:
    provider = faulty.provider
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    provider.policy("optional")
    browser = mia.sign_in(provider.browser())
    tokens, spare, unwanted = (wiki.collect(wiki.ask(browser.tab())) for _ in range(3))
    provider.move.advance(seconds=60)
    code = wiki.code(wiki.ask(browser.tab()))
    disabling = browser.tab().visit("/settings/mfa").click("disable-mfa")
    halfway = mia.enter_password(provider.browser().visit("/login"))
    phone_code = mia.phone.unused_code()

    def sign_in() -> Answer:
        return mia.enter_code(halfway.twin(), phone_code).answer

    def disable() -> Answer:
        page = disabling.twin()
        return page.fill("disable-mfa", code=phone_code).answer

    with faulty.broken():
        if faulty.fault.startswith("full"):
            fill_up(provider, wiki, spare)
        writing = [
            lambda: provider.browser().visit("/login").answer,
            sign_in,
            disable,
            functools.partial(wiki.redeem, code),
            functools.partial(wiki.refresh, tokens.refresh),
        ]
        *answers, revoking = at_once(
            [*writing, functools.partial(wiki.revoke, unwanted.refresh)]
        )
        for answer in answers:
            assert told(answer), answer
        # It needs so little room that a full PostgreSQL may have it.
        revoked = not told(revoking)
        why = r"cannot be used: .*(full|locked|No space left|read-only)"
        with pytest.raises(CommandFailedError, match=why):
            provider.command("user", "disable-mfa", "mia", "--reason", "test")
        assert is_signed_in(browser)
        assert wiki.userinfo(tokens.access).status == 200
        assert provider.http.get("/readyz").status == 200
        assert provider.http.get("/.well-known/jwks.json").status == 200

    assert provider.mfa_of(mia)["state"] == "enrolled"
    assert wiki.verified(wiki.redeem(code)).claims["acr"] == "mfa"
    assert wiki.refresh(tokens.refresh).status == 200
    assert wiki.refresh(unwanted.refresh).status == (400 if revoked else 200)
    assert is_signed_in(mia.enter_code(halfway, phone_code))
    provider.command("audit", "verify")


@pytest.mark.parametrize(
    "command", ["init", "check", "user list", "serve --bind 127.0.0.1:1"]
)
def test_nothing_starts_on_a_disk_that_is_read_only(
    tmp_path: pathlib.Path, prepared_sqlite: Prepared, command: str
) -> None:
    """REL-004: with a sentence that says why"""
    with small_disk(tmp_path / "var", megabytes=SMALL) as disk:
        prepared_sqlite.copy(tmp_path)
        disk.be_read_only()
        idp = inside_commander(settings_for(tmp_path))
        with pytest.raises(CommandFailedError) as refused:
            idp(*command.split())
    assert "idp.db cannot be opened for writing: Read-only" in refused.value.said
    assert "unexpected" not in refused.value.said


def fill_up(provider: Within, wiki: RelyingParty, tokens: Tokens) -> None:
    """Writes until nothing can be; each table of a full database has a last page."""
    held = [tokens]

    def refreshed() -> bool:
        answer = wiki.refresh(held[-1].refresh)
        if told(answer):
            return False
        held.append(wiki.verified(answer))
        return True

    until(lambda: not refreshed(), "no token can be issued any more")
    until(
        lambda: told(provider.browser().visit("/login").answer),
        "no login can be begun any more",
    )


def same_page(browser: Browser) -> Browser:
    page = browser.copy()
    page.trail = list(browser.trail)
    return page
