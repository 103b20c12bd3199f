"""Whatever ends a session, its applications are told, and by whom it ended is known."""

import dataclasses
from collections.abc import Callable

import pytest

from idp.actions import initial_passwords
from idp.actions import logout_notices
from idp.actions import mfa
from idp.actions import own_sessions
from idp.actions import passwords
from idp.actions import restore
from idp.actions import sessions
from idp.actions import user_mfa
from idp.actions import user_sessions
from idp.actions import users
from idp.actions.sessions import SessionFacts
from tests.actions.scene import Phone
from tests.actions.scene import Scene
from tests.oidc.stage import PASSWORD
from tests.oidc.stage import Session

ADDRESS = "https://rp.example/notices"
NEW = "seven unlikely herons"


@dataclasses.dataclass
class Mia:
    """Somebody signed in twice: there at an application, here with nothing."""

    scene: Scene
    phone: Phone
    there: Session
    here: Session

    def facts(self) -> SessionFacts:
        found = sessions.current(self.scene.work(), self.here.token)
        assert found is not None
        return found

    def sid(self) -> str:
        found = sessions.current(self.scene.work(), self.there.token)
        assert found is not None
        return found.sid


@pytest.fixture
def mia(scene_on_each: Scene) -> Mia:
    scene = scene_on_each
    phone, _ = scene.enrolled()
    there = scene.signed_in(phone)
    scene.redeemed(scene.client(backchannel_logout_uri=ADDRESS), there)
    return Mia(scene, phone, there, scene.signed_in(phone))


def sign_out(mia: Mia) -> None:
    own_sessions.sign_out(mia.scene.work(), mia.there.token, mia.there.browser)


def end_one(mia: Mia) -> None:
    own_sessions.end_one(mia.scene.work(), mia.facts(), mia.sid())


def end_others(mia: Mia) -> None:
    own_sessions.end_all_others(mia.scene.work(), mia.facts())


def not_me(mia: Mia) -> None:
    own_sessions.not_me(mia.scene.work(), mia.facts())


def change_password(mia: Mia) -> None:
    words = {"current": PASSWORD, "new": NEW, "again": NEW, "code": mia.phone.code()}
    passwords.change(mia.scene.work(), mia.facts(), **words)


def disable_mfa(mia: Mia) -> None:
    code = mia.phone.code()
    mfa.disable(mia.scene.work(), mia.facts(), code)


def reset_mfa(mia: Mia) -> None:
    user_mfa.disable_mfa(mia.scene.administration(), "mia", reason="lost phone")


def initial_password(mia: Mia) -> None:
    initial_passwords.issue(mia.scene.administration(), "mia")


def end_all(mia: Mia) -> None:
    users.end_sessions(mia.scene.administration(), "mia")


def end_by_id(mia: Mia) -> None:
    user_sessions.end_session(mia.scene.administration(), mia.sid())


def disable(mia: Mia) -> None:
    users.set_active(mia.scene.administration(), "mia", active=False)


def delete(mia: Mia) -> None:
    users.delete_user(mia.scene.administration(), "mia")


def idle(mia: Mia) -> None:
    mia.scene.clock.advance(seconds=mia.scene.settings.session_idle.total_seconds())
    logout_notices.end_run_out(mia.scene.work())


def live_out(mia: Mia) -> None:
    """Uses the session until its overall limit."""
    scene = mia.scene
    step = scene.settings.session_idle.total_seconds() / 2
    for _ in range(int(scene.settings.session_lifetime.total_seconds() / step)):
        sessions.current(scene.work(), mia.there.token)
        scene.clock.advance(seconds=step)
    logout_notices.end_run_out(scene.work())


def after_restore(mia: Mia) -> None:
    restore.after_restore(mia.scene.administration())


TRIGGERS: dict[Callable[[Mia], None], str] = {
    sign_out: "signed out",
    end_one: "signed out elsewhere",
    end_others: "signed out elsewhere",
    not_me: "not me",
    change_password: "password changed",
    disable_mfa: "MFA disabled",
    reset_mfa: "MFA disabled",
    initial_password: "initial password",
    end_all: "administrator",
    end_by_id: "administrator",
    disable: "disabled",
    delete: "deleted",
    idle: "expired",
    live_out: "expired",
    after_restore: "restored",
}


DOERS: dict[Callable[[Mia], None], str] = {
    **dict.fromkeys((reset_mfa, initial_password, end_all, end_by_id), "host"),
    **dict.fromkeys((disable, delete, after_restore), "host"),
    **dict.fromkeys((idle, live_out), "system"),
}
"""Who ends it, where that is not the person."""


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda one: one.__name__)
def test_the_application_is_told(mia: Mia, trigger: Callable[[Mia], None]) -> None:
    """P5, SEC-145, SEC-239"""
    sid = mia.sid()
    trigger(mia)
    due = logout_notices.list_due(mia.scene.work())
    assert [(one.sid, one.client_id) for one in due] == [(sid, "rp")]
    assert ("session.ended", "ok", TRIGGERS[trigger]) in mia.scene.events()


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda one: one.__name__)
def test_it_is_recorded_whose_session_ended_and_by_whom(
    mia: Mia, trigger: Callable[[Mia], None]
) -> None:
    """REL-081"""
    person = mia.scene.user()
    trigger(mia)
    who = DOERS.get(trigger, "user")
    actor_id = "system" if who == "system" else None
    ended = mia.scene.records("session.ended")
    assert {(one.subject_type, one.subject_id, one.subject_name) for one in ended} == {
        ("user", person.id, "mia")
    }
    assert {(one.actor_type, one.actor_id) for one in ended} == {
        (who, person.id if who == "user" else actor_id)
    }
