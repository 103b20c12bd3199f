"""JSON from outside, parsed so that it has one meaning only.

Other parsers may take the first of two members with the same name where ours takes the
last, so duplicates are refused, as are literals that JSON does not have (SEC-258).
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
