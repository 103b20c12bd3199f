"""What an administrator may write into a person's record, and what not."""

import pytest

from idp.rules import profiles


@pytest.mark.parametrize(
    ("typed", "compared"),
    [
        ("Ana@Example.org", "ana@example.org"),
        ("  ana@example.org ", "ana@example.org"),
        ("a+b@example.org", "a+b@example.org"),
        ("ana", None),
        ("@example.org", None),
        ("ana@", None),
        ("ana lee@example.org", None),
        ("ana@example.org,ben@example.org", None),
        ("ana@example.org\nBcc: x", None),
        ("a" * 250 + "@b.example", None),
        ("", None),
    ],
)
def test_addresses_are_compared_in_one_form(typed, compared):
    assert profiles.canonical_email(typed) == compared


@pytest.mark.parametrize(
    "profile",
    [
        {},
        {"given_name": "Ana", "family_name": "Lee", "locale": "de"},
        {"phone_number": "+49 30 1", "phone_number_verified": True},
        {"address": {"formatted": "Weg 1\n10115 Berlin", "country": "DE"}},
        {"address": {"formatted": "Weg 1\r\n10115 Berlin"}},
    ],
)
def test_standard_claims_may_stand_in_a_profile(profile):
    assert profiles.complaint_about_profile(profile) is None


@pytest.mark.parametrize(
    "name", ["sub", "acr", "amr", "auth_time", "iss", "email", "name", "groups", "x"]
)
def test_nothing_else_may(name):
    assert name in (profiles.complaint_about_profile({name: "mfa"}) or "")


@pytest.mark.parametrize(
    "profile",
    [
        {"given_name": ""},
        {"given_name": "  "},
        {"given_name": 7},
        {"given_name": None},
        {"given_name": "a\x00b"},
        {"given_name": "a\nb"},
        {"given_name": "a" * 1025},
        {"phone_number_verified": "yes"},
        {"address": "Weg 1"},
        {"address": {"planet": "Mars"}},
        {"address": {"country": 7}},
        {"address": {"formatted": "a\x00"}},
    ],
)
def test_values_are_lines_of_text(profile):
    assert "does not do" in (profiles.complaint_about_profile(profile) or "")
