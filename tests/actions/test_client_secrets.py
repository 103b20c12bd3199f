"""SEC-249: secrets of applications are ended one by one, and their use is noted."""

from datetime import timedelta

import pytest

from idp.actions import client_secrets
from idp.actions import clients
from idp.errors import BadRequest
from idp.errors import NotFound
from idp.errors import PolicyRefused
from idp.errors import Unavailable
from tests.actions.scene import Scene
from tests.oidc.stage import CALLBACK
from tests.support.barrier import at_once

GOOD = {"client_name": "Wiki", "redirect_uris": [CALLBACK]}
BASIC = "client_secret_basic"


def ids(scene: Scene) -> list[str]:
    shown = clients.show_client(scene.administration(), "rp")
    return [one.id for one in shown.secrets]


@pytest.fixture
def registered(scene_on_each: Scene) -> Scene:
    admin = scene_on_each.administration()
    clients.create_client(admin, GOOD, client_id="rp", secret="first")
    return scene_on_each


def test_a_secret_that_is_removed_ends_at_once(registered: Scene) -> None:
    admin = registered.administration()
    second = clients.rotate_secret(admin, "rp")
    (first,) = set(ids(registered)) - {second.id}
    clients.remove_secret(admin, "rp", first)
    with pytest.raises(Exception, match="authentication failed"):
        client_secrets.authenticate_client(registered.work(), "rp", "first", BASIC)
    secret = second.client_secret
    assert client_secrets.authenticate_client(registered.work(), "rp", secret, BASIC)


def test_a_removal_is_recorded_without_the_secret(registered: Scene) -> None:
    admin = registered.administration()
    clients.rotate_secret(admin, "rp")
    gone = ids(registered)[0]
    clients.remove_secret(admin, "rp", gone)
    assert registered.changes("client.secret_removed") == {"secret_id": gone}


def test_the_last_secret_stays(registered: Scene) -> None:
    """It is replaced, or the application is disabled"""
    admin = registered.administration()
    with pytest.raises(PolicyRefused):
        clients.remove_secret(admin, "rp", ids(registered)[0])
    clients.rotate_secret(admin, "rp", expire_others_in=timedelta(0))
    with pytest.raises(PolicyRefused):
        clients.remove_secret(admin, "rp", ids(registered)[0])


def test_what_a_public_client_had_before_can_go(registered: Scene) -> None:
    admin = registered.administration()
    clients.change_client(admin, "rp", {"token_endpoint_auth_method": "none"})
    clients.remove_secret(admin, "rp", ids(registered)[0])
    assert ids(registered) == []


def test_a_secret_of_another_client_or_of_none_is_not_found(registered: Scene) -> None:
    admin = registered.administration()
    clients.create_client(admin, GOOD, client_id="other")
    clients.rotate_secret(admin, "other")
    for secret_id in (ids(registered)[0], "nothing"):
        with pytest.raises(NotFound):
            clients.remove_secret(admin, "other", secret_id)
    assert len(ids(registered)) == 1


@pytest.mark.races
def test_of_two_who_remove_at_once_one_leaves_a_secret(registered: Scene) -> None:
    def remove(secret_id: str) -> bool:
        try:
            clients.remove_secret(registered.administration(), "rp", secret_id)
        except PolicyRefused:
            return False
        return True

    for _ in range(20):
        clients.rotate_secret(registered.administration(), "rp")
        both = [lambda one=one: remove(one) for one in ids(registered)]
        assert sorted(at_once(both)) == [False, True]
        assert len(ids(registered)) == 1


@pytest.mark.parametrize("days", [-1, 91, 10**6])
def test_an_overlap_has_bounds(registered: Scene, days: int) -> None:
    wish = timedelta(days=days)
    with pytest.raises(BadRequest):
        clients.rotate_secret(registered.administration(), "rp", expire_others_in=wish)


def test_the_use_of_a_secret_is_noted_once_an_hour(registered: Scene) -> None:
    scene, admin = registered, registered.administration()
    clients.rotate_secret(admin, "rp")

    def commits() -> int:
        with scene.counting() as counted:
            client_secrets.authenticate_client(scene.work(), "rp", "first", BASIC)
        return counted.commits

    assert [commits(), commits()] == [1, 0]
    first_use = scene.clock()
    scene.clock.advance(minutes=59)
    assert commits() == 0
    noted = [one.last_used_at for one in clients.show_client(admin, "rp").secrets]
    assert noted == [first_use, None]
    scene.clock.advance(minutes=1)
    assert commits() == 1


def test_a_failed_authentication_is_no_use(registered: Scene) -> None:
    clients.set_enabled(registered.administration(), "rp", enabled=False)
    with pytest.raises(Exception, match="authentication failed"):
        client_secrets.authenticate_client(registered.work(), "rp", "first", BASIC)
    shown = clients.show_client(registered.administration(), "rp")
    assert shown.secrets[0].last_used_at is None


def test_nobody_waits_for_the_note_of_a_use(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that only reads at the moment still knows who is who"""
    admin = scene.administration()
    clients.create_client(admin, GOOD, client_id="rp", secret="first")
    work = scene.work()

    def full() -> None:
        raise Unavailable("disk full")

    monkeypatch.setattr(work, "writing", full)
    assert (
        client_secrets.authenticate_client(work, "rp", "first", BASIC).client_id == "rp"
    )
