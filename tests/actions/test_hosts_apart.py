"""REL-032: a login whose pages come from hosts whose clocks are not alike.

They share the database. One is ahead of the other, by less than hosts may differ, and
whoever signs in meets both: what is typed counts, once, wherever it is typed.
"""

import datetime
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pyotp
import pytest

from idp.actions import authorize
from idp.actions import codes
from idp.actions import enrolment
from idp.actions import login
from idp.actions import login_start
from idp.actions import sessions
from idp.actions import user_mfa
from idp.actions import users
from idp.actions.authorize import Issued
from idp.actions.authorize import Pending
from idp.actions.grants import GrantFacts
from idp.actions.progress import Progress
from idp.rules.policy import Step
from tests.actions.conftest import Maker
from tests.actions.scene import Scene
from tests.oidc.stage import App
from tests.oidc.stage import Session

AHEAD = datetime.timedelta(seconds=40)
TYPING = datetime.timedelta(seconds=5)
LASTING = "an entirely new sentence"

ASKING_AGAIN = pytest.mark.parametrize(
    "again",
    [{"prompt": ("login",)}, {"max_age": 0}, {"max_age": 10}],
    ids=["prompt=login", "max_age=0", "max_age=10"],
)
Typed = Callable[[Scene, Progress], Progress]


@contextmanager
def at_a_host_ahead(scene: Scene) -> Iterator[None]:
    """Lets a host whose clock is ahead answer; after that somebody types."""
    scene.clock.now += AHEAD
    yield
    scene.clock.now += TYPING - AHEAD


def asked(scene: Scene, app: App, session: Session, **changes: Any) -> Progress:
    """Begins the login that a request leads to."""
    outcome = scene.answer(app, session, **changes)
    assert isinstance(outcome, Pending), outcome
    return outcome.progress


def redeemed(scene: Scene, app: App, begun: Progress, done: Progress) -> GrantFacts:
    """Goes on with the request that waited for a login, to what its tokens tell."""
    held = (done.session_token, begun.browser_token)
    outcome = authorize.resume(scene.work(), begun.login_id, *held)
    assert isinstance(outcome, Issued), outcome
    return codes.redeem_code(scene.work(), outcome.code, app.id)


def by_app(secret: str) -> Typed:
    def typed(scene: Scene, begun: Progress) -> Progress:
        return scene.type(begun, pyotp.TOTP(secret).at(scene.clock()))

    return typed


def by_paper(code: str) -> Typed:
    def typed(scene: Scene, begun: Progress) -> Progress:
        return scene.type_backup(begun, code)

    return typed


@pytest.mark.parametrize("factor", ["app", "backup code"])
def test_one_code_is_enough_where_the_password_was_typed_at_a_host_ahead(
    scene_on_each: Scene, factor: str
) -> None:
    scene = scene_on_each
    phone, printed = scene.enrolled()
    scene.clock.advance(minutes=5)
    with at_a_host_ahead(scene):
        begun = scene.at_code()
    typed = by_app(phone.secret) if factor == "app" else by_paper(printed[0])
    done = typed(scene, begun)
    session = sessions.current(scene.work(), done.session_token)
    assert session is not None, done
    assert session.assurance.acr == "mfa"
    told = session.assurance.auth_time
    assert told is not None
    assert told - scene.clock() <= AHEAD, "no later than the clock that is ahead"
    assert scene.events("mfa.refused", "login.succeeded") == [
        ("login.succeeded", "ok", ""),
        ("login.succeeded", "ok", ""),
    ]


def test_a_set_up_counts_where_the_password_was_typed_at_a_host_ahead(
    scene_on_each: Scene,
) -> None:
    scene = scene_on_each
    scene.person()
    user_mfa.require_mfa(scene.administration(), "mia", required=True)
    with at_a_host_ahead(scene):
        begun = scene.at_code()
        held = (begun.login_id, begun.browser_token)
        secret = enrolment.start(scene.work(), *held).secret
    code = pyotp.TOTP(secret).at(scene.clock())
    done = enrolment.confirm(scene.work(), *held, code)
    assert (done.step, done.error) == (Step.BACKUP_CODES, None)
    session = sessions.current(scene.work(), done.session_token)
    assert session is not None
    assert session.assurance.acr == "mfa"


def test_a_set_up_wants_the_password_once_where_its_login_began_at_a_host_ahead(
    new_scene: Maker, database_kind: str
) -> None:
    """However short a password counts as just given (SEC-060)"""
    scene = new_scene(database_kind, IDP_SUDO_FRESHNESS="10s")
    scene.person()
    user_mfa.require_mfa(scene.administration(), "mia", required=True)
    with at_a_host_ahead(scene):
        begun = scene.at_login()
    assert scene.enter(begun).step is Step.ENROL


def test_a_code_raises_a_session_that_was_opened_at_a_host_ahead(
    scene_on_each: Scene,
) -> None:
    """The application takes no backup codes, and one has just been used"""
    scene = scene_on_each
    phone, printed = scene.enrolled()
    vault = scene.client("vault", accept_backup_codes=False)
    scene.clock.advance(minutes=5)
    with at_a_host_ahead(scene):
        begun = scene.at_code()
        opened = scene.type_backup(begun, printed[0])
    assert opened.session_token
    mia = Session("", opened.session_token, begun.browser_token)
    raising = asked(scene, vault, mia)
    assert raising.step is Step.SECOND_FACTOR
    begun = replace(raising, browser_token=mia.browser)
    told = redeemed(scene, vault, begun, by_app(phone.secret)(scene, begun))
    assert told.amr == ("pwd", "otp", "mfa")


@ASKING_AGAIN
def test_a_request_that_came_to_a_host_ahead_asks_for_each_factor_once(
    scene_on_each: Scene, again: dict[str, Any]
) -> None:
    scene = scene_on_each
    phone, _ = scene.enrolled()
    wiki = scene.client("wiki")
    mia = scene.signed_in(phone)
    scene.clock.advance(minutes=5)
    with at_a_host_ahead(scene):
        arrived = scene.clock.seconds
        step_up = asked(scene, wiki, mia, **again)
    assert step_up.step is Step.PASSWORD
    begun = replace(step_up, browser_token=mia.browser)
    assert scene.enter(begun).step is Step.SECOND_FACTOR
    scene.clock.now += TYPING
    told = redeemed(scene, wiki, begun, by_app(phone.secret)(scene, begun))
    assert (told.acr, told.auth_time) == ("mfa", arrived)


@ASKING_AGAIN
def test_so_does_one_that_is_begun_again_at_the_host_behind(
    scene_on_each: Scene, again: dict[str, Any]
) -> None:
    scene = scene_on_each
    scene.person()
    wiki = scene.client("wiki")
    with at_a_host_ahead(scene):
        left = asked(scene, wiki, Session("", None, None), **again)
    begun = login_start.restart(scene.work(), left.login_id, left.browser_token)
    begun = replace(begun, browser_token=left.browser_token)
    scene.clock.now += TYPING
    assert redeemed(scene, wiki, begun, scene.enter(begun)).acr == "pwd"


@ASKING_AGAIN
def test_so_does_the_page_for_a_lasting_password(
    scene_on_each: Scene, again: dict[str, Any]
) -> None:
    scene = scene_on_each
    first = users.create_user(scene.administration(), "mia").initial_password
    assert first is not None
    wiki = scene.client("wiki")
    with at_a_host_ahead(scene):
        begun = asked(scene, wiki, Session("", None, None), **again)
        assert scene.enter(begun, first).step is Step.NEW_PASSWORD
    held = (begun.login_id, begun.browser_token)
    done = login.change_forced_password(scene.work(), *held, LASTING, LASTING)
    assert redeemed(scene, wiki, begun, done).acr == "pwd"
