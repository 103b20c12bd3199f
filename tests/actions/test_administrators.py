"""SEC-255, SEC-262, REL-022: administrators who take one another's rights away."""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.actions import clients
from idp.actions import organisation
from idp.actions import people
from idp.actions import rights
from idp.actions import user_changes
from idp.actions import user_edit
from idp.actions import users
from idp.actions.user_edit import Changes
from idp.actions.work import Actor
from idp.actions.work import Work
from idp.errors import Forbidden
from idp.errors import LastAdministrator
from idp.errors import NotFound
from tests.actions.scene import Scene
from tests.actions.test_rights import DOORS
from tests.actions.test_rights import WRITES
from tests.actions.test_rights import prepared
from tests.support.barrier import at_once

TRIES = 50
BOSS = ["administrator"]


def make_administrators(scene: Scene, *names: str) -> None:
    for name in names:
        scene.person(name)
        users.set_roles(scene.administration(), name, BOSS)


def acting_as(scene: Scene, name: str) -> Work:
    """Gives the work of somebody with the rights that they hold at this moment."""
    work, user = scene.work(), scene.user(name)
    held = rights.held(work, user.id)
    work.actor = Actor("user", user.id, name, "mfa", held)
    return work


def demote(work: Work, name: str) -> None:
    users.set_roles(work, name, [])


def demote_by_form(work: Work, name: str) -> None:
    user_edit.update(work, name, Changes(roles=[]))


def disable(work: Work, name: str) -> None:
    users.set_active(work, name, active=False)


def delete(work: Work, name: str) -> None:
    users.delete_user(work, name)


@pytest.mark.parametrize("way", [demote, demote_by_form, disable, delete])
def test_who_was_taken_away_meanwhile_takes_nobody_away(
    scene_on_each: Scene, way: Callable[[Work, str], None]
) -> None:
    """SEC-255: the rights of a request are those of the moment that it writes"""
    scene = scene_on_each
    make_administrators(scene, "ann", "ben", "cat")
    slow = acting_as(scene, "ben")
    way(acting_as(scene, "ann"), "ben")
    with pytest.raises(Forbidden):
        way(slow, "ann")
    assert (scene.user("ann").active, list(scene.user("ann").roles)) == (True, BOSS)


def test_who_was_taken_away_meanwhile_leaves_no_successor(scene: Scene) -> None:
    make_administrators(scene, "ann", "ben")
    slow = acting_as(scene, "ben")
    demote(acting_as(scene, "ann"), "ben")
    with pytest.raises(Forbidden):
        users.create_user(slow, "eve", role_names=BOSS)
    with pytest.raises(NotFound):
        scene.user("eve")


def test_who_lost_their_rights_meanwhile_writes_by_no_door(
    scene_on_each: Scene,
) -> None:
    """SEC-255: people, roles, applications, keys, rules and exports alike"""
    scene = prepared(scene_on_each)
    make_administrators(scene, "ann", "ben")
    slow = {door: acting_as(scene, "ben") for door in WRITES}
    demote(acting_as(scene, "ann"), "ben")
    for door, work in slow.items():
        with pytest.raises(Forbidden):
            DOORS[door][1](work)
        assert len(scene.events("admin.refused")) == list(slow).index(door) + 1


def test_a_service_that_was_cut_meanwhile_writes_no_more(scene: Scene) -> None:
    """SEC-250, SEC-255: switched off, or without the scope that it had"""
    host = scene.administration()
    service, right = "jobs", "idp:users:write"
    grant = {"grant_types": ["client_credentials"], "redirect_uris": []}
    scene.client(service, scope=right, **grant)
    work = scene.work()
    work.actor = actor = Actor("client", service, service, None, (right,))
    users.create_user(work, "first")
    for cut in ({"scope": "idp:policy:write"}, {"scope": right, "enabled": False}):
        clients.change_client(host, service, cut)
        work.actor = actor
        with pytest.raises(Forbidden):
            users.create_user(work, "second")


@pytest.mark.races
def test_who_waits_for_the_loss_of_their_rights_writes_nothing(
    scene_on_each: Scene,
) -> None:
    """SEC-255, REL-022: the request is under way while the rights go"""
    scene = scene_on_each
    make_administrators(scene, "ann", "ben")
    slow, ann = acting_as(scene, "ben"), acting_as(scene, "ann")
    with ThreadPoolExecutor(1) as pool:
        with rights.administering(ann, "idp:users:write") as db:
            ben = people.lock(db, ann, "ben", permission="idp:users:write")
            waiting = pool.submit(organisation.set_policy, slow, mfa="disabled")
            user_changes.assign(db, ann, ben, [])
        with pytest.raises(Forbidden):
            waiting.result()
    assert organisation.show_policy(scene.administration()).mfa != "disabled"


@pytest.mark.races
def test_of_two_who_demote_each_other_one_stays(scene_on_each: Scene) -> None:
    """SEC-262, fifty times"""
    scene = scene_on_each
    make_administrators(scene, "ann", "ben")

    def attempt(work: Work, other: str) -> bool:
        try:
            demote(work, other)
        except (Forbidden, LastAdministrator):
            return False
        return True

    for _ in range(TRIES):
        pairs = [(acting_as(scene, a), b) for a, b in (("ann", "ben"), ("ben", "ann"))]
        done = at_once([functools.partial(attempt, *pair) for pair in pairs])
        left = [one for one in ("ann", "ben") if scene.user(one).roles]
        assert (sum(done), len(left)) == (1, 1)
        for name in {"ann", "ben"} - set(left):
            users.set_roles(scene.administration(), name, BOSS)
