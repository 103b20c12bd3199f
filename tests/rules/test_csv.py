"""SEC-293: what a spreadsheet would compute is text, and a row can be read back."""

import csv
import io
import re

import pytest

from idp.rules.csv import line


@pytest.mark.parametrize(
    "begin", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d"]
)
def test_a_cell_that_looks_like_a_formula_is_marked_as_text(begin: str) -> None:
    """AC-180"""
    (row,) = csv.reader(io.StringIO(line(["mia", f"{begin}1+1"]), newline=""))
    assert row == ["mia", f"'{begin}1+1"]


@pytest.mark.parametrize("apart", [";", "; ", "\t", ";;", "\n", ';"'])
@pytest.mark.parametrize("begin", ["=", "+", "-", "@"])
def test_no_separator_of_another_language_begins_a_formula(
    apart: str, begin: str
) -> None:
    """Where lists are parted by semicolons, so are the cells of a table"""
    (row,) = csv.reader(io.StringIO(line([f"x{apart}{begin}1+1"]), newline=""))
    for cell in re.split(r"[;\t\n]", row[0]):
        assert not cell.strip(' "').startswith(("=", "+", "-", "@")), row


def test_what_only_holds_such_signs_is_left_alone() -> None:
    kept = ["a-b; c+d", "x@example.org", "Mozilla/5.0 (X11; Linux x86_64) A/1"]
    (row,) = csv.reader(io.StringIO(line(kept), newline=""))
    assert row == kept


def test_a_mark_that_was_there_can_be_told_from_ours() -> None:
    assert line(["'=1"]) == "''=1\r\n"


def test_numbers_switches_and_nothing_are_no_formulas() -> None:
    assert line([-1, True, False, None, ""]) == "-1,yes,no,,\r\n"


def test_commas_quotes_and_line_breaks_stay_in_their_cell() -> None:
    cells = ['a,"b"', "c\nd", "ü"]
    (row,) = csv.reader(io.StringIO(line(cells), newline=""))
    assert row == cells
