"""wire: bytes become parameters, or are refused."""

import pytest

from idp.errors import BadRequest
from idp.oidc import wire
from idp.oidc.wire import FORM
from idp.oidc.wire import HttpRequest


def asked(query: bytes) -> wire.Parameters:
    return wire.front_channel(HttpRequest("GET", query))


def posted(body: bytes, query: bytes = b"", kind: str = FORM) -> wire.Parameters:
    return wire.front_channel(HttpRequest("POST", query, body, kind))


def test_an_empty_parameter_counts_as_absent() -> None:
    """RFC 6749 section 3.1"""
    parameters = asked(b"state=&scope=openid")
    assert parameters.get("state") is None
    assert parameters.sent("state") == ""
    assert parameters.single() == {"scope": "openid"}


@pytest.mark.parametrize(
    "query",
    [
        b"state=%00",
        b"st%00ate=x",
        b"state=%ff",
        b"state=\xff",
        b"state=%ed%a0%80",
        b"&".join(b"p%d=x" % number for number in range(201)),
    ],
)
def test_what_cannot_be_read_is_refused(query: bytes) -> None:
    """SEC-287: NUL, invalid UTF-8, lone surrogates; SEC-288: number of fields"""
    with pytest.raises(BadRequest):
        asked(query)


def test_letters_beyond_ascii_may_come_unencoded() -> None:
    assert asked("state=é語".encode()).get("state") == "é語"


def test_the_same_in_query_and_body_counts_once() -> None:
    parameters = posted(b"state=a&scope=openid", b"state=a")
    assert parameters.get("state") == "a"
    assert parameters.repeated(["state", "scope"]) is None


def test_different_ones_in_query_and_body_are_a_repetition() -> None:
    """SEC-175"""
    assert posted(b"state=b", b"state=a").repeated(["state"]) == "state"


def test_twice_in_one_place_is_a_repetition_even_when_equal() -> None:
    """RFC 6749 section 3.1: MUST NOT be included more than once"""
    assert asked(b"state=a&state=a").repeated(["state"]) == "state"
    assert asked(b"state=a&state=a").get("state") is None


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", ""])
def test_a_body_that_is_no_form_is_refused(kind: str) -> None:
    with pytest.raises(BadRequest):
        posted(b'{"state": "a"}', kind=kind)


def test_a_form_may_say_its_charset() -> None:
    assert posted(b"state=a", kind=f"{FORM}; charset=UTF-8").get("state") == "a"


@pytest.mark.parametrize(("length", "found"), [(4096, None), (4097, "state")])
def test_the_limit_is_four_kibibytes_a_parameter(
    length: int, found: str | None
) -> None:
    """security.md 0.1"""
    parameters = asked(b"state=" + b"x" * length)
    assert parameters.oversized(["state", "nonce"]) == found


def test_bytes_count_and_not_letters() -> None:
    assert asked(b"state=" + "é".encode() * 2049).oversized(["state"])


def test_a_hint_may_be_longer_because_it_is_a_token() -> None:
    parameters = asked(b"id_token_hint=" + b"x" * 10_000)
    assert parameters.oversized(["id_token_hint"]) is None
    longer = asked(b"id_token_hint=" + b"x" * 20_000)
    assert longer.oversized(["id_token_hint"]) == "id_token_hint"


def test_rubbish_is_forgiven_where_asked() -> None:
    rubbish = HttpRequest("POST", b"", b"token=%ff%00&x=%zz", FORM)
    assert wire.back_channel_forgiving(rubbish).get("token") == "�\0"
    assert wire.lenient(HttpRequest("GET", b"state=%ff")).values == {}


def test_nothing_secret_is_in_a_repr() -> None:
    request = HttpRequest("POST", b"code=q", b"code=b", FORM, "Basic abc")
    shown = repr((request, wire.front_channel(request)))
    assert "code=" not in shown
    assert "abc" not in shown
