"""responses: how an answer travels back."""

import urllib.parse

import pytest
from authlib.oauth2.rfc6749 import InvalidRequestError

from idp.oidc import responses
from idp.oidc.responses import Reply
from idp.oidc.wire import FormPost
from idp.oidc.wire import Redirect

ISSUER = "https://op.example"
ODD = "<script>\"'%0d%0aSet-Cookie:x=1&+ é語#;\r\n"


def reply(address: str = "https://rp.example/cb", **more: str) -> Reply:
    return Reply("rp", "Wiki", address, **more)


def location(sent: Redirect | FormPost) -> str:
    assert isinstance(sent, Redirect)
    return sent.location


def test_issuer_and_state_come_with_a_code() -> None:
    """RFC 9207 section 2"""
    sent = location(responses.success(reply(state="s"), "c", ISSUER))
    assert sent == "https://rp.example/cb?code=c&state=s&iss=https%3A%2F%2Fop.example"


def test_issuer_and_state_come_with_an_error() -> None:
    fault = InvalidRequestError("Why.")
    sent = location(responses.failure(reply(state="s"), fault, ISSUER))
    fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(sent).query))
    assert fields == {
        "error": "invalid_request",
        "error_description": "Why.",
        "state": "s",
        "iss": ISSUER,
    }


def test_without_a_state_there_is_none_and_not_an_empty_one() -> None:
    assert "state" not in location(responses.success(reply(), "c", ISSUER))


def test_the_state_is_encoded_and_comes_back_to_the_letter() -> None:
    """SEC-178"""
    sent = location(responses.success(reply(state=ODD), "c", ISSUER))
    assert sent.isascii()
    assert sent.isprintable()
    query = urllib.parse.urlsplit(sent).query
    assert dict(urllib.parse.parse_qsl(query))["state"] == ODD


@pytest.mark.parametrize(
    ("address", "begins"),
    [
        ("https://rp.example/cb?a=1&b=%20", "https://rp.example/cb?a=1&b=%20&code=c"),
        ("https://rp.example/cb?", "https://rp.example/cb?code=c"),
        ("https://rp.example/cb?a&", "https://rp.example/cb?a&code=c"),
        ("app.immich:///oauth-callback", "app.immich:///oauth-callback?code=c"),
        ("com.example.app:/cb", "com.example.app:/cb?code=c"),
        ("https://RP.example:443/%7Ecb", "https://RP.example:443/%7Ecb?code=c"),
    ],
)
def test_the_address_keeps_every_character_of_its_own(
    address: str, begins: str
) -> None:
    """RFC 6749 section 3.1.2, RFC 8252 section 7.1"""
    sent = location(responses.success(reply(address), "c", ISSUER))
    assert sent.startswith(begins + "&iss=")


def test_a_form_carries_the_same_fields_and_leaves_the_address_alone() -> None:
    """OAuth 2.0 Form Post Response Mode, section 2"""
    sent = responses.success(reply(mode="form_post", state=ODD), "c", ISSUER)
    assert isinstance(sent, FormPost)
    assert sent.action == "https://rp.example/cb"
    assert sent.fields == (("code", "c"), ("state", ODD), ("iss", ISSUER))
    assert ODD not in repr(sent)


def test_errors_travel_by_form_as_well() -> None:
    fault = InvalidRequestError("Why.")
    sent = responses.failure(reply(mode="form_post"), fault, ISSUER)
    assert isinstance(sent, FormPost)
    assert ("error", "invalid_request") in sent.fields
