"""REL-082: what a link of the audit chain covers."""

import hashlib

import pytest

from idp.rules import chain

FACTS = {
    "number": 1,
    "event": "mfa.locked",
    "actor": {"type": "user", "id": None},
    "changes": {"b": [1, "ä"], "a": True},
}
TEXT = (
    '{"actor":{"id":null,"type":"user"},"changes":{"a":true,"b":[1,"\\u00e4"]},'
    '"event":"mfa.locked","number":1}'
)


def test_a_link_is_what_the_documentation_says():
    expected = hashlib.sha256(f"before\n{TEXT}".encode()).hexdigest()

    assert chain.link("before", FACTS) == expected


def test_a_link_does_not_cover_its_own_hashes():
    closed = {**FACTS, "hash": "x", "previous_hash": "y"}

    assert chain.link("", closed) == chain.link("", FACTS)


@pytest.mark.parametrize(
    "changed",
    [
        {"number": 2},
        {"event": "mfa.unlocked"},
        {"actor": {"type": "user", "id": ""}},
        {"changes": {"b": [1, "ä"], "a": 1}},
        {"more": None},
    ],
)
def test_a_link_covers_every_member(changed):
    assert chain.link("", {**FACTS, **changed}) != chain.link("", FACTS)


def test_a_link_covers_what_came_before():
    assert chain.link("a", FACTS) != chain.link("b", FACTS)
