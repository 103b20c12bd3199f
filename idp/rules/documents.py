"""JSON that people and programs hand in, read in one way only.

A second reader may take the first of two members of a name where we take the last, so
both together are refused, as are words that JSON does not have (SEC-258).
"""

import json
from typing import Any
from typing import NoReturn


def read_json(text: str) -> Any:
    """Reads a document; raises ``ValueError`` where it is none or repeats itself."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("repeated member")
    return members


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)
