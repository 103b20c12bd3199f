"""claims_parameter: OpenID Connect Core 5.5, read into values."""

import json

import pytest
from authlib.oauth2.rfc6749 import InvalidRequestError

from idp.oidc.claims_parameter import ClaimsAsked
from idp.oidc.claims_parameter import parse
from idp.oidc.claims_parameter import within


def test_without_the_parameter_nothing_is_asked() -> None:
    assert parse(None) == ClaimsAsked()


def test_members_are_named_whatever_they_ask_of_the_claim() -> None:
    wanted = {
        "userinfo": {"name": None, "email": {"essential": True}},
        "id_token": {"groups": {"unknown": 1}},
        "verified_claims": {"x": 1},
    }
    asked = parse(json.dumps(wanted))
    assert asked.userinfo == ("name", "email")
    assert asked.id_token == ("groups",)


@pytest.mark.parametrize(
    ("request_of_acr", "values", "essential"),
    [
        ({"essential": True, "values": ["mfa", "pwd"]}, ("mfa", "pwd"), True),
        ({"essential": True, "value": "mfa"}, ("mfa",), True),
        ({"value": "mfa"}, ("mfa",), False),
        ({"essential": "true", "value": "mfa"}, ("mfa",), False),
        ({"essential": True}, (), True),
        (None, (), False),
    ],
)
def test_a_level_may_be_asked_for(
    request_of_acr: object, values: tuple[str, ...], essential: bool
) -> None:
    """OpenID Connect Core 5.5.1.1"""
    asked = parse(json.dumps({"id_token": {"acr": request_of_acr}}))
    assert (asked.acr_values, asked.acr_essential) == (values, essential)


def test_one_certain_person_may_be_asked_for() -> None:
    text = '{"id_token": {"sub": {"value": "a"}}, "userinfo": {"sub": {"value": "a"}}}'
    assert parse(text).subject == "a"
    two = '{"id_token": {"sub": {"value": "a"}}, "userinfo": {"sub": {"value": "b"}}}'
    with pytest.raises(InvalidRequestError):
        parse(two)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "1",
        '"text"',
        '{"id_token": []}',
        '{"userinfo": "name"}',
        '{"userinfo": {"name": 1}}',
        '{"id_token": {"acr": {"values": [1]}}}',
        '{"id_token": {"acr": {"value": {"a": 1}}}}',
        '{"id_token": {"acr": {"value": "\\ud800"}}}',
        '{"id_token": {"sub": {"value": "\\u0000"}}}',
        "[" * 4000,
        '{"a":' * 4000,
        "1" * 5000,
    ],
)
def test_what_has_another_form_is_refused(text: str) -> None:
    """AC-082"""
    with pytest.raises(InvalidRequestError):
        parse(text)


def test_asking_by_name_is_no_right_to_a_claim() -> None:
    names = ("name", "email", "sub", "acr", "unknown", "groups")
    assert within(names, ("openid", "profile", "groups")) == ("name", "groups")
