"""SEC-260, product.md *fleet page*: lists, figures and cursors of everybody."""

import dataclasses
import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from idp.actions import fleet
from idp.actions import organisation
from idp.actions import people
from idp.actions import roles
from idp.actions import users
from idp.actions.fleet import Filter
from idp.actions.people import User
from idp.errors import BadRequest
from tests.actions.crowd import Crowd
from tests.actions.scene import Scene

MANY = 300
SOME = 100


@pytest.fixture
def crowded(scene_on_each: Scene) -> Crowd:
    """Gives people of every kind, at random, on each database."""
    return Crowd(scene_on_each, SOME, random.Random(5))


def names(found: object) -> list[str]:
    items = getattr(found, "items", found)
    return [one.username for one in items]


def alone(crowd: Crowd, asked: Filter) -> list[str]:
    """Applies a filter to one person after the other, by what is shown of each."""
    holds: list[Callable[[User], bool]] = [
        lambda one: asked.mfa is None or crowd.is_in(one, asked.mfa),
        lambda one: asked.role is None or asked.role in one.roles,
        lambda one: asked.source in (None, one.source),
        lambda one: asked.active in (None, one.active),
        lambda one: asked.privileged in (None, crowd.is_privileged(one)),
        lambda one: (
            asked.not_seen_for is None
            or (one.last_login_at or one.created_at)
            < crowd.scene.clock() - asked.not_seen_for
        ),
    ]
    return [one.username for one in crowd.everybody if all(h(one) for h in holds)]


def test_a_filter_finds_whom_the_rules_would_find(scene_on_each: Scene) -> None:
    """Each state, each other condition, and all of them at random, under each policy"""
    crowded = Crowd(scene_on_each, MANY, random.Random(7))
    work = crowded.scene.administration()
    drawn = [crowded.any_filter() for _ in range(40)]
    for policy in organisation.MFA_WORDS:
        organisation.set_policy(work, mfa=policy)
        crowded.look()
        for asked in [*(Filter(mfa=state) for state in people.STATES), *drawn]:
            found = names(fleet.table(work, asked))
            assert found == alone(crowded, asked), asked
            assert fleet.count(work, asked) == len(found)


def test_every_state_has_somebody_so_that_the_test_means_something(
    crowded: Crowd,
) -> None:
    crowded.look()
    for state in people.STATES:
        assert 1 < len(alone(crowded, Filter(mfa=state))) < SOME


def test_many_are_shown_as_one_is(crowded: Crowd) -> None:
    """A page says of each what the page of that person says"""
    work = crowded.scene.administration()
    for one in fleet.list_people(work, Filter(), limit=SOME).items:
        assert one == crowded.scene.user(one.username)


def test_counts_are_those_of_the_lists_they_lead_to(crowded: Crowd) -> None:
    work = crowded.scene.administration()
    for asked in (Filter(), Filter(role="staff"), Filter(active=True, query="p1")):
        counted = dataclasses.asdict(fleet.counts(work, asked))
        lists = {state: {"mfa": state} for state in people.STATES} | {
            "everybody": {},
            "administrators_without_mfa": {
                "privileged": True,
                "mfa": "required_not_enrolled",
            },
            "not_seen_90_days": {"not_seen_for": timedelta(days=90)},
        }
        expected = {
            name: fleet.count(work, dataclasses.replace(asked, **changes))  # type: ignore[arg-type]
            for name, changes in lists.items()
        }
        assert counted == expected


def test_coverage_adds_up_and_leaves_disabled_accounts_out(crowded: Crowd) -> None:
    work = crowded.scene.administration()
    report = fleet.coverage(work)
    assert report.people == fleet.count(work, Filter(active=True))
    parts = (report.enrolled, report.locked, report.pending, report.none)
    assert sum(parts) == report.people
    for state in people.STATES:
        found = fleet.count(work, Filter(mfa=state, active=True))
        assert getattr(report, state) == found
    assert report.administrators == fleet.count(
        work, Filter(active=True, privileged=True)
    )


def test_pages_join_to_the_whole_list(crowded: Crowd) -> None:
    work = crowded.scene.administration()
    asked = Filter(role="staff")
    seen, cursor = [], None
    while True:
        listed = fleet.list_people(work, asked, limit=7, cursor=cursor)
        assert len(listed.items) == 7 or listed.next_cursor is None
        seen += names(listed)
        cursor = listed.next_cursor
        if cursor is None:
            break
    assert seen == names(fleet.table(work, asked))
    assert len(set(seen)) == len(seen)


def test_a_page_costs_the_same_however_many_it_shows(crowded: Crowd) -> None:
    for size in (1, 7, 200):
        with crowded.scene.counting() as counted:
            fleet.list_people(crowded.scene.administration(), Filter(), limit=size)
        assert len(counted.statements) <= 6, counted.statements
    with crowded.scene.counting() as counted:
        fleet.counts(crowded.scene.administration(), Filter())
        fleet.coverage(crowded.scene.administration())
    assert len(counted.statements) == 6, counted.statements


def test_a_cursor_goes_with_its_filter(scene: Scene) -> None:
    """SEC-260"""
    for name in ("ada", "bob", "cyd"):
        scene.person(name)
    work = scene.administration()
    cursor = fleet.list_people(work, Filter(), limit=1).next_cursor
    assert cursor is not None
    assert names(fleet.list_people(work, Filter(), limit=1, cursor=cursor)) == ["bob"]
    others = (Filter(query="b"), Filter(active=True), Filter(role="auditor"))
    for other in others:
        with pytest.raises(BadRequest, match="cursor"):
            fleet.list_people(work, other, cursor=cursor)
    with pytest.raises(BadRequest, match="cursor"):
        fleet.list_people(work, Filter(), cursor=cursor[:-2] + "xx")


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_has_a_size(scene: Scene, limit: int) -> None:
    with pytest.raises(BadRequest, match="limit"):
        fleet.list_people(scene.administration(), Filter(), limit=limit)


@pytest.mark.parametrize(
    "asked", [Filter(mfa="unknown"), Filter(not_seen_for=timedelta(days=-1))]
)
def test_there_are_no_other_filters(scene: Scene, asked: Filter) -> None:
    for act in (fleet.list_people, fleet.count, fleet.table):
        with pytest.raises(BadRequest):
            act(scene.administration(), asked)


@pytest.mark.parametrize("query", ["%", "_", "\\", "m%a", "' OR 1=1 --", "x" * 129])
def test_a_search_takes_its_words_literally(scene: Scene, query: str) -> None:
    scene.person("mia")
    work = scene.administration()
    assert names(fleet.list_people(work, Filter(query=query))) == []
    assert fleet.counts(work, Filter(query=query)).everybody == 0
    assert names(fleet.list_people(work, Filter(query="MI"))) == ["mia"]


def test_a_person_who_goes_is_in_no_list(scene: Scene) -> None:

    scene.person("ada")
    scene.person("bob")
    users.delete_user(scene.administration(), "ada")
    work = scene.administration()
    assert names(fleet.list_people(work, Filter())) == ["bob"]
    assert fleet.coverage(work).people == fleet.counts(work, Filter()).everybody == 1


def test_a_preview_says_whom_a_policy_would_ask(scene: Scene) -> None:
    """SEC-088, interface.md section 4"""
    scene.person("none")
    scene.person("flagged", mfa_required=True)
    scene.person("ada", role_names=["administrator"])
    scene.enrolled("mia")
    work = scene.administration()
    tight = organisation.preview(work, mfa="required")
    assert (tight.people, tight.would_enrol, tight.administrators) == (4, 3, 1)
    assert (tight.no_longer_required, tight.sample) == (0, ("ada", "flagged", "none"))
    loose = organisation.preview(work, mfa="optional")
    assert (loose.would_enrol, loose.sample) == (2, ("ada", "flagged"))
    organisation.set_policy(work, mfa="required")
    assert organisation.preview(work, mfa="disabled").no_longer_required == 2
    assert organisation.show_policy(work).mfa == "required"


def test_a_role_that_comes_to_demand_mfa_counts_at_once(scene: Scene) -> None:
    admin = scene.administration()
    roles.create_role(admin, "finance")
    scene.person("mia", role_names=["finance"])
    assert fleet.coverage(admin).required_not_enrolled == 0
    roles.change_role(admin, "finance", mfa_required=True)
    assert fleet.coverage(admin).required_not_enrolled == 1
    roles.change_role(admin, "finance", granted=["idp:audit:read"], mfa_required=False)
    assert fleet.coverage(admin).administrators_without_mfa == 1
