"""REL-057: what a backup brought back works no more."""

import pytest

from idp.actions import codes
from idp.actions import restore
from idp.actions import sessions
from idp.actions import tokens
from idp.actions import users
from idp.actions.restore import Revoked
from idp.errors import Forbidden
from idp.errors import Refusal
from idp.rules.permissions import SESSIONS_WRITE
from tests.actions.scene import Scene

SCOPES = ("openid", "offline_access")


def restored(scene: Scene, **how: bool) -> Revoked:
    return restore.after_restore(scene.administration(), **how)


def test_nobody_is_signed_in_any_more(scene_on_each: Scene) -> None:
    scene = scene_on_each
    phone, _ = scene.enrolled()
    session = scene.signed_in(phone)
    begun = scene.at_code()
    done = restored(scene)
    assert (done.sessions, done.logins) == (2, 3)  # one of them from enrolling
    assert sessions.current(scene.work(), session.token) is None
    with pytest.raises(Refusal):
        scene.type(begun, phone.code())


def test_codes_and_tokens_are_dead_offline_ones_too(scene_on_each: Scene) -> None:
    scene = scene_on_each
    phone, _ = scene.enrolled()
    app = scene.client()
    session = scene.signed_in(phone)
    held = scene.redeemed(app, session, scopes=SCOPES)
    code = scene.code(app, session)
    assert restored(scene).grants == 1  # the other ended with its session
    assert tokens.inspect(scene.work(), held.grant_id) is None
    with pytest.raises(Refusal):
        codes.redeem_code(scene.work(), code, app.id)


def test_a_code_of_the_phone_that_may_have_been_used_is_spent(
    scene_on_each: Scene,
) -> None:
    scene = scene_on_each
    phone, _ = scene.enrolled()
    unused = phone.code()
    assert restored(scene).authenticators == 1
    begun = scene.at_code()
    assert scene.type(begun, unused).session_token is None
    scene.clock.advance(seconds=30)
    assert scene.signed_in(phone)


def test_backup_codes_are_void_and_their_holder_is_told(scene_on_each: Scene) -> None:
    scene = scene_on_each
    _, printed = scene.enrolled()
    scene.person("ben")
    assert restored(scene).people_without_codes == 1
    begun = scene.at_code()
    assert scene.type_backup(begun, printed[0]).session_token is None
    assert scene.events("mfa.codes_voided") == [("mfa.codes_voided", "ok", "restored")]
    told = "SELECT count(*) FROM notices WHERE event = 'mfa.codes_voided'"
    assert scene.one(told) == 1
    assert scene.user().mfa.state == "enrolled"


def test_backup_codes_stay_where_that_is_said(scene: Scene) -> None:
    _, printed = scene.enrolled()
    assert restored(scene, keep_backup_codes=True).people_without_codes == 0
    begun = scene.at_code()
    assert scene.type_backup(begun, printed[0]).session_token


def test_a_one_time_password_does_not_come_back(scene: Scene) -> None:
    made = users.create_user(scene.administration(), "ben")
    assert made.initial_password is not None
    assert restored(scene).initial_passwords == 1
    entered = scene.enter(scene.at_login(), made.initial_password, username="ben")
    assert entered.error == "wrong-credentials"


def test_repeating_it_finds_nothing_more(scene: Scene) -> None:
    phone, _ = scene.enrolled()
    scene.signed_in(phone)
    restored(scene)
    again = restored(scene)
    assert (again.sessions, again.grants, again.logins) == (0, 0, 0)
    assert (again.authenticators, again.people_without_codes) == (0, 0)


def test_it_is_recorded_and_needs_the_right(scene: Scene) -> None:
    with pytest.raises(Forbidden):
        restore.after_restore(scene.acting())
    restore.after_restore(scene.acting(SESSIONS_WRITE))
    assert len(scene.events("backup.restored")) == 1
