"""`idp check`, `idp directory sync` and the worker, with a real directory."""

import contextlib
import pathlib
import subprocess
from collections.abc import Iterator

import pytest

from idp import clock
from idp.actions import directory_sync
from idp.actions import login
from idp.actions import login_start
from idp.actions.tools import Tools
from idp.actions.tools import host
from idp.actions.work import Origin
from idp.actions.work import Work
from idp.cli import directory
from idp.settings import Settings
from idp.store import attempts
from idp.vault import Vault
from tests.cli.terminal import Terminal
from tests.support.provider import environment_of
from tests.support.provider import program
from tests.support.slapd import PASSWORD
from tests.support.slapd import Slapd
from tests.support.slapd import running_slapd
from tests.support.waiting import until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with running_slapd(tmp_path_factory.mktemp("slapd")) as running:
        yield running


@pytest.fixture
def here(idp: Terminal, server: Slapd) -> Iterator[Terminal]:
    """Gives a terminal of a provider whose people are in the directory."""
    yield Terminal({**idp.settings, **server.settings()})
    server.remove_people()


def sign_in(terminal: Terminal, username: str) -> None:
    with working(terminal) as work:
        begun = login_start.begin(work, return_to="/settings")
        held = (begun.login_id, begun.browser_token)
        login.submit_password(work, *held, username, PASSWORD)


@contextlib.contextmanager
def working(terminal: Terminal, **changes: str) -> Iterator[Work]:
    """Gives a unit of work with the settings of a terminal."""
    settings = Settings.load({**terminal.settings, **changes})
    tools = Tools(settings, Vault.load(settings))
    yield tools.work(clock.now(), actor=host(None), origin=Origin())
    tools.close()


def test_check_says_what_is_wrong_with_the_directory(here: Terminal, server: Slapd):
    roles = '{"staff": "nowhere"}'

    nobody = here("check", "--json", IDP_LDAP_GROUP_ROLE_MAP=roles).json["findings"]
    wrong = here("check", "--json", IDP_LDAP_BIND_PASSWORD="no").json["findings"]
    server.person("lena")
    fine = here("check", "--json").json["findings"]

    assert any("shows nobody" in line for line in nobody)
    assert any("roles that are not there: nowhere" in line for line in nobody)
    assert any("it refuses IDP_LDAP_BIND_DN" in line for line in wrong)
    assert not any("directory" in line for line in fine)


def test_a_round_by_hand_says_what_it_did(here: Terminal, server: Slapd):
    server.person("lars")
    dn = server.person("lena")
    sign_in(here, "lena")

    server.remove(dn)
    done = here("directory", "sync", "--json").json

    assert done == {"known": 1, "changed": 0, "back": 0, "gone": 1, "doubted": 0}
    assert here("user", "show", "lena", "--json").json["active"] is False


def test_without_a_directory_or_with_one_that_is_away_a_round_is_refused(
    idp: Terminal, here: Terminal
):
    assert "IDP_LDAP_URL is not set" in idp("directory", "sync").refusal
    away = here("directory", "sync", IDP_LDAP_URL="ldap://127.0.0.1:9")

    assert "cannot be used: no connection" in away.refusal


def test_a_round_is_held_before_each_batch_and_let_go_at_its_end(
    here: Terminal, server: Slapd, monkeypatch: pytest.MonkeyPatch
):
    """SEC-278: a worker that dies in between holds nobody up for the interval"""
    for name in ("lars", "lena"):
        server.person(name)
        sign_in(here, name)
    held: list[object] = []
    monkeypatch.setattr(directory_sync, "BATCH", 1)
    monkeypatch.setattr(directory_sync, "hold", lambda work: held.append(work.now))

    with working(here) as work:
        done = directory.follow(work)
        with work.reading() as db:
            claim = attempts.find(db, directory_sync.CLAIM)

    assert (done.known, len(held)) == (2, 2)
    assert claim.locked_until is None
    assert held == sorted(set(held))


def test_a_round_that_failed_is_due_again_at_once(here: Terminal, server: Slapd):
    server.person("lena")
    sign_in(here, "lena")
    with working(here) as work:
        server.stop()
        assert directory.follow(work) is None
        server.start()

        assert directory.follow(work).known == 1
        assert directory.follow(work) is None


def test_the_worker_follows_the_directory(
    here: Terminal, server: Slapd, tmp_path: pathlib.Path
):
    server.person("lars")
    dn = server.person("lena")
    sign_in(here, "lena")
    settings = {**here.settings, "IDP_LDAP_SYNC_INTERVAL": "1"}

    job = subprocess.Popen(
        [*program(), "worker"], env=environment_of(settings), cwd=tmp_path
    )
    try:
        server.remove(dn)
        until(
            lambda: not here("user", "show", "lena", "--json").json["active"],
            "lena is out",
        )
    finally:
        job.terminate()
        assert job.wait(30) == 0
