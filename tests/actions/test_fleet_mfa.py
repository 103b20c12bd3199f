"""SEC-256, product.md *bulk action, dry run*: MFA required of many people at once."""

import dataclasses
import random
from typing import Any

import pytest
from sqlalchemy import text

from idp.actions import fleet
from idp.actions import fleet_mfa
from idp.actions import roles
from idp.actions import user_mfa
from idp.actions import users
from idp.actions.fleet import Bulk
from idp.actions.fleet import Filter
from idp.actions.fleet import Selection
from idp.errors import BadRequest
from idp.errors import Forbidden
from idp.rules.permissions import MFA_WRITE
from idp.rules.permissions import PERMISSIONS
from idp.rules.permissions import USERS_READ
from idp.rules.policy import Step
from idp.store import audit
from tests.actions.conftest import Maker
from tests.actions.crowd import Crowd
from tests.actions.scene import Scene
from tests.support.barrier import at_once

EVERYBODY = Selection(filter=Filter())
MAIL = {"IDP_SMTP_URL": "smtps://mail.example", "IDP_MAIL_FROM": "idp@b.example"}


@pytest.fixture
def staffed(scene: Scene) -> Scene:
    """Gives two ordinary people, one who is enrolled, and an administrator."""
    for name in ("bob", "cyd"):
        scene.person(name)
    scene.person("ada", role_names=["administrator"])
    scene.enrolled("mia")
    return scene


def flagged(scene: Scene) -> list[str]:
    found = fleet.table(scene.administration(), Filter())
    return [one.username for one in found if one.mfa.required]


def test_everybody_is_required_and_told(staffed: Scene) -> None:
    before = len(staffed.events("mfa.requirement_changed"))
    done = fleet.require_mfa(staffed.administration(), EVERYBODY, required=True)
    assert done == Bulk(4, 4, 3, 1, 0, ("ada", "bob", "cyd"))
    assert flagged(staffed) == ["ada", "bob", "cyd", "mia"]
    assert len(staffed.events("mfa.requirement_changed")) == before + 4
    last = staffed.changes("mfa.requirement_changed")
    assert last == {"mfa_required": [False, True], "because": ["user"]}
    told = "SELECT count(*) FROM notices WHERE user_id = :id"
    assert staffed.one(told, id=staffed.user("bob").id) == 1
    assert staffed.enter(staffed.at_login(), username="bob").step is Step.ENROL


def test_each_of_many_leaves_what_one_alone_leaves(new_scene: Maker) -> None:
    """The same record, and the same notice with its mail, but for their numbers"""
    left = []
    for many in (True, False):
        scene = new_scene(**MAIL)
        for number in range(6):  # the sixth mail in an hour is one too many
            scene.person(f"p{number}", email=None if number == 2 else "a@b.example")
            for _ in range(number):
                user_mfa.require_mfa(
                    scene.administration(), f"p{number}", required=False
                )
        if many:
            fleet.require_mfa(scene.administration(), EVERYBODY, required=True)
        else:
            for number in range(6):
                user_mfa.require_mfa(
                    scene.administration(), f"p{number}", required=True
                )
        left.append(traces(scene))
    assert left[0] == left[1]
    assert any(row["mail_due_at"] is None for row in left[0] if "mail_due_at" in row)


def traces(scene: Scene) -> list[dict[str, Any]]:
    """Gives the last record and notice of everybody, with names in the place of ids."""
    names = {scene.user(f"p{number}").id: f"p{number}" for number in range(6)}
    found = []
    for table, key in (("audit_records", "subject_id"), ("notices", "user_id")):
        with scene.database.reading() as db:
            rows = db.execute(text(f"SELECT * FROM {table} ORDER BY 1")).mappings()
            last = {row[key]: {**row} for row in rows}
        for row in last.values():
            row[key] = names.get(row[key])
            row.pop("number", row.pop("id", None))
        found += sorted(last.values(), key=lambda row: str(row[key]))
    return found


def test_a_second_time_changes_nothing(staffed: Scene) -> None:
    work = staffed.administration()
    fleet.require_mfa(work, EVERYBODY, required=True)
    versions = [one.version for one in fleet.table(work, Filter())]
    events = staffed.events()
    again = fleet.require_mfa(work, EVERYBODY, required=True)
    assert again == Bulk(4, 0, 0, 1, 0, ())
    assert [one.version for one in fleet.table(work, Filter())] == versions
    assert staffed.events() == events


def test_a_dry_run_says_the_same_and_does_nothing(staffed: Scene) -> None:
    work = staffed.administration()
    events = staffed.events()
    tried = fleet.require_mfa(work, EVERYBODY, required=True, dry_run=True)
    assert (flagged(staffed), staffed.events()) == ([], events)
    assert tried == fleet.require_mfa(work, EVERYBODY, required=True)


def test_whoever_has_more_rights_stays_as_they_were(staffed: Scene) -> None:
    """SEC-256: counted, recorded, and no reason to refuse the others"""
    helpdesk = staffed.acting(USERS_READ, MFA_WRITE)
    done = fleet.require_mfa(helpdesk, EVERYBODY, required=True)
    assert (done.matched, done.changed, done.refused) == (4, 3, 1)
    assert "ada" not in done.sample
    assert flagged(staffed) == ["bob", "cyd", "mia"]
    (refusal,) = staffed.events("admin.refused")
    assert "1 people with more rights" in refusal[2]


def test_rights_reach_as_far_as_for_one_person(staffed: Scene) -> None:
    """Whom ``user_mfa.require_mfa`` refuses, and nobody else, is left alone"""
    admin = staffed.administration()
    roles.create_role(admin, "keeper", granted=["idp:keys:write"])
    staffed.person("kim", role_names=["keeper"])
    staffed.person("hal", role_names=["helpdesk"])
    few = (MFA_WRITE, USERS_READ)
    roles_too = (*few, "idp:roles:write", "idp:keys:write")
    for held in (few, roles_too, PERMISSIONS):
        fleet.require_mfa(admin, EVERYBODY, required=False)
        touched = []
        for name in ("ada", "bob", "hal", "kim"):
            try:
                user_mfa.require_mfa(staffed.acting(*held), name, required=False)
            except Forbidden:
                continue
            touched.append(name)
        fleet.require_mfa(staffed.acting(*held), EVERYBODY, required=True)
        assert sorted({*flagged(staffed)} - {"cyd", "mia"}) == touched


def test_people_can_be_named(staffed: Scene) -> None:
    ids = [staffed.user(name).id for name in ("bob", "mia")]
    who = Selection(user_ids=(*ids, ids[0], "nobody"))
    done = fleet.require_mfa(staffed.administration(), who, required=True)
    assert done == Bulk(2, 2, 1, 0, 0, ("bob",))
    assert flagged(staffed) == ["bob", "mia"]


@pytest.mark.parametrize(
    "who",
    [
        Selection(),
        Selection(user_ids=("a",), filter=Filter()),
        Selection(user_ids=tuple(map(str, range(201)))),
        Selection(filter=Filter(mfa="unknown")),
    ],
)
def test_somebody_has_to_be_selected(staffed: Scene, who: Selection) -> None:
    with pytest.raises(BadRequest):
        fleet.require_mfa(staffed.administration(), who, required=True)
    assert flagged(staffed) == []


def test_a_search_that_finds_nobody_changes_nobody(staffed: Scene) -> None:
    """The filter stands for those whom it shows, never for everybody"""
    for query in ("nobody", "x" * 129):
        who = Selection(filter=Filter(query=query))
        done = fleet.require_mfa(staffed.administration(), who, required=True)
        assert done == Bulk(0, 0, 0, 0, 0, ())
    assert flagged(staffed) == []


def test_the_requirement_is_taken_away_again(staffed: Scene) -> None:
    work = staffed.administration()
    fleet.require_mfa(work, EVERYBODY, required=True)
    who = Selection(filter=Filter(mfa="required_not_enrolled"))
    done = fleet.require_mfa(work, who, required=False)
    assert (done.matched, done.changed, done.would_enrol) == (3, 3, 0)
    assert done.sample == ("ada", "bob", "cyd")
    assert done.no_longer_required == 2  # a role of hers requires it of ada
    assert flagged(staffed) == ["mia"]


@pytest.fixture
def crowded(scene_on_each: Scene, monkeypatch: pytest.MonkeyPatch) -> Crowd:
    monkeypatch.setattr(fleet_mfa, "SOUGHT", 16)
    monkeypatch.setattr(fleet_mfa, "AT_ONCE", 7)
    return Crowd(scene_on_each, 60, random.Random(9))


def test_a_filter_changes_whom_it_shows(crowded: Crowd) -> None:
    """In blocks smaller than the list, for filters at random, on each database"""
    work = crowded.scene.administration()
    for _ in range(12):
        asked = crowded.any_filter()
        fleet.require_mfa(work, EVERYBODY, required=False)
        matched = {one.username for one in fleet.table(work, asked)}
        tried = fleet.require_mfa(
            work, Selection(filter=asked), required=True, dry_run=True
        )
        done = fleet.require_mfa(work, Selection(filter=asked), required=True)
        assert set(flagged(crowded.scene)) == matched
        assert done == tried == dataclasses.replace(done, matched=len(matched))
        bare = [
            one.username
            for one in fleet.table(work, Filter(active=True))
            if one.mfa.method is None and one.username in matched
        ]
        assert done.would_enrol == len(bare)
        assert done.sample == tuple(bare[:20])


@pytest.mark.races
def test_two_at_once_change_each_person_once(crowded: Crowd) -> None:
    scene = crowded.scene
    fleet.require_mfa(scene.administration(), EVERYBODY, required=False)
    before = len(scene.events("mfa.requirement_changed"))
    done = at_once(
        [
            lambda: (
                fleet.require_mfa(
                    scene.administration(), EVERYBODY, required=True
                ).changed
            )
        ]
        * 4
    )
    assert sum(done) == 60
    assert len(scene.events("mfa.requirement_changed")) == before + 60
    assert len(flagged(scene)) == 60


@pytest.mark.races
def test_one_who_gets_rights_meanwhile_is_left_alone_or_was_before(
    scene_on_each: Scene,
) -> None:
    """SEC-256: whoever is an administrator when the change commits is not touched"""
    scene = scene_on_each
    ids = [scene.person(f"p{number}") for number in range(8)]
    helpdesk = scene.acting(USERS_READ, MFA_WRITE)

    def promote(one: str) -> None:
        users.set_roles(scene.administration(), one, ["administrator"])

    at_once(
        [
            lambda: fleet.require_mfa(helpdesk, EVERYBODY, required=True),
            *(lambda one=one: promote(one) for one in ids),
        ]
    )
    with scene.database.reading() as db:
        trail = [record for _, record in audit.list_records(db)]
    seen: dict[str | None, list[str]] = {one: [] for one in ids}
    for record in trail:
        if record.event in ("mfa.requirement_changed", "user.changed"):
            seen[record.subject_id].append(record.event)
    in_time = ["mfa.requirement_changed", "user.changed"]
    assert all(one in (in_time[1:], in_time) for one in seen.values()), seen
