"""REL-084, REL-067: refusals of strangers are recorded, added up."""

import pytest

from idp.actions import client_secrets
from idp.actions import refused
from idp.actions import throttle
from idp.errors import Forbidden
from idp.errors import TooManyAttempts
from idp.store.rates import SourceRate
from tests.actions.scene import Scene
from tests.support import faults


def try_secret(scene: Scene, client_id: str) -> None:
    with pytest.raises(Forbidden):
        client_secrets.authenticate_client(
            scene.work(), client_id, "SECRET", "client_secret_basic"
        )


def test_wrong_secrets_are_one_record_with_their_number(scene: Scene) -> None:
    scene.client("rp")
    for _ in range(3):
        try_secret(scene, "rp")
        scene.clock.advance(seconds=5)
    try_secret(scene, "a-secret-in-the-wrong-field")
    assert scene.events("client.refused") == []
    assert refused.record(scene.work()) == 2
    assert sorted(scene.events("client.refused")) == [
        ("client.refused", "refused", "proof"),
        ("client.refused", "refused", "unknown"),
    ]
    times = "SELECT json_extract(changes, '$.times') FROM audit_records"
    assert (
        scene.one(f"{times} WHERE event = 'client.refused' AND client_id = 'rp'") == 3
    )
    assert refused.record(scene.work()) == 0


def test_a_source_that_is_sent_away_is_one_record(scene: Scene) -> None:
    scene.rates = SourceRate("1/minute")
    throttle.count_source(scene.work())
    for _ in range(20):
        with pytest.raises(TooManyAttempts):
            throttle.check_source(scene.work())
    refused.record(scene.work())
    assert scene.events("throttle.hit") == [("throttle.hit", "refused", "source rate")]
    assert scene.changes("throttle.hit")["times"] == 20


def test_what_cannot_be_written_is_written_later(scene: Scene) -> None:
    url = scene.settings.database_url.get_secret_value()
    try_secret(scene, "nobody")
    with faults.away(url, "audit_records"):
        assert refused.record(scene.work()) == 0
    try_secret(scene, "nobody")
    assert refused.record(scene.work()) == 1
    assert scene.changes("client.refused")["times"] == 2


def test_a_sign_in_that_ends_in_a_refusal_says_so_once(scene: Scene) -> None:
    phone, _ = scene.enrolled()
    begun = scene.at_code()
    for _ in range(scene.settings.factor_tries_per_login):
        scene.type(begun, phone.wrong())
    assert scene.events("login.refused") == [
        ("login.refused", "refused", "too-many-codes")
    ]
