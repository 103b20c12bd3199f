"""The queue of logout notices: what ends is told, how often it is tried, and an end."""

from idp.actions import clients
from idp.actions import logout_notices
from idp.actions import logout_results
from idp.actions import own_sessions
from idp.actions import sessions
from idp.actions import users
from idp.actions.logout_notices import Delivery
from idp.actions.logout_results import LogoutResult
from tests.actions.scene import Scene
from tests.oidc.stage import Session

ADDRESS = "https://rp.example/logout?from=idp"


def part(scene: Scene, **wish: str) -> Session:
    """Signs mia in at an application that wants to be told."""
    scene.person("mia")
    wish.setdefault("backchannel_logout_uri", ADDRESS)
    session = scene.sign_in()
    scene.redeemed(scene.client(**wish), session)
    return session


def sign_out(scene: Scene, session: Session) -> own_sessions.SignedOut:
    return own_sessions.sign_out(scene.work(), session.token, session.browser)


def take(scene: Scene) -> Delivery:
    (notice,) = logout_notices.list_due(scene.work())
    taken = logout_notices.claim_delivery(scene.work(), notice)
    assert taken is not None
    return taken


def test_a_sign_out_is_told_to_the_application(scene_on_each: Scene) -> None:
    session = part(scene_on_each)
    (shown,) = sign_out(scene_on_each, session).applications
    assert (shown.client_id, shown.name, shown.logout) == ("rp", "Rp", "pending")
    taken = take(scene_on_each)
    assert (taken.address, taken.user_id, taken.tries) == (ADDRESS, session.user_id, 1)


def test_who_takes_no_notices_is_not_told(scene: Scene) -> None:
    scene.person("mia")
    session = scene.sign_in()
    scene.redeemed(scene.client(), session)
    (shown,) = sign_out(scene, session).applications
    assert shown.logout is None
    assert logout_notices.list_due(scene.work()) == ()


def test_a_sign_out_that_is_repeated_is_told_once(scene: Scene) -> None:
    session = part(scene)
    sign_out(scene, session)
    assert sign_out(scene, session).applications == ()
    assert logout_notices.waiting(scene.work()) == 1


def test_what_an_administrator_ends_is_told(scene_on_each: Scene) -> None:
    part(scene_on_each)
    users.end_sessions(scene_on_each.administration(), "mia")
    assert logout_notices.waiting(scene_on_each.work()) == 1


def test_the_end_of_an_account_is_told(scene: Scene) -> None:
    part(scene)
    users.set_active(scene.administration(), "mia", active=False)
    assert logout_notices.waiting(scene.work()) == 1


def test_a_session_that_runs_out_is_told(scene_on_each: Scene) -> None:
    part(scene_on_each)
    assert logout_notices.end_run_out(scene_on_each.work()) == 0
    scene_on_each.clock.advance(minutes=60)
    assert logout_notices.end_run_out(scene_on_each.work()) == 1
    assert logout_notices.end_run_out(scene_on_each.work()) == 0
    assert logout_notices.waiting(scene_on_each.work()) == 1
    assert ("session.ended", "ok", "expired") in scene_on_each.events("session.ended")


def test_a_notice_is_tried_five_times_within_fifteen_minutes(
    scene_on_each: Scene,
) -> None:
    """REL-061"""
    scene = scene_on_each
    sign_out(scene, part(scene))
    for wait in logout_notices.WAITS:
        assert logout_notices.failed(scene.work(), take(scene), "no") == "pending"
        assert logout_notices.list_due(scene.work()) == ()
        scene.clock.advance(seconds=int(wait.total_seconds()))
    assert logout_notices.failed(scene.work(), take(scene), "no") == "failed"
    scene.clock.advance(days=1)
    assert logout_notices.list_due(scene.work()) == ()
    assert scene.events("logout.failed") == [("logout.failed", "ok", "no")]
    assert sum(one.total_seconds() for one in logout_notices.WAITS) <= 15 * 60


def test_a_deliverer_that_dies_each_time_does_not_go_on_for_ever(scene: Scene) -> None:
    sign_out(scene, part(scene))
    for _ in range(logout_notices.MOST_TRIES):
        take(scene)
        scene.clock.advance(minutes=10)
    (notice,) = logout_notices.list_due(scene.work())
    assert logout_notices.claim_delivery(scene.work(), notice) is None
    assert scene.events("logout.failed") == [("logout.failed", "ok", "no outcome")]


def test_one_application_is_listed_once_however_much_waits(scene: Scene) -> None:
    """REL-062"""
    first = part(scene)
    again = scene.sign_in()
    other = scene.client("other", backchannel_logout_uri=ADDRESS)
    scene.redeemed(other, again)
    scene.code(scene.client("third"), again)
    sign_out(scene, first)
    sign_out(scene, again)
    due = logout_notices.list_due(scene.work())
    assert sorted(one.client_id for one in due) == ["other", "rp"]
    (left,) = logout_notices.list_due(scene.work(), but_not=("rp",))
    assert left.client_id == "other"


def test_another_browser_learns_nothing_of_a_sign_out(scene: Scene) -> None:
    session = part(scene)
    other = scene.sign_in()
    sign_out(scene, session)
    assert own_sessions.last_sign_out(scene.work(), other.browser).applications == ()
    assert own_sessions.last_sign_out(scene.work(), None).applications == ()
    scene.clock.advance(hours=1)
    assert own_sessions.last_sign_out(scene.work(), session.browser).applications == ()


def test_a_refusal_of_who_began_the_sign_out_is_no_failure(
    scene_on_each: Scene,
) -> None:
    """field report 24"""
    scene = scene_on_each
    session = part(scene)
    other = scene.client("other", backchannel_logout_uri=ADDRESS)
    scene.redeemed(other, session)
    own_sessions.sign_out(scene.work(), session.token, session.browser, client_id="rp")
    for notice in logout_notices.list_due(scene.work()):
        taken = logout_notices.claim_delivery(scene.work(), notice)
        assert taken is not None
        logout_notices.answered(scene.work(), taken, 400)
    shown = own_sessions.last_sign_out(scene.work(), session.browser).applications
    assert {one.client_id: one.logout for one in shown} == {
        "rp": "delivered",
        "other": "failed",
    }


def test_administration_sees_how_the_newest_notice_went(scene_on_each: Scene) -> None:
    scene = scene_on_each
    admin = scene.administration()
    session = part(scene)
    assert clients.show_client(admin, "rp").last_logout_notice is None
    sign_out(scene, session)
    logout_notices.failed(scene.work(), take(scene), "no TLS")
    scene.client("quiet")
    shown = clients.show_client(admin, "rp").last_logout_notice
    assert shown == LogoutResult(scene.clock(), "pending", "no TLS", 1)
    listed = {one.client_id: one for one in clients.list_registrations(admin)}
    assert listed["rp"].last_logout_notice == shown
    assert listed["quiet"].last_logout_notice is None


def test_somebody_sees_which_applications_were_told(scene_on_each: Scene) -> None:
    scene = scene_on_each
    sign_out(scene, part(scene))
    logout_notices.failed(scene.work(), take(scene), "no", final=True)
    eve = scene.person("eve")
    again, hers = scene.sign_in(), scene.sign_in("eve")
    for session, state in ((again, ["failed"]), (hers, [])):
        facts = sessions.current(scene.work(), session.token)
        assert facts is not None
        told = logout_results.list_own(scene.work(), facts)
        assert [one.state for one in told] == state
    assert eve == hers.user_id
