"""Forms as values: one strict reader, with limits before anything is looked at.

Reading has no effect; what a field means is the action's business (SEC-287, SEC-288).
"""

from urllib.parse import parse_qsl

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from idp.errors import BadRequest

TYPE = "application/x-www-form-urlencoded"
MOST_FIELDS = 200
LONGEST = 8192
CONTROLS = frozenset(range(32)) - {9, 10, 13}


def read() -> dict[str, str]:
    """Reads the posted form; raises BadRequest for what no form of ours sends."""
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
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields or len(value) > LONGEST:
            raise BadRequest("field repeated or too long")
        if any(ord(sign) in CONTROLS for sign in value):
            raise BadRequest("control character in a field")
        fields[name] = value
    return fields
