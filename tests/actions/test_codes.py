"""SEC-190 to SEC-194, REL-016: a code works once, for its owner, while all holds."""

import pytest

from idp.actions import authorize
from idp.actions import clients
from idp.actions import codes
from idp.actions import organisation
from idp.actions import own_sessions
from idp.actions import tokens
from idp.actions import user_mfa
from idp.actions import users
from idp.errors import GrantGone
from idp.errors import TransactionGone
from idp.store import grants
from idp.store import sessions as session_rows
from idp.store.base import hash_token
from tests.actions.conftest import Maker
from tests.actions.scene import Scene
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.support.barrier import at_once
from tests.support.waiting import until


@pytest.fixture
def app(scene: Scene) -> App:
    scene.person()
    return scene.client()


def refused(scene: Scene, code: str, client_id: str = "rp") -> bool:
    try:
        codes.redeem_code(scene.work(), code, client_id)
    except GrantGone:
        return True
    return False


def test_a_code_says_what_is_checked_before_it_is_spent(scene: Scene, app: App) -> None:
    code = scene.code(app, scene.sign_in(), code_challenge="challenge")
    found = codes.find_code(scene.work(), code, app.id)
    assert found is not None
    assert (found.client_id, found.code_challenge) == ("rp", "challenge")
    assert codes.find_code(scene.work(), code, app.id) == found


@pytest.mark.parametrize("odd", ["", "x", "é", "\0", "x" * 513, "\ud800"])
def test_what_is_no_code_is_not_found(scene: Scene, app: App, odd: str) -> None:
    assert codes.find_code(scene.work(), odd, app.id) is None
    assert tokens.inspect_refresh(scene.work(), odd) is None
    with pytest.raises(GrantGone):
        tokens.refresh(scene.work(), odd, app.id, None)


def test_a_code_of_another_client_stays_valid_for_its_owner(
    scene: Scene, app: App
) -> None:
    """SEC-192, interface.md section 4"""
    other = scene.client("other")
    code = scene.code(app, scene.sign_in())
    assert codes.find_code(scene.work(), code, other.id) is None
    assert refused(scene, code, other.id)
    assert codes.redeem_code(scene.work(), code, app.id).client.client_id == app.id


def test_a_code_lives_for_a_minute(scene: Scene, app: App) -> None:
    session = scene.sign_in()
    early, late = scene.code(app, session), scene.code(app, session)
    scene.clock.advance(seconds=59)
    assert not refused(scene, early)
    scene.clock.advance(seconds=1)
    assert codes.find_code(scene.work(), late, app.id) is None
    assert refused(scene, late)


def test_a_clock_put_back_brings_no_code_back(scene: Scene, app: App) -> None:
    """REL-030"""
    code = scene.code(app, scene.sign_in())
    codes.redeem_code(scene.work(), code, app.id)
    scene.clock.advance(minutes=-5)
    assert refused(scene, code)


@pytest.mark.parametrize("way", ["found", "redeemed"])
def test_a_second_use_takes_everything_back(scene: Scene, app: App, way: str) -> None:
    """RFC 6749 section 4.1.2: what came from the code, refreshed or not"""
    code = scene.code(app, scene.sign_in())
    first = codes.redeem_code(scene.work(), code, app.id)
    second = tokens.refresh(scene.work(), first.refresh_token or "", app.id, None)
    if way == "found":
        assert codes.find_code(scene.work(), code, app.id) is None
    else:
        assert refused(scene, code)
    assert tokens.inspect(scene.work(), first.grant_id) is None
    with pytest.raises(GrantGone):
        tokens.refresh(scene.work(), second.refresh_token or "", app.id, None)
    assert scene.events("code.reused") == [("code.reused", "refused", "")]


def test_reuse_is_recognised_as_long_as_anything_lives(scene: Scene, app: App) -> None:
    """SEC-191: a used code is kept, not deleted"""
    code = scene.code(app, scene.sign_in(), scopes=("openid", "offline_access"))
    first = codes.redeem_code(scene.work(), code, app.id)
    scene.clock.advance(days=29)
    assert tokens.inspect(scene.work(), first.grant_id) is not None
    assert codes.find_code(scene.work(), code, app.id) is None
    assert tokens.inspect(scene.work(), first.grant_id) is None


def test_one_code_leaves_the_other_grants_of_a_person_alone(
    scene: Scene, app: App
) -> None:
    session = scene.sign_in()
    kept = scene.redeemed(app, session)
    code = scene.code(app, session)
    codes.redeem_code(scene.work(), code, app.id)
    assert refused(scene, code)
    assert tokens.inspect(scene.work(), kept.grant_id) is not None


def test_the_fifth_wrong_verifier_kills_a_code(scene: Scene, app: App) -> None:
    """SEC-194"""
    session = scene.sign_in()
    lucky, dead = scene.code(app, session), scene.code(app, session)
    for code, times in ((lucky, 4), (dead, 5)):
        for _ in range(times):
            codes.wrong_verifier(scene.work(), code)
    assert not refused(scene, lucky)
    assert codes.find_code(scene.work(), dead, app.id) is None
    assert refused(scene, dead)


CHANGES = {
    "person disabled": lambda s: users.set_active(
        s.administration(), "mia", active=False
    ),
    "person deleted": lambda s: users.delete_user(s.administration(), "mia"),
    "client disabled": lambda s: clients.set_enabled(
        s.administration(), "rp", enabled=False
    ),
    "client deleted": lambda s: clients.delete_client(s.administration(), "rp"),
    "client wants mfa": lambda s: clients.change_client(
        s.administration(), "rp", {"min_acr": "mfa"}
    ),
    "consent due now": lambda s: clients.change_client(
        s.administration(), "rp", {"first_party": False}
    ),
    "person must have MFA": lambda s: user_mfa.require_mfa(
        s.administration(), "mia", required=True
    ),
    "organisation wants MFA": lambda s: organisation.set_policy(
        s.administration(), mfa="required"
    ),
    "role with a permission": lambda s: users.set_roles(
        s.administration(), "mia", ["helpdesk"]
    ),
    "session idle": lambda s: s.clock.advance(minutes=59, seconds=59),
}


@pytest.mark.parametrize("change", CHANGES)
def test_everything_is_asked_again_at_redemption(new_scene: Maker, change: str) -> None:
    """SEC-193, SEC-082: what was true at issue is not enough"""
    scene = new_scene(IDP_CODE_LIFETIME="10m", IDP_SESSION_IDLE="5m")
    scene.person()
    app = scene.client()
    session = scene.sign_in()
    held = scene.redeemed(app, session)
    waiting = scene.code(app, session)
    if change == "session idle":
        scene.clock.advance(minutes=5)
    else:
        CHANGES[change](scene)
    assert tokens.inspect(scene.work(), held.grant_id) is None
    assert refused(scene, waiting)
    with pytest.raises(GrantGone):
        tokens.refresh(scene.work(), held.refresh_token or "", app.id, None)


def test_what_fell_at_redemption_does_not_stand_up_again(
    scene: Scene, app: App
) -> None:
    """A claimed code is spent, whether or not it gave tokens"""
    code = scene.code(app, scene.sign_in())
    organisation.set_policy(scene.administration(), mfa="required")
    assert refused(scene, code)
    organisation.set_policy(scene.administration(), mfa="optional")
    assert refused(scene, code)


def test_a_client_without_the_refresh_grant_gets_no_refresh_token(
    scene: Scene,
) -> None:
    scene.person()
    app = scene.client(grant_types=["authorization_code"])
    assert scene.redeemed(app, scene.sign_in()).refresh_token is None


@pytest.mark.races
def test_of_fifty_redemptions_one_gives_tokens_and_they_die(
    scene_on_each: Scene,
) -> None:
    """REL-020, SEC-190"""
    scene = scene_on_each
    scene.person()
    app = scene.client()
    code = scene.code(app, scene.sign_in())
    answers = at_once([lambda: refused(scene, code)] * 20)
    assert answers.count(False) == 1
    living = "SELECT count(*) FROM grants WHERE revoked_at IS NULL"
    assert scene.one(living) == 0
    assert scene.one("SELECT count(*) FROM refresh_tokens") == 1


def _blocked(scene: Scene) -> bool:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    return bool(scene.one(waiting))


def _end_meanwhile(scene: Scene, session: Session, act: object) -> list[object]:
    """Runs something that comes while the end of the session is being written."""
    sid = scene.one("SELECT sid FROM sessions WHERE ended_at IS NULL")
    ended: list[object] = []

    def end() -> None:
        work = scene.work()
        with work.writing() as db:
            session_rows.end_sessions(db, [sid], now=work.now, why="test")
            grants.revoke_grants(db, now=work.now, sids=[sid], keep_offline=True)
            ended.append(sid)
            until(lambda: _blocked(scene) or len(ended) > 1, "the other one waits")

    def other() -> object:
        until(lambda: bool(ended), "the end has begun")
        try:
            return act()  # type: ignore[operator]
        except (TransactionGone, GrantGone) as gone:
            return gone
        finally:
            ended.append("through")

    return at_once([end, other])[1:]


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_no_code_is_issued_beside_the_end_of_its_session(scene_on_each: Scene) -> None:
    """REL-022: an offline grant would outlive it"""
    scene = scene_on_each
    scene.person()
    app = scene.client()
    session = scene.sign_in()
    request = scene.ask(app, scopes=("openid", "offline_access"))

    def issue() -> object:
        return authorize.issue_code(scene.work(), request, session.token, login=None)

    (said,) = _end_meanwhile(scene, session, issue)
    assert isinstance(said, TransactionGone)
    assert scene.one("SELECT count(*) FROM grants WHERE revoked_at IS NULL") == 0


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_no_code_is_redeemed_beside_the_end_of_its_session(
    scene_on_each: Scene,
) -> None:
    """REL-022, SEC-145: the grant is read under its lock"""
    scene = scene_on_each
    scene.person()
    app = scene.client()
    session = scene.sign_in()
    code = scene.code(app, session, scopes=("openid", "offline_access"))
    (said,) = _end_meanwhile(
        scene, session, lambda: codes.redeem_code(scene.work(), code, app.id)
    )
    assert isinstance(said, GrantGone)
    assert scene.one("SELECT count(*) FROM refresh_tokens") == 0


def test_signing_out_and_redeeming_at_once_leaves_nothing(
    scene_on_each: Scene,
) -> None:
    """REL-022: in whatever order they come"""
    scene = scene_on_each
    scene.person()
    app = scene.client()
    for _ in range(5):
        session = scene.sign_in()
        code = scene.code(app, session)

        def leave(session: Session = session) -> bool:
            own_sessions.sign_out(scene.work(), session.token, session.browser)
            return True

        at_once([leave, lambda code=code: refused(scene, code)])
        assert refused(scene, code)
        with scene.database.reading() as db:
            found = grants.find_by_code(db, hash_token(code))
        assert found is not None
        assert found[1].revoked_at is not None
