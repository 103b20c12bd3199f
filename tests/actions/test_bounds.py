"""REL-066: no table grows for ever; each has something that bounds it.

A table that is new fails here until somebody has said what that is.
"""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import update

from idp.actions import facts
from idp.actions import maintenance
from idp.store import attempts
from idp.store import logout_notices
from idp.store import tables
from idp.store.logout_notices import LogoutNoticeTable
from tests.actions.scene import Scene
from tests.store.test_migrations import fill

FOR_EVER = timedelta(days=20 * 365)

GOES = {
    *("logins", "pushed_requests", "client_assertions"),
    *("sessions", "session_clients", "grants", "codes", "refresh_tokens"),
    *("notices", "logout_notices", "registration_tokens"),
}
"""Of these nothing is left some time after its end."""

STAYS = {
    "attempts": "a row an account; those of names that are nobody's lapse",
    "audit_records": "the trail is kept",
    "audit_head": "one row",
    "audit_totals": "a row for each kind of event and outcome",
    "organisation": "one row",
    "signing_keys": "one a rotation",
    "users": "administration makes and deletes them",
    "user_words": "the words of a person's names",
    "user_roles": "roles times people at most",
    "directory_links": "one a person",
    "totp_credentials": "history: one more a change, which takes a code that is new",
    "backup_codes": "ten a person",
    "roles": "administration makes and deletes them",
    "clients": "administration makes and deletes them, or a token's uses end",
    "client_secrets": "one more a rotation by administration",
    "registrations": "one an application",
    "consents": "one a person and application",
}


def test_of_each_table_somebody_has_said_what_bounds_it() -> None:
    names = {table.name for table in tables.metadata.sorted_tables}
    assert names == GOES | STAYS.keys()
    assert not GOES & STAYS.keys()


def test_what_goes_is_gone_after_its_end(scene_on_each: Scene) -> None:
    """By the job alone, whoever made the rows"""
    scene = scene_on_each
    with scene.database.writing() as db:
        fill(db)
        told = {"state": logout_notices.DELIVERED, "due_at": None}
        db.execute(update(LogoutNoticeTable).values(told))
        attempts.lock(db, "a name that is nobody's", now=scene.clock())
        wrong = attempts.lock(db, facts.factor_key("u1"), now=scene.clock())
        attempts.save(db, replace(wrong, failures=1, total=1))
    then = scene.work()
    then.now += FOR_EVER
    while maintenance.purge(then):
        pass
    with scene.database.reading() as db:
        left = {
            table.name: db.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
        }
        assert attempts.find(db, "a name that is nobody's") is None
    assert {name for name, rows in left.items() if not rows} == GOES
