"""SEC-256, SEC-257, SEC-262: roles are changed as a whole, and so are their holders."""

import pytest

from idp.actions import roles
from idp.actions import users
from idp.errors import BadRequest
from idp.errors import Conflict
from idp.errors import StaleVersion
from idp.rules.permissions import MFA_READ
from idp.rules.permissions import USERS_READ
from tests.actions.scene import Scene
from tests.support.barrier import at_once


def test_a_taken_name_is_a_conflict_and_says_so(scene: Scene) -> None:
    admin = scene.administration()
    roles.create_role(admin, "finance")
    with pytest.raises(Conflict) as refused:
        roles.create_role(admin, "finance", granted=[USERS_READ])
    assert "looks the same" in refused.value.sentence
    assert roles.show_role(admin, "finance").permissions == ()


@pytest.mark.parametrize(
    "name", ["Administrator", "\uff41dministrator", "admini\u017ftrator"]
)
def test_a_name_that_looks_like_another_is_taken(scene: Scene, name: str) -> None:
    """As with user names: nobody can tell the two apart in a list"""
    with pytest.raises(Conflict, match="name"):
        roles.create_role(scene.administration(), name)


@pytest.mark.parametrize(
    "name",
    ["a\u200bb", "\u202efinance", "\u2060", "a/b", "a\\b", ".", "..", "a\nb", " a", ""],
)
def test_a_name_that_no_address_can_hold_is_refused(scene: Scene, name: str) -> None:
    with pytest.raises(BadRequest, match="name"):
        roles.create_role(scene.administration(), name)


def test_a_change_is_made_as_a_whole_or_not_at_all(scene: Scene) -> None:
    admin = scene.administration()
    before = roles.create_role(admin, "finance", description="Money")
    with pytest.raises(BadRequest):
        roles.change_role(admin, "finance", mfa_required=True, granted=["idp:all"])
    assert roles.show_role(admin, "finance") == before
    assert scene.events("role.changed") == []


def test_a_change_keeps_what_it_does_not_name(scene: Scene) -> None:
    admin = scene.administration()
    roles.create_role(admin, "finance", description="Money", granted=[USERS_READ])
    after = roles.change_role(admin, "finance", mfa_required=True)
    assert (after.description, after.permissions) == ("Money", (USERS_READ,))
    assert scene.changes("role.changed") == {"mfa_required": [False, True]}


def test_a_change_that_changes_nothing_is_no_change(scene: Scene) -> None:
    admin = scene.administration()
    roles.create_role(admin, "finance", granted=[USERS_READ])
    roles.change_role(admin, "finance", granted=[USERS_READ, USERS_READ])
    assert scene.events("role.changed") == []


def test_a_stale_change_is_refused(scene_on_each: Scene) -> None:
    """REL-023"""
    admin = scene_on_each.administration()
    read = roles.version_of(roles.create_role(admin, "finance"))
    roles.change_role(admin, "finance", description="first", version=read)
    with pytest.raises(StaleVersion):
        roles.change_role(admin, "finance", description="second", version=read)
    assert roles.show_role(admin, "finance").description == "first"


@pytest.mark.races
def test_changes_at_once_lose_nothing_of_one_another(scene_on_each: Scene) -> None:
    """REL-023: field by field"""
    scene = scene_on_each
    roles.create_role(scene.administration(), "finance")
    at_once(
        [
            lambda: roles.change_role(
                scene.administration(), "finance", description="Money"
            ),
            lambda: roles.change_role(
                scene.administration(), "finance", mfa_required=True
            ),
            lambda: roles.change_role(
                scene.administration(), "finance", granted=[USERS_READ]
            ),
        ]
    )
    after = roles.show_role(scene.administration(), "finance")
    assert (after.description, after.mfa_required, after.permissions) == (
        *("Money", True),
        (USERS_READ,),
    )


def test_whoever_holds_a_role_has_its_rights_and_duties_at_once(scene: Scene) -> None:
    """SEC-087: a right brings the second factor with it"""
    admin = scene.administration()
    roles.create_role(admin, "finance")
    scene.person("mia", role_names=["finance"])
    assert not scene.user().mfa.effective.required
    roles.change_role(admin, "finance", granted=[MFA_READ])
    assert scene.user().mfa.effective.because == ("role:finance",)
    roles.change_role(admin, "finance", granted=[])
    assert not scene.user().mfa.effective.required


def test_a_role_that_is_deleted_is_lost_by_whoever_held_it(
    scene_on_each: Scene,
) -> None:
    admin = scene_on_each.administration()
    roles.create_role(admin, "finance")
    for name in ("mia", "rob", "gone"):
        scene_on_each.person(name, role_names=["finance", "auditor"])
    users.delete_user(admin, "gone")
    assert roles.count_holders(admin)["finance"] == 2
    assert roles.delete_role(admin, "finance") == roles.Deleted("finance", 2)
    assert scene_on_each.user("mia").roles == ("auditor",)
    assert scene_on_each.changes("role.deleted")["people"] == 2
