"""SEC-026, SEC-217, SEC-258, REL-023: people created, changed, disabled, deleted."""

from typing import Any

import pytest

from idp.actions import fleet
from idp.actions import initial_passwords
from idp.actions import login
from idp.actions import organisation
from idp.actions import people
from idp.actions import user_mfa
from idp.actions import users
from idp.errors import BadRequest
from idp.errors import Conflict
from idp.errors import NotFound
from idp.errors import StaleVersion
from idp.errors import TransactionGone
from idp.rules.policy import Step
from tests.actions.scene import Scene
from tests.support.barrier import at_once


def test_a_person_without_a_password_gets_a_first_one_shown_once(
    scene: Scene,
) -> None:
    """SEC-026"""
    made = users.create_user(scene.administration(), "mia")
    first = made.initial_password
    assert first is not None
    assert made.expires_at is not None
    assert first not in repr(made)
    assert (made.expires_at - scene.clock()).total_seconds() == 24 * 3600
    assert len({initial_passwords.make() for _ in range(50)}) == 50


def test_a_first_password_leads_to_a_lasting_one_and_nowhere_else(
    scene: Scene,
) -> None:
    first = users.create_user(scene.administration(), "mia").initial_password or ""
    begun = scene.at_login()
    done = scene.enter(begun, first)
    assert (done.step, done.session_token) == (Step.NEW_PASSWORD, None)
    held = (begun.login_id, begun.browser_token)
    weak = login.change_forced_password(scene.work(), *held, "mia", "mia")
    assert (weak.error, weak.step) == ("weak-password", Step.NEW_PASSWORD)
    other = login.change_forced_password(scene.work(), *held, "a" * 20, "b" * 20)
    assert other.error == "password-mismatch"
    lasting = "an entirely new sentence"
    assert login.change_forced_password(
        scene.work(), *held, lasting, lasting
    ).session_token
    assert scene.enter(scene.at_login(), lasting).session_token
    assert scene.enter(scene.at_login(), first).error == "wrong-credentials"


def test_a_first_password_works_once(scene: Scene) -> None:
    """Whoever reads it later has nothing, even where no lasting one was chosen"""
    first = users.create_user(scene.administration(), "mia").initial_password or ""
    assert scene.enter(scene.at_login(), first).step is Step.NEW_PASSWORD
    assert scene.enter(scene.at_login(), first).error == "wrong-credentials"


@pytest.mark.races
def test_a_first_password_works_once_in_parallel(scene_on_each: Scene) -> None:
    scene = scene_on_each
    first = users.create_user(scene.administration(), "mia").initial_password or ""
    begun = [scene.at_login() for _ in range(8)]
    done = at_once([lambda one=one: scene.enter(one, first).step for one in begun])
    assert done.count(Step.NEW_PASSWORD) == 1


def test_a_first_password_dies_with_its_day(scene: Scene) -> None:
    first = users.create_user(scene.administration(), "mia").initial_password or ""
    scene.clock.advance(hours=24)
    assert scene.enter(scene.at_login(), first).error == "wrong-credentials"


def test_a_new_first_password_ends_all_that_was_open(scene: Scene) -> None:
    phone, _ = scene.enrolled()
    app = scene.client()
    session = scene.signed_in(phone)
    scene.redeemed(app, session)
    under_way = scene.at_code()
    issued = initial_passwords.issue(scene.administration(), "mia")
    assert scene.one("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == 0
    assert scene.one("SELECT count(*) FROM grants WHERE revoked_at IS NULL") == 0
    with pytest.raises(TransactionGone):
        scene.type(under_way, phone.code())
    assert scene.enter(scene.at_login()).error == "wrong-credentials"
    done = scene.enter(scene.at_login(), issued.initial_password or "")
    assert done.step is Step.NEW_PASSWORD
    assert scene.user().mfa.state == "enrolled"


def test_a_first_password_is_no_way_around_the_second_factor(scene: Scene) -> None:
    """SEC-270"""
    phone, _ = scene.enrolled()
    first = initial_passwords.issue(scene.administration(), "mia").initial_password
    begun = scene.at_login()
    scene.enter(begun, first or "")
    lasting = "an entirely new sentence"
    done = login.change_forced_password(
        scene.work(), begun.login_id, begun.browser_token, lasting, lasting
    )
    assert (done.step, done.session_token) == (Step.SECOND_FACTOR, None)
    assert scene.type(begun, phone.code()).session_token


@pytest.mark.parametrize("name", ["", " ", "a" * 129, "a\nb", "a\0b", "\ud800"])
def test_an_impossible_name_is_refused(scene: Scene, name: str) -> None:
    with pytest.raises(BadRequest):
        users.create_user(scene.administration(), name)


@pytest.mark.parametrize("name", ["mia", "MIA", " mia ", "\uff4d\uff49\uff41"])
def test_a_name_is_taken_in_every_spelling(scene: Scene, name: str) -> None:
    scene.person("mia")
    with pytest.raises(Conflict):
        users.create_user(scene.administration(), name)


@pytest.mark.races
def test_of_many_who_take_a_name_at_once_one_gets_it(scene_on_each: Scene) -> None:
    scene = scene_on_each

    def create() -> bool:
        try:
            users.create_user(scene.administration(), "mia", password="x" * 20)
        except Conflict:
            return False
        return True

    assert at_once([create] * 6).count(True) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "x"},
        {"username": "root"},
        {"email_verified": True},
        {"active": False},
        {"deleted": True},
        {"password_hash": "x"},
        {"mfa_required": False},
        {"version": 1},
        {"email": "no address"},
        {"email": "a@b\nc"},
        {"email": 7},
        {"name": ""},
        {"name": "a\0b"},
        {"profile": []},
        {"profile": {"sub": "x"}},
        {"profile": {"acr": "mfa"}},
        {"profile": {"groups": ["administrator"]}},
        {"profile": {"email": "x@example.org"}},
        {"profile": {"given_name": None}},
        {"profile": {"address": {"iss": "x"}}},
    ],
)
def test_no_field_but_those_listed_is_written(
    scene: Scene, changes: dict[str, Any]
) -> None:
    """SEC-258, SEC-103"""
    scene.person()
    before = scene.user()
    with pytest.raises(BadRequest):
        users.change_user(scene.administration(), "mia", changes)
    assert scene.user() == before


def test_fields_change_one_by_one(scene: Scene) -> None:
    """REL-023: two who change different fields lose nothing"""
    scene.person()
    admin = scene.administration()
    users.change_user(admin, "mia", {"name": "Mia"})
    users.change_user(admin, "mia", {"email": "mia@example.org"})
    changed = users.change_user(admin, "mia", {"profile": {"locale": "de"}})
    assert (changed.name, changed.email) == ("Mia", "mia@example.org")
    assert changed.profile == {"locale": "de"}
    taken = users.change_user(admin, "mia", {"email": None})
    assert (taken.email, taken.email_verified) == (None, False)


def test_a_stale_write_is_refused(scene: Scene) -> None:
    scene.person()
    admin = scene.administration()
    read = scene.user().version
    users.change_user(admin, "mia", {"name": "first"}, version=read)
    with pytest.raises(StaleVersion):
        users.change_user(admin, "mia", {"name": "second"}, version=read)
    assert scene.user().name == "first"


def test_a_deleted_person_is_gone_and_the_id_is_not_used_again(scene: Scene) -> None:
    """SEC-217"""
    phone, _ = scene.enrolled()
    gone = users.delete_user(scene.administration(), "mia")
    with pytest.raises(NotFound):
        scene.user()
    assert scene.person("mia") != gone
    assert scene.user().mfa.state == "none"
    again = scene.at_code()
    assert scene.type(again, phone.code()).session_token is None
    left = "SELECT count(*) FROM totp_credentials WHERE secret_sealed IS NOT NULL"
    assert scene.one(left) == 0
    assert scene.one("SELECT count(*) FROM backup_codes") == 0


def test_a_disabled_person_does_not_get_in_anywhere(scene: Scene) -> None:
    """SEC-121, SEC-142: also not through a login begun before"""
    phone, codes = scene.enrolled()
    under_way = scene.at_code()
    users.set_active(scene.administration(), "mia", active=False)
    for attempt in (scene.type, scene.type_backup):
        with pytest.raises(TransactionGone):
            attempt(under_way, codes[0])
    assert scene.enter(scene.at_login()).error == "wrong-credentials"
    users.set_active(scene.administration(), "mia", active=True)
    assert scene.type(scene.at_code(), phone.code()).session_token


def test_taking_mfa_away_takes_all_of_it(scene: Scene) -> None:
    """SEC-070, SEC-263: and leaves what is required as it was"""
    phone, codes = scene.enrolled()
    admin = scene.administration()
    user_mfa.require_mfa(admin, "mia", required=True)
    session = scene.signed_in(phone)
    under_way = scene.at_code()
    scene.type(under_way, phone.wrong())
    done = user_mfa.disable_mfa(admin, "mia", reason="device lost")
    assert (done.mfa.state, done.mfa.backup_codes_remaining) == ("none", 0)
    assert done.mfa.effective.because == ("user",)
    assert scene.answer(scene.client(), session, prompt=("none",)) is not None
    for attempt, code in ((scene.type, phone.code()), (scene.type_backup, codes[0])):
        with pytest.raises(TransactionGone):
            attempt(under_way, code)
    begun = scene.at_login()
    assert scene.enter(begun).step is Step.ENROL
    assert scene.type(begun, phone.code()).session_token is None
    assert scene.one("SELECT total FROM attempts WHERE key LIKE 'factor:%'") == 0


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\nb"])
def test_taking_mfa_away_needs_a_reason(scene: Scene, reason: str) -> None:
    scene.enrolled()
    with pytest.raises(BadRequest):
        user_mfa.disable_mfa(scene.administration(), "mia", reason=reason)
    assert scene.user().mfa.state == "enrolled"


def test_people_are_listed_by_state(scene: Scene) -> None:
    scene.person("none")
    scene.person("required", mfa_required=True)
    scene.enrolled("enrolled")
    _, codes = scene.enrolled("few")
    for code in codes[:7]:
        scene.clock.advance(seconds=1)
        scene.type_backup(scene.at_code("few"), code)
    phone, _ = scene.enrolled("locked")
    for _ in range(2):
        begun = scene.at_code("locked")
        for _ in range(5):
            scene.type(begun, phone.wrong())
    found = {
        state: sorted(
            one.username
            for one in fleet.table(scene.administration(), fleet.Filter(mfa=state))
        )
        for state in people.STATES
    }
    assert found == {
        "none": ["none", "required"],
        "pending": [],
        "enrolled": ["enrolled", "few"],
        "locked": ["locked"],
        "required_not_enrolled": ["required"],
        "few_codes": ["few"],
    }
    with pytest.raises(BadRequest):
        fleet.list_people(scene.administration(), fleet.Filter(mfa="unknown"))


def test_a_tightened_policy_reaches_the_logins_under_way(scene: Scene) -> None:
    """SEC-085: decided when the session would open"""
    scene.person()
    begun = scene.at_login()
    organisation.set_policy(scene.administration(), mfa="required")
    assert scene.enter(begun).step is Step.ENROL
    with pytest.raises(BadRequest):
        organisation.set_policy(scene.administration(), mfa="never")
