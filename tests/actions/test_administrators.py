"""SEC-255, SEC-262, REL-022: administrators who take one another's rights away."""

import functools
from collections.abc import Callable

import pytest

from idp.actions import rights
from idp.actions import user_edit
from idp.actions import users
from idp.actions.user_edit import Changes
from idp.actions.work import Actor
from idp.actions.work import Work
from idp.errors import Forbidden
from idp.errors import LastAdministrator
from idp.errors import NotFound
from tests.actions.scene import Scene
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
