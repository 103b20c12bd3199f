"""REL-015 to REL-017: workers die at moments that nobody chose, with all going on.

At chosen moments: tests/races/test_killed.py. Which worker dies and when follows from a
seed, which is in the name of the test; ``OSTIARY_SEED=7`` takes another one.
"""

import collections
import contextlib
import dataclasses
import functools
import itertools
import json
import os
import pathlib
import random
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy

from tests.races.mortal import CUT_OFF
from tests.serve.stage import Server
from tests.serve.stage import running
from tests.support.clock import real_clock
from tests.support.exchange import Answer
from tests.support.exchange import network
from tests.support.people import Person
from tests.support.people import password_of
from tests.support.provider import Provider
from tests.support.provider import commander
from tests.support.provider import settings_for
from tests.support.relying_party import RelyingParty
from tests.support.waiting import until

SEED = int(os.environ.get("OSTIARY_SEED", "20261126"))
WORKERS = 2
KILLS = 7
"""A parent gives up after ten in a row that died young."""

MOST_GUESSES = 90  # at a hundred only an administrator can help
LONGEST_PAUSE = 0.6  # seconds between two deaths
OFFLINE = "openid offline_access"
JSON = {"Content-Type": "application/json"}


@dataclasses.dataclass
class Life:
    """People who go on whatever happens, and what they were told."""

    there: Provider
    wiki: RelyingParty
    token: str
    rounds: collections.Counter[str] = dataclasses.field(
        default_factory=collections.Counter
    )
    """How often each part was begun, and how often it was cut off."""
    granted: collections.Counter[str] = dataclasses.field(
        default_factory=collections.Counter
    )
    """How often each code or token was answered with tokens."""

    def goes_on(self, part: Callable[[], None], over: threading.Event) -> None:
        """Does one thing again and again; what is cut off is begun again."""
        while not over.is_set():
            self.rounds[part.__name__] += 1
            try:
                part()
            except CUT_OFF:
                self.rounds["cut off"] += 1
                until(self._answers, "somebody answers")

    def _answers(self) -> bool:
        with contextlib.suppress(*CUT_OFF):
            return self.there.http.get("/healthz").status == 200
        return False

    def guesses(self, victim: Person) -> Callable[[], None]:
        """Enters wrong codes."""

        def guessing() -> None:
            browser = victim.enter_password(self.there.browser().visit("/login"))
            if self.rounds["guesses sent"] == MOST_GUESSES:
                return
            self.rounds["guesses sent"] += 1
            victim.enter_code(browser, victim.phone.wrong_code())
            if browser.error == "wrong-code":
                self.rounds["guesses answered"] += 1

        return guessing

    def renews(self, somebody: Person) -> Callable[[], None]:
        """Gets a code, tokens for it, and others for those."""
        browser, wiki = somebody.sign_in(self.there.browser()), self.wiki.twin()

        def renewing() -> None:
            code = wiki.code(wiki.ask(browser.tab(), scope=OFFLINE))
            answer = self._presented(code, lambda: wiki.redeem(code))
            while answer.status == 200 and self.granted[code] == 1:
                token = answer.json()["refresh_token"]
                self.rounds["refreshed"] += 1
                again = functools.partial(wiki.refresh, token)
                answer = self._presented(token, again)
                if self.rounds["refreshed"] % 3 == 0:
                    break
            self._presented(code, lambda: wiki.redeem(code))

        return renewing

    def _presented(self, shown: str, present: Callable[[], Answer]) -> Answer:
        """Presents it until there is an answer; counts those that give something."""
        while True:
            with contextlib.suppress(*CUT_OFF):
                answer = present()
                assert answer.status in (200, 400), answer
                self.granted[shown] += answer.status == 200
                return answer

    def spends(self, somebody: Person) -> Callable[[], None]:
        """Signs in with backup codes, each as often as it takes, and once more."""
        left = iter(somebody.backup_codes)

        def spending() -> None:
            if (code := next(left, None)) is None:
                self.there.http.get("/healthz")
                return
            for _ in range(2):
                browser = somebody.enter_password(self.there.browser().visit("/login"))
                before = dict(browser.cookies)
                somebody.enter_backup_code(browser, code)
                self.granted[code] += (
                    browser.error is None and before != browser.cookies
                )

        return spending

    def enrols(self) -> Callable[[], None]:
        """Makes people, who set their second factor up."""
        numbers = itertools.count()

        def enrolling() -> None:
            name = f"new-{next(numbers)}"
            body = json.dumps({"username": name, "password": password_of(name)})
            bearer = {"Authorization": f"Bearer {self.token}"}
            answer = self.there.http.post(
                "/api/v1/users", headers={**bearer, **JSON}, body=body.encode()
            )
            assert answer.status == 201, answer
            new = Person(answer.json()["id"], name, password_of(name), real_clock)
            new.enrol(new.enter_password(self.there.browser().visit("/login")))

        return enrolling


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("seed", [SEED])
def test_nothing_is_half_done_or_done_twice(
    tmp_path: pathlib.Path, database_url: str, seed: int
) -> None:
    chance = random.Random(seed)
    settings = {"IDP_DATABASE_URL": database_url, "IDP_FACTOR_TRIES": "100"}
    with running(
        tmp_path, IDP_DATABASE_URL=database_url, IDP_FACTOR_TRIES="100"
    ) as server:
        there = provider_at(server, tmp_path, settings)
        life = begun(there)
        victim, others = there.person("mia"), [there.person("ben"), there.person("leo")]
        over = threading.Event()
        parts = [
            life.guesses(victim),
            life.renews(others[0]),
            life.spends(others[1]),
            life.enrols(),
        ]
        with ThreadPoolExecutor(len(parts)) as pool:
            lives = [pool.submit(life.goes_on, part, over) for part in parts]
            try:
                for number in range(KILLS):
                    kill_one(server, chance, over)
                    all_up = functools.partial(serve, server, WORKERS + number + 1)
                    until(all_up, "another worker serves")
            finally:
                over.set()
            for one in lives:
                one.result()
        assert set(life.granted.values()) <= {0, 1}, "nothing works twice"
        assert life.rounds["cut off"] > 0, life.rounds
        # The job may be anywhere, too; the next one begins its round at once.
        (job,) = server.jobs()
        os.kill(job, signal.SIGKILL)
        until(lambda: chained(database_url), "the next job has closed the chain")
        there.command("audit", "verify")
        failures = one_of(
            database_url,
            f"SELECT total FROM attempts WHERE key LIKE 'factor:%{victim.id}'",
        )
        sent, answered = life.rounds["guesses sent"], life.rounds["guesses answered"]
        assert answered <= failures <= sent
        for changes, records in MATCHES:
            assert one_of(database_url, changes) == one_of(database_url, records), (
                changes
            )
        assert "Traceback" not in server.log
        assert server.stop() == 0


def provider_at(
    server: Server, folder: pathlib.Path, settings: dict[str, str]
) -> Provider:
    issuer = f"http://127.0.0.1:{server.port}"
    environment = settings_for(folder, **settings, IDP_ISSUER=issuer)
    command = commander(environment, folder)
    return Provider(issuer, network, real_clock, command, lambda: server.log)


def begun(there: Provider) -> Life:
    rights = "idp:users:read idp:users:write"
    robot = there.client("Robot", "--service", "--scope", rights)
    token = robot.token(grant_type="client_credentials", scope=rights).json()
    return Life(there, there.client("Wiki"), token["access_token"])


def kill_one(server: Server, chance: random.Random, over: threading.Event) -> None:
    """Kills a worker after a while."""
    over.wait(chance.uniform(0, LONGEST_PAUSE))
    os.kill(chance.choice(sorted(server.workers())), signal.SIGKILL)


def serve(server: Server, number: int) -> bool:
    """Tells whether so many workers have begun to serve, dead ones included."""
    return server.log.count("a worker serves") == number


def one_of(url: str, statement: str) -> int:
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as db:
        found = db.execute(sqlalchemy.text(statement)).scalar()
    engine.dispose()
    return int(found or 0)


def chained(url: str) -> bool:
    return one_of(url, "SELECT count(*) FROM audit_records WHERE hash IS NULL") == 0


def recorded(event: str, more: str = "") -> str:
    return f"SELECT count(*) FROM audit_records WHERE event = '{event}' {more}"


MATCHES = [
    ("SELECT count(*) FROM users", recorded("user.created")),
    (
        "SELECT count(*) FROM totp_credentials WHERE state = 'active'",
        recorded("mfa.enrolled"),
    ),
    (
        "SELECT count(*) FROM backup_codes",
        "SELECT 10 * count(*) FROM totp_credentials WHERE state = 'active'",
    ),
    (
        "SELECT count(*) FROM backup_codes WHERE used_at IS NOT NULL",
        recorded("mfa.backup_code_used"),
    ),
    ("SELECT count(*) FROM sessions", recorded("session.started")),
    (
        "SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL",
        recorded("session.ended"),
    ),
    ("SELECT count(*) FROM codes", recorded("code.issued")),
    (
        "SELECT count(*) FROM codes WHERE used_at IS NOT NULL",
        recorded("tokens.issued", "AND subject_type <> 'client'"),
    ),
    (
        "SELECT count(*) FROM refresh_tokens WHERE used_at IS NOT NULL",
        recorded("tokens.refreshed"),
    ),
]
