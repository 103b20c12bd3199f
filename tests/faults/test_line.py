"""REL-001, REL-002, REL-008, REL-058: the database is away, silent, slow, or killed.

Two workers and a PostgreSQL; between them a line that is cut, and mended again. Nobody
restarts anything but the database.
"""

import functools
import threading
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from tests.faults.conftest import FROM_MEMORY
from tests.faults.conftest import Stage
from tests.support.barrier import at_once
from tests.support.browser import Browser
from tests.support.exchange import Answer
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.relying_party import RelyingParty
from tests.support.relying_party import Tokens

NEEDS_DATABASE = ("/login", "/settings", "/admin/")
MANY = 12
MOST = 5000
"""Refreshes of one application; one that was not killed would answer for ever."""


@pytest.fixture(scope="module")
def mia(stage: Stage) -> Person:
    return stage.provider.person("mia")


@pytest.fixture(scope="module")
def ben(stage: Stage) -> Person:
    return stage.provider.person("ben")


@pytest.fixture(scope="module")
def browser(stage: Stage, mia: Person) -> Browser:
    return mia.sign_in(stage.provider.browser())


@pytest.fixture(scope="module")
def wiki(stage: Stage) -> RelyingParty:
    return stage.provider.client("Wiki")


@pytest.fixture(autouse=True)
def mended(stage: Stage) -> Iterator[None]:
    """Leaves a line that is well, however the test ended."""
    yield
    stage.line.pass_on()
    stage.until_well()


def told_to_come_back(answer: Answer) -> bool:
    return answer.status == 503 and int(answer.header("Retry-After") or 0) > 0


@pytest.mark.parametrize("how", ["refuse", "be_silent"])
def test_a_database_that_is_away_is_told_of_and_nothing_is_issued(
    stage: Stage, ben: Person, browser: Browser, wiki: RelyingParty, how: str
) -> None:
    """REL-001, REL-002"""
    spent, code = (wiki.twin() for _ in range(2))
    spent_code = spent.code(spent.ask(browser.tab()))
    rotated = spent.verified(spent.redeem(spent_code))
    current = spent.refreshed(rotated)
    fresh_code = code.code(code.ask(browser.tab()))
    halfway = ben.enter_backup_code(
        ben.enter_password(stage.provider.browser().visit("/login")), "0000-0000"
    )
    for path in FROM_MEMORY * 4:
        assert stage.get(path).status == 200
    before = stage.trail()

    getattr(stage.line, how)()
    signed_in = {"Cookie": "; ".join(f"{k}={v}" for k, v in browser.cookies.items())}
    asking: list[Callable[[], Answer]] = [
        functools.partial(stage.provider.http.get, path, headers=signed_in)
        for path in NEEDS_DATABASE
    ]
    asking += [
        functools.partial(code.redeem, fresh_code),
        functools.partial(spent.redeem, spent_code),
        functools.partial(spent.refresh, current.refresh),
        functools.partial(spent.userinfo, current.access),
        lambda: ben.enter_backup_code(halfway.twin(), ben.backup_codes[0]).answer,
    ]
    for answer in at_once(asking * 3):
        assert told_to_come_back(answer), answer
        assert "Set-Cookie" not in dict(answer.headers), answer
    for path in FROM_MEMORY:
        assert stage.get(path).status == 200, path
    assert stage.get("/readyz").json()["checks"]["database"] == "failed"

    stage.line.pass_on()
    stage.until_well()
    assert stage.trail() == before
    assert code.verified(code.redeem(fresh_code)).claims["acr"] == "mfa"
    assert spent.redeem(spent_code).json()["error"] == "invalid_grant"
    assert is_signed_in(browser)
    assert is_signed_in(ben.enter_backup_code(halfway, ben.backup_codes.pop(0)))


def test_a_line_that_is_cut_in_the_middle_spends_nothing_twice(
    stage: Stage, browser: Browser, wiki: RelyingParty
) -> None:
    """REL-001, REL-019: each request succeeds or may be tried again, and says so"""
    parties = [wiki.twin() for _ in range(MANY)]
    codes = [party.code(party.ask(browser.tab())) for party in parties]
    done = threading.Event()

    def use(party: RelyingParty, code: str) -> list[int]:
        found = [party.redeem(code).status]
        while found[-1] == 503:
            found.append(party.redeem(code).status)
        return found

    def cut() -> list[int]:
        while not done.wait(0.01):
            stage.line.cut()
        return []

    cutter = threading.Thread(target=cut)
    uses = [functools.partial(use, *one) for one in zip(parties, codes, strict=True)]
    cutter.start()
    threading.Timer(1.5, done.set).start()
    answers = at_once(uses)
    done.set()
    cutter.join()
    stage.until_well()
    assert {status for found in answers for status in found} <= {200, 400, 503}
    assert any(503 in found for found in answers)
    for party, code in zip(parties, codes, strict=True):
        assert party.redeem(code).json()["error"] == "invalid_grant"
    assert is_signed_in(browser)


def test_a_slow_database_holds_nobody_up_who_does_not_need_it(stage: Stage) -> None:
    """REL-008: 503 instead of a queue without an end"""
    stage.line.be_slow(1.0)
    crowd: list[Callable[[], Answer]] = [
        functools.partial(stage.get, path) for path in ("/login", "/readyz") * 20
    ]
    with_health = [*crowd, *[functools.partial(stage.get, "/healthz")] * 4]
    answers = at_once(with_health)
    stage.line.pass_on()
    assert {answer.status for answer in answers[-4:]} == {200}
    for answer in answers[:-4]:
        assert answer.status in (200, 303, 503), answer
    stage.until_well()
    assert stage.get("/login").status in (200, 303)


def test_a_killed_database_has_lost_nothing_that_was_answered(
    stage: Stage, browser: Browser, wiki: RelyingParty
) -> None:
    """REL-058: although its own settings would allow it to"""
    parties = [wiki.twin() for _ in range(4)]
    begun = [party.collect(party.ask(browser.tab())) for party in parties]
    rotations = [0] * len(parties)

    def rotate(number: int, tokens: Tokens) -> str:
        """Refreshes until nobody answers, and gives the last token that is spent."""
        spent = ""
        for _ in range(MOST):
            answer = parties[number].refresh(tokens.refresh)
            if answer.status != 200:
                assert told_to_come_back(answer), answer
                if crashed.is_set():
                    break
                continue  # a worker may not know yet that the database is well again
            spent, tokens = tokens.refresh, parties[number].verified(answer)
            rotations[number] += 1
            if all(done > 2 for done in rotations):
                enough.set()
        return spent

    enough, crashed = threading.Event(), threading.Event()

    def crash() -> str:
        assert enough.wait(60), rotations
        crashed.set()
        stage.server.crash()
        return ""

    *spent, _ = at_once(
        [*(functools.partial(rotate, *one) for one in enumerate(begun)), crash]
    )
    stage.server.start()
    stage.until_well()
    for party, token in zip(parties, spent, strict=True):
        assert party.refresh(token).json()["error"] == "invalid_grant"
    assert is_signed_in(browser)
    stage.provider.command("audit", "verify")
