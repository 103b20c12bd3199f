"""REL-025, REL-040 to REL-043, SEC-218: keys are made once, moved on, taken away."""

import pytest
import sqlalchemy

from idp.actions import keys
from idp.actions import maintenance
from idp.errors import BadRequest
from idp.errors import NotFound
from idp.errors import Unsealable
from idp.store.keys import SigningKeyTable
from tests.actions.scene import Scene
from tests.support.barrier import at_once


def states(scene: Scene, alg: str = "ES256") -> list[str]:
    listed = keys.list_keys(scene.administration())
    return sorted(key.state for key in listed if key.alg == alg)


def signing(scene: Scene, alg: str = "ES256") -> str:
    """Gives the one key of an algorithm that signs."""
    (kid,) = (
        key.kid
        for key in keys.list_keys(scene.administration())
        if key.alg == alg and key.state == "active"
    )
    return kid


def test_a_new_provider_has_one_key_of_each_default(scene: Scene) -> None:
    loaded = keys.load_keys(scene.work())
    assert sorted((key.alg, key.state) for key in loaded) == [
        ("ES256", "active"),
        ("RS256", "active"),
    ]


def test_the_public_part_holds_nothing_private(scene: Scene) -> None:
    """SEC-218"""
    keys.rotate(scene.administration(), "EdDSA")
    for key in keys.load_keys(scene.work()):
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key.public_jwk)
        assert key.public_jwk["kid"] == key.kid
        assert key.public_jwk["alg"] == key.alg
        assert b"PRIVATE" in key.private_pem
        assert "PRIVATE" not in repr(key)


def test_a_private_part_opens_in_its_own_row_only(scene: Scene) -> None:
    """SEC-038"""
    first, second = (key.kid for key in keys.list_keys(scene.administration()))
    table = SigningKeyTable
    with scene.database.writing() as db:
        stolen = db.execute(
            sqlalchemy.select(table.private_sealed).where(table.kid == first)
        ).scalar_one()
        db.execute(
            sqlalchemy.update(table)
            .where(table.kid == second)
            .values(private_sealed=stolen)
        )
    with pytest.raises(Unsealable):
        keys.load_keys(scene.work())


def test_a_key_in_a_state_of_a_later_version_opens_nothing(scene: Scene) -> None:
    """REL-052: whatever "distrusted" may mean, it is not published and signs nothing"""
    kid, word = signing(scene), "distrusted"
    with scene.database.writing() as db:
        db.execute(sqlalchemy.text("PRAGMA ignore_check_constraints=ON"))
        state = sqlalchemy.update(SigningKeyTable).values(state=word)
        db.execute(state.where(SigningKeyTable.kid == kid))
    assert kid not in {key.kid for key in keys.load_keys(scene.work())}


def test_a_new_key_is_published_before_it_signs(scene: Scene) -> None:
    """REL-040: for as long as key sets are kept"""
    old = signing(scene)
    new = keys.rotate(scene.administration(), "ES256")
    scene.clock.advance(minutes=6, seconds=-1)
    assert not keys.advance(scene.work())
    assert (signing(scene), states(scene)) == (old, ["active", "next"])
    scene.clock.advance(seconds=1)
    assert keys.advance(scene.work())
    assert (signing(scene), states(scene)) == (new, ["active", "retired"])


def test_an_old_key_stays_until_what_it_signed_has_ended(scene: Scene) -> None:
    """REL-040: an hour, and clocks that are off"""
    keys.rotate(scene.administration(), "ES256")
    scene.clock.advance(minutes=6)
    keys.advance(scene.work())
    scene.clock.advance(hours=1, minutes=9)
    assert not keys.advance(scene.work())
    scene.clock.advance(minutes=1)
    assert keys.advance(scene.work())
    assert states(scene) == ["active"]


def test_nothing_is_written_while_nothing_is_due(scene: Scene) -> None:
    with scene.counting() as counted:
        assert not keys.advance(scene.work())
        assert keys.create_missing(scene.work()) == 0
    assert counted.commits == 0


def test_two_rotations_at_once_leave_one_key_that_signs(scene: Scene) -> None:
    """REL-043: never two of one algorithm"""
    keys.rotate(scene.administration(), "ES256")
    scene.clock.advance(seconds=1)
    newest = keys.rotate(scene.administration(), "ES256")
    scene.clock.advance(minutes=6)
    keys.advance(scene.work())
    assert signing(scene) == newest
    assert states(scene) == ["active", "retired", "retired"]


def test_the_other_algorithm_is_not_touched(scene: Scene) -> None:
    before = signing(scene, "RS256")
    keys.rotate(scene.administration(), "ES256")
    scene.clock.advance(minutes=6)
    keys.advance(scene.work())
    assert signing(scene, "RS256") == before


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA", "PS256"])
def test_a_revoked_key_is_gone_and_another_signs(scene: Scene, alg: str) -> None:
    """REL-041: whatever clients ask for"""
    keys.create_missing(scene.administration(), [alg])
    gone = signing(scene, alg)
    keys.revoke(scene.administration(), gone)
    assert signing(scene, alg) != gone
    assert ("key.revoked", "ok", "") in scene.events("key.revoked")


def test_a_revoked_key_that_did_not_sign_is_not_replaced(scene: Scene) -> None:
    waiting = keys.rotate(scene.administration(), "EdDSA")
    keys.revoke(scene.administration(), waiting)
    assert states(scene, "EdDSA") == []


def test_unknown_keys_and_algorithms_are_refused(scene: Scene) -> None:
    with pytest.raises(NotFound):
        keys.revoke(scene.administration(), "no such key")
    for alg in ("none", "HS256", "RS1", ""):
        with pytest.raises(BadRequest):
            keys.rotate(scene.administration(), alg)


@pytest.mark.races
def test_many_processes_that_start_at_once_make_one_set(scene_on_each: Scene) -> None:
    """REL-025"""
    scene = scene_on_each
    with scene.database.writing() as db:
        db.execute(sqlalchemy.delete(SigningKeyTable))
    made = at_once([lambda: keys.create_missing(scene.administration())] * 8)
    assert sorted(made) == [0] * 7 + [2]
    assert len(keys.list_keys(scene.administration())) == 2


@pytest.mark.races
def test_many_workers_move_a_key_on_once(scene_on_each: Scene) -> None:
    scene = scene_on_each
    keys.rotate(scene.administration(), "ES256")
    scene.clock.advance(minutes=6)
    at_once([lambda: keys.advance(scene.work())] * 8)
    assert states(scene) == ["active", "retired"]
    assert len(scene.events("key.retired")) == 1


def test_initialising_again_changes_nothing(scene: Scene) -> None:
    before = keys.list_keys(scene.administration())
    maintenance.initialise(scene.administration())
    assert keys.list_keys(scene.administration()) == before
