"""Scopes: what is granted, what has to be allowed first, what is released."""

import pytest

from idp.rules import consent

ALLOWED = ("openid", "profile", "email", "offline_access", "idp:users:read")


def test_the_scopes_are_the_documented_ones() -> None:
    assert consent.SCOPES == (
        "openid",
        "profile",
        "email",
        "address",
        "phone",
        "groups",
        "offline_access",
    )


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ((), ()),
        (("openid",), ("openid",)),
        (("email", "openid"), ("email", "openid")),
        (("openid", "email", "openid"), ("openid", "email")),
        (("openid", "unknown", "phone"), ("openid",)),
        (("OPENID", "", "openid "), ()),
        (("idp:users:read",), ("idp:users:read",)),
    ],
)
def test_unknown_and_foreign_scopes_are_dropped(
    asked: tuple[str, ...], granted: tuple[str, ...]
) -> None:
    assert consent.granted_scopes(asked, ALLOWED) == granted


@pytest.mark.parametrize(
    ("asked", "consented", "first_party", "prompted", "missing"),
    [
        ("openid email", "", True, False, ""),
        ("openid offline_access", "", True, False, ""),
        ("openid email", "openid email", True, True, "openid email"),
        ("openid", "", False, False, "openid"),
        ("openid email", "openid", False, False, "email"),
        ("openid email", "openid email phone", False, False, ""),
        ("openid offline_access", "openid", False, False, "offline_access"),
        ("openid offline_access", "openid offline_access", False, False, ""),
        ("openid email", "openid email", False, True, "openid email"),
        ("", "", False, False, ""),
    ],
)
def test_who_is_asked_for_what(
    *, asked: str, consented: str, first_party: bool, prompted: bool, missing: str
) -> None:
    assert consent.missing_scopes(
        tuple(asked.split()),
        consented.split(),
        first_party=first_party,
        prompted=prompted,
    ) == tuple(missing.split())


@pytest.mark.parametrize(
    ("scopes", "claims"),
    [
        ((), ()),
        (("openid", "offline_access", "idp:users:read"), ()),
        (("email",), ("email", "email_verified")),
        (("groups", "phone"), ("phone_number", "phone_number_verified", "groups")),
        (("address", "address"), ("address",)),
    ],
)
def test_a_scope_releases_its_claims_in_a_fixed_order(
    scopes: tuple[str, ...], claims: tuple[str, ...]
) -> None:
    assert consent.released_claims(scopes) == claims


def test_profile_releases_the_standard_claims() -> None:
    released = consent.released_claims(("openid", "profile"))

    assert released[0] == "name"
    assert {"preferred_username", "given_name", "updated_at"} <= set(released)
    assert not {"email", "groups", "acr", "amr", "auth_time"} & set(released)


def test_a_claim_by_name_goes_with_its_scope() -> None:
    """SEC-201"""
    asked = ("email", "groups", "acr", "made_up")
    assert consent.still_asked(asked, ("openid", "groups")) == asked[1:]
    assert consent.still_asked(asked, ()) == ("acr", "made_up")
