"""Forms as values: one strict reader, with limits before anything is looked at.

Reading has no effect; what a field means is the action's business (SEC-287, SEC-288).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from urllib.parse import parse_qsl

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from idp.errors import BadRequest

TYPE = "application/x-www-form-urlencoded"
MOST_FIELDS = 200
LONGEST = 8192
CONTROLS = frozenset(range(32)) - {9, 10, 13}


@dataclass(frozen=True, slots=True)
class Filled:
    """A form with lists of ticks: fields that come once, and those that may repeat."""

    fields: Mapping[str, str] = field(repr=False)
    lists: Mapping[str, tuple[str, ...]]

    def get(self, name: str, default: str = "") -> str:
        """Returns a field that comes once."""
        return self.fields.get(name, default)


def read() -> dict[str, str]:
    """Reads the posted form; raises BadRequest for what no form of ours sends."""
    return _once(_pairs())


def read_lists(*names: str) -> Filled:
    """Reads a form in which these names may repeat; an empty value says "none".

    A list whose name does not come at all is left out, so that it is told from none.
    """
    pairs = _pairs()
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in names:
            found.setdefault(name, []).extend([value] if value else [])
    lists = {name: tuple(values) for name, values in found.items()}
    return Filled(_once([pair for pair in pairs if pair[0] not in names]), lists)


def _pairs() -> list[tuple[str, str]]:
    if request.mimetype != TYPE:
        raise UnsupportedMediaType()
    try:
        pairs = parse_qsl(
            request.get_data().decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as fault:
        raise BadRequest("form is not readable") from fault
    for _name, value in pairs:
        if len(value) > LONGEST:
            raise BadRequest("field too long")
        if any(ord(sign) in CONTROLS for sign in value):
            raise BadRequest("control character in a field")
    return pairs


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise BadRequest("field repeated")
    return fields
