"""What a table of the papers names is there: modules, names in them, files, tests.

Reads tables only. Prose may speak of what was, or of what belongs to somebody else.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.tree import TOP
from tests.architecture.tree import defines
from tests.architecture.tree import modules

PAPERS = sorted((TOP / "docs").glob("*.md"))
SPECIFICATIONS = TOP / "docs" / "specifications.md"

CODE = re.compile(r"`([^`]+)`")
TEST = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")
FILE = re.compile(r"[\w.]+(?:/[\w.]+)+\.(?:py|md|html|toml)")
DOTTED = re.compile(r"(?:idp\.\w+|rules|store|actions|oidc|web|cli)(?:\.\w+)+")
RULER = re.compile(r"[|:\s-]+")

ADVICE = """
A paper that names what is gone sends its reader nowhere. Name the thing as it is called
now: `oidc.requests`, `rules/policy.py`, `tests/oidc/test_keys.py::test_...`."""


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_what_a_table_names_exists(paper: Path) -> None:
    gone = [
        f"{paper.name}:{number} {word}"
        for number, row in _rows(paper)
        for word in CODE.findall(row)
        if not _exists(word)
    ]

    assert not gone, "\n".join(gone) + ADVICE


def test_every_paragraph_of_a_specification_names_a_module_and_a_test() -> None:
    rows = [row for _, row in _rows(SPECIFICATIONS) if "| Module |" not in row]

    bare = [row for row in rows if not (_names(row, DOTTED) and _names(row, TEST))]

    assert len(rows) > 100
    assert not bare, "\n".join(bare)


@pytest.mark.parametrize(
    "word",
    [
        "oidc.nowhere",
        "rules.policy.nothing",
        "idp.demo.nowhere",
        "rules/nowhere.py",
        "tests/oidc/test_nowhere.py::test_it",
        "tests/oidc/test_keys.py::test_nothing_of_this_name",
    ],
)
def test_what_is_gone_would_be_noticed(word: str) -> None:
    assert not _exists(word)


def _rows(paper: Path) -> Iterator[tuple[int, str]]:
    lines = paper.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("|") and not RULER.fullmatch(line):
            yield number, line


def _names(row: str, kind: re.Pattern[str]) -> bool:
    return any(kind.fullmatch(word) for word in CODE.findall(row))


def _exists(word: str) -> bool:
    """Says whether a word leads somewhere; one that is no name of ours always does."""
    if found := TEST.fullmatch(word):
        return found[2] in _tests_of(found[1])
    if FILE.fullmatch(word):
        return (TOP / word).exists() or (TOP / "idp" / word).exists()
    if DOTTED.fullmatch(word):
        return _is_module_or_name(word if word.startswith("idp.") else f"idp.{word}")
    return True


def _is_module_or_name(dotted: str) -> bool:
    found = {module.name: module for module in modules()}
    home, _, name = dotted.rpartition(".")
    return dotted in found or (home in found and defines(found[home], name))


@cache
def _tests_of(path: str) -> frozenset[str]:
    file = TOP / path
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
