"""A storm of logins, and a short soak (REL-065, REL-066).

Only outcomes are judged: nothing wrong, nothing twice, a refusal that says when to come
back, and that little is left when all has ended. Figures are in docs/performance.md.
"""

import datetime
import pathlib
from collections.abc import Iterator

import pytest

from tests.load.__main__ import run
from tests.load.stage import Scene
from tests.load.stage import crowded
from tests.support.barrier import at_once
from tests.support.browser import Browser
from tests.support.people import Person

PEOPLE = 32
PERMANENT = frozenset(
    ("audit_records", "backup_codes", "notices", "totp_credentials", "user_words")
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Gives one worker process, so that all of the storm meets the same queue."""
    folder = tmp_path_factory.mktemp("load")
    with crowded(folder, people=PEOPLE, workers=1) as made:
        yield made


def test_what_a_storm_brings_too_much_of_is_told_when_to_come_back(
    tmp_path: pathlib.Path,
) -> None:
    """Nobody is let in wrongly, and who has a token gets the next one meanwhile"""
    with crowded(
        tmp_path, people=PEOPLE, workers=1, IDP_PASSWORD_HASH_COST="10"
    ) as scene:
        book, (walker,) = scene.walkers(1, 1)
        party, first = walker.application, scene.people[0]
        browser = party.ask(walker.provider.browser())
        tokens = party.collect(first.enter_code(first.enter_password(browser)))
        begun = [walker.provider.browser().visit("/login") for _ in scene.people[1:]]

        def enter(somebody: Person, at: Browser) -> Browser:
            return somebody.enter_password(at)

        entering = [
            lambda one=one, at=at: enter(one, at)
            for one, at in zip(scene.people[1:], begun, strict=True)
        ]
        *met, refreshed = at_once([*entering, lambda: party.refreshed(tokens)])
        assert refreshed.claims["auth_time"] == tokens.claims["auth_time"]
        assert book.wrong == []
        statuses = {one.status for one in met}
        assert statuses == {200, 503}
        for one, somebody in zip(met, scene.people[1:], strict=True):
            if one.status == 200:
                assert one.page == "login-totp"
                assert somebody.enter_code(one).page == "settings"
            else:
                assert one.answer.header("Retry-After")
                assert one.visit("/settings").page != "settings"
        assert "Traceback" not in scene.provider.log


def test_a_crowd_leaves_nothing_behind_for_ever(scene: Scene) -> None:
    book = run(scene, seconds=8, threads=4, rate=0, seed=7, every=60)
    assert book.wrong == []
    assert book.ends["whole"] > 0
    before = scene.watch.samples[0].rows
    left = scene.purged(datetime.timedelta(days=35))
    grown = {name for name, many in left.items() if many > before[name]}
    assert grown <= PERMANENT | {"audit_totals"}
