"""The filter of the list of people: read from an address, and written into one.

Its fields have fixed names and values (SEC-260); each link of the list is one of
``LINKS``, laid over what else was asked.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from flask import request

from idp.actions.fleet import Filter
from idp.errors import BadRequest
from idp.web import steps

HOME = "/admin/users"
FIELDS = ("query", "mfa", "role", "source", "active", "privileged", "unseen")
YES_NO = {"yes": True, "no": False}
LONGEST_FIELD = 300
MOST_DAYS = 36_500

LINKS: dict[str, dict[str, str]] = {
    "everybody": {},
    "enrolled": {"mfa": "enrolled"},
    "none": {"mfa": "none"},
    "pending": {"mfa": "pending"},
    "required_not_enrolled": {"mfa": "required_not_enrolled"},
    "bare_administrators": {"mfa": "required_not_enrolled", "privileged": "yes"},
    "few_codes": {"mfa": "few_codes"},
    "locked": {"mfa": "locked"},
    "unseen": {"unseen": "90"},
}
"""The filters that are links; they stand for one another."""

LAID_OVER = ("mfa", "privileged", "unseen")


def given() -> dict[str, str]:
    """Returns what the address asks, without what says nothing; raises BadRequest."""
    found = {}
    for name in FIELDS:
        values = request.args.getlist(name)
        if len(values) > 1 or any(len(value) > LONGEST_FIELD for value in values):
            raise BadRequest(name)
        if values and values[0].strip():
            found[name] = values[0].strip()
    return found


def asked(given: Mapping[str, str]) -> Filter:
    """Turns the fields into a filter; raises BadRequest for values there are not."""
    unseen = given.get("unseen")
    return Filter(
        query=given.get("query"),
        mfa=given.get("mfa"),
        role=given.get("role"),
        source=given.get("source"),
        active=_yes_no(given, "active"),
        privileged=_yes_no(given, "privileged"),
        not_seen_for=None if unseen is None else timedelta(days=_days(unseen)),
    )


def _yes_no(given: Mapping[str, str], name: str) -> bool | None:
    word = given.get(name)
    if word is None:
        return None
    if word not in YES_NO:
        raise BadRequest(name)
    return YES_NO[word]


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:9]) > MOST_DAYS:
        raise BadRequest("unseen")
    return int(text[:9])


def address(link: str, **kept: str) -> str:
    """Returns the address of the list with a link's filter, and what else is kept."""
    fields = {k: v for k, v in kept.items() if k not in LAID_OVER}
    return steps.full_path(HOME) + query({**fields, **LINKS[link]})


def current(given: Mapping[str, str]) -> str | None:
    """Names the link whose filter this is; None for a filter that is none of them."""
    chosen = {name: given[name] for name in LAID_OVER if name in given}
    return next((link for link, fields in LINKS.items() if fields == chosen), None)


def query(fields: Mapping[str, str], *more: tuple[str, str]) -> str:
    """Returns the query of an address with its question mark, or nothing."""
    pairs = [*_in_order(fields), *more]
    return f"?{urlencode(pairs)}" if pairs else ""


def _in_order(fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, fields[name]) for name in FIELDS if name in fields)
