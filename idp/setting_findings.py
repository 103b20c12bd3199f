"""What is wrong with settings, a line each: what a setting takes and what was given.

In words of ours, because those of the library speak of "input" to people who have set
a variable. A value is repeated only where the kind of the setting is no place for a
secret: a number, a switch, a choice of words.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from idp.setting_sources import variable

MAP = "must be a map of names to texts"
KINDS = {
    "string_type": "must be text",
    "dict_type": MAP,
    "path_type": "must be the path of a file or folder",
}
SWITCHES = frozenset({"bool_parsing", "bool_type"})
SWITCH = "must be true or false"
CHOICE = "literal_error"
LONGEST = 40


def findings(
    failure: ValidationError, fields: Mapping[str, FieldInfo]
) -> Iterator[str]:
    """Turns what a model says into lines."""
    for error in failure.errors(include_url=False, include_context=False):
        if error["type"] == "default_factory_not_called":
            continue  # follows from a field that has its own line
        if error["loc"]:
            name = str(error["loc"][0])
            yield f"{variable(name)}: {_sentence(error, fields.get(name))}"
        else:
            yield from _own_words(error).splitlines()


def _sentence(error: Mapping[str, Any], field: FieldInfo | None) -> str:
    kind = error["type"]
    if field is not None and (bounds := _bounds(field)):
        return f"must be a whole number {bounds}{_given(error)}"
    if kind in SWITCHES:
        return f"{SWITCH}{_given(error)}"
    if kind == CHOICE and field is not None:
        *others, last = _choices(field.annotation)
        return f"must be {', '.join(others)} or {last}{_given(error)}"
    if len(error["loc"]) > 1:  # a member of a map
        return MAP
    return KINDS.get(kind) or _own_words(error)


def _own_words(error: Mapping[str, Any]) -> str:
    said = str(error["msg"]).removeprefix("Value error, ")
    return said if not error["loc"] else f"{said[:1].lower()}{said[1:]}"


def _bounds(field: FieldInfo) -> str:
    """Says from where to where a number goes; nothing for what is no number."""
    least = [one.ge for one in field.metadata if hasattr(one, "ge")]
    most = [one.le for one in field.metadata if hasattr(one, "le")]
    return f"from {least[0]} to {most[0]}" if least and most else ""


def _choices(annotation: Any) -> Iterator[str]:
    """Yields the words of a choice, which may be one that is not made."""
    for one in get_args(annotation):
        if isinstance(one, str):
            yield one
        else:
            yield from _choices(one)


def _given(error: Mapping[str, Any]) -> str:
    given = ascii(error["input"])
    return f", not {given[:LONGEST]}{'…' if given[LONGEST:] else ''}"
