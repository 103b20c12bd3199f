"""CSV for spreadsheets: one line a row, and no cell that is computed.

What a spreadsheet would take for a formula is marked as text (SEC-293). Which columns a
table has is decided where the table is made.
"""

import csv
import io
import re
from collections.abc import Iterable

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "\uff1d", "\uff0b", "\uff0d")
"""What a cell must not begin with, or spreadsheets compute it."""

_INNER = re.compile('([;\t\r\n][\\s"]*)(?=[-=+@\uff1d\uff0b\uff0d])')
"""A formula behind what parts cells where lists are not parted by commas."""

Cell = str | int | bool | None


def line(cells: Iterable[Cell]) -> str:
    """Returns one row with its line break (RFC 4180); nothing is an empty cell."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_shown(cell) for cell in cells])
    return out.getvalue()


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return str(cell)
    text = _INNER.sub(r"\1'", cell)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
