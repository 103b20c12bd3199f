"""SEC-012, SEC-140 to SEC-146, REL-068: how sessions begin, rise, idle and end."""

from functools import partial

import pytest

from idp.actions import authorize
from idp.actions import codes
from idp.actions import login
from idp.actions import own_sessions
from idp.actions import sessions
from idp.actions import tokens
from idp.actions import users
from idp.actions.authorize import Blocked
from idp.actions.authorize import Issued
from idp.actions.authorize import Pending
from idp.actions.hashing import Hashing
from idp.errors import GrantGone
from idp.errors import NotFound
from idp.errors import TransactionGone
from idp.rules.policy import Step
from tests.actions.conftest import Maker
from tests.actions.scene import Scene
from tests.oidc.stage import Session
from tests.support.barrier import at_once


def who(scene: Scene, session: Session) -> str | None:
    found = sessions.current(scene.work(), session.token)
    return found.username if found else None


def in_browser(scene: Scene, browser: Session, username: str) -> Session:
    """Signs somebody in by password in a browser that exists."""
    begun = scene.at_login(browser_token=browser.browser)
    assert begun.browser_token is None
    done = login.submit_password(
        scene.work(), begun.login_id, browser.browser, username, "correct horse battery"
    )
    return Session(scene.user(username).id, done.session_token, browser.browser)


def test_a_session_ends_after_an_idle_hour(scene: Scene) -> None:
    scene.person()
    session = scene.sign_in()
    scene.clock.advance(minutes=60, seconds=-1)
    assert who(scene, session) == "mia"
    scene.clock.advance(minutes=60, seconds=-1)
    assert who(scene, session) == "mia"
    scene.clock.advance(minutes=60)
    assert who(scene, session) is None


def test_use_does_not_move_the_overall_end(scene: Scene) -> None:
    """SEC-143"""
    scene.person()
    session = scene.sign_in()
    for _ in range(23):
        scene.clock.advance(minutes=30)
        assert who(scene, session) == "mia"
    scene.clock.advance(minutes=30)
    assert who(scene, session) is None


def test_use_is_written_once_a_minute(scene: Scene) -> None:
    scene.person()
    session = scene.sign_in()
    for seconds, commits in ((59, 0), (1, 1), (30, 0)):
        scene.clock.advance(seconds=seconds)
        with scene.counting() as counted:
            assert who(scene, session) == "mia"
        assert counted.commits == commits


@pytest.mark.parametrize(
    "token",
    [None, "", "x", "x" * 43, "é" * 43, "\0" * 43, "\ud800", "x" * 129, "x" * 100_000],
)
def test_an_odd_cookie_is_nobody(scene: Scene, token: str | None) -> None:
    """SEC-146"""
    assert sessions.current(scene.work(), token) is None


def test_a_part_of_a_token_is_nobody(scene: Scene) -> None:
    scene.person()
    token = scene.sign_in().token or ""
    for odd in (token[:-1], token + "x", token.swapcase(), f" {token}"):
        assert sessions.current(scene.work(), odd) is None


def test_the_same_person_here_keeps_the_session_under_a_new_token(
    scene: Scene,
) -> None:
    """SEC-140: the old token is dead at once"""
    scene.person()
    first = scene.sign_in()
    before = sessions.current(scene.work(), first.token)
    again = in_browser(scene, first, "mia")
    after = sessions.current(scene.work(), again.token)
    assert before is not None
    assert after is not None
    assert (after.sid, who(scene, first)) == (before.sid, None)
    assert after.expires_at == before.expires_at
    assert [event for event, _, _ in scene.events("session.raised")] == [
        "session.raised"
    ]


def test_another_person_here_replaces_the_session(scene: Scene) -> None:
    """SEC-012: nothing is carried over"""
    phone, _ = scene.enrolled()
    scene.person("ben")
    mia = scene.signed_in(phone)
    ben = in_browser(scene, mia, "ben")
    found = sessions.current(scene.work(), ben.token)
    assert found is not None
    assert (found.username, found.assurance.acr) == ("ben", "pwd")
    assert who(scene, mia) is None
    assert ("session.ended", "ok", "replaced") in scene.events()


def test_another_browser_gets_another_session(scene: Scene) -> None:
    scene.person()
    first, second = scene.sign_in(), scene.sign_in()
    assert who(scene, first) == who(scene, second) == "mia"


def test_the_oldest_sessions_beyond_the_cap_end(new_scene: Maker) -> None:
    """REL-068: audited"""
    scene = new_scene(IDP_SESSIONS_PER_USER="3")
    scene.person()
    held = []
    for _ in range(5):
        scene.clock.advance(seconds=1)
        held.append(scene.sign_in())
    assert [who(scene, one) for one in held] == [None, None, "mia", "mia", "mia"]
    assert scene.events("session.ended") == [("session.ended", "ok", "cap")] * 2


def test_fifty_who_sign_in_at_once_never_hold_more_than_the_cap(
    new_scene: Maker, database_kind: str
) -> None:
    """REL-068: each that has to go ends once, with its tokens, and is told of"""
    scene = new_scene(database_kind, IDP_SESSIONS_PER_USER="5", IDP_SOURCE_RATE="0")
    scene.hashing = Hashing(waiting=50)
    user_id = scene.person()
    app = scene.client(backchannel_logout_uri="https://rp.example/gone")
    grants = [scene.redeemed(app, scene.sign_in()) for _ in range(3)]
    scene.clock.advance(seconds=1)
    begun = [scene.at_login() for _ in range(50)]
    done = at_once([partial(scene.enter, one) for one in begun])
    assert all(one.session_token for one in done)
    of_mia = "FROM sessions WHERE user_id = :user AND ended_at IS"
    assert scene.one(f"SELECT count(*) {of_mia} NULL", user=user_id) == 5
    assert scene.one(f"SELECT count(*) {of_mia} NOT NULL", user=user_id) == 48
    assert len(scene.events("session.started")) == 53
    assert scene.events("session.ended") == [("session.ended", "ok", "cap")] * 48
    ended = "SELECT count(DISTINCT sid) FROM audit_records WHERE event = :event"
    assert scene.one(ended, event="session.ended") == 48
    assert scene.one("SELECT count(*) FROM logout_notices") == len(grants)
    for grant in grants:
        assert tokens.inspect(scene.work(), grant.grant_id) is None


def test_the_cap_is_each_persons_own(new_scene: Maker) -> None:
    scene = new_scene(IDP_SESSIONS_PER_USER="1")
    scene.person("mia")
    scene.person("ben")
    mia, ben = scene.sign_in("mia"), scene.sign_in("ben")
    assert (who(scene, mia), who(scene, ben)) == ("mia", "ben")


@pytest.mark.parametrize("way", ["disabled", "deleted", "ended", "signed out"])
def test_whatever_ends_a_session_ends_its_codes_and_tokens(
    scene: Scene, way: str
) -> None:
    """SEC-142, SEC-145"""
    phone, _ = scene.enrolled()
    app, admin = scene.client(), scene.administration()
    session = scene.signed_in(phone)
    grant = scene.redeemed(app, session)
    waiting = scene.code(app, session)
    if way == "disabled":
        users.set_active(admin, "mia", active=False)
    elif way == "deleted":
        users.delete_user(admin, "mia")
    elif way == "ended":
        users.end_sessions(admin, "mia")
    else:
        own_sessions.sign_out(scene.work(), session.token, session.browser)
    assert who(scene, session) is None
    assert isinstance(scene.answer(app, session, prompt=("none",)), Blocked)
    assert tokens.inspect(scene.work(), grant.grant_id) is None
    with pytest.raises(GrantGone):
        tokens.refresh(scene.work(), grant.refresh_token or "", app.id, None)
    with pytest.raises(GrantGone):
        codes.redeem_code(scene.work(), waiting, app.id)


@pytest.mark.parametrize(
    ("way", "lives"), [("signed out", True), ("ended", False), ("idle", True)]
)
def test_what_outlives_the_session_is_offline_access(
    scene: Scene, way: str, lives: bool
) -> None:
    phone, _ = scene.enrolled()
    app = scene.client()
    session = scene.signed_in(phone)
    scopes = ("openid", "offline_access")
    grant = scene.redeemed(app, session, scopes=scopes)
    waiting = scene.code(app, session, scopes=scopes)
    if way == "signed out":
        own_sessions.sign_out(scene.work(), session.token, session.browser)
        with pytest.raises(GrantGone):
            codes.redeem_code(scene.work(), waiting, app.id)
    elif way == "ended":
        users.end_sessions(scene.administration(), "mia")
    else:
        scene.clock.advance(hours=2)
    assert (tokens.inspect(scene.work(), grant.grant_id) is not None) is lives


def test_a_backup_code_ends_every_other_session(scene: Scene) -> None:
    """SEC-068: and what applications hold, offline or not"""
    phone, backup = scene.enrolled()
    app = scene.client()
    other = scene.signed_in(phone)
    grant = scene.redeemed(app, other, scopes=("openid", "offline_access"))
    done = scene.type_backup(scene.at_code(), backup[0])
    assert (done.step, who(scene, other)) == (Step.NOTICE, None)
    assert tokens.inspect(scene.work(), grant.grant_id) is None
    assert sessions.current(scene.work(), done.session_token) is not None


def test_people_end_their_own_sessions_only(scene: Scene) -> None:
    """SEC-134, SEC-144"""
    scene.person("mia")
    scene.person("ben")
    first, second, foreign = scene.sign_in(), scene.sign_in(), scene.sign_in("ben")
    mine = sessions.current(scene.work(), first.token)
    other = sessions.current(scene.work(), second.token)
    bens = sessions.current(scene.work(), foreign.token)
    assert mine is not None
    assert other is not None
    assert bens is not None
    for sid in (bens.sid, "no such session"):
        with pytest.raises(NotFound):
            own_sessions.end_one(scene.work(), mine, sid)
    own_sessions.end_one(scene.work(), mine, other.sid)
    assert (who(scene, first), who(scene, second)) == ("mia", None)
    assert who(scene, foreign) == "ben"


def test_signing_out_ends_the_logins_of_this_browser(scene: Scene) -> None:
    """interface.md section 2; harmless to repeat, and without a session"""
    phone, _ = scene.enrolled()
    begun = scene.at_code()
    elsewhere = scene.at_code()
    for _ in range(2):
        own_sessions.sign_out(scene.work(), None, begun.browser_token)
    with pytest.raises(TransactionGone):
        scene.type(begun, phone.code())
    assert scene.type(elsewhere, phone.code()).session_token


def test_the_level_falls_when_the_second_factor_is_old(new_scene: Maker) -> None:
    """SEC-105: the session goes on, what it proves does not"""
    scene = new_scene(IDP_MFA_FRESHNESS="30m")
    phone, _ = scene.enrolled()
    session = scene.signed_in(phone)
    scene.clock.advance(minutes=29)
    found = sessions.current(scene.work(), session.token)
    assert found is not None
    assert found.assurance.acr == "mfa"
    scene.clock.advance(minutes=1)
    found = sessions.current(scene.work(), session.token)
    assert found is not None
    assert found.assurance.acr == "pwd"


def test_a_login_gives_one_code_only(scene: Scene) -> None:
    """A second click on the way back is no second code"""
    scene.person()
    app = scene.client()
    begun = scene.at_login(request=scene.ask(app), return_to=None)
    done = scene.enter(begun)
    held = (begun.login_id, done.session_token, begun.browser_token)
    assert isinstance(authorize.resume(scene.work(), *held), Issued)
    again = authorize.resume(scene.work(), *held)
    assert isinstance(again, Pending)
    assert again.progress.step is Step.NOTICE


def test_whoever_gave_the_password_is_the_actor_of_a_login(scene: Scene) -> None:
    """REL-081: who sets up a second factor while signing in is no stranger."""
    scene.enrolled()
    person = scene.user()
    for event in ("mfa.enrolment_started", "mfa.enrolled"):
        (record,) = scene.records(event)
        assert (record.actor_type, record.actor_id) == ("user", person.id)
        assert (record.actor_name, record.actor_acr) == ("mia", "pwd")
