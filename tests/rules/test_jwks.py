"""jwks: which keys of an application count (SEC-210, SEC-211)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.rules import jwks
from tests.support.client_keys import pair
from tests.support.client_keys import without_keys

EC = pair("ec").public
RSA = pair("rsa", "RS256").public
OKP = pair("okp", "EdDSA").public


def names(*keys: Any) -> list[str | None]:
    return [one.kid for one in jwks.public_keys({"keys": list(keys)})]


@pytest.mark.parametrize(
    ("key", "algorithms"),
    [
        (RSA, ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")),
        ({**RSA, "alg": "PS256"}, ("PS256",)),
        (EC, ("ES256",)),
        (pair("x", "ES384").public, ("ES384",)),
        (pair("x", "ES512").public, ("ES512",)),
        (OKP, ("EdDSA", "Ed25519")),
        ({**EC, "use": "sig", "key_ops": ["verify"]}, ("ES256",)),
    ],
)
def test_a_key_verifies_what_its_kind_can(
    key: dict[str, Any], algorithms: tuple[str, ...]
) -> None:
    (found,) = jwks.public_keys({"keys": [key]})
    assert found.algorithms == algorithms
    assert set(found.material) <= {"kty", "n", "e", "crv", "x", "y"}


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"alg": "HS256"},
        {"alg": "none"},
        {"kid": 7},
        {"kid": "k" * 257},
        {"kty": "XY"},
        {"crv": "secp256k1"},
        {"crv": "P-384"},
        {"x": EC["x"][:-2]},
        {"y": EC["y"] + "="},
        {"x": ["a"]},
    ],
    ids=without_keys,
)
def test_what_cannot_verify_is_passed_over(change: dict[str, Any]) -> None:
    assert names({**EC, **change}, OKP) == ["okp"]


@pytest.mark.parametrize("change", [{"crv": "X25519"}, {"x": "AAAA"}], ids=str)
def test_a_key_that_only_agrees_on_secrets_is_passed_over(
    change: dict[str, Any],
) -> None:
    assert names(OKP) == ["okp"]
    assert names({**OKP, **change}) == []


@pytest.mark.parametrize(
    "change",
    [{"n": RSA["n"][:171]}, {"n": RSA["n"] * 5}, {"e": "AQ"}, {"e": "AQAAAAAA"}],
    ids=["1024 bits", "10240 bits", "e=1", "e of 48 bits"],
)
def test_a_weak_or_a_huge_rsa_key_is_none(change: dict[str, str]) -> None:
    assert names({**RSA, **change}) == []


@pytest.mark.parametrize(
    "document",
    [
        *(None, [], "keys", {}, {"keys": {}}, {"keys": ["x"]}, {"keys": [{}]}),
        {"keys": [EC, {**EC, "d": "secret"}]},
        {"keys": [EC, {"kty": "oct", "k": "c2VjcmV0"}]},
        {"keys": [EC] * 51},
        {"keys": [{**EC, "x5c": ["A" * 70000]}]},
        {"keys": [{**EC, "expires": float("inf")}]},
        {"keys": [EC], "expires": float("nan")},
    ],
)
def test_a_set_that_will_not_do_is_worth_nothing(document: object) -> None:
    assert jwks.complaint_about(document) is not None
    assert jwks.public_keys(document) == ()


def test_a_name_narrows_and_without_one_all_may_have_signed() -> None:
    keys = jwks.public_keys({"keys": [EC, RSA, {**EC, "kid": "second"}]})

    def found(alg: str, kid: str | None) -> list[str | None]:
        return [one.kid for one in jwks.fitting(keys, alg, kid)]

    assert found("ES256", None) == ["ec", "second"]
    assert found("ES256", "second") == ["second"]
    assert found("ES256", "rsa") == found("HS256", None) == found("none", "ec") == []


@given(
    st.dictionaries(
        st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "alg", "kid"]),
        st.one_of(st.text(), st.integers(), st.none(), st.sampled_from(["RSA", "EC"])),
    )
)
def test_nothing_that_somebody_writes_there_is_a_fault(key: dict[str, Any]) -> None:
    found = jwks.public_keys({"keys": [key]})
    assert all(json.dumps(one.material) for one in found)
