"""REL-055: everything that counts is in the database, so workers may come and go."""

import pathlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.clock import real_clock
from tests.support.exchange import network
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.provider import Provider
from tests.support.provider import settings_for
from tests.support.provider import started
from tests.support.valkey import free_port
from tests.support.within import Prepared
from tests.support.within import inside_commander

TRIES = 10  # wrong codes, after which a second factor is locked
TRIES_PER_LOGIN = 5


class Restarting:
    """A provider at one address whose processes are ended and started again."""

    def __init__(self, folder: pathlib.Path, prepared: Prepared) -> None:
        prepared.copy(folder)
        self._folder, self._port = folder, free_port()
        issuer = f"http://127.0.0.1:{self._port}"
        self._environment = settings_for(folder, IDP_ISSUER=issuer)
        command = inside_commander(self._environment)
        log = (folder / "log").read_text
        self.provider = Provider(issuer, network, real_clock, command, log)

    @contextmanager
    def running(self) -> Iterator[Provider]:
        """Runs two workers until the block ends."""
        where = (self._environment, self._folder, self._port)
        with (
            (self._folder / "log").open("ab") as sink,
            started(*where, 2, sink, "--no-worker"),
        ):
            yield self.provider


@pytest.fixture
def restarting(tmp_path: pathlib.Path, prepared_sqlite: Prepared) -> Restarting:
    return Restarting(tmp_path, prepared_sqlite)


def lock(provider: Provider, person: Person) -> None:
    """Uses up all tries, a new login each time before the old one would end."""
    left = TRIES
    while left:
        browser = person.enter_password(provider.browser().visit("/login"))
        for _ in range(min(left, TRIES_PER_LOGIN - 1)):
            person.enter_code(browser, person.phone.wrong_code())
            left -= 1


def test_what_was_is_as_it_was_after_all_workers_are_new(
    restarting: Restarting,
) -> None:
    with restarting.running() as provider:
        mia, eve = provider.person("mia"), provider.person("eve")
        ben = provider.person("ben", enrolled=False)
        wiki = provider.client("Wiki")
        browser = mia.sign_in(provider.browser())
        spent, revoked, kept = (wiki.twin() for _ in range(3))
        spent_code = spent.code(spent.ask(browser.tab()))
        rotated = spent.verified(spent.redeem(spent_code))
        current = spent.refreshed(rotated)
        given_back = revoked.collect(revoked.ask(browser.tab()))
        assert revoked.revoke(given_back.refresh).status == 200
        code = kept.code(kept.ask(browser.tab()))
        halfway = mia.enter_password(provider.browser().visit("/login"))
        enrolling = ben.sign_in(provider.browser())
        lock(provider, eve)

    with restarting.running() as provider:
        assert is_signed_in(browser)
        assert kept.verified(kept.redeem(code)).claims["acr"] == "mfa"
        assert spent.userinfo(current.access).status == 200
        assert revoked.refresh(given_back.refresh).json()["error"] == "invalid_grant"
        assert is_signed_in(mia.enter_backup_code(halfway, mia.backup_codes[0]))
        assert is_signed_in(ben.enrol(enrolling))
        locked_out = eve.enter_password(provider.browser().visit("/login"))
        assert not is_signed_in(eve.enter_code(locked_out, eve.phone.code(+1)))
        assert provider.mfa_of(eve)["state"] == "locked"
        assert spent.refresh(rotated.refresh).json()["error"] == "invalid_grant"
        assert spent.redeem(spent_code).json()["error"] == "invalid_grant"
