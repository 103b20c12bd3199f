"""REL-083: the trail is handed out whole, in order, and that is recorded."""

import datetime

import pytest

from idp.actions import audit_chain
from idp.actions import audit_export
from idp.actions.audit_query import Asked
from idp.actions.work import Subject
from idp.errors import Forbidden
from idp.rules import chain
from tests.actions.scene import Scene


def note(scene: Scene, times: int) -> None:
    work = scene.work()
    with work.writing() as db:
        for _ in range(times):
            work.audit(db, "login.started", subject=Subject("user", "u1", "mia"))


def test_every_record_is_exported_in_order(scene_on_each: Scene) -> None:
    note(scene_on_each, audit_export.READ_AT_ONCE + 7)
    before = scene_on_each.one("SELECT max(number) FROM audit_records")
    found = list(audit_export.export(scene_on_each.administration()))
    assert [one["number"] for one in found] == list(range(1, before + 1))


def test_an_export_is_recorded_with_what_was_asked(scene: Scene) -> None:
    """REL-083: also where nobody reads what was exported"""
    audit_export.export(scene.administration(), form="csv")
    *_, last = audit_export.export(scene.administration())
    assert last["event"] == "audit.exported"
    assert last["changes"] == {"format": "csv", **Asked().said()}
    assert last["actor"]["type"] == "host"


def test_an_export_of_a_time_holds_nothing_older(scene_on_each: Scene) -> None:
    scene = scene_on_each
    note(scene, 2)
    scene.clock.advance(minutes=1)
    since = scene.clock()
    note(scene, 3)
    admin = scene.administration()
    found = list(audit_export.export(admin, Asked(since=since)))
    assert [one["event"] for one in found] == ["login.started"] * 3
    later = since + datetime.timedelta(days=1)
    assert list(audit_export.export(admin, Asked(since=later))) == []


def test_who_holds_an_export_can_check_the_chain(scene: Scene) -> None:
    note(scene, 5)
    audit_chain.close(scene.work())
    before = chain.FIRST
    for record in audit_export.export(scene.administration()):
        assert record["previous_hash"] == before
        before = chain.link(before, record)
        assert record["hash"] == before


def test_only_who_may_read_the_trail_exports_it(scene: Scene) -> None:
    with pytest.raises(Forbidden):
        audit_export.export(scene.acting())
    assert ("admin.refused", "refused", "lacks idp:audit:read") in scene.events()
