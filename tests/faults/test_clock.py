"""REL-030 to REL-033: clocks that are put back, put forward, or not alike.

Everything happens about the end of summer time, where the wall shows an hour twice, in
processes and databases that live by that wall.
"""

import contextlib
import dataclasses
import datetime
import functools
import json
import pathlib
import zoneinfo
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy

from tests.machines.stage import Host
from tests.machines.stage import by_turns
from tests.races.shared import Shared
from tests.support.barrier import at_once
from tests.support.browser import Browser
from tests.support.clock import real_clock
from tests.support.databases import KINDS
from tests.support.faketime import SetClock
from tests.support.faults import changed
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.postgres import Server
from tests.support.provider import commander
from tests.support.provider import settings_for
from tests.support.relying_party import RelyingParty
from tests.support.valkey import free_port

WALL = "America/St_Johns"
TEN_MINUTES = 600
LOCK = TEN_MINUTES
LONGEST_WAIT = 8
DAY = 24 * 3600
ONE = pytest.mark.parametrize("there", ["postgresql"], indirect=True)
APART = 30  # seconds between two machines
OFFLINE = "openid offline_access"


@dataclasses.dataclass
class OnTheWall(Shared):
    """A provider whose clock the test sets, counted from the end of summer time."""

    set_clock: SetClock = dataclasses.field(kw_only=True)
    url: str = dataclasses.field(kw_only=True)
    host: Host = dataclasses.field(kw_only=True)
    summer_ends: float = dataclasses.field(kw_only=True)

    def set(self, seconds: float) -> None:
        """Sets the clock to so many seconds after the end of summer time."""
        self.set_clock.set(self.summer_ends - real_clock().timestamp() + seconds)

    def at_code(self, somebody: Person) -> Browser:
        """Gives a browser that asks somebody for the code."""
        return somebody.enter_password(self.browser().visit("/login"))

    def trail(self, somebody: Person) -> list[dict[str, Any]]:
        """Gives what the audit trail has about somebody, oldest first."""
        lines = self.command("audit", "export").splitlines()
        records = [json.loads(line) for line in lines]
        return [one for one in records if one["subject"]["id"] == somebody.id]


def end_of_summer_time() -> float:
    """Finds the next moment, in seconds since 1970, at which the wall goes back."""
    wall = zoneinfo.ZoneInfo(WALL)
    moment = real_clock().replace(minute=0, second=0, microsecond=0)
    shown = moment.astimezone(wall).replace(tzinfo=None)
    while True:
        moment += datetime.timedelta(minutes=30)
        then = moment.astimezone(wall).replace(tzinfo=None)
        if then < shown:
            return moment.timestamp()
        shown = then


@contextlib.contextmanager
def by_the_wall(url: str) -> Iterator[None]:
    """Lets a server of databases live by the wall as well, where there is one."""
    if url.startswith("sqlite"):
        yield
        return
    name = sqlalchemy.make_url(url).database
    with changed(url, f"ALTER DATABASE {name} SET timezone TO '{WALL}'"):
        yield


@pytest.fixture(scope="module", params=KINDS)
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OnTheWall]:
    folder, port = tmp_path_factory.mktemp("clock"), free_port()
    url = f"sqlite:///{folder / 'idp.db'}"
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        url = server.fresh_database()
    ends = end_of_summer_time()
    clock = SetClock(folder / "clock", ends - real_clock().timestamp())
    issuer = f"http://127.0.0.1:{port}"
    settings = settings_for(
        folder,
        database_url=url,
        **clock.environment,
        TZ=WALL,
        IDP_ISSUER=issuer,
        IDP_FACTOR_LOCK=str(LOCK),
        IDP_PASSWORD_DELAY_MAX=str(LONGEST_WAIT),
    )
    command = commander(settings, folder)
    host = Host(folder / "host", settings, port=port, workers=2)
    with by_the_wall(url):
        command("init")
        host.start()
        try:
            wire = by_turns([host])
            yield OnTheWall(
                *(issuer, wire, clock, command, lambda: host.log),
                set_clock=clock,
                url=url,
                host=host,
                summer_ends=ends,
            )
        finally:
            # Not gently: the library may spoil the answer of a wait that a signal ends.
            host.crash()


@dataclasses.dataclass
class Ahead:
    """Another machine of the same provider, whose clock is half a minute ahead."""

    provider: OnTheWall
    clock: SetClock

    def set(self, seconds: float) -> None:
        """Sets the clocks of both."""
        self.provider.set(seconds)
        self.clock.set(self.provider.set_clock.ahead + APART)


@pytest.fixture
def ahead(there: OnTheWall, tmp_path: pathlib.Path) -> Iterator[Ahead]:
    clock = SetClock(tmp_path / "clock", there.set_clock.ahead + APART)
    host = Host(tmp_path / "host", {**there.host.settings, **clock.environment})
    host.start()
    try:
        yield Ahead(dataclasses.replace(there, wire=by_turns([host])), clock)
    finally:
        host.crash()


@pytest.fixture(scope="module")
def wiki(there: OnTheWall) -> RelyingParty:
    return there.client("Wiki")


def test_a_clock_put_back_makes_nothing_fresh(
    there: OnTheWall, wiki: RelyingParty
) -> None:
    """REL-030"""
    there.set(0)
    leo = there.person("leo")
    printed = leo.backup_codes[0]
    assert is_signed_in(leo.enter_backup_code(there.at_code(leo), printed))
    mia = there.person("mia")
    spent = mia.phone.step
    browser = mia.sign_in(there.browser())
    code = wiki.code(wiki.ask(browser, scope=OFFLINE))
    assert wiki.redeem(code).status == 200
    rotated = wiki.collect(wiki.ask(browser, scope=OFFLINE))
    tokens = wiki.refreshed(rotated)

    for back in (-30, -TEN_MINUTES):
        there.set(back)
        for step in (spent, spent + 1, mia.phone.step):
            typed = mia.phone.code(step - mia.phone.step)
            assert not is_signed_in(mia.enter_code(there.at_code(mia), typed))
        assert not is_signed_in(leo.enter_backup_code(there.at_code(leo), printed))
        tokens = wiki.refreshed(tokens)
        assert 0 < tokens.answer["expires_in"] <= TEN_MINUTES
        assert wiki.userinfo(tokens.access).status == 200
    assert wiki.redeem(code).json()["error"] == "invalid_grant"
    assert wiki.refresh(rotated.refresh).json()["error"] == "invalid_grant"
    assert wiki.refresh(tokens.refresh).json()["error"] == "invalid_grant"
    assert is_signed_in(mia.enter_backup_code(there.at_code(mia), mia.backup_codes[0]))


@ONE
def test_a_clock_put_back_holds_nobody_out_for_long(there: OnTheWall) -> None:
    """REL-030: at most twice the lock, and no wait for a time to come"""
    there.set(0)
    bob = there.person("bob")
    for _ in range(2):
        typed = there.at_code(bob)
        for _ in range(5):
            bob.enter_code(typed, bob.phone.wrong_code())
    there.set(-TEN_MINUTES)
    typed = there.at_code(bob)
    assert typed.error == "locked"
    there.set(2 * LOCK - TEN_MINUTES + 60)
    assert is_signed_in(bob.sign_in(there.browser()))

    guessing = there.browser()
    for number in range(9):
        there.set(LOCK + number * (LONGEST_WAIT + 1))
        guessing.visit("/login").fill(
            "sign-in", username=bob.username, password="wrong"
        )
    waiting = bob.enter_password(there.browser().visit("/login"))
    assert waiting.error == "too-many-attempts"
    there.set(0)
    guessing.visit("/login").fill("sign-in", username=bob.username, password="wrong")
    assert guessing.error == "wrong-credentials"
    waiting = bob.enter_password(there.browser().visit("/login"))
    assert waiting.error == "too-many-attempts", "the guess is counted"
    there.set(LONGEST_WAIT + 1)
    assert there.at_code(bob).page == "login-totp"


@ONE
def test_codes_used_up_by_a_clock_that_was_ahead_can_be_given_back(
    there: OnTheWall,
) -> None:
    """REL-031: detected, reported, and repaired with MFA left on"""
    there.set(0)
    dora = there.person("dora")
    browser = dora.sign_in(there.browser())
    there.set(2 * DAY)
    assert not is_signed_in(browser)
    assert is_signed_in(dora.sign_in(there.browser()))

    there.set(TEN_MINUTES)
    typed = dora.enter_code(there.at_code(dora), dora.phone.code())
    assert (typed.page, typed.error) == ("login-totp", "used-ahead")
    assert is_signed_in(dora.enter_backup_code(typed, dora.backup_codes[0]))
    until = there.mfa_of(dora)["codes_used_until"]
    assert datetime.datetime.fromisoformat(until).timestamp() > there.summer_ends + DAY
    (finding,) = [
        one
        for one in there.command("check", "--json")["findings"]
        if "used up codes" in one
    ]
    assert dora.username in finding

    there.command("user", "unlock", dora.username)
    told = there.mfa_of(dora)
    assert (told["state"], told["codes_used_until"]) == ("enrolled", None)
    assert told["backup_codes_remaining"] == 9
    now = dora.enter_code(there.at_code(dora), dora.phone.code())
    assert now.error == "used-code", "it may have been used before"
    there.set(TEN_MINUTES + 90)
    assert is_signed_in(dora.enter_code(there.at_code(dora), dora.phone.code()))
    trail = there.trail(dora)
    assert "used-ahead" in {one["reason"] for one in trail}
    (unlocked,) = [one for one in trail if one["event"] == "mfa.unlocked"]
    assert unlocked["changes"] == {"codes_used_until": [until, None]}


@ONE
def test_machines_half_a_minute_apart_agree(
    there: OnTheWall, ahead: Ahead, wiki: RelyingParty
) -> None:
    """REL-032"""
    there.set(0)
    ida = there.person("ida")
    sides = (there, ahead.provider)
    ahead.set(APART)
    try:
        for offset in (0, 1, 2):
            typed = [side.at_code(ida) for side in sides]
            code = ida.phone.code(offset)
            at_once([functools.partial(ida.enter_code, one, code) for one in typed])
            assert [is_signed_in(one) for one in typed].count(True) == 1
        assert there.mfa_of(ida)["codes_used_until"] is None

        signed_in = next(one for one in typed if is_signed_in(one))
        for issuing, taking in (sides, reversed(sides)):
            browser, wiki.http = issuing.browser(), issuing.http
            browser.cookies = dict(signed_in.cookies)
            wiki.ask(browser, scope=OFFLINE)
            assert is_signed_in(browser)
            wiki.http = taking.http
            tokens = wiki.collect(browser)
            wiki.http = issuing.http
            assert wiki.userinfo(tokens.access).status == 200
            assert wiki.introspect(tokens.access).json()["active"] is True
            tokens = wiki.refreshed(tokens)
            wiki.http = taking.http
            assert wiki.userinfo(tokens.access).status == 200
            assert wiki.refreshed(tokens).answer["expires_in"] > 0
    finally:
        wiki.http = there.http


@ONE
def test_a_login_may_begin_at_a_machine_half_a_minute_ahead(
    there: OnTheWall, ahead: Ahead, wiki: RelyingParty
) -> None:
    """REL-032: each factor is asked once, whichever machine asks for the next"""
    there.set(0)
    eve = there.person("eve")
    turn = [ahead.provider.wire]
    both = dataclasses.replace(there, wire=lambda *sent: turn[-1](*sent))
    ahead.set(2 * APART)
    browser = both.at_code(eve)
    turn.append(there.wire)
    assert is_signed_in(eve.enter_code(browser))

    ahead.set(4 * APART)
    turn.append(ahead.provider.wire)
    began = int(there.clock().timestamp())
    wiki.ask(browser, prompt="login")
    turn.append(there.wire)
    eve.enter_code(eve.enter_password(browser))
    told = wiki.collect(browser).claims
    assert told["acr"] == "mfa"
    assert began <= told["auth_time"] <= ahead.clock().timestamp()


def test_the_end_of_summer_time_changes_no_moment(
    there: OnTheWall, wiki: RelyingParty
) -> None:
    """REL-033"""
    there.set(-40)
    leo = there.person("leo")
    signed_in_at = there.clock().timestamp()
    browser = leo.sign_in(there.browser())
    first, second = (wiki.code(wiki.ask(browser)) for _ in range(2))
    request = wiki.pending
    there.set(signed_in_at - there.summer_ends + 50)
    again = wiki.redeem(second)
    tokens = wiki.verified(again)
    assert request is not None
    assert tokens.claims["nonce"] == request.nonce
    there.set(signed_in_at - there.summer_ends + 80)
    assert wiki.redeem(first).json()["error"] == "invalid_grant"
    assert is_signed_in(browser)
    assert abs(tokens.claims["auth_time"] - signed_in_at) < 10

    session = there.command("user", "sessions", leo.username, "--json")["items"][0]
    began = datetime.datetime.fromisoformat(session["created_at"])
    assert began.utcoffset() == datetime.timedelta(0)
    assert abs(began.timestamp() - stored(there.url, session["sid"])) < 1
    told = [datetime.datetime.fromisoformat(one["at"]) for one in there.trail(leo)]
    assert told == sorted(told)
    assert {one.utcoffset() for one in told} == {datetime.timedelta(0)}


def stored(url: str, sid: str) -> float:
    """Reads when a session began, in seconds since 1970, as another program would."""
    moment = "extract(epoch from created_at)"
    if url.startswith("sqlite"):
        moment = "strftime('%s', created_at)"
    query = f"SELECT {moment} FROM sessions WHERE sid = :sid"
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as db:
        found = db.execute(sqlalchemy.text(query), {"sid": sid}).scalar_one()
    engine.dispose()
    return float(found)
