"""SEC-052, SEC-060 to SEC-068: what people do to their own second factor."""

from collections.abc import Callable

import pyotp
import pytest

from idp.actions import enrolment
from idp.actions import gate
from idp.actions import mfa
from idp.actions import organisation
from idp.actions import roles
from idp.actions import sessions
from idp.actions import tokens
from idp.actions import user_mfa
from idp.actions import users
from idp.actions.hashing import Hashing
from idp.actions.progress import Progress
from idp.actions.sessions import SessionFacts
from idp.actions.verdicts import Verdict
from idp.errors import BadRequest
from idp.errors import PolicyRefused
from idp.errors import Refusal
from idp.errors import TransactionGone
from idp.errors import Unavailable
from idp.rules import policy
from idp.rules.policy import Step
from tests.actions.conftest import Maker
from tests.actions.scene import Phone
from tests.actions.scene import Scene
from tests.oidc.stage import Session
from tests.support.barrier import at_once

Change = Callable[[Scene, SessionFacts, str], Verdict | Progress]


def facts(scene: Scene, session: Session) -> SessionFacts:
    found = sessions.current(scene.work(), session.token)
    assert found is not None
    return found


def disable(scene: Scene, session: SessionFacts, code: str) -> Verdict:
    return mfa.disable(scene.work(), session, code)


def regenerate(scene: Scene, session: SessionFacts, code: str) -> Verdict | Progress:
    return mfa.regenerate(
        scene.work(), session, code, return_to="/settings/mfa", browser_token=None
    )


CHANGES: list[Change] = [disable, regenerate]
EITHER = pytest.mark.parametrize("change", CHANGES)


class Mia:
    """Somebody who is enrolled and signed in."""

    def __init__(self, scene: Scene) -> None:
        self.phone: Phone
        self.phone, self.codes = scene.enrolled()
        self.held = scene.signed_in(self.phone)
        self.session = facts(scene, self.held)


@pytest.fixture
def mia(scene: Scene) -> Mia:
    return Mia(scene)


def word(done: Verdict | Progress) -> str | None:
    if isinstance(done, Verdict):
        return done.fault.value if done.fault else None
    return done.error


def state(scene: Scene) -> tuple[str, int]:
    shown = scene.user().mfa
    return shown.state, shown.backup_codes_remaining


@EITHER
@pytest.mark.parametrize("code", ["", "12345", "abc", "000000 0"])
def test_a_change_needs_a_code_in_that_very_request(
    scene: Scene, mia: Mia, change: Change, code: str
) -> None:
    """SEC-065"""
    assert word(change(scene, mia.session, code)) == "wrong-code"
    assert state(scene) == ("enrolled", 10)


@EITHER
def test_a_wrong_code_counts_in_the_shared_budget(
    new_scene: Maker, change: Change
) -> None:
    scene = new_scene(IDP_FACTOR_TRIES="3")
    mia = Mia(scene)
    for number in range(3):
        done = change(scene, mia.session, mia.phone.wrong())
        assert word(done) == ("wrong-code" if number < 2 else "locked")
    assert word(change(scene, mia.session, mia.phone.code())) == "locked"
    assert state(scene)[0] == "locked"


@EITHER
def test_a_code_that_was_used_to_sign_in_will_not_do(
    scene: Scene, mia: Mia, change: Change
) -> None:
    """SEC-032, SEC-009: one record of steps for every door"""
    code = mia.phone.code()
    assert scene.type(scene.at_code(), code).session_token
    assert word(change(scene, mia.session, code)) == "used-code"


@EITHER
def test_a_backup_code_is_not_enough_and_stays_unspent(
    scene: Scene, mia: Mia, change: Change
) -> None:
    """SEC-052"""
    done = change(scene, mia.session, mia.codes[0])
    assert word(done) == "not-accepted-here"
    assert state(scene) == ("enrolled", 10)
    assert scene.one("SELECT total FROM attempts WHERE key LIKE 'factor:%'") == 1


@EITHER
def test_a_code_of_somebody_else_will_not_do(
    scene: Scene, mia: Mia, change: Change
) -> None:
    """SEC-008"""
    ben, _ = scene.enrolled("ben")
    assert word(change(scene, mia.session, ben.code())) in ("wrong-code", "clock")


@EITHER
def test_a_session_that_has_ended_changes_nothing(
    scene: Scene, mia: Mia, change: Change
) -> None:
    users.end_sessions(scene.administration(), "mia")
    with pytest.raises(TransactionGone):
        change(scene, mia.session, mia.phone.code())
    assert state(scene) == ("enrolled", 10)


@EITHER
def test_a_change_ends_everything_open_elsewhere(
    scene: Scene, mia: Mia, change: Change
) -> None:
    """SEC-068"""
    other = scene.signed_in(mia.phone)
    grant = scene.redeemed(scene.client(), other, scopes=("openid", "offline_access"))
    under_way = scene.at_code()
    assert word(change(scene, mia.session, mia.phone.code())) is None
    assert sessions.current(scene.work(), mia.held.token) is not None
    assert sessions.current(scene.work(), other.token) is None
    assert tokens.inspect(scene.work(), grant.grant_id) is None
    with pytest.raises(TransactionGone):
        scene.type(under_way, mia.phone.code())


@pytest.mark.parametrize("who", ["organisation", "user", "role", "permission"])
def test_it_stays_on_where_anything_requires_it(
    scene: Scene, mia: Mia, who: str
) -> None:
    """SEC-066: the right code makes no difference, and is not spent"""
    admin = scene.administration()
    if who == "organisation":
        organisation.set_policy(admin, mfa="required")
    elif who == "user":
        user_mfa.require_mfa(admin, "mia", required=True)
    elif who == "role":
        roles.create_role(admin, "finance", mfa_required=True)
        users.set_roles(admin, "mia", ["finance"])
    else:
        users.set_roles(admin, "mia", ["auditor"])
    code = mia.phone.code()
    with pytest.raises(PolicyRefused):
        disable(scene, mia.session, code)
    assert state(scene) == ("enrolled", 10)
    assert scene.changes("mfa.refused")["because"] == list(
        scene.user().mfa.effective.because
    )
    assert scene.type(scene.at_code(), code).session_token


def test_disabling_wipes_everything(scene: Scene, mia: Mia) -> None:
    assert word(disable(scene, mia.session, mia.phone.code())) is None
    assert state(scene) == ("none", 0)
    left = "SELECT count(*) FROM totp_credentials WHERE secret_sealed IS NOT NULL"
    assert scene.one(left) == 0
    with pytest.raises(BadRequest):
        disable(scene, mia.session, mia.phone.code())
    assert scene.enter(scene.at_login()).session_token


def test_new_codes_replace_the_old_and_are_shown_once(scene: Scene, mia: Mia) -> None:
    """SEC-049, SEC-050"""
    begun = regenerate(scene, mia.session, mia.phone.code())
    assert isinstance(begun, Progress)
    assert begun.step is Step.BACKUP_CODES
    held = (begun.login_id, begun.browser_token)
    shown = enrolment.reveal_codes(scene.work(), *held).codes
    assert shown is not None
    assert enrolment.reveal_codes(scene.work(), *held).codes is None
    assert not set(shown) & set(mia.codes)
    old = scene.type_backup(scene.at_code(), mia.codes[0])
    assert old.error == "wrong-backup-code"
    assert scene.type_backup(scene.at_code(), shown[0]).session_token


def test_in_a_crowd_no_code_is_spent_on_new_codes_that_cannot_be_made(
    scene: Scene, mia: Mia
) -> None:
    """REL-065: 503 at once, and the code counts when there is room again"""
    code, room = mia.phone.code(), scene.hashing
    scene.hashing = Hashing(workers=1, waiting=-1)
    with pytest.raises(Unavailable) as refused:
        regenerate(scene, mia.session, code)
    assert refused.value.retry_after >= 1
    scene.hashing = room
    assert isinstance(regenerate(scene, mia.session, code), Progress)


def test_new_codes_are_shown_in_their_browser_only(scene: Scene, mia: Mia) -> None:
    begun = regenerate(scene, mia.session, mia.phone.code())
    assert isinstance(begun, Progress)
    for browser in (None, "", "x" * 43):
        with pytest.raises(TransactionGone):
            enrolment.reveal_codes(scene.work(), begun.login_id, browser)


def replacing(scene: Scene, mia: Mia) -> tuple[str, str | None]:
    begun = mfa.replace_device(
        scene.work(),
        facts(scene, mia.held),
        return_to="/settings/mfa",
        browser_token=mia.held.browser,
    )
    return begun.login_id, mia.held.browser


def test_a_new_device_takes_over_when_it_is_confirmed(scene: Scene, mia: Mia) -> None:
    """SEC-063: until then the old one counts, afterwards it does not"""
    held = replacing(scene, mia)
    fresh = Phone(enrolment.start(scene.work(), *held).secret, scene)
    assert scene.type(scene.at_code(), mia.phone.code()).session_token
    assert scene.type(scene.at_code(), fresh.code()).session_token is None
    held = replacing(scene, mia)
    fresh = Phone(enrolment.start(scene.work(), *held).secret, scene)
    done = enrolment.confirm(scene.work(), *held, fresh.code())
    assert done.step is Step.BACKUP_CODES
    assert scene.type(scene.at_code(), mia.phone.code()).session_token is None
    assert scene.type(scene.at_code(), fresh.code()).session_token
    assert len(scene.events("mfa.replaced")) == 1


def test_a_new_device_asks_for_the_old_factor_once_it_is_stale(
    scene: Scene, mia: Mia
) -> None:
    """SEC-060, SEC-061"""
    scene.clock.advance(minutes=6)
    held = replacing(scene, mia)
    with pytest.raises(TransactionGone):
        enrolment.start(scene.work(), *held)
    assert state(scene) == ("enrolled", 10)


@pytest.mark.races
@pytest.mark.parametrize("kind", [disable, regenerate])
def test_of_many_changes_with_one_code_one_goes_through(
    scene_on_each: Scene, kind: Change
) -> None:
    """SEC-031, SEC-032"""
    scene = scene_on_each
    mia = Mia(scene)
    code = mia.phone.code()

    def once() -> bool:
        try:
            return word(kind(scene, mia.session, code)) is None
        except Refusal:
            return False

    assert at_once([once] * 5).count(True) == 1
    used = "SELECT count(*) FROM audit_records WHERE event = :e AND outcome = 'ok'"
    name = "mfa.disabled" if kind is disable else "mfa.codes_regenerated"
    assert scene.one(used, e=name) == 1


def test_the_gate_wants_what_the_page_wants(scene: Scene, mia: Mia) -> None:
    """SEC-067: a session below the demand is asked to step up, and comes back"""
    demand = policy.mfa_change(scene.settings.sudo_freshness)

    def admitted() -> bool:
        passed = gate.admit(
            scene.work(),
            demand,
            return_to="/settings/mfa",
            session_token=mia.held.token,
            browser_token=mia.held.browser,
        )
        return isinstance(passed, gate.Admitted)

    assert admitted()
    scene.clock.advance(minutes=6)
    assert not admitted()


def test_a_code_of_a_foreign_set_up_confirms_nothing(scene: Scene) -> None:
    """SEC-062: the secret is the one of this login"""
    scene.person()
    organisation.set_policy(scene.administration(), mfa="required")
    mine, theirs = scene.at_code(), scene.at_code()
    held = [(one.login_id, one.browser_token) for one in (mine, theirs)]
    secrets = [enrolment.start(scene.work(), *one).secret for one in held]
    assert secrets[0] != secrets[1]
    assert enrolment.start(scene.work(), *held[0]).secret == secrets[0]
    foreign = pyotp.TOTP(secrets[1]).at(scene.clock())
    assert enrolment.confirm(scene.work(), *held[0], foreign).error == "wrong-code"
    right = pyotp.TOTP(secrets[0]).at(scene.clock())
    assert enrolment.confirm(scene.work(), *held[0], right).session_token
    with pytest.raises(TransactionGone):
        enrolment.confirm(scene.work(), *held[1], foreign)
    assert (
        scene.one("SELECT count(*) FROM totp_credentials WHERE state = 'active'") == 1
    )
