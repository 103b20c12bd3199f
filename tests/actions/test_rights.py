"""SEC-255 to SEC-257, SEC-262: every door asks for its right, and nobody climbs."""

from collections.abc import Callable

import pytest

from idp.actions import audit_export
from idp.actions import audit_query
from idp.actions import clients
from idp.actions import fleet
from idp.actions import initial_passwords
from idp.actions import keys
from idp.actions import organisation
from idp.actions import roles
from idp.actions import user_edit
from idp.actions import user_mfa
from idp.actions import users
from idp.actions.user_edit import Changes
from idp.actions.work import Actor
from idp.actions.work import Work
from idp.errors import Forbidden
from idp.errors import LastAdministrator
from idp.errors import NotFound
from idp.errors import PolicyRefused
from idp.errors import Refusal
from idp.rules.permissions import PERMISSIONS
from idp.store import clients as client_rows
from idp.store import keys as key_rows
from tests.actions.scene import Scene
from tests.oidc.stage import CALLBACK
from tests.support.barrier import at_once

Act = Callable[[Work], object]


def _older_secret(work: Work) -> str:
    with work.reading() as db:
        return client_rows.live_secrets(db, "rp", now=work.now)[0].id


def _key(work: Work) -> str:
    with work.reading() as db:
        return key_rows.list_keys(db)[0].kid


EVERYBODY = fleet.Filter()
ALL_OF_THEM = fleet.Selection(filter=EVERYBODY)
CLIENT = {"client_name": "New", "redirect_uris": [CALLBACK]}

DOORS: dict[str, tuple[str, Act]] = {
    "create_user": ("idp:users:write", lambda w: users.create_user(w, "new")),
    "list_people": ("idp:users:read", lambda w: fleet.list_people(w, EVERYBODY)),
    "count": ("idp:users:read", lambda w: fleet.count(w, EVERYBODY)),
    "counts": ("idp:users:read", lambda w: fleet.counts(w, EVERYBODY)),
    "table": ("idp:users:read", lambda w: list(fleet.table(w, EVERYBODY))),
    "coverage": ("idp:mfa:read", fleet.coverage),
    "require_of_many": (
        "idp:mfa:write",
        lambda w: fleet.require_mfa(w, ALL_OF_THEM, required=True),
    ),
    "try_of_many": (
        "idp:mfa:write",
        lambda w: fleet.require_mfa(w, ALL_OF_THEM, required=True, dry_run=True),
    ),
    "show_policy": ("idp:policy:read", organisation.show_policy),
    "set_policy": (
        "idp:policy:write",
        lambda w: organisation.set_policy(w, mfa="required"),
    ),
    "preview": (
        "idp:policy:read",
        lambda w: organisation.preview(w, mfa="required"),
    ),
    "show_user": ("idp:users:read", lambda w: users.show_user(w, "mia")),
    "change_user": (
        "idp:users:write",
        lambda w: users.change_user(w, "mia", {"name": "Mia"}),
    ),
    "disable": ("idp:users:write", lambda w: users.set_active(w, "mia", active=False)),
    "enable": ("idp:users:write", lambda w: users.set_active(w, "mia", active=True)),
    "delete_user": ("idp:users:write", lambda w: users.delete_user(w, "mia")),
    "set_roles": ("idp:users:write", lambda w: users.set_roles(w, "mia", [])),
    "initial": ("idp:users:write", lambda w: initial_passwords.issue(w, "mia")),
    "end_sessions": ("idp:sessions:write", lambda w: users.end_sessions(w, "mia")),
    "require_mfa": (
        "idp:mfa:write",
        lambda w: user_mfa.require_mfa(w, "mia", required=True),
    ),
    "disable_mfa": (
        "idp:mfa:write",
        lambda w: user_mfa.disable_mfa(w, "mia", reason="lost"),
    ),
    "unlock": ("idp:mfa:write", lambda w: user_mfa.unlock(w, "mia")),
    "list_roles": ("idp:users:read", roles.list_roles),
    "show_role": ("idp:users:read", lambda w: roles.show_role(w, "helpdesk")),
    "create_role": ("idp:roles:write", lambda w: roles.create_role(w, "new")),
    "change_role": (
        "idp:roles:write",
        lambda w: roles.change_role(w, "finance", description="x"),
    ),
    "delete_role": ("idp:roles:write", lambda w: roles.delete_role(w, "finance")),
    "create_client": ("idp:clients:write", lambda w: clients.create_client(w, CLIENT)),
    "list_clients": ("idp:clients:read", clients.list_registrations),
    "show_client": ("idp:clients:read", lambda w: clients.show_client(w, "rp")),
    "change_client": (
        "idp:clients:write",
        lambda w: clients.change_client(w, "rp", {"client_name": "x"}),
    ),
    "disable_client": (
        "idp:clients:write",
        lambda w: clients.set_enabled(w, "rp", enabled=False),
    ),
    "delete_client": ("idp:clients:write", lambda w: clients.delete_client(w, "rp")),
    "rotate_secret": ("idp:clients:write", lambda w: clients.rotate_secret(w, "rp")),
    "remove_secret": (
        "idp:clients:write",
        lambda w: clients.remove_secret(w, "rp", _older_secret(w)),
    ),
    "list_records": (
        "idp:audit:read",
        lambda w: audit_query.list_records(w, audit_query.Asked()),
    ),
    "export": ("idp:audit:read", audit_export.export),
    "list_keys": ("idp:keys:write", keys.list_keys),
    "rotate_keys": ("idp:keys:write", lambda w: keys.rotate(w, "EdDSA")),
    "revoke_key": ("idp:keys:write", lambda w: keys.revoke(w, _key(w))),
}
OVER_PEOPLE = (
    *("change_user", "disable", "enable", "delete_user", "set_roles", "initial"),
    *("end_sessions", "require_mfa", "disable_mfa", "unlock"),
)


READS = ("list_keys", "try_of_many")
WRITES = [
    one
    for one, (needs, _) in DOORS.items()
    if (needs.endswith(":write") or one == "export") and one not in READS
]
"""The doors behind which something changes or is recorded."""


def prepared(scene: Scene) -> Scene:
    """Gives a stage that has what the doors lead to."""
    admin = scene.administration()
    scene.person("mia")
    roles.create_role(admin, "finance")
    scene.client()
    clients.rotate_secret(admin, "rp")
    return scene


@pytest.fixture
def staffed(scene: Scene) -> Scene:
    return prepared(scene)


@pytest.mark.parametrize("door", DOORS)
def test_a_door_opens_with_its_right_and_no_other(staffed: Scene, door: str) -> None:
    """SEC-255: and each refusal is in the audit trail"""
    act = DOORS[door][1]
    everything_else = [p for p in PERMISSIONS if p != DOORS[door][0]]
    with pytest.raises(Forbidden):
        act(staffed.acting(*everything_else))
    with pytest.raises(Forbidden):
        act(staffed.work())
    assert [event[:2] for event in staffed.events("admin.refused")] == [
        ("admin.refused", "refused")
    ] * 2
    act(staffed.acting(DOORS[door][0]))


@pytest.mark.parametrize("role", ["administrator", "helpdesk", "auditor"])
@pytest.mark.parametrize("door", OVER_PEOPLE)
def test_nobody_touches_whoever_has_more_rights(
    staffed: Scene, door: str, role: str
) -> None:
    """SEC-256: whatever the right over ordinary people"""
    admin = staffed.administration()
    users.set_roles(admin, "mia", [role])
    staffed.person("root", role_names=["administrator"])
    before = staffed.user()
    with pytest.raises(Forbidden):
        DOORS[door][1](staffed.acting(DOORS[door][0], "idp:users:read"))
    assert staffed.user() == before
    assert len(staffed.events("admin.refused")) == 1


def test_a_helpdesk_does_not_help_another(staffed: Scene) -> None:
    """interface.md section 4: for people who hold no permission themselves"""
    held = roles.show_role(staffed.administration(), "helpdesk").permissions
    users.set_roles(staffed.administration(), "mia", ["helpdesk"])
    with pytest.raises(Forbidden):
        user_mfa.disable_mfa(staffed.acting(*held), "mia", reason="lost")
    users.set_roles(staffed.administration(), "mia", ["finance"])
    assert user_mfa.disable_mfa(staffed.acting(*held), "mia", reason="lost")


CLIMBS: dict[str, Act] = {
    "a new person": lambda w: users.create_user(w, "new", role_names=["administrator"]),
    "a role": lambda w: users.set_roles(w, "mia", ["helpdesk"]),
    "oneself": lambda w: users.set_roles(w, "admin", ["administrator"]),
    "a role made for it": lambda w: roles.create_role(
        w, "mine", granted=["idp:keys:write"]
    ),
    "a role one may edit": lambda w: roles.change_role(
        w, "finance", granted=["idp:policy:write"]
    ),
    "a client": lambda w: clients.create_client(
        w, {**CLIENT, "scope": "openid idp:keys:write"}
    ),
    "a service": lambda w: clients.create_client(
        w,
        {
            "client_name": "S",
            "grant_types": ["client_credentials"],
            "scope": "idp:keys:write",
        },
    ),
    "a client there is": lambda w: clients.change_client(
        w, "rp", {"scope": "openid idp:audit:read"}
    ),
}
EDITOR = (
    *("idp:users:read", "idp:users:write", "idp:clients:read", "idp:clients:write"),
    "idp:roles:write",
)


@pytest.mark.parametrize("way", CLIMBS)
@pytest.mark.parametrize("without", ["the right", "the right to hand out"])
def test_nobody_hands_out_what_they_lack(
    staffed: Scene, way: str, without: str
) -> None:
    """SEC-257: directly, through a role, or through an application"""
    rights = EDITOR if without == "the right" else PERMISSIONS
    if without == "the right to hand out":
        rights = tuple(right for right in PERMISSIONS if right != "idp:roles:write")
    before = staffed.user(), clients.show_client(staffed.administration(), "rp")
    with pytest.raises(Refusal) as refused:
        CLIMBS[way](staffed.acting(*rights))
    assert type(refused.value) in (Forbidden, NotFound)
    after = staffed.user(), clients.show_client(staffed.administration(), "rp")
    assert after == before


@pytest.mark.parametrize("change", [{"description": "x"}, {"mfa_required": False}])
def test_a_role_with_more_rights_is_not_touched_at_all(
    staffed: Scene, change: dict[str, object]
) -> None:
    """SEC-256: a group or role counts like an account"""
    work = staffed.acting("idp:roles:write", "idp:users:read")
    before = roles.show_role(work, "auditor")
    with pytest.raises(Forbidden):
        roles.change_role(work, "auditor", **change)  # type: ignore[arg-type]
    assert roles.show_role(work, "auditor") == before
    with pytest.raises(Forbidden):
        roles.delete_role(work, "auditor")


RELAXING: dict[str, tuple[str, Act]] = {
    "a role of somebody": ("users", lambda w: users.set_roles(w, "ben", ["finance"])),
    "a role by the form": (
        "users",
        lambda w: user_edit.update(w, "ben", Changes(roles=[])),
    ),
    "what a role asks": (
        "roles",
        lambda w: roles.change_role(w, "strict", mfa_required=False),
    ),
    "a role at all": ("roles", lambda w: roles.delete_role(w, "strict")),
}


@pytest.mark.parametrize("way", RELAXING)
def test_taking_a_requirement_away_is_a_right_of_its_own(
    staffed: Scene, way: str
) -> None:
    """SEC-080: whoever may not take MFA away does not do it by a role"""
    roles.create_role(staffed.administration(), "strict", mfa_required=True)
    staffed.person("ben", role_names=["strict"])
    before, (over, act) = staffed.user("ben"), RELAXING[way]
    with pytest.raises(Forbidden):
        act(staffed.acting(f"idp:{over}:write"))
    assert staffed.user("ben") == before
    assert len(staffed.events("admin.refused")) == 1
    act(staffed.acting(f"idp:{over}:write", "idp:mfa:write"))
    assert "role:strict" not in staffed.user("ben").mfa.effective.because


def test_a_requirement_is_given_and_moved_without_it(staffed: Scene) -> None:
    staffed.person("ben")
    work = staffed.acting("idp:users:write", "idp:roles:write", "idp:users:read")
    for name in ("strict", "stricter"):
        roles.create_role(work, name, mfa_required=True)
        assert users.set_roles(work, "ben", [name]).roles == (name,)
    assert roles.change_role(work, "finance", mfa_required=True).mfa_required


def test_taking_rights_away_needs_them_too(staffed: Scene) -> None:
    users.set_roles(staffed.administration(), "mia", ["auditor"])
    with pytest.raises(Forbidden):
        users.set_roles(staffed.acting(*EDITOR), "mia", [])


def test_a_client_with_more_rights_is_not_touched(staffed: Scene) -> None:
    """SEC-256: its secret would be the rights"""
    clients.change_client(
        staffed.administration(), "rp", {"scope": "openid idp:keys:write"}
    )
    work = staffed.acting(*EDITOR)
    for act in (
        lambda: clients.rotate_secret(work, "rp"),
        lambda: clients.remove_secret(work, "rp", _older_secret(work)),
        lambda: clients.change_client(work, "rp", {"redirect_uris": [CALLBACK + "2"]}),
        lambda: clients.set_enabled(work, "rp", enabled=False),
        lambda: clients.delete_client(work, "rp"),
    ):
        with pytest.raises(Forbidden):
            act()


def test_built_in_roles_keep_their_rights(staffed: Scene) -> None:
    admin = staffed.administration()
    for name in ("administrator", "helpdesk", "auditor"):
        with pytest.raises(PolicyRefused):
            roles.change_role(admin, name, granted=[])
        with pytest.raises(PolicyRefused):
            roles.delete_role(admin, name)
        assert roles.change_role(admin, name, description="Ours").permissions


LOSSES: dict[str, Callable[[Work, str], object]] = {
    "disabled": lambda w, name: users.set_active(w, name, active=False),
    "deleted": users.delete_user,
    "demoted": lambda w, name: users.set_roles(w, name, ["auditor"]),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_the_last_administrator_stays(staffed: Scene, loss: str) -> None:
    """SEC-262"""
    admin = staffed.administration()
    users.set_roles(admin, "mia", ["administrator"])
    staffed.person("off", role_names=["administrator"])
    users.set_active(admin, "off", active=False)
    with pytest.raises(LastAdministrator):
        LOSSES[loss](admin, "mia")
    assert staffed.user().active
    staffed.person("second", role_names=["administrator"])
    LOSSES[loss](admin, "mia")


@pytest.mark.races
@pytest.mark.parametrize("loss", LOSSES)
def test_two_administrators_do_not_remove_each_other(
    scene_on_each: Scene, loss: str
) -> None:
    """SEC-262, REL-022"""
    scene = scene_on_each
    names = ["one", "two", "three", "four"]
    for name in names:
        scene.person(name, role_names=["administrator"])

    def lose(name: str) -> bool:
        try:
            LOSSES[loss](scene.administration(), name)
        except LastAdministrator:
            return False
        return True

    done = at_once([lambda name=name: lose(name) for name in names])
    assert sorted(done) == [False, True, True, True]


def test_nobody_resets_what_protects_their_own_account(scene: Scene) -> None:
    """SEC-065: the settings ask for a code or the password, administration does not"""
    scene.enrolled("mia")
    scene.enrolled("ben")
    users.set_roles(scene.administration(), "mia", ["administrator"])
    mia, work = scene.user("mia"), scene.administration()
    work.actor = Actor("user", mia.id, "mia", "mfa", PERMISSIONS)
    for act in (
        lambda: user_mfa.disable_mfa(work, "mia", reason="lost"),
        lambda: user_edit.update(
            work,
            "mia",
            Changes(disable_mfa=True, reason="lost", confirm_username="mia"),
        ),
        lambda: initial_passwords.issue(work, "mia"),
    ):
        with pytest.raises(PolicyRefused):
            act()
    assert scene.user("mia") == mia
    assert user_mfa.disable_mfa(work, "ben", reason="lost").mfa.state == "none"
