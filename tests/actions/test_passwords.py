"""SEC-020 to SEC-025: one's own password: what will do, and what a change ends."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from typing import TypeVar

import pytest

from idp.actions import passwords
from idp.actions import sessions
from idp.actions import tokens
from idp.actions import users
from idp.actions.hashing import Hashing
from idp.actions.progress import Progress
from idp.actions.sessions import SessionFacts
from idp.errors import Crowded
from idp.errors import TransactionGone
from tests.actions.scene import Phone
from tests.actions.scene import Scene
from tests.oidc.stage import PASSWORD
from tests.oidc.stage import Session

T = TypeVar("T")
NEW = "an entirely new sentence"


def facts(scene: Scene, session: Session) -> SessionFacts:
    found = sessions.current(scene.work(), session.token)
    assert found is not None
    return found


def change(
    scene: Scene,
    session: SessionFacts,
    *,
    current: str = PASSWORD,
    new: str = NEW,
    again: str | None = None,
    code: str = "",
) -> passwords.Change:
    return passwords.change(
        scene.work(),
        session,
        current=current,
        new=new,
        again=new if again is None else again,
        code=code,
    )


@pytest.fixture
def mia(scene: Scene) -> SessionFacts:
    """Gives the session of somebody without a second factor."""
    scene.person(email="mia.malone@example.org", name="Mia Malone")
    return facts(scene, scene.sign_in())


@pytest.fixture
def enrolled(scene: Scene) -> tuple[SessionFacts, Phone]:
    phone, _ = scene.enrolled()
    return facts(scene, scene.signed_in(phone)), phone


def test_the_old_password_makes_way_for_the_new(
    scene: Scene, mia: SessionFacts
) -> None:
    done = change(scene, mia)
    assert done.error is None
    assert scene.enter(scene.at_login(), NEW).session_token
    assert scene.enter(scene.at_login(), PASSWORD).error == "wrong-credentials"


def test_the_session_goes_on_under_a_new_token_only(
    scene: Scene, mia: SessionFacts
) -> None:
    """SEC-025, SEC-140"""
    other = scene.sign_in()
    app = scene.client()
    grant = scene.redeemed(app, other, scopes=("openid", "offline_access"))
    under_way = scene.at_login()
    scene.enter(under_way)
    done = change(scene, mia)
    current = sessions.current(scene.work(), done.token)
    assert current is not None
    assert (current.sid, current.proofs) == (mia.sid, mia.proofs)
    assert sessions.current(scene.work(), other.token) is None
    assert tokens.inspect(scene.work(), grant.grant_id) is None
    living = "SELECT count(*) FROM sessions WHERE ended_at IS NULL"
    assert scene.one(living) == 1


def test_the_old_password_is_asked_and_counted(scene: Scene, mia: SessionFacts) -> None:
    """SEC-124, SEC-149: a stolen session is no licence to guess"""
    for _ in range(5):
        assert change(scene, mia, current="wrong").error == "wrong-credentials"
    assert change(scene, mia).error == "too-many-attempts"
    assert scene.enter(scene.at_login()).error == "too-many-attempts"


def test_somebody_elses_password_will_not_do(scene: Scene, mia: SessionFacts) -> None:
    """SEC-008"""
    scene.person("ben", password="the password of ben")
    found = change(scene, mia, current="the password of ben")
    assert found.error == "wrong-credentials"


def test_whoever_is_enrolled_gives_a_code_as_well(
    scene: Scene, enrolled: tuple[SessionFacts, Phone]
) -> None:
    session, phone = enrolled
    assert change(scene, session).error == "wrong-code"
    assert change(scene, session, code=phone.wrong()).error == "wrong-code"
    code = phone.code()
    assert change(scene, session, code=code).error is None
    assert scene.type(_at_code(scene), code).error == "used-code"


def _at_code(scene: Scene) -> Progress:
    begun = scene.at_login()
    scene.enter(begun, NEW)
    return begun


def test_a_wrong_code_counts_in_the_budget_of_the_factor(
    scene: Scene, enrolled: tuple[SessionFacts, Phone]
) -> None:
    """SEC-115: over all doors"""
    session, phone = enrolled
    for _ in range(10):
        change(scene, session, code=phone.wrong())
    assert scene.user().mfa.state == "locked"
    assert change(scene, session, code=phone.code()).error == "locked"
    assert scene.enter(scene.at_login(), PASSWORD).error is None


def test_a_session_that_ended_meanwhile_changes_nothing(
    scene: Scene, mia: SessionFacts
) -> None:
    users.end_sessions(scene.administration(), "mia")
    with pytest.raises(TransactionGone):
        change(scene, mia)
    assert scene.enter(scene.at_login(), PASSWORD).session_token


@pytest.mark.parametrize(
    ("new", "complaint"),
    [
        ("short", "too-short"),
        ("x" * 1025, "too-long"),
        ("correcthorsebatterystaple", "common"),
        ("mia.malone mia.malone", "context"),
        ("passwordpassword", "common"),
        ("a b c \N{SNOWMAN} d e f g h i j k", None),
    ],
)
def test_what_a_new_password_must_be(
    scene: Scene, mia: SessionFacts, new: str, complaint: str | None
) -> None:
    """SEC-022, SEC-023; what is said is said before anything is counted"""
    done = change(scene, mia, new=new, current=PASSWORD)
    assert (done.error == "weak-password") is (complaint is not None)
    assert (complaint in done.complaints) is (complaint is not None)


def test_two_that_differ_are_a_mismatch(scene: Scene, mia: SessionFacts) -> None:
    assert change(scene, mia, again=NEW + " ").error == "password-mismatch"


def test_where_a_second_factor_is_sure_eight_characters_do(
    scene: Scene, enrolled: tuple[SessionFacts, Phone]
) -> None:
    """security.md 0.1"""
    session, _ = enrolled
    assert passwords.minimum_of(scene.work(), session) == 8
    scene.person("ben")
    ben = facts(scene, scene.sign_in("ben"))
    assert passwords.minimum_of(scene.work(), ben) == 15


def test_equal_in_the_first_72_bytes_is_not_equal(
    scene: Scene, mia: SessionFacts
) -> None:
    """SEC-020"""
    long = "\N{GREEK SMALL LETTER ALPHA} long and winding sentence " * 3
    assert len(long.encode()) > 72
    assert change(scene, mia, new=long + "1").error is None
    assert scene.enter(scene.at_login(), long + "2").error == "wrong-credentials"
    assert scene.enter(scene.at_login(), long + "1").session_token


def test_every_spelling_in_unicode_is_one_password(
    scene: Scene, mia: SessionFacts
) -> None:
    """SEC-021"""
    change(scene, mia, new="cafe\N{COMBINING ACUTE ACCENT} au lait \ufb01n")
    typed = "caf\N{LATIN SMALL LETTER E WITH ACUTE} au lait fin"
    assert scene.enter(scene.at_login(), typed).session_token


class OneAtATime(Hashing):
    """Has room for the first hash of a request only."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def start(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> Future[T]:
        self.asked += 1
        if self.asked > 1:
            raise Crowded("full")
        return super().start(function, *args, **kwargs)


def test_a_right_password_is_not_refused_for_want_of_room_to_renew_its_hash(
    scene: Scene, mia: SessionFacts
) -> None:
    """REL-065: it is renewed another day"""
    scene.settings = scene.settings.model_copy(update={"password_hash_cost": 5})
    scene.hashing, room = OneAtATime(), scene.hashing
    assert scene.enter(scene.at_login()).session_token
    assert scene.hashing.asked == 2
    scene.hashing = room
    assert "$04$" in scene.one("SELECT password_hash FROM users")


def test_a_hash_of_a_lower_cost_is_renewed_by_a_right_password(
    scene: Scene, mia: SessionFacts
) -> None:
    """SEC-024; a wrong one renews nothing"""
    stored = "SELECT password_hash FROM users"
    before = scene.one(stored)
    scene.settings = scene.settings.model_copy(update={"password_hash_cost": 5})
    scene.enter(scene.at_login(), "wrong")
    assert scene.one(stored) == before
    assert scene.enter(scene.at_login()).session_token
    assert "$05$" in scene.one(stored)
    assert scene.enter(scene.at_login()).session_token
