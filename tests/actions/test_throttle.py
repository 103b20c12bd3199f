"""SEC-115 to SEC-125: guesses are counted per account, login and source, atomically."""

import dataclasses

import pytest

from idp.actions import login
from idp.actions import login_start
from idp.actions import throttle
from idp.actions import user_mfa
from idp.errors import TooManyAttempts
from idp.errors import TransactionGone
from idp.rules.policy import Step
from idp.store.rates import SourceRate
from tests.actions.conftest import Maker
from tests.actions.scene import Scene
from tests.support.barrier import at_once


def fail_password(scene: Scene, times: int, *, username: str = "mia") -> list[str]:
    """Tries a wrong password, each in a login of its own; gives the errors."""
    return [
        scene.enter(scene.at_login(), "wrong", username=username).error or ""
        for _ in range(times)
    ]


def wait_of(scene: Scene, username: str = "mia") -> int | None:
    """Gives what the next wrong try is told to wait, None where it is free."""
    tried = scene.enter(scene.at_login(), "wrong", username=username)
    return tried.retry_after if tried.error == "too-many-attempts" else None


# --- passwords: slower and slower, never locked


def test_five_wrong_passwords_are_free_and_the_sixth_waits(scene: Scene) -> None:
    scene.person()
    assert fail_password(scene, 5) == ["wrong-credentials"] * 5
    assert fail_password(scene, 1) == ["too-many-attempts"]


def test_waits_double_up_to_the_most(new_scene: Maker) -> None:
    scene = new_scene(IDP_PASSWORD_DELAY_MAX="10s")
    scene.person()
    fail_password(scene, 5)
    waits = []
    for _ in range(6):
        waits.append(wait_of(scene))
        scene.clock.advance(seconds=waits[-1] or 0)
        fail_password(scene, 1)
    assert waits == [1, 2, 4, 8, 10, 10]


def test_a_refused_try_is_not_judged_and_not_counted(scene: Scene) -> None:
    """Otherwise impatience would make the wait longer, and a guess be answered"""
    scene.person()
    fail_password(scene, 5)
    right = scene.enter(scene.at_login())
    assert (right.error, right.session_token) == ("too-many-attempts", None)
    fail_password(scene, 20)
    scene.clock.advance(seconds=1)
    assert scene.enter(scene.at_login()).session_token


def test_a_right_password_begins_the_count_afresh(scene: Scene) -> None:
    scene.person()
    fail_password(scene, 4)
    assert scene.enter(scene.at_login()).session_token
    assert fail_password(scene, 5) == ["wrong-credentials"] * 5


def test_passwords_never_lock(scene: Scene) -> None:
    """SEC-120: after any number of failures the right one works after a wait"""
    scene.person()
    for _ in range(40):
        fail_password(scene, 1)
        scene.clock.advance(seconds=61)
    assert scene.enter(scene.at_login()).session_token


@pytest.mark.parametrize(
    "spelling",
    ["mia", "MIA", " Mia ", "\uff4d\uff49\uff41", "mia@example.org", "MIA@EXAMPLE.ORG"],
)
def test_every_spelling_of_a_name_shares_one_budget(
    scene: Scene, spelling: str
) -> None:
    """SEC-119"""
    scene.person(email="mia@example.org")
    fail_password(scene, 5)
    assert fail_password(scene, 1, username=spelling) == ["too-many-attempts"]


def test_an_unknown_name_is_slowed_like_a_known_one(scene: Scene) -> None:
    """SEC-130: the wait says nothing about the account"""
    scene.person()
    said = [
        (fail_password(scene, 7, username=name), wait_of(scene, name))
        for name in ("mia", "nobody", "NOBODY", "\0")
    ]
    assert said[0] == said[1] == said[3]
    assert set(said[2][0]) == {"too-many-attempts"}


def test_another_source_is_slowed_little(scene: Scene) -> None:
    """SEC-120: whoever floods an account does not keep its owner out"""
    scene.person()
    for number in range(40):
        scene.source = f"198.51.100.{number}"
        fail_password(scene, 3)
        scene.clock.advance(seconds=6)
    scene.source = "203.0.113.9"
    fail_password(scene, 1)
    assert (wait_of(scene) or 0) <= 5
    scene.clock.advance(seconds=5)
    assert scene.enter(scene.at_login()).session_token


def test_another_account_is_not_concerned(scene: Scene) -> None:
    scene.person("mia")
    scene.person("ben")
    fail_password(scene, 9)
    assert scene.enter(scene.at_login(), username="ben").session_token


@pytest.mark.races
def test_parallel_wrong_passwords_are_judged_up_to_the_limit(
    scene_on_each: Scene,
) -> None:
    """SEC-116, REL-021: whatever was weighed, five are judged and counted"""
    scene = scene_on_each
    scene.person()
    begun = [scene.at_login() for _ in range(8)]
    tries = [lambda one=one: scene.enter(one, "wrong").error for one in begun]
    errors = at_once(tries)
    assert (
        sorted(map(str, errors))
        == ["too-many-attempts"] * 3 + ["wrong-credentials"] * 5
    )
    assert len(scene.events("password.refused")) == 8


@pytest.mark.races
def test_parallel_right_passwords_are_all_let_in(scene_on_each: Scene) -> None:
    """SEC-122"""
    scene = scene_on_each
    scene.person()
    fail_password(scene, 4)
    begun = [scene.at_login() for _ in range(8)]
    done = at_once([lambda one=one: scene.enter(one) for one in begun])
    assert all(one.session_token for one in done)


# --- the second factor: per login, per account, both kinds together


def test_a_login_dies_with_its_fifth_wrong_code(scene: Scene) -> None:
    phone, _ = scene.enrolled()
    begun = scene.at_code()
    for _ in range(4):
        assert scene.type(begun, phone.wrong()).error == "wrong-code"
    assert scene.type(begun, phone.wrong()).error == "too-many-attempts"
    with pytest.raises(TransactionGone):
        scene.type(begun, phone.code())


def test_backup_codes_count_in_the_same_budget(scene: Scene) -> None:
    """SEC-051"""
    phone, _ = scene.enrolled()
    begun = scene.at_code()
    for _ in range(2):
        scene.type(begun, phone.wrong())
        scene.type_backup(begun, "0000-0000-0000-0000")
    assert scene.type_backup(begun, "0000-0000-0000-0000").error == "too-many-attempts"


@pytest.mark.parametrize("typed", ["", "   ", "12345", "1234567", "abcdef", "١٢٣٤٥٦"])
def test_what_is_no_code_is_not_counted(scene: Scene, typed: str) -> None:
    """interface.md section 2: an empty field or one that is not six digits"""
    phone, _ = scene.enrolled()
    begun = scene.at_code()
    for _ in range(12):
        assert scene.type(begun, typed).error == "wrong-code"
    assert scene.type(begun, phone.code()).session_token


def test_ten_wrong_codes_lock_the_factor_for_a_while(scene: Scene) -> None:
    phone, codes = scene.enrolled()
    for _ in range(2):
        begun = scene.at_code()
        for _ in range(5):
            scene.type(begun, phone.wrong())
    assert scene.user().mfa.state == "locked"
    locked = scene.at_code()
    right = scene.type(locked, phone.code())
    assert (right.error, right.session_token) == ("locked", None)
    assert 1 <= (right.retry_after or 0) <= 15 * 60
    assert scene.type_backup(locked, codes[0]).error == "locked"
    assert scene.user().mfa.backup_codes_remaining == 10
    scene.clock.advance(minutes=15)
    assert scene.type(scene.at_code(), phone.code()).session_token


def test_the_lock_holds_for_logins_begun_before_it(scene: Scene) -> None:
    """SEC-121"""
    phone, _ = scene.enrolled()
    early = scene.at_code()
    for _ in range(2):
        begun = scene.at_code()
        for _ in range(5):
            scene.type(begun, phone.wrong())
    assert scene.type(early, phone.code()).error == "locked"


def test_a_finished_session_goes_on_through_a_lock(scene: Scene) -> None:
    """interface.md section 4: the lock is no weapon"""
    phone, _ = scene.enrolled()
    app = scene.client()
    session = scene.signed_in(phone)
    for _ in range(2):
        begun = scene.at_code()
        for _ in range(5):
            scene.type(begun, phone.wrong())
    assert scene.code(app, session)


@pytest.mark.parametrize("way", ["password", "new login", "restart", "switch"])
def test_nothing_but_a_right_code_or_help_resets_the_count(
    scene: Scene, way: str
) -> None:
    """SEC-118"""
    phone, _ = scene.enrolled()
    begun = scene.at_code()
    for number in range(10):
        if number % 3 == 2:
            held = (begun.login_id, begun.browser_token)
            if way == "restart":
                made = login_start.restart(scene.work(), *held)
                begun = dataclasses.replace(made, browser_token=begun.browser_token)
            elif way == "switch":
                login.switch_user(scene.work(), *held)
            else:
                begun = scene.at_login()
            if way != "password" or number:
                scene.enter(begun)
        scene.type(begun, phone.wrong())
    assert scene.user().mfa.state == "locked"


def test_a_right_code_begins_the_count_afresh(scene: Scene) -> None:
    phone, _ = scene.enrolled()
    for _ in range(4):
        begun = scene.at_code()
        for _ in range(4):
            scene.type(begun, phone.wrong())
        assert scene.type(begun, phone.code()).session_token
    assert scene.user().mfa.state == "enrolled"


def test_a_hundred_failures_lock_until_somebody_helps(new_scene: Maker) -> None:
    """N63B 3.2.2; a purge and the years do not unlock it"""
    scene = new_scene(IDP_FACTOR_TRIES="3", IDP_FACTOR_TRIES_TOTAL="9")
    phone, _ = scene.enrolled()
    for _ in range(3):
        begun = scene.at_code()
        for _ in range(3):
            scene.type(begun, phone.wrong())
        scene.clock.advance(minutes=16)
    scene.clock.advance(days=400)
    assert scene.user().mfa.state == "locked"
    assert scene.user().mfa.locked_until is None
    assert scene.type(scene.at_code(), phone.code()).error == "locked"
    user_mfa.unlock(scene.administration(), "mia")
    assert scene.type(scene.at_code(), phone.code()).session_token


def test_a_clock_put_back_does_not_lengthen_a_lock_beyond_twice(scene: Scene) -> None:
    """REL-030"""
    phone, _ = scene.enrolled()
    for _ in range(2):
        begun = scene.at_code()
        for _ in range(5):
            scene.type(begun, phone.wrong())
    scene.clock.advance(minutes=-10)
    scene.clock.advance(minutes=30)
    assert scene.user().mfa.state == "enrolled"


@pytest.mark.races
def test_parallel_wrong_codes_are_counted_every_one(scene_on_each: Scene) -> None:
    """SEC-116: sixteen guesses in sixteen logins, ten looked at"""
    scene = scene_on_each
    phone, _ = scene.enrolled()
    begun = [scene.at_code() for _ in range(16)]
    wrong = phone.wrong()
    errors = at_once([lambda one=one: scene.type(one, wrong).error for one in begun])
    assert errors.count("wrong-code") == 9
    assert errors.count("locked") == 7
    total = scene.one("SELECT total FROM attempts WHERE key LIKE 'factor:%'")
    assert total == 16


@pytest.mark.races
def test_parallel_wrong_codes_in_one_login_end_it_at_five(scene_on_each: Scene) -> None:
    scene = scene_on_each
    phone, _ = scene.enrolled()
    begun, wrong = scene.at_code(), phone.wrong()

    def guess() -> str:
        try:
            return scene.type(begun, wrong).error or "through"
        except TransactionGone:
            return "gone"

    said = at_once([guess] * 12)
    assert sorted(said) == ["gone"] * 7 + ["too-many-attempts"] + ["wrong-code"] * 4


# --- the source


def test_a_source_is_stopped_whatever_it_tries(scene: Scene) -> None:
    """SEC-115: passwords and codes, of any account, in one budget"""
    phone, _ = scene.enrolled()
    scene.rates = SourceRate("5/minute")
    begun = scene.at_code()
    for _ in range(2):
        scene.type(begun, phone.wrong())
    for name in ("a", "b", "c"):
        scene.enter(scene.at_login(), "wrong", username=name)
    with pytest.raises(TooManyAttempts) as refused:
        scene.type(begun, phone.code())
    assert refused.value.retry_after >= 1
    with pytest.raises(TooManyAttempts):
        scene.enter(scene.at_login())
    scene.source = "198.51.100.7"
    assert scene.enter(scene.at_login()).step is Step.SECOND_FACTOR


def test_successes_of_a_source_are_not_counted(scene: Scene) -> None:
    scene.person()
    scene.rates = SourceRate("2/minute")
    for _ in range(9):
        assert scene.enter(scene.at_login()).session_token


def test_the_names_of_budgets_give_neither_name_nor_address_away(
    scene: Scene,
) -> None:
    """REL-076: unknown names are often passwords"""
    fail_password(scene, 1, username="s3cret")
    own, every = throttle.password_keys(scene.work(), "s3cret")
    assert own.startswith(every)
    assert "s3cret" not in own
    assert scene.source not in own
    assert scene.one("SELECT count(*) FROM attempts WHERE key LIKE '%s3cret%'") == 0
