"""architecture.md 4.3: short blocks, hashing between them, one commit an answer."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from idp.actions import codes
from idp.actions import enrolment
from idp.actions import login
from idp.actions import tokens
from idp.actions import users
from idp.actions.hashing import Hashing
from idp.errors import Unavailable
from idp.store import attempts
from tests.actions.conftest import Maker
from tests.actions.scene import Scene


class Watching(Hashing):
    """Writes to the database from within each hash, which a held lock would stop."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene
        self.hashed = 0

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.hashed += 1
        with self.scene.database.writing() as db:
            db.exec_driver_sql("PRAGMA busy_timeout=1")
            attempts.lock(db, "beside", now=self.scene.clock())
        return super().run(function, *args, **kwargs)


def test_nothing_is_hashed_while_the_database_is_held(scene: Scene) -> None:
    """One writer of SQLite must not be held for a quarter of a second"""
    scene.hashing = watching = Watching(scene)
    made = users.create_user(scene.administration(), "new").initial_password or ""
    phone, backup = scene.enrolled()
    scene.type_backup(scene.at_code(), backup[0])
    scene.enter(scene.at_login(), "wrong")
    begun = scene.at_login()
    scene.enter(begun, made, username="new")
    lasting = "an entirely new sentence"
    login.change_forced_password(
        scene.work(), begun.login_id, begun.browser_token, lasting, lasting
    )
    assert watching.hashed >= 8
    assert scene.type(scene.at_code(), phone.code()).session_token


def test_a_full_queue_of_hashes_is_said_and_nothing_counted(new_scene: Maker) -> None:
    """REL-065: 503 with Retry-After, not a wrong password"""
    scene = new_scene()
    scene.person()
    scene.hashing = Hashing(workers=1, waiting=-1)
    with pytest.raises(Unavailable) as refused:
        scene.enter(scene.at_login())
    assert refused.value.retry_after >= 1
    scene.hashing = Hashing()
    assert scene.enter(scene.at_login()).session_token
    assert scene.events("password.refused") == []


def test_no_login_is_begun_that_could_not_be_finished(scene: Scene) -> None:
    """REL-065: neither a row nor a page for whom there is no room; others go on"""
    phone, _ = scene.enrolled()
    app = scene.client()
    session = scene.signed_in(phone)
    scene.hashing = Hashing(workers=1, waiting=0)
    done = Event()
    checked = scene.hashing.start(done.wait)
    with pytest.raises(Unavailable):
        scene.hashing.start(done.wait)
    with scene.counting() as counted, pytest.raises(Unavailable) as refused:
        scene.at_login()
    assert refused.value.retry_after >= 1
    assert counted.commits == 0
    assert scene.code(app, session)
    done.set()
    checked.result()
    assert scene.enter(scene.at_login()).session_token is None


def test_each_answer_is_one_commit(scene: Scene) -> None:
    """A factor and what it opens live or die together (SEC-045, REL-016)"""
    phone, backup = scene.enrolled()
    app = scene.client()
    begun = scene.at_login()
    commits: dict[str, int] = {}

    def noting(name: str, act: Callable[[], Any]) -> Any:
        with scene.counting() as counted:
            done = act()
        commits[name] = counted.commits
        return done

    noting("password", lambda: scene.enter(begun))
    code = phone.code()
    noting("wrong code", lambda: scene.type(begun, phone.wrong()))
    noting("code", lambda: scene.type(begun, code))
    other = scene.at_code()
    noting("backup code", lambda: scene.type_backup(other, backup[0]))
    session = scene.signed_in(phone)
    issued = noting("issue", lambda: scene.code(app, session))
    grant = noting("redeem", lambda: codes.redeem_code(scene.work(), issued, app.id))
    fresh = grant.refresh_token or ""
    noting("refresh", lambda: tokens.refresh(scene.work(), fresh, app.id, None))
    assert commits == dict.fromkeys(commits, 1)


@pytest.mark.parametrize("at", ["session.started", "login.succeeded"])
def test_a_sign_in_that_cannot_be_recorded_does_not_happen(
    scene: Scene, at: str
) -> None:
    """REL-004, REL-081: and its code is not spent"""
    phone, _ = scene.enrolled()
    begun = scene.at_code()
    code = phone.code()
    with scene.database.writing() as db:
        db.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON audit_records "
            f"WHEN NEW.event = '{at}' BEGIN SELECT RAISE(FAIL, 'disk full'); END"
        )
    with pytest.raises(Exception, match=r"collides|Error"):
        scene.type(begun, code)
    assert scene.one("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == 1
    with scene.database.writing() as db:
        db.exec_driver_sql("DROP TRIGGER full")
    assert scene.type(begun, code).session_token


def test_an_enrolment_that_fails_half_way_is_none(scene: Scene) -> None:
    """REL-017: either fully enrolled or not at all"""
    phone, _ = scene.enrolled("ben")
    users.delete_user(scene.administration(), "ben")
    scene.person(mfa_required=True)
    begun = scene.at_code()
    held = (begun.login_id, begun.browser_token)
    phone.secret = enrolment.start(scene.work(), *held).secret
    code = phone.code()
    with scene.database.writing() as db:
        db.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON backup_codes "
            "BEGIN SELECT RAISE(FAIL, 'disk full'); END"
        )
    with pytest.raises(Exception, match=r"collides|Error"):
        enrolment.confirm(scene.work(), *held, code)
    assert scene.user().mfa.state == "pending"
    with scene.database.writing() as db:
        db.exec_driver_sql("DROP TRIGGER full")
    assert enrolment.confirm(scene.work(), *held, code).session_token
    assert scene.user().mfa.backup_codes_remaining == 10
