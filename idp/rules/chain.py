"""How audit records hold together: each one's hash covers the one before (REL-082).

Whoever has an export can compute it again with nothing but SHA-256: over the hash of
the record before, a line break, and the record's JSON without its two hashes, names
sorted, no blanks, ASCII only.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

FIRST = ""
"""What comes before the first record."""

HASHES = ("previous_hash", "hash")


def link(previous_hash: str, facts: Mapping[str, Any]) -> str:
    """Returns the hash of a record that follows another, as hexadecimal digits."""
    covered = {name: value for name, value in facts.items() if name not in HASHES}
    text = json.dumps(covered, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous_hash}\n{text}".encode()).hexdigest()
