"""SEC-069: whatever happens to an account is told on the next page, and by mail.

Each event is brought about as it really is, by the person or by somebody else.
"""

from collections.abc import Callable

import pytest

from idp.actions import enrolment
from idp.actions import initial_passwords
from idp.actions import mfa
from idp.actions import notices
from idp.actions import passwords
from idp.actions import restore
from idp.actions import sessions
from idp.actions import user_mfa
from idp.actions import users
from idp.actions.sessions import SessionFacts
from idp.store.notices import TOLD
from tests.actions.conftest import Maker
from tests.actions.scene import Phone
from tests.actions.scene import Scene
from tests.oidc.stage import PASSWORD

BY_OTHERS = {
    "mfa.disabled",
    "mfa.codes_voided",
    "mfa.unlocked",
    "mfa.requirement_changed",
    "password.initial_set",
    "user.changed",
    "user.deleted",
    "user.disabled",
    "user.enabled",
}


class Mia:
    """Somebody with an address, a phone and backup codes, of whom nothing is told."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.phone, self.codes = scene.enrolled()
        change = {"email": "mia@example.org"}
        users.change_user(scene.administration(), "mia", change)
        while letter := notices.claim_letter(scene.work()):
            notices.sent(scene.work(), letter)

    def session(self) -> SessionFacts:
        held = self.scene.signed_in(self.phone)
        found = sessions.current(self.scene.work(), held.token)
        assert found is not None
        return found


def enrol(mia: Mia) -> None:
    user_mfa.disable_mfa(mia.scene.administration(), "mia", reason="lost")
    take_all(mia.scene)
    mia.scene.sign_in(enrol=True)


def replace(mia: Mia) -> None:
    scene, held = mia.scene, mia.scene.signed_in(mia.phone)
    session = sessions.current(scene.work(), held.token)
    assert session is not None
    begun = mfa.replace_device(
        scene.work(), session, return_to="/settings/mfa", browser_token=held.browser
    )
    place = (begun.login_id, held.browser)
    fresh = Phone(enrolment.start(scene.work(), *place).secret, scene)
    enrolment.confirm(scene.work(), *place, fresh.code())


def regenerate(mia: Mia) -> None:
    session = mia.session()
    mfa.regenerate(
        mia.scene.work(),
        session,
        mia.phone.code(),
        return_to="/settings/mfa",
        browser_token=None,
    )


def lock(mia: Mia) -> None:
    for _ in range(2):
        begun = mia.scene.at_code()
        for _ in range(5):
            mia.scene.type(begun, mia.phone.wrong())


def change_password(mia: Mia) -> None:
    new = "one that nobody has thought of"
    session = mia.session()
    passwords.change(
        mia.scene.work(),
        session,
        current=PASSWORD,
        new=new,
        again=new,
        code=mia.phone.code(),
    )


def enable(mia: Mia) -> None:
    users.set_active(mia.scene.administration(), "mia", active=False)
    take_all(mia.scene)
    users.set_active(mia.scene.administration(), "mia", active=True)


def take_all(scene: Scene) -> list[notices.Letter]:
    return list(iter(lambda: notices.claim_letter(scene.work()), None))


DOINGS: dict[str, Callable[[Mia], object]] = {
    "mfa.enrolled": enrol,
    "mfa.replaced": replace,
    "mfa.disabled": lambda mia: user_mfa.disable_mfa(
        mia.scene.administration(), "mia", reason="lost"
    ),
    "mfa.codes_regenerated": regenerate,
    "mfa.codes_voided": lambda mia: restore.after_restore(mia.scene.administration()),
    "mfa.backup_code_used": lambda mia: mia.scene.type_backup(
        mia.scene.at_code(), mia.codes[0]
    ),
    "mfa.locked": lock,
    "mfa.unlocked": lambda mia: user_mfa.unlock(mia.scene.administration(), "mia"),
    "mfa.requirement_changed": lambda mia: user_mfa.require_mfa(
        mia.scene.administration(), "mia", required=True
    ),
    "password.changed": change_password,
    "password.initial_set": lambda mia: initial_passwords.issue(
        mia.scene.administration(), "mia"
    ),
    "user.changed": lambda mia: users.change_user(
        mia.scene.administration(), "mia", {"name": "Mia Malone"}
    ),
    "user.deleted": lambda mia: users.delete_user(mia.scene.administration(), "mia"),
    "user.disabled": lambda mia: users.set_active(
        mia.scene.administration(), "mia", active=False
    ),
    "user.enabled": enable,
}


@pytest.fixture
def mia(new_scene: Maker, database_kind: str) -> Mia:
    settings = {"IDP_SMTP_URL": "smtp://127.0.0.1", "IDP_MAIL_FROM": "idp@a.example"}
    return Mia(new_scene(database_kind, **settings))


def test_every_event_that_is_told_is_brought_about_here() -> None:
    assert set(DOINGS) == TOLD


@pytest.mark.parametrize("event", DOINGS)
def test_what_happens_is_told_by_mail_and_waits_for_the_next_page(
    mia: Mia, event: str
) -> None:
    DOINGS[event](mia)
    letters = take_all(mia.scene)
    told = [letter for letter in letters if letter.event == event]
    assert [(one.address, one.username) for one in told] == [("mia@example.org", "mia")]
    assert told[0].by_other == (event in BY_OTHERS)
    unseen = "SELECT count(*) FROM notices WHERE seen_at IS NULL AND id = :id"
    assert mia.scene.one(unseen, id=told[0].id) == 1
