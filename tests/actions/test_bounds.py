"""REL-066: no table grows for ever; each has something that bounds it.

A table that is new fails here until somebody has said what that is.
"""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import update

from idp.actions import client_assertions
from idp.actions import facts
from idp.actions import logout_notices as deliveries
from idp.actions import maintenance
from idp.actions import own_sessions
from idp.actions import pushed_requests
from idp.actions import registration_tokens
from idp.actions import user_mfa
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
    "audit_records": "IDP_AUDIT_RETENTION; without it the trail is kept",
    "audit_tail": "one row",
    "audit_head": "one row",
    "audit_totals": "a row for each kind of event and outcome",
    "organisation": "one row",
    "signing_keys": "one a rotation",
    "users": "administration makes and deletes them",
    "user_words": "the words of a person's names",
    "user_roles": "roles times people at most",
    "directory_links": "one a person",
    "totp_credentials": "SEC-072: whatever was in use is kept; a change takes a code",
    "backup_codes": "ten a person: a new set replaces the one before",
    "roles": "administration makes and deletes them",
    "clients": "administration makes and deletes them, or a token's uses end",
    "client_secrets": "two an application at once; expired ones go",
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


def filled(scene: Scene) -> set[str]:
    """Gives the tables that have rows."""
    names = tables.metadata.tables
    return {name for name in names if scene.one(f"SELECT count(*) FROM {name}")}


def live(scene: Scene) -> None:
    """Does what leaves rows: by strangers, a person, an application, the host."""
    phone, _ = scene.enrolled()
    app = scene.client(backchannel_logout_uri="https://rp.example/gone")
    scene.enter(scene.at_login(), "wrong", username="nobody")
    session = scene.signed_in(phone)
    scene.redeemed(app, session)
    scene.code(app, session)
    pushed_requests.push(scene.work(), scene.ask(app))
    client_assertions.spend(scene.work(), app.record, "one", expires_at=scene.clock())
    registration_tokens.create_token(scene.administration(), "portal")
    user_mfa.require_mfa(scene.administration(), "mia", required=True)
    own_sessions.sign_out(scene.work(), session.token, session.browser)
    for _ in range(deliveries.MOST_TRIES):
        scene.clock.advance(days=1)
        for due in deliveries.list_due(scene.work()):
            taken = deliveries.claim_delivery(scene.work(), due)
            assert taken is not None
            deliveries.failed(scene.work(), taken, "nobody there")


def test_what_people_and_applications_leave_is_gone_as_well(
    scene_on_each: Scene,
) -> None:
    """The rows are of real journeys: no table passes because nobody fills it"""
    scene = scene_on_each
    live(scene)
    assert filled(scene) >= GOES
    scene.clock.advance(days=500)
    while maintenance.purge(scene.work()):
        pass
    assert not filled(scene) & GOES
    assert scene.one("SELECT count(*) FROM attempts") == 0
