"""REL-042: a new master key takes over, and the old one runs out of use."""

import pytest
import sqlalchemy

from idp.actions import audit_chain
from idp.actions import client_secrets
from idp.actions import clients
from idp.actions import keys
from idp.actions import rewrap
from idp.actions.rewrap import Rewrapped
from idp.errors import Forbidden
from idp.errors import Unsealable
from idp.rules.permissions import KEYS_WRITE
from idp.store import sealed
from idp.store import tables
from idp.vault import Vault
from tests.actions.conftest import RING
from tests.actions.scene import Scene
from tests.actions.test_client_secrets import GOOD

NEWER = Vault.create_ring()


def turn(scene: Scene, ring: str) -> None:
    """Gives the scene another key ring, as a restart does."""
    scene.vault = Vault(ring)


def values(scene: Scene) -> list[bytes]:
    with scene.database.reading() as db:
        return [
            value
            for place in sealed.PLACES
            for _, value in sealed.values(db, place, after="", limit=1000)
        ]


def test_every_sealed_column_is_in_the_list() -> None:
    found = {
        f"{table.name}.{column.name}"
        for table in tables.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("sealed")
    }
    assert found == set(map(str, sealed.PLACES))
    assert set(rewrap.PURPOSES) == set(sealed.PLACES)


def test_the_old_key_is_needed_by_nothing_that_was_sealed(
    scene_on_each: Scene,
) -> None:
    scene = scene_on_each
    phone, _ = scene.enrolled()
    scene.at_code()
    audit_chain.close(scene.work())
    turn(scene, NEWER + RING)
    done = rewrap.rewrap(scene.administration())
    assert done == Rewrapped(len(values(scene)), 0, 0)
    scene.signed_in(phone)  # makes the password's hash anew
    turn(scene, NEWER)
    assert len(keys.load_keys(scene.work())) == 2
    assert scene.signed_in(phone)
    assert audit_chain.verify(scene.administration()).intact


def test_a_key_that_the_ring_lacks_is_noticed(scene_on_each: Scene) -> None:
    scene = scene_on_each
    scene.enrolled()
    assert not rewrap.lacks_keys(scene.administration())
    turn(scene, NEWER)
    assert rewrap.lacks_keys(scene.administration())
    turn(scene, NEWER + RING)
    assert not rewrap.lacks_keys(scene.administration())
    rewrap.rewrap(scene.administration())
    turn(scene, NEWER)
    assert not rewrap.lacks_keys(scene.administration())


def test_people_are_named_whose_password_needs_another_key(
    scene_on_each: Scene,
) -> None:
    scene = scene_on_each
    phone, _ = scene.enrolled()

    def left() -> tuple[list[str], list[str]]:
        return rewrap.passwords_left(scene.administration())

    assert left() == ([], [])
    turn(scene, NEWER)
    assert left() == (["mia"], [])
    turn(scene, NEWER + RING)
    assert left() == ([], ["mia"])
    scene.signed_in(phone)
    assert left() == ([], [])


def test_a_secret_that_is_used_needs_the_old_key_no_more(scene_on_each: Scene) -> None:
    """REL-042"""
    scene, method = scene_on_each, "client_secret_basic"
    clients.create_client(scene.administration(), GOOD, client_id="rp", secret="s3")

    def use() -> None:
        client_secrets.authenticate_client(scene.work(), "rp", "s3", method)

    use()
    turn(scene, NEWER + RING)
    scene.clock.advance(hours=1)
    use()
    turn(scene, NEWER)
    use()


def test_a_second_run_finds_nothing_to_do(scene: Scene) -> None:
    scene.enrolled()
    turn(scene, NEWER + RING)
    first = rewrap.rewrap(scene.administration())
    before = values(scene)
    second = rewrap.rewrap(scene.administration())
    assert (second.resealed, second.current) == (0, first.resealed)
    assert values(scene) == before


def test_what_cannot_be_opened_is_counted_and_left(scene: Scene) -> None:
    scene.enrolled()
    with scene.database.writing() as db:
        db.execute(sqlalchemy.text("UPDATE totp_credentials SET secret_sealed = x'78'"))
    turn(scene, NEWER + RING)
    done = rewrap.rewrap(scene.administration())
    assert done.unreadable == 1
    assert b"x" in values(scene)


def test_a_chain_that_is_not_genuine_does_not_become_so(scene: Scene) -> None:
    audit_chain.close(scene.work())
    with scene.database.writing() as db:
        db.execute(sqlalchemy.text("UPDATE audit_head SET records = records + 1"))
    turn(scene, NEWER + RING)
    rewrap.rewrap(scene.administration())
    with pytest.raises(Unsealable):
        audit_chain.close(scene.work())


def test_a_value_that_changed_in_the_meantime_is_left(scene: Scene) -> None:
    place = sealed.SIGNING_KEYS
    with scene.database.writing() as db:
        row, value = next(sealed.values(db, place, after="", limit=1))
        assert not sealed.reseal(db, place, row, old=b"other", new=b"new")
        assert sealed.reseal(db, place, row, old=value, new=b"new")


def test_it_is_recorded_and_needs_the_right(scene: Scene) -> None:
    with pytest.raises(Forbidden):
        rewrap.rewrap(scene.acting())
    rewrap.rewrap(scene.acting(KEYS_WRITE))
    assert scene.events("key.rewrapped") == [("key.rewrapped", "ok", "")]
