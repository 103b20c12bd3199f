"""Requests of the API, read strictly: query, body, preconditions.

One way to say a thing and no other: unknown and repeated names, other media types and
text that a database or a log could stumble over are refused (SEC-258, SEC-287, 288).
What a value means is said by the models.
"""

import re
from typing import NoReturn
from typing import TypeVar
from urllib.parse import parse_qsl

from flask import request
from pydantic import BaseModel
from pydantic import ValidationError

from idp.rules import names
from idp.rules.documents import read_json
from idp.web.api.problems import Unusable

M = TypeVar("M", bound=BaseModel)

JSON = "application/json"
MOST_PARAMETERS = 50
MOST_FAULTS = 20
LONGEST_NAME = 100

_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e]*)"', re.ASCII)


def query(model: type[M] | None) -> M | None:
    """Reads the query; None where the operation has none, and nothing was sent."""
    try:
        pairs = parse_qsl(
            request.query_string.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except ValueError:
        _refuse("The query cannot be read.")
    said = [name for name, _ in pairs]
    twice = [(name, "Sent more than once.") for name in said if said.count(name) > 1]
    if twice:
        _refuse("A parameter was sent more than once.", dict(twice))
    if not all(names.is_text(part) for pair in pairs for part in pair):
        _refuse("The query holds signs that no text has.")
    if model is None:
        if said:
            _refuse("No such parameter.", dict.fromkeys(said, "Not known here."))
        return None
    try:
        return model.model_validate(dict(pairs))
    except ValidationError as fault:
        _refuse("The query is not as described.", _faults(fault))


def body(model: type[M] | None) -> M | None:
    """Reads the body; None where the operation has none, and nothing was sent."""
    raw = request.get_data(cache=False)
    if model is None:
        if raw:
            _refuse("This operation takes no body.")
        return None
    _check_media_type()
    _check_text(raw)
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as fault:
        _refuse("The body is not as described.", _faults(fault))


def _check_media_type() -> None:
    parameters = request.mimetype_params
    charset = parameters.get("charset", "utf-8").lower()
    coded = request.headers.get("Content-Encoding", "identity").lower() != "identity"
    if request.mimetype != JSON or charset != "utf-8" or coded:
        raise Unusable(415, "media-type", f"The body has to be {JSON}.")


def _check_text(raw: bytes) -> None:
    """Refuses what a second reader might read otherwise, or a database not at all."""
    try:
        value = read_json(raw.decode())
    except ValueError:
        _refuse("The body is not JSON, or says something twice.")
    try:
        kept = names.is_all_text(value)
    except ValueError:
        _refuse("The body is nested too deeply.")
    if not kept:
        _refuse("The body holds signs that no text has.")


def version() -> int | None:
    """Reads ``If-Match``: the version that a change was made for, None for any.

    A tag that a proxy has made weak still names the version exactly, so it counts.
    """
    sent = request.headers.get("If-Match")
    if sent is None or sent.strip() == "*":
        return None
    tag = _TAG.fullmatch(sent.strip())
    if tag is None:
        _refuse("One entity tag is needed.", {"If-Match": "Not one entity tag."})
    text = tag.group(1)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Unusable(412, "stale", "This is no tag of ours.")
    return int(text)


def no_precondition() -> None:
    """Refuses a precondition where none is supported, rather than ignore it."""
    if "If-Match" in request.headers:
        _refuse("This operation knows no If-Match.", {"If-Match": "Not kept here."})


def _faults(fault: ValidationError) -> dict[str, str]:
    found = fault.errors(include_url=False, include_input=False, include_context=False)
    return {
        ".".join(str(part) for part in one["loc"])[:LONGEST_NAME]: _said(one["msg"])
        for one in found[:MOST_FAULTS]
    }


def _said(message: str) -> str:
    words = message.removeprefix("Value error, ")
    return words[:1].upper() + words[1:]


def _refuse(detail: str, faults: dict[str, str] | None = None) -> NoReturn:
    raise Unusable(400, "bad-request", detail, faults=(faults or {}).items())
