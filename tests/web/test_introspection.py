"""Which answer of introspection the Accept header chooses (RFC 9701 section 4)."""

import base64

import pytest

from tests.support.exchange import Answer
from tests.support.within import Within

JSON = "application/json"
SIGNED = "application/token-introspection+jwt"


def asked(provider: Within, *accept: str) -> Answer:
    wiki = provider.client("wiki")
    assert wiki.secret is not None
    caller = provider.caller(**({"Accept": accept[0]} if accept else {}))
    return caller.post("/introspect", {"token": "x"}, basic=(wiki.id, wiki.secret))


@pytest.mark.parametrize(
    "accept",
    [SIGNED, f"{SIGNED}, {JSON}", f"{JSON};q=0.5, {SIGNED}", f"{SIGNED}, */*;q=0.1"],
)
def test_a_signed_answer_is_sent_to_who_asks_for_it(
    provider: Within, accept: str
) -> None:
    answer = asked(provider, accept)
    assert (answer.status, answer.header("Content-Type")) == (200, SIGNED)
    assert answer.header("Cache-Control") == "no-store"
    header = base64.urlsafe_b64decode(answer.text.partition(".")[0] + "==")
    assert b'"typ":"token-introspection+jwt"' in header.replace(b" ", b"")


@pytest.mark.parametrize(
    "accept", ["*/*", JSON, "application/*", f"{SIGNED};q=0", f"{SIGNED};q=0.1, {JSON}"]
)
def test_everybody_else_gets_json(provider: Within, accept: str) -> None:
    answer = asked(provider, accept)
    assert answer.header("Content-Type") == JSON
    assert answer.json() == {"active": False}


def test_without_a_wish_the_answer_is_json(provider: Within) -> None:
    assert asked(provider).json() == {"active": False}
