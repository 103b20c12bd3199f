"""The paper on the audit trail names each event once, and knows what becomes of it."""

import ast
import re

from idp.store.audit import EVENTS
from idp.store.notices import TOLD
from tests.architecture.tree import TOP
from tests.architecture.tree import modules

PAPER = TOP / "docs" / "audit.md"
ROW = re.compile(r"\| `(\w+\.\w+)` \| (.+) \|")
LISTING = ("store.audit", "store.notices", "web.wording", "web.admin.event_words")
"""Modules that name events without writing them."""


def rows() -> list[tuple[str, str]]:
    """Gives each event that the paper lists, with its meaning."""
    return ROW.findall(PAPER.read_text(encoding="utf-8"))


def written() -> set[str]:
    """Gives the events whose names stand in a module that may write them."""
    listing = {f"idp.{name}" for name in LISTING}
    trees = [one.tree for one in modules() if one.name not in listing]
    words = {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return words & EVENTS


def test_every_event_has_one_row_and_every_row_is_an_event() -> None:
    names = [event for event, _ in rows()]
    assert sorted(names) == sorted(EVENTS)


def test_what_is_reserved_is_written_nowhere_and_all_else_somewhere() -> None:
    reserved = {event for event, meaning in rows() if meaning.startswith("reserved:")}
    assert reserved == EVENTS - written()


def test_what_people_are_told_is_marked() -> None:
    assert {event for event, meaning in rows() if "*told*" in meaning} == TOLD
