"""The deliverer: every application is told once, and nobody waits for anybody."""

import contextlib
import json
import pathlib
import socket
import threading
from collections.abc import Iterator

import joserfc.jwk
import joserfc.jwt
import pytest

from idp import clock
from idp import outbound
from idp.actions import logout_notices
from idp.actions import own_sessions
from idp.cli.deliveries import Deliveries
from idp.vault import Vault
from tests.actions.scene import Scene
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.support import receiver
from tests.support.receiver import Receiver
from tests.support.receiver import receiving
from tests.support.waiting import until

EVENT = "http://schemas.openid.net/event/backchannel-logout"
WAYS = outbound.Ways(loopback=True, answer=1.0)
RING = Vault.create_ring()


def prepared(folder: pathlib.Path, **settings: str) -> Scene:
    """Makes a scene whose clock shows the real time, as the deliverer's does."""
    made = Scene(folder, RING, **settings)
    made.clock.advance(seconds=(clock.now() - made.clock()).total_seconds())
    made.prepare()
    made.person("mia")
    return made


@pytest.fixture
def scene(tmp_path: pathlib.Path) -> Iterator[Scene]:
    """Gives a scene on SQLite."""
    made = prepared(tmp_path)
    yield made
    made.close()


@pytest.fixture
def scene_on_each(tmp_path: pathlib.Path, database_url: str) -> Iterator[Scene]:
    """Gives a scene, once on each database."""
    made = prepared(tmp_path, IDP_DATABASE_URL=database_url)
    yield made
    made.close()


@contextlib.contextmanager
def delivering(
    scene: Scene, number: int = 1, *, ways: outbound.Ways = WAYS
) -> Iterator[None]:
    """Runs as many deliverers."""
    stop = threading.Event()
    running = [Deliveries(scene.work(), stop, ways=ways) for _ in range(number)]
    for one in running:
        one.start()
    try:
        yield
    finally:
        stop.set()
        for one in running:
            one.join()


def app(scene: Scene, application: Receiver, name: str = "rp", **wish: str) -> App:
    return scene.client(name, backchannel_logout_uri=application.url, **wish)


def part(scene: Scene, *apps: App) -> Session:
    """Signs mia in and takes her to some applications."""
    session = scene.sign_in()
    for one in apps:
        scene.redeemed(one, session)
    return session


def sign_out(scene: Scene, session: Session) -> dict[str, str | None]:
    ended = own_sessions.sign_out(scene.work(), session.token, session.browser)
    return {one.client_id: one.logout for one in ended.applications}


def states(scene: Scene, session: Session) -> dict[str, str | None]:
    found = own_sessions.last_sign_out(scene.work(), session.browser)
    return {one.client_id: one.logout for one in found.applications}


def wait_for(scene: Scene, session: Session, **wanted: str) -> None:
    until(lambda: states(scene, session) == wanted, f"{wanted}")


def opened(scene: Scene, token: str) -> joserfc.jwt.Token:
    published = joserfc.jwk.KeySet.import_key_set(json.loads(scene.keys.public_jwks()))
    return joserfc.jwt.decode(token, published, algorithms=["RS256", "ES256"])


def test_an_application_is_told_with_a_token_of_the_standard(
    scene_on_each: Scene,
) -> None:
    """SEC-238, Back-Channel Logout 2.4, 2.5"""
    scene = scene_on_each
    with receiving() as application, delivering(scene):
        session = part(scene, app(scene, application))
        assert sign_out(scene, session) == {"rp": "pending"}
        (token,) = application.wait_for(1)
        wait_for(scene, session, rp="delivered")
    said = opened(scene, token)
    assert said.header["typ"] == "logout+jwt"
    assert said.claims["events"] == {EVENT: {}}
    assert (said.claims["iss"], said.claims["aud"]) == (scene.issuer, "rp")
    assert said.claims["sub"] == session.user_id
    assert said.claims["exp"] - said.claims["iat"] == 120
    assert said.claims.keys() == {
        *("iss", "sub", "aud", "iat", "exp", "jti", "events", "sid")
    }
    assert scene.events("logout.delivered") == [("logout.delivered", "ok", "200")]


def test_the_algorithm_is_that_of_the_applications_id_tokens(scene: Scene) -> None:
    with receiving() as application, delivering(scene):
        wish = {"id_token_signed_response_alg": "ES256"}
        sign_out(scene, part(scene, app(scene, application, **wish)))
        (token,) = application.wait_for(1)
    assert opened(scene, token).header["alg"] == "ES256"


@pytest.mark.parametrize(
    ("status", "state"),
    [(200, "delivered"), (204, "delivered"), (400, "failed")],
)
def test_some_answers_are_final(scene: Scene, status: int, state: str) -> None:
    """field report 24"""
    with receiving(status) as application, delivering(scene):
        session = part(scene, app(scene, application))
        sign_out(scene, session)
        wait_for(scene, session, rp=state)
    assert len(application.tokens) == 1


@pytest.mark.parametrize("status", [500, 503, 302, 403, 404])
def test_other_answers_are_tried_again_with_another_token(
    scene: Scene, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REL-061"""
    no_time = type(logout_notices.WAITS[0])(0)
    monkeypatch.setattr(logout_notices, "WAITS", (no_time,) * 4)
    with receiving(status) as application, delivering(scene):
        session = part(scene, app(scene, application))
        sign_out(scene, session)
        first, second = application.wait_for(2)
        wait_for(scene, session, rp="delivered")
    ids = {opened(scene, token).claims["jti"] for token in (first, second)}
    assert len(ids) == 2


def test_nobody_waits_for_a_receiver_that_hangs(scene: Scene) -> None:
    """REL-060, REL-062: the answer is there while all others hold their requests"""
    with contextlib.ExitStack() as stack:
        hanging = [
            stack.enter_context(receiving(behave=receiver.hangs)) for _ in range(20)
        ]
        good = stack.enter_context(receiving())
        apps = [app(scene, one, f"slow{n}") for n, one in enumerate(hanging)]
        session = part(scene, *apps, app(scene, good, "good"))
        stack.enter_context(delivering(scene))
        assert set(sign_out(scene, session).values()) == {"pending"}
        good.wait_for(1)
        until(lambda: states(scene, session)["good"] == "delivered", "good is told")
    assert len(good.tokens) == 1


def test_fifty_sessions_are_told_once_by_three_deliverers(scene_on_each: Scene) -> None:
    scene = scene_on_each
    with receiving() as application:
        rp = app(scene, application)
        sessions = [part(scene, rp) for _ in range(50)]
        for one in sessions:
            sign_out(scene, one)
        with delivering(scene, 3):
            application.wait_for(50)
            until(lambda: logout_notices.waiting(scene.work()) == 0, "all are told")
    told = [opened(scene, token).claims["sid"] for token in application.tokens]
    assert (len(told), len(set(told))) == (50, 50)


def test_a_deliverer_that_starts_later_finds_what_waits(scene: Scene) -> None:
    with receiving() as application:
        session = part(scene, app(scene, application))
        sign_out(scene, session)
        assert application.tokens == []
        with delivering(scene):
            wait_for(scene, session, rp="delivered")


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433"]
)
def test_an_https_issuer_sends_no_notice_inside(
    scene: Scene, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AC-151, SEC-290: not even the handshake begins"""
    monkeypatch.setattr(logout_notices, "MOST_TRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as inside:
        port = inside.getsockname()[1]
        wish = {"backchannel_logout_uri": f"https://{address}:{port}/"}
        session = part(scene, scene.client("rp", **wish))
        sign_out(scene, session)
        with delivering(scene, ways=outbound.Ways()):
            wait_for(scene, session, rp="failed")
        inside.setblocking(False)
        with pytest.raises(BlockingIOError):
            inside.accept()
    assert scene.events("logout.failed")[0][2] == "address not allowed"
