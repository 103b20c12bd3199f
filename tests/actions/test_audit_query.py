"""REL-083: the trail is found by person, actor, application, event and time."""

import datetime
from typing import Any

import pytest

from idp.actions import audit_export
from idp.actions import audit_query
from idp.actions import tools
from idp.actions import users
from idp.actions.audit_query import Asked
from idp.actions.work import SYSTEM
from idp.actions.work import Actor
from idp.actions.work import Subject
from idp.errors import BadRequest
from idp.errors import Forbidden
from tests.actions.scene import Scene


def note(scene: Scene, event: str = "login.started", **given: Any) -> int:
    """Writes one record and gives its number."""
    work = scene.work()
    with work.writing() as db:
        work.audit(db, event, **given)
    return int(scene.one("SELECT max(number) FROM audit_records"))


def numbers(scene: Scene, **asked: Any) -> list[int]:
    found = audit_query.list_records(scene.administration(), Asked(**asked))
    return [record["number"] for record in found.items]


def test_the_newest_record_comes_first(scene_on_each: Scene) -> None:
    made = [note(scene_on_each) for _ in range(3)]
    assert numbers(scene_on_each)[:3] == made[::-1]


def test_pages_follow_one_another_without_gap_or_overlap(scene_on_each: Scene) -> None:
    """Also when records are written in between"""
    scene = scene_on_each
    made = [note(scene, client_id="wiki") for _ in range(7)]
    asked, seen, cursor = Asked(client="wiki"), [], None
    while True:
        admin = scene.administration()
        page = audit_query.list_records(admin, asked, limit=3, cursor=cursor)
        seen += [record["number"] for record in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        note(scene, client_id="wiki")
    assert seen == made[::-1]


@pytest.mark.parametrize("named", ["mia", "MIA", "id"])
def test_a_person_is_found_by_name_and_by_id(scene: Scene, named: str) -> None:
    scene.person("mia")
    user_id = scene.user("mia").id
    mine = note(scene, subject=Subject("user", user_id, "mia"))
    note(scene, subject=Subject("role", user_id, "mia"))
    by_mia = note(scene, actor=Actor("user", user_id, "mia"))
    asked = user_id if named == "id" else named
    assert numbers(scene, user=asked, event="login.started") == [mine]
    assert numbers(scene, actor=asked, event="login.started") == [by_mia]


def test_who_was_deleted_is_found_by_id(scene: Scene) -> None:
    scene.person("mia")
    user_id = users.delete_user(scene.administration(), "mia")
    found = audit_query.list_records(scene.administration(), Asked(user=user_id))
    assert found.items[0]["event"] == "user.deleted"
    assert found.items[0]["subject"]["name"] == "mia"
    assert numbers(scene, user="mia") == []


def test_an_application_is_found_as_actor_and_as_context(scene: Scene) -> None:
    acted = note(scene, actor=Actor("client", "jobs", "Jobs"))
    context = note(scene, client_id="jobs")
    assert numbers(scene, actor="jobs") == [acted]
    assert numbers(scene, client="jobs") == [context]


@pytest.mark.parametrize("actor", [tools.host("root"), SYSTEM], ids=["host", "system"])
def test_what_no_person_did_is_found_by_a_word(scene: Scene, actor: Actor) -> None:
    """And not taken for somebody who is called so."""
    scene.person(actor.type)
    done = note(scene, actor=actor)
    assert numbers(scene, actor=actor.type, event="login.started") == [done]


def test_a_time_has_its_first_moment_and_not_its_last(scene_on_each: Scene) -> None:
    scene = scene_on_each
    made = []
    for _ in range(4):
        scene.clock.advance(minutes=1)
        made.append((note(scene), scene.clock()))
    since, until = made[1][1], made[3][1]
    assert numbers(scene, since=since, until=until) == [made[2][0], made[1][0]]


def test_a_clock_that_was_set_wrong_hides_nothing(scene_on_each: Scene) -> None:
    """Number and time disagree by hours here"""
    scene = scene_on_each
    scene.clock.advance(hours=14)
    ahead, moment = note(scene), scene.clock()
    scene.clock.advance(hours=-14)
    for _ in range(3):
        note(scene)
    assert ahead in numbers(scene, since=moment)
    assert ahead not in numbers(scene, until=moment)


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_the_calendar_are_moments_too(scene: Scene, year: int) -> None:
    moment = datetime.datetime(year, 1, 1, tzinfo=datetime.UTC)
    everything = numbers(scene)
    assert numbers(scene, since=moment) == (everything if year == 1 else [])
    assert numbers(scene, until=moment) == ([] if year == 1 else everything)


def test_a_cursor_is_bound_to_what_was_asked(scene: Scene) -> None:
    """SEC-260"""
    for _ in range(3):
        note(scene)
    admin = scene.administration()
    asked = Asked(event="login.started")
    cursor = audit_query.list_records(admin, asked, limit=1).next_cursor
    for other in (Asked(), Asked(event="login.started", user="mia")):
        with pytest.raises(BadRequest, match="cursor"):
            audit_query.list_records(admin, other, limit=1, cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_has_a_largest_size(scene: Scene, limit: int) -> None:
    """AC-145"""
    with pytest.raises(BadRequest, match="limit"):
        audit_query.list_records(scene.administration(), Asked(), limit=limit)


def test_an_event_that_there_is_not_is_refused(scene: Scene) -> None:
    """AC-145: filters take fixed names"""
    with pytest.raises(BadRequest, match="event"):
        numbers(scene, event="secret_hash")
    with pytest.raises(BadRequest, match="event"):
        audit_export.export(scene.administration(), Asked(event="x"))


def test_only_who_may_read_the_trail_sees_it(scene: Scene) -> None:
    with pytest.raises(Forbidden):
        audit_query.list_records(scene.acting("idp:users:read"), Asked())
    seen = audit_query.list_records(scene.acting("idp:audit:read"), Asked())
    assert seen.items[0]["event"] == "admin.refused"


def test_an_export_takes_the_same_filter(scene_on_each: Scene) -> None:
    scene = scene_on_each
    made = [note(scene, client_id="wiki") for _ in range(3)]
    note(scene, client_id="other")
    asked = Asked(client="wiki", event="login.started")
    found = list(audit_export.export(scene.administration(), asked))
    assert [record["number"] for record in found] == made


def test_an_export_goes_on_over_many_readings(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_export, "READ_AT_ONCE", 2)
    made = [note(scene, client_id="wiki") for _ in range(4)]
    found = audit_export.export(scene.administration(), Asked(client="wiki"))
    assert [record["number"] for record in found] == made


def test_a_page_costs_the_same_however_long_the_trail_is(scene: Scene) -> None:
    scene.person("mia")
    asked = Asked(user="mia", actor="mia", since=scene.clock(), until=scene.clock())
    with scene.counting() as counted:
        audit_query.list_records(scene.administration(), asked)
    assert len(counted.statements) <= 8
    assert counted.commits == 0


def test_who_looks_is_recorded_once_a_question(scene: Scene) -> None:
    """REL-083"""
    scene.person()
    asked = audit_query.Asked(event="user.created")
    first = audit_query.search(scene.administration(), asked, limit=1)
    audit_query.search(scene.administration(), audit_query.Asked(), limit=1)
    assert len(first.items) == 1
    assert scene.events("audit.read") == [("audit.read", "ok", "")] * 2
    assert scene.changes("audit.read") == {}
