"""R7, R8, REL-023, SEC-256 to SEC-263: one *Update* makes every change, or none."""

import pytest

from idp.actions import roles
from idp.actions import user_edit
from idp.actions import user_mfa
from idp.actions import user_sessions
from idp.actions import users
from idp.actions.user_edit import Changes
from idp.errors import BadRequest
from idp.errors import Forbidden
from idp.errors import LastAdministrator
from idp.errors import NotFound
from idp.errors import StaleVersion
from idp.rules.permissions import MFA_WRITE
from idp.rules.permissions import SESSIONS_WRITE
from idp.rules.permissions import USERS_READ
from idp.rules.permissions import USERS_WRITE
from tests.actions.scene import Scene
from tests.support.barrier import at_once

LOST = {"disable_mfa": True, "reason": "lost phone"}


def test_one_update_makes_every_change(scene_on_each: Scene) -> None:
    scene = scene_on_each
    scene.enrolled()
    changes = Changes(
        details={"email": "mia@example.org"},
        mfa_required=True,
        roles=["finance"],
        **LOST,
    )
    roles.create_role(scene.administration(), "finance")
    before = scene.user().version
    after = user_edit.update(scene.administration(), "mia", changes, version=before)
    assert (after.mfa.state, after.mfa.required) == ("none", True)
    assert (after.roles, after.email) == (("finance",), "mia@example.org")
    assert after.version > before


def test_one_part_that_fails_undoes_the_others(scene_on_each: Scene) -> None:
    scene = scene_on_each
    scene.enrolled()
    before, told = scene.user(), scene.events()
    changes = Changes(mfa_required=True, disable_mfa=True, reason=" ")
    with pytest.raises(BadRequest):
        user_edit.update(scene.administration(), "mia", changes)
    assert (scene.user(), scene.events()) == (before, told)


def test_an_update_of_an_older_state_is_refused_whole(scene: Scene) -> None:
    """AC-146"""
    scene.person("mia")
    seen = scene.user().version
    user_mfa.require_mfa(scene.administration(), "mia", required=True)
    changes = Changes(details={"email": "x@example.org"}, mfa_required=False)
    with pytest.raises(StaleVersion):
        user_edit.update(scene.administration(), "mia", changes, version=seen)
    assert (scene.user().mfa.required, scene.user().email) == (True, None)


@pytest.mark.races
def test_of_two_updates_of_one_state_one_is_refused(scene_on_each: Scene) -> None:
    """REL-023: whoever is second has seen an older person"""
    scene = scene_on_each
    scene.person("mia")
    seen = scene.user().version

    def write(name: str) -> str:
        changes = Changes(details={"name": name})
        try:
            user_edit.update(scene.administration(), "mia", changes, version=seen)
        except StaleVersion:
            return "stale"
        return name

    told = at_once([lambda name=name: write(name) for name in "abcdef"])
    assert told.count("stale") == 5
    assert scene.user().name in told


def test_what_is_as_it_was_is_no_change(scene: Scene) -> None:
    scene.person("mia")
    before, told = scene.user(), scene.events()
    same = Changes(
        details={"email": None, "name": before.name},
        active=True,
        roles=[],
        mfa_required=False,
    )
    user_edit.update(scene.acting(MFA_WRITE), "mia", same, version=before.version)
    assert (scene.user(), scene.events()) == (before, told)


@pytest.mark.parametrize(
    ("held", "changes"),
    [
        (MFA_WRITE, Changes(active=False)),
        (MFA_WRITE, Changes(roles=["finance"])),
        (MFA_WRITE, Changes(details={"name": "Mia"})),
        (USERS_WRITE, Changes(mfa_required=True)),
        (USERS_WRITE, Changes(**LOST)),
        (USERS_READ, Changes()),
    ],
)
def test_each_part_asks_for_its_own_right(
    scene: Scene, held: str, changes: Changes
) -> None:
    scene.person("mia")
    roles.create_role(scene.administration(), "finance")
    before = scene.user()
    with pytest.raises(Forbidden):
        user_edit.update(scene.acting(held), "mia", changes)
    assert scene.user() == before
    assert [one[:2] for one in scene.events("admin.refused")] == [
        ("admin.refused", "refused")
    ]


def test_mfa_of_the_privileged_is_disabled_under_their_typed_name(
    scene: Scene,
) -> None:
    scene.enrolled()
    users.set_roles(scene.administration(), "mia", ["auditor"])
    for typed in ("", "mai", "auditor"):
        with pytest.raises(BadRequest, match="confirm_username"):
            user_edit.update(
                scene.administration(), "mia", Changes(**LOST, confirm_username=typed)
            )
    assert scene.user().mfa.state == "enrolled"
    typed = Changes(**LOST, confirm_username=" Mia ")
    done = user_edit.update(scene.administration(), "mia", typed)
    assert (done.mfa.state, done.mfa.effective.required) == ("none", True)


@pytest.mark.parametrize(
    ("before", "after"), [(["auditor"], []), ([], ["auditor"])], ids=["lost", "got"]
)
def test_rights_that_the_same_form_takes_or_gives_want_the_typed_name(
    scene: Scene, before: list[str], after: list[str]
) -> None:
    """SEC-263: nobody takes the question away together with the roles"""
    scene.enrolled()
    users.set_roles(scene.administration(), "mia", before)
    seen = scene.user()
    with pytest.raises(BadRequest, match="confirm_username"):
        user_edit.update(scene.administration(), "mia", Changes(roles=after, **LOST))
    assert scene.user() == seen
    typed = Changes(roles=after, **LOST, confirm_username="mia")
    done = user_edit.update(scene.administration(), "mia", typed)
    assert (list(done.roles), done.mfa.state) == (after, "none")


def test_a_limited_administrator_updates_nobody_with_rights(scene: Scene) -> None:
    """AC-140"""
    scene.enrolled()
    users.set_roles(scene.administration(), "mia", ["helpdesk"])
    limited = scene.acting(USERS_READ, MFA_WRITE, SESSIONS_WRITE)
    before = scene.user()
    with pytest.raises(Forbidden):
        user_edit.update(limited, "mia", Changes(**LOST, confirm_username="mia"))
    assert scene.user() == before
    assert user_edit.look(limited, "mia").may == frozenset()


def test_an_update_keeps_the_last_administrator(scene: Scene) -> None:
    """AC-073"""
    scene.person("mia")
    users.set_roles(scene.administration(), "mia", ["administrator"])
    for changes in (Changes(active=False), Changes(roles=[])):
        with pytest.raises(LastAdministrator):
            user_edit.update(scene.administration(), "mia", changes)
    assert scene.user().active
    assert scene.user().roles == ("administrator",)


def test_a_person_is_deleted_under_the_typed_name(scene: Scene) -> None:
    scene.person("mia")
    admin = scene.administration()
    with pytest.raises(BadRequest):
        user_edit.delete(admin, "mia", confirm_username="mio")
    assert user_edit.delete(admin, "mia", confirm_username="MIA")
    with pytest.raises(NotFound):
        scene.user()


def test_the_page_says_which_roles_may_be_given(scene: Scene) -> None:
    scene.person("mia")
    roles.create_role(scene.administration(), "finance")
    seen = user_edit.look(scene.acting(USERS_READ, USERS_WRITE), "mia")
    free = [one.role.name for one in seen.choices if one.may_change]
    assert (free, seen.privileged) == (["finance"], False)
    assert seen.may == {USERS_WRITE}


def test_a_session_is_listed_with_what_it_is_worth_and_ended(scene: Scene) -> None:
    phone, _ = scene.enrolled()
    session = scene.signed_in(phone)
    admin = scene.administration()
    newest, *_ = user_sessions.list_sessions(admin, "mia")
    assert (newest.acr, newest.amr) == ("mfa", ("pwd", "otp", "mfa"))
    assert session.token not in repr(newest)
    user_sessions.end_session(admin, newest.sid)
    left = user_sessions.list_sessions(admin, "mia")
    assert newest.sid not in {one.sid for one in left}
    for sid in (newest.sid, "none"):
        with pytest.raises(NotFound):
            user_sessions.end_session(admin, sid)


def test_the_session_of_somebody_with_rights_is_not_ended_by_less(
    scene: Scene,
) -> None:
    phone, _ = scene.enrolled()
    scene.signed_in(phone)
    users.set_roles(scene.administration(), "mia", ["auditor"])
    held = user_sessions.list_sessions(scene.administration(), "mia")
    with pytest.raises(Forbidden):
        user_sessions.end_session(scene.acting(SESSIONS_WRITE), held[0].sid)
    assert user_sessions.list_sessions(scene.administration(), "mia") == held
