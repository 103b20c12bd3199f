"""REL-066, REL-069, REL-090: what is stale goes, what counts stays, and readiness."""

import pytest
import sqlalchemy

from idp.actions import codes
from idp.actions import enrolment
from idp.actions import keys
from idp.actions import maintenance
from idp.actions import tokens
from idp.actions import user_mfa
from idp.store import schema
from idp.store.engines import make_engine
from idp.store.transactions import Database
from idp.vault import Vault
from tests.actions.conftest import Maker
from tests.actions.scene import Scene

GROWS = ("logins", "sessions", "grants", "codes", "refresh_tokens", "session_clients")


def rows(scene: Scene, table: str) -> int:
    return int(scene.one(f"SELECT count(*) FROM {table}"))


def purge(scene: Scene) -> int:
    total = 0
    while deleted := maintenance.purge(scene.work()):
        total += deleted
    return total


def test_nothing_that_lives_is_purged(scene_on_each: Scene) -> None:
    scene = scene_on_each
    phone, _ = scene.enrolled()
    app = scene.client()
    session = scene.signed_in(phone)
    grant = scene.redeemed(app, session, scopes=("openid", "offline_access"))
    before = {table: rows(scene, table) for table in GROWS}
    assert purge(scene) == 0
    assert {table: rows(scene, table) for table in GROWS} == before
    scene.clock.advance(days=3)
    assert purge(scene) > 0
    assert tokens.inspect(scene.work(), grant.grant_id) is not None


def test_every_table_that_grows_by_signing_in_shrinks_again(
    scene_on_each: Scene,
) -> None:
    """REL-066, REL-067: also what was begun and left"""
    scene = scene_on_each
    phone, _ = scene.enrolled()
    app = scene.client()
    for _ in range(3):
        session = scene.signed_in(phone)
        scene.redeemed(app, session)
        scene.enter(scene.at_login(), "wrong", username="nobody")
    user_mfa.require_mfa(scene.administration(), scene.person("ben"), required=True)
    begun = scene.at_code("ben")
    enrolment.start(scene.work(), begun.login_id, begun.browser_token)
    assert scene.user("ben").mfa.state == "pending"
    scene.clock.advance(days=4)
    assert purge(scene) > 0
    assert {table: rows(scene, table) for table in GROWS} == dict.fromkeys(GROWS, 0)
    assert rows(scene, "attempts") == 0
    assert scene.user("ben").mfa.state == "none"
    assert scene.user("mia").mfa.state == "enrolled"
    assert scene.type(scene.at_code(), phone.code()).session_token


def test_a_used_code_is_kept_while_anything_of_it_lives(scene: Scene) -> None:
    """SEC-191"""
    scene.person()
    app = scene.client()
    code = scene.code(app, scene.sign_in(), scopes=("openid", "offline_access"))
    grant = codes.redeem_code(scene.work(), code, app.id)
    scene.clock.advance(days=29)
    purge(scene)
    assert codes.find_code(scene.work(), code, app.id) is None
    assert tokens.inspect(scene.work(), grant.grant_id) is None


def test_failures_of_a_second_factor_do_not_lapse(new_scene: Maker) -> None:
    """SEC-118: neither the lock for good nor the way to it"""
    scene = new_scene(IDP_FACTOR_TRIES="5", IDP_FACTOR_TRIES_TOTAL="10")
    phone, _ = scene.enrolled()
    for _ in range(2):
        begun = scene.at_code()
        for _ in range(5):
            scene.type(begun, phone.wrong())
        scene.clock.advance(days=30)
        purge(scene)
    assert scene.user().mfa.state == "locked"
    assert scene.type(scene.at_code(), phone.code()).error == "locked"


def test_a_purge_takes_a_bounded_number_at_a_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REL-069"""
    monkeypatch.setattr(maintenance, "CHUNK", 2)
    for _ in range(5):
        scene.at_login()
    scene.clock.advance(days=2)
    assert [maintenance.purge(scene.work()) for _ in range(4)] == [2, 2, 1, 0]


def test_a_purge_leaves_the_audit_trail(scene: Scene) -> None:
    scene.person()
    scene.sign_in()
    before = scene.events()
    scene.clock.advance(days=4000)
    purge(scene)
    assert scene.events() == before


def test_a_prepared_provider_is_ready(scene_on_each: Scene) -> None:
    found = maintenance.readiness(scene_on_each.work())
    assert found == maintenance.Readiness(database=True, migrations=True, keys=True)
    assert found.ready


def test_each_part_that_is_missing_is_named(scene_on_each: Scene) -> None:
    """REL-090"""
    scene = scene_on_each
    scene.vault = Vault(Vault.create_ring())
    assert maintenance.readiness(scene.work()) == maintenance.Readiness(
        database=True, migrations=True, keys=False, closed=True
    )
    keys.revoke(scene.administration(), keys.list_keys(scene.administration())[0].kid)
    with scene.database.writing() as db:
        db.execute(sqlalchemy.text("DELETE FROM signing_keys"))
    assert not maintenance.readiness(scene.work()).keys
    with scene.database.writing() as db:
        schema.downgrade(db, "base")
    found = maintenance.readiness(scene.work())
    assert (found.database, found.migrations, found.ready) == (True, False, False)


def test_a_database_that_is_away_is_named(scene: Scene) -> None:
    work = scene.work()
    work.database = Database(make_engine("postgresql+psycopg://x@/x?host=/nowhere"))
    assert maintenance.readiness(work) == maintenance.Readiness(False, False, False)


def test_the_schema_moves_and_says_where_it_is(scene: Scene) -> None:
    current, expected = maintenance.revision(scene.work())
    assert current == expected
    maintenance.downgrade(scene.administration(), "0001")
    assert maintenance.revision(scene.work()) == ("0001", expected)
    maintenance.upgrade(scene.administration())
    assert maintenance.revision(scene.work()) == (expected, expected)


def test_logins_in_which_nothing_was_proved_go_first(scene_on_each: Scene) -> None:
    """REL-067: the disk is not in everybody's hands"""
    scene = scene_on_each
    scene.enrolled()
    scene.at_login()
    scene.at_code()
    begun = rows(scene, "logins")
    scene.clock.advance(hours=4)
    purge(scene)
    assert rows(scene, "logins") == begun - 1
    scene.clock.advance(days=1)
    purge(scene)
    assert rows(scene, "logins") == 0


def test_only_people_whose_authenticator_counts_have_codes_used_ahead(
    scene_on_each: Scene,
) -> None:
    """REL-031: whoever has none any more has nothing to be unlocked"""
    scene = scene_on_each
    scene.clock.advance(days=1)
    for name in ("mia", "noa"):
        scene.enrolled(name)
    assert maintenance.used_ahead(scene.work()) == []
    scene.clock.advance(days=-1)
    assert maintenance.used_ahead(scene.work()) == ["mia", "noa"]
    user_mfa.disable_mfa(scene.administration(), "noa", reason="lost phone")
    assert maintenance.used_ahead(scene.work()) == ["mia"]


def test_what_was_told_is_forgotten_after_a_year(scene_on_each: Scene) -> None:
    """REL-066"""
    scene = scene_on_each
    scene.enrolled()
    assert rows(scene, "notices") > 0
    scene.clock.advance(days=364)
    purge(scene)
    assert rows(scene, "notices") > 0
    scene.clock.advance(days=2)
    purge(scene)
    assert rows(scene, "notices") == 0
