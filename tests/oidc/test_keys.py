"""keys: the ring in memory."""

import base64
import hmac
import json
from collections.abc import Callable

import pytest
from joserfc.jwk import ECKey
from joserfc.jwk import OKPKey
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from idp.actions import keys as signing_keys
from idp.actions.keys import LoadedKey
from idp.errors import Refusal
from idp.errors import Unavailable
from idp.errors import Unsealable
from idp.oidc import keys
from idp.oidc.keys import KeyRing
from tests.oidc.stage import Stage
from tests.oidc.stage import header
from tests.support.clock import Clock

MAKERS: dict[str, Callable[[], RSAKey | ECKey | OKPKey]] = {
    "RS256": lambda: RSAKey.generate_key(2048),
    "PS256": lambda: RSAKey.generate_key(2048),
    "ES256": lambda: ECKey.generate_key("P-256"),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
}


def loaded(kid: str, alg: str = "ES256", state: str = "active") -> LoadedKey:
    key = MAKERS[alg]()
    public = {**key.as_dict(private=False), "kid": kid, "alg": alg, "use": "sig"}
    return LoadedKey(kid, alg, state, public, key.as_pem(private=True))


class Source:
    """Where a ring reads from; counts, and can be away."""

    def __init__(self, *there: LoadedKey) -> None:
        self.there = there
        self.away = False
        self.fault: Refusal = Unavailable("away")
        self.asked = 0

    def __call__(self) -> tuple[LoadedKey, ...]:
        self.asked += 1
        if self.away:
            raise self.fault
        return self.there


def ring_of(*there: LoadedKey) -> tuple[KeyRing, Source, Clock]:
    source, clock = Source(*there), Clock()
    return KeyRing(source, clock), source, clock


def kids(ring: KeyRing) -> list[str]:
    return [key["kid"] for key in json.loads(ring.public_jwks())["keys"]]


@pytest.mark.parametrize("alg", MAKERS)
def test_a_token_names_its_key_and_opens_again(alg: str) -> None:
    ring, _, _ = ring_of(loaded("other", alg, "next"), loaded("mine", alg))
    token = ring.sign({"a": 1}, alg, kind="at+jwt")
    assert header(token) == {"alg": alg, "kid": "mine", "typ": "at+jwt"}
    assert ring.open(token, kind="at+jwt") == {"a": 1}


def test_only_public_members_are_published(stage: Stage) -> None:
    """SEC-218"""
    for key in json.loads(stage.keys.public_jwks())["keys"]:
        assert key["use"] == "sig"
        assert {"kty", "kid", "alg"} <= key.keys()
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()


def test_keys_of_every_state_are_published_and_only_the_active_one_signs() -> None:
    """REL-040"""
    states = ("next", "active", "retired")
    ring, _, _ = ring_of(*(loaded(state, state=state) for state in states))
    assert kids(ring) == list(states)
    assert {header(ring.sign({}, "ES256"))["kid"] for _ in range(20)} == {"active"}


def test_what_a_retired_key_signed_still_opens() -> None:
    """REL-040"""
    old = loaded("old")
    ring, source, clock = ring_of(old)
    token = ring.sign({"a": 1}, "ES256")
    retired = LoadedKey("old", "ES256", "retired", old.public_jwk, old.private_pem)
    source.there = (retired, loaded("new"))
    clock.advance(seconds=31)
    assert ring.open(token, kind="JWT") == {"a": 1}
    assert header(ring.sign({}, "ES256"))["kid"] == "new"


def test_the_ring_is_read_again_after_thirty_seconds_and_not_before() -> None:
    """REL-043"""
    ring, source, clock = ring_of(loaded("a"))
    assert kids(ring) == ["a"]
    source.there = (loaded("a"), loaded("b"))
    clock.advance(seconds=29)
    assert kids(ring) == ["a"]
    clock.advance(seconds=2)
    assert kids(ring) == ["a", "b"]
    assert source.asked == 2


def test_keys_are_kept_while_the_store_is_away() -> None:
    """REL-001"""
    ring, source, clock = ring_of(loaded("a"))
    assert kids(ring) == ["a"]
    source.away = True
    for _ in range(3):
        clock.advance(seconds=20)
        assert kids(ring) == ["a"]
    assert ring.sign({}, "ES256")
    assert source.asked == 2, "no call per request while it is away"


def test_keys_that_were_never_read_are_unavailable_and_not_empty() -> None:
    ring, source, _ = ring_of(loaded("a"))
    source.away = True
    with pytest.raises(Unavailable):
        ring.public_jwks()
    source.away = False
    assert kids(ring) == ["a"]


def test_an_unknown_key_is_looked_for_once_a_second_at_most() -> None:
    ring, source, clock = ring_of(loaded("a"))
    assert ring.find("b") is None
    source.there = (loaded("a"), loaded("b"))
    assert ring.find("b") is None
    clock.advance(seconds=1)
    assert ring.find("b") is not None
    assert source.asked == 2


def test_a_revoked_key_opens_nothing_soon_after() -> None:
    """REL-041"""
    ring, source, clock = ring_of(loaded("a"))
    token = ring.sign({}, "ES256")
    source.there = (loaded("b"),)
    clock.advance(seconds=31)
    assert ring.open(token, kind="JWT") is None


def test_a_ring_that_opens_no_longer_keeps_what_it_has() -> None:
    """REL-042: the keys were sealed anew, by a master key that comes at the restart"""
    ring, source, clock = ring_of(loaded("a"))
    token = ring.sign({"a": 1}, "ES256")
    source.away, source.fault = True, Unsealable("by a lost key")
    clock.advance(seconds=31)
    assert ring.open(token, kind="JWT") == {"a": 1}
    assert ring.open(ring.sign({"b": 2}, "ES256"), kind="JWT") == {"b": 2}
    assert kids(ring) == ["a"]


def test_a_key_object_is_imported_once() -> None:
    ring, source, clock = ring_of(loaded("a", "RS256"))
    first = ring.signing_key("RS256").material
    clock.advance(seconds=31)
    assert ring.signing_key("RS256").material is first
    assert source.asked == 2


def test_an_algorithm_without_a_key_is_unavailable() -> None:
    ring, _, _ = ring_of(loaded("a"))
    with pytest.raises(Unavailable):
        ring.sign({}, "PS256")
    assert ring.algorithms() == ("ES256",)


def forged(
    head: dict[str, object],
    sign: Callable[[bytes], bytes] = lambda text: b"",
) -> str:
    """Writes a token that we would not; unsigned, or signed in any way."""
    parts = (json.dumps(head).encode(), b"{}")
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(sign(text)).rstrip(b"=")
    return b".".join((text, signature)).decode()


def signer(key: LoadedKey, alg: str) -> Callable[[bytes], bytes]:
    """Signs with a real private key, whatever the header says."""
    kind = RSAKey if key.public_jwk["kty"] == "RSA" else ECKey
    material = kind.import_key(key.private_pem)
    return lambda text: JWSRegistry.algorithms[alg].sign(text, material)


@pytest.mark.parametrize(
    "head",
    [
        {"alg": "none", "kid": "a", "typ": "JWT"},
        {"alg": "None", "kid": "a", "typ": "JWT"},
        {"alg": "ES256", "kid": "b", "typ": "JWT"},
        {"alg": "ES256", "kid": None, "typ": "JWT"},
        {"alg": "ES256", "kid": ["a"], "typ": "JWT"},
        {"alg": "ES256", "kid": "a" * 200, "typ": "JWT"},
        {"alg": "ES256", "kid": "../../etc/passwd", "typ": "JWT"},
        {"alg": "ES256", "typ": "JWT"},
        {"alg": ["ES256"], "kid": "a", "typ": "JWT"},
        {"kid": "a", "typ": "JWT"},
    ],
)
def test_a_header_that_is_not_ours_opens_nothing(head: dict[str, object]) -> None:
    """SEC-210, SEC-212"""
    ring, _, _ = ring_of(loaded("a"))
    assert ring.open(forged(head), kind="JWT") is None


def test_a_public_key_is_no_shared_secret() -> None:
    """SEC-210"""
    key = loaded("a", "RS256")
    ring, _, _ = ring_of(key)
    pem = RSAKey.import_key(key.public_jwk).as_pem(private=False)
    for secret in (pem, json.dumps(key.public_jwk).encode()):
        head: dict[str, object] = {"alg": "HS256", "kid": "a", "typ": "JWT"}
        token = forged(head, lambda text, k=secret: hmac.digest(k, text, "sha256"))
        assert ring.open(token, kind="JWT") is None


@pytest.mark.parametrize(
    "more",
    [
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"crit": ["x"], "x": 1},
        {"crit": ["b64"], "b64": True},
    ],
)
def test_keys_and_extensions_in_a_header_are_refused(more: dict[str, object]) -> None:
    """SEC-211"""
    key = loaded("a")
    ring, _, _ = ring_of(key)
    head = {"alg": "ES256", "kid": "a", "typ": "JWT"}
    sign = signer(key, "ES256")
    assert ring.open(forged(head, sign), kind="JWT") == {}
    assert ring.open(forged({**head, **more}, sign), kind="JWT") is None


def test_the_algorithm_is_that_of_the_key() -> None:
    """SEC-210: an RSA key for RS256 does not open PS256"""
    key = loaded("a", "RS256")
    ring, _, _ = ring_of(key)
    head: dict[str, object] = {"alg": "PS256", "kid": "a", "typ": "JWT"}
    assert ring.open(forged(head, signer(key, "PS256")), kind="JWT") is None


def test_a_token_of_one_kind_is_no_token_of_another() -> None:
    """SEC-213"""
    ring, _, _ = ring_of(loaded("a"))
    token = ring.sign({}, "ES256", kind="at+jwt")
    assert ring.open(token, kind="JWT") is None
    assert ring.open(ring.sign({}, "ES256"), kind="at+jwt") is None


def test_a_token_counts_as_it_was_written() -> None:
    """SEC-216: also in the bits that base64 leaves unused"""
    ring, _, _ = ring_of(loaded("a"))
    token = ring.sign({"a": 1}, "ES256")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])
    twins = [token[:-1] + alphabet[last ^ bit] for bit in (1, 2, 4, 8)]
    changed = [token + "=", token + "==", token[:-1], token + "A", token.swapcase()]
    for text in (*twins, *changed, token + "\n", " " + token, "", ".", "..", "a.b.c"):
        assert ring.open(text, kind="JWT") is None, text
    assert ring.open(token, kind="JWT") == {"a": 1}


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "é.é.é", "\0", "." * 50_000, "W10.e30.e30"]
)
def test_rubbish_opens_nothing(text: str) -> None:
    """SEC-219, SEC-287"""
    ring, _, _ = ring_of(loaded("a"))
    assert ring.open(text, kind="JWT") is None


def test_a_changed_payload_opens_nothing() -> None:
    ring, _, _ = ring_of(loaded("a"))
    head, _, signature = ring.sign({"a": 1}, "ES256").split(".")
    other = base64.urlsafe_b64encode(b'{"a": 2}').rstrip(b"=").decode()
    assert ring.open(f"{head}.{other}.{signature}", kind="JWT") is None


def test_a_rotation_reaches_a_running_ring(stage: Stage) -> None:
    """REL-040, REL-043"""
    before = header(stage.keys.sign({}, "ES256"))["kid"]
    coming = signing_keys.rotate(stage.administration(), "ES256")
    stage.clock.advance(seconds=31)
    assert coming in kids(stage.keys)
    assert header(stage.keys.sign({}, "ES256"))["kid"] == before

    stage.clock.advance(minutes=6)
    signing_keys.advance(stage.administration())
    stage.clock.advance(seconds=31)
    assert header(stage.keys.sign({}, "ES256"))["kid"] == coming
    assert before in kids(stage.keys)


def test_no_secret_is_in_a_repr() -> None:
    ring, _, _ = ring_of(loaded("a"))
    assert "PRIVATE" not in repr(ring.signing_key("ES256"))
    assert keys.LONGEST_TOKEN >= 16384, "a hint of the longest length can be opened"
