"""REL-066, REL-069, REL-090: what is stale goes, what counts stays, and readiness."""

from datetime import timedelta

import pytest
import sqlalchemy
from sqlalchemy import select
from sqlalchemy import text

from idp.actions import client_secrets
from idp.actions import clients
from idp.actions import codes
from idp.actions import enrolment
from idp.actions import facts
from idp.actions import keys
from idp.actions import maintenance
from idp.actions import registration_tokens
from idp.actions import tokens
from idp.actions import user_mfa
from idp.actions import users
from idp.store import schema
from idp.store.authenticators import TotpTable
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


def test_failures_of_a_second_factor_go_with_the_person(scene_on_each: Scene) -> None:
    """REL-066: nobody could ever use what is left of the budget"""
    scene = scene_on_each
    phone, _ = scene.enrolled()
    scene.type(scene.at_code(), phone.wrong())
    budget = "SELECT count(*) FROM attempts WHERE key LIKE 'factor:%' AND total > 0"
    assert scene.one(budget) == 1
    users.delete_user(scene.administration(), "mia")
    scene.clock.advance(days=3)
    purge(scene)
    assert scene.one("SELECT count(*) FROM attempts WHERE key LIKE 'factor:%'") == 0


def test_failures_that_an_earlier_version_left_of_the_deleted_go_too(
    scene_on_each: Scene,
) -> None:
    """Deleting somebody did not always empty the budget; another's stays"""
    scene = scene_on_each
    phone, _ = scene.enrolled()
    scene.person("ben")
    for _ in range(2):
        scene.type(scene.at_code(), phone.wrong())
    named = {"of": facts.factor_key(scene.user("mia").id)}
    kept = "SELECT total FROM attempts WHERE key = :of"
    ben = users.delete_user(scene.administration(), "ben")
    with scene.database.writing() as db:
        copied = "failures, total, touched_at, source_failures"
        values = f"SELECT :to, {copied} FROM attempts WHERE key = :of"
        both = {**named, "to": facts.factor_key(ben)}
        db.execute(text("DELETE FROM attempts WHERE key = :to"), both)
        db.execute(text(f"INSERT INTO attempts (key, {copied}) {values}"), both)
    scene.clock.advance(days=3)
    purge(scene)
    with scene.database.reading() as db:
        assert db.execute(text(kept), named).scalar() == 2
        named["of"] = facts.factor_key(ben)
        assert db.execute(text(kept), named).scalar() is None


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
    found = maintenance.readiness(work)
    assert (found.database, found.migrations, found.keys) == (False, False, False)
    assert found.reason == "No such file or directory"


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


def test_a_secret_that_was_replaced_goes_a_day_after_its_end(
    scene_on_each: Scene,
) -> None:
    """REL-066: nobody sees it any more, and the audit trail has the history"""
    scene = scene_on_each
    app = scene.client()
    admin = scene.administration()
    new = clients.rotate_secret(admin, app.id, expire_others_in=timedelta(hours=1))
    assert new.client_secret is not None
    recorded = scene.events()
    for hours, left in ((0, 2), (24, 2), (2, 1), (5000, 1)):
        scene.clock.advance(hours=hours)
        purge(scene)
        assert rows(scene, "client_secrets") == left
    method = "client_secret_basic"
    assert client_secrets.authenticate_client(
        scene.work(), app.id, new.client_secret, method
    )
    assert scene.events() == recorded


def test_a_token_for_registration_goes_after_its_time_however_it_ended(
    scene_on_each: Scene,
) -> None:
    """REL-066: expired, revoked or used up"""
    scene = scene_on_each
    admin = scene.administration()
    for _ in range(3):
        made = registration_tokens.create_token(admin, "portal")
    registration_tokens.revoke_token(admin, made.facts.id)
    scene.clock.advance(days=96)
    purge(scene)
    assert rows(scene, "registration_tokens") == 3
    scene.clock.advance(days=2)
    purge(scene)
    assert rows(scene, "registration_tokens") == 0


def test_authenticators_that_were_in_use_are_kept_without_secrets(
    scene_on_each: Scene,
) -> None:
    """SEC-072: when each began and ended, why, and by whom; its codes are gone"""
    scene = scene_on_each
    scene.enrolled()
    user_mfa.disable_mfa(scene.administration(), "mia", reason="lost phone")
    scene.clock.advance(days=4000)
    purge(scene)
    assert rows(scene, "backup_codes") == 0
    with scene.database.reading() as db:
        (kept,) = db.execute(select(TotpTable)).mappings()
    assert kept["secret_sealed"] is None
    assert kept["ended_at"] - kept["confirmed_at"] < timedelta(hours=1)
    assert (kept["ended_why"], kept["ended_by"]) == ("lost phone", "host")
