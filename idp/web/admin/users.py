"""Users and Roles: everybody in a table, found by filter, and the table as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from flask import Blueprint
from flask import Response
from flask import request

from idp.actions import fleet
from idp.actions import roles
from idp.actions.fleet import Counts
from idp.actions.people import User
from idp.actions.sessions import SessionFacts
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.rules import csv
from idp.rules.permissions import USERS_READ
from idp.web.admin import frame
from idp.web.admin import people_filter
from idp.web.admin.gate import administers
from idp.web.work import current_work

blueprint = Blueprint("admin_users", __name__)
HOME = people_filter.HOME

COLUMNS = (
    *("id", "username", "name", "email", "source", "active", "roles"),
    *("mfa_state", "mfa_required", "required_by", "enrolled_at", "mfa_last_used_at"),
    *("backup_codes_remaining", "locked_until", "created_at", "last_login_at"),
)
"""The columns of the file; their names are those of the API where it has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterLink:
    """A filter as a link, with how many people it would show."""

    word: str
    number: int
    href: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersPage(frame.AdminFrame):
    """A page of people, and the ways to find others.

    ``kept`` are the fields of the filter that a search keeps; ``total`` is how many
    people it finds.
    """

    template: ClassVar[str] = "admin/users.html"
    name: ClassVar[str] = "admin-users"

    rows: tuple[User, ...]
    given: dict[str, str]
    kept: dict[str, str]
    links: tuple[FilterLink, ...]
    roles: tuple[str, ...]
    total: int
    action: str
    csv_href: str
    first_href: str | None = None
    next_href: str | None = None


@blueprint.get(HOME)
@administers(USERS_READ)
def show_users(session: SessionFacts) -> Response:
    """Shows a page of the people whom the filter finds."""
    work = current_work()
    given = people_filter.given()
    asked = people_filter.asked(given)
    cursor = _cursor()
    listing = fleet.list_people(work, asked, cursor=cursor)
    counts = fleet.counts(work, asked)
    carried = frame.frame(session)
    home = carried["base"] + HOME
    first_page = home + people_filter.query(given)
    following = listing.next_cursor
    return frame.show(
        UsersPage(
            **carried,
            rows=listing.items,
            given=given,
            kept={k: v for k, v in given.items() if k not in ("query", "role")},
            links=_links(counts, given),
            roles=tuple(role.name for role in roles.list_roles(work)),
            total=_total(work, given, counts),
            action=home,
            csv_href=f"{home}.csv{people_filter.query(given)}",
            first_href=first_page if cursor else None,
            next_href=home + people_filter.query(given, ("cursor", following))
            if following
            else None,
        )
    )


def _cursor() -> str | None:
    given = request.args.getlist("cursor")
    if len(given) > 1:
        raise BadRequest("cursor")
    return given[0] if given else None


def _numbers(counts: Counts) -> dict[str, int]:
    return {
        "everybody": counts.everybody,
        "enrolled": counts.enrolled,
        "none": counts.none,
        "pending": counts.pending,
        "required_not_enrolled": counts.required_not_enrolled,
        "bare_administrators": counts.administrators_without_mfa,
        "few_codes": counts.few_codes,
        "locked": counts.locked,
        "unseen": counts.not_seen_90_days,
    }


def _links(counts: Counts, given: dict[str, str]) -> tuple[FilterLink, ...]:
    current = people_filter.current(given)
    return tuple(
        FilterLink(
            word=word,
            number=number,
            href=people_filter.address(word, **given),
            current=word == current,
        )
        for word, number in _numbers(counts).items()
    )


def _total(work: Work, given: dict[str, str], counts: Counts) -> int:
    current = people_filter.current(given)
    if current is not None:
        return _numbers(counts)[current]
    return fleet.count(work, people_filter.asked(given))


@blueprint.get(f"{HOME}.csv")
@administers(USERS_READ)
def download(_session: SessionFacts) -> Response:
    """Hands out the whole table of the filter as a file, row by row (SEC-293)."""
    work = current_work()
    people = fleet.table(work, people_filter.asked(people_filter.given()))
    response = Response(_lines(people), content_type="text/csv; charset=utf-8")
    name = f'attachment; filename="users-{work.now.date().isoformat()}.csv"'
    response.headers["Content-Disposition"] = name
    return response


def _lines(people: Iterator[User]) -> Iterator[str]:
    yield csv.line(COLUMNS)
    for user in people:
        yield csv.line(_cells(user))


def _cells(user: User) -> tuple[csv.Cell, ...]:
    mfa = user.mfa
    moments = (
        one.isoformat(timespec="seconds") if one else None
        for one in (
            *(mfa.enrolled_at, mfa.last_used_at, mfa.locked_until),
            *(user.created_at, user.last_login_at),
        )
    )
    enrolled, used, locked, created, seen = moments
    return (
        *(user.id, user.username, user.name, user.email, user.source, user.active),
        " ".join(user.roles),
        *(mfa.state, mfa.required, " ".join(mfa.effective.because)),
        *(enrolled, used, mfa.backup_codes_remaining, locked, created, seen),
    )
