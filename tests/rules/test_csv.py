"""SEC-293: what a spreadsheet would compute is text, and a row can be read back."""

import csv
import io

import pytest

from idp.rules.csv import line


@pytest.mark.parametrize(
    "begin", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d"]
)
def test_a_cell_that_looks_like_a_formula_is_marked_as_text(begin: str) -> None:
    """AC-180"""
    (row,) = csv.reader(io.StringIO(line(["mia", f"{begin}1+1"]), newline=""))
    assert row == ["mia", f"'{begin}1+1"]


def test_a_mark_that_was_there_can_be_told_from_ours() -> None:
    assert line(["'=1"]) == "''=1\r\n"


def test_numbers_switches_and_nothing_are_no_formulas() -> None:
    assert line([-1, True, False, None, ""]) == "-1,yes,no,,\r\n"


def test_commas_quotes_and_line_breaks_stay_in_their_cell() -> None:
    cells = ['a,"b"', "c\nd", "ü"]
    (row,) = csv.reader(io.StringIO(line(cells), newline=""))
    assert row == cells
