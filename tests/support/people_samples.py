"""Samples of the pages about people: the first page, the list, one person."""

import dataclasses
from datetime import UTC
from datetime import datetime

from idp.actions.fleet import Coverage
from idp.actions.fleet_mfa import Bulk
from idp.actions.people import Effective
from idp.actions.people import Mfa
from idp.actions.people import User
from idp.actions.roles import Role
from idp.actions.user_edit import OVER_PEOPLE
from idp.actions.user_edit import Dossier
from idp.actions.user_edit import RoleChoice
from idp.actions.user_sessions import UserSession
from idp.rules.permissions import BUILT_IN
from idp.web import pages
from idp.web.admin import audit
from idp.web.admin import home
from idp.web.admin import new_user
from idp.web.admin import people_filter
from idp.web.admin import user
from idp.web.admin import user_form
from idp.web.admin import users
from idp.web.admin import users_mfa
from idp.web.admin.faults import Fault
from idp.web.problems import Problem
from tests.support.admin_samples import FRAME

AT = datetime(2026, 11, 25, 13, 4, 5, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
RTL_NAME = "מערכת השכר 💶"
LONG_USER = "maximiliane.von-und-zu-hohenstein-wildenburg@departments.example.org"
BARE = Mfa("none", None, None, None, 0, None, None, False, Effective(False, ()))
ENROLLED = Mfa("enrolled", "totp", AT, AT, 7, None, None, False, Effective(False, ()))


def somebody(username: str, mfa: Mfa = ENROLLED, *roles: str, **facts: object) -> User:
    """Makes a person as administration sees them."""
    made = User(
        id=f"id-of-{username}",
        username=username,
        email=f"{username}@example.org",
        email_verified=True,
        name=username.title(),
        profile={},
        source="local",
        active=True,
        roles=roles,
        mfa=mfa,
        created_at=AT,
        last_login_at=AT,
        version=3,
    )
    return dataclasses.replace(made, **facts)  # type: ignore[arg-type]


ROOT = somebody(
    "root",
    dataclasses.replace(
        ENROLLED, effective=Effective(True, ("organisation", "role:administrator"))
    ),
    "administrator",
)
MIA = somebody("mia", ENROLLED, "finance")
BEN = somebody(
    "ben",
    dataclasses.replace(
        BARE, required=True, effective=Effective(True, ("role:finance", "user"))
    ),
    "finance",
    last_login_at=None,
)
LOCKED = somebody(
    "noor",
    dataclasses.replace(
        ENROLLED, state="locked", locked_until=AT, backup_codes_remaining=1
    ),
    "helpdesk",
)
PEOPLE = (
    ROOT,
    MIA,
    BEN,
    LOCKED,
    somebody(LONG_USER, dataclasses.replace(BARE, state="pending"), active=False),
    somebody("rtl", BARE, "finance", "auditor", name=RTL_NAME, email=None),
)
NUMBERS = (312, 240, 41, 7, 23, 2, 9, 3, 58)

HOME = home.HomePage(
    **FRAME,
    coverage=Coverage(
        people=312,
        enrolled=240,
        required_not_enrolled=23,
        locked=3,
        none=62,
        pending=7,
        administrators=11,
        administrators_without_mfa=2,
        few_codes=9,
    ),
    attention=tuple(
        home.Attention(word=word, number=number, href="#")
        for word, number in zip(home.ATTENTION, (2, 23, 3, 9), strict=True)
    ),
)
assert HOME.coverage is not None
HOME = dataclasses.replace(HOME, segments=home.segments(HOME.coverage))
ALL_WELL = Coverage(4, 4, 0, 0, 0, 0, 1, 0, 0)

LIST = users.UsersPage(
    **FRAME,
    rows=PEOPLE,
    given={},
    kept={},
    links=tuple(
        users.FilterLink(word=word, number=number, href="#", current=not number_)
        for number_, (word, number) in enumerate(
            zip(people_filter.LINKS, NUMBERS, strict=True)
        )
    ),
    roles=("administrator", "auditor", "finance", "helpdesk"),
    total=312,
    action="/admin/users",
    csv_href="#",
    first_href="#",
    next_href="#",
)
ROLES = (
    Role("administrator", "", BUILT_IN["administrator"], False, True),
    Role("auditor", "", BUILT_IN["auditor"], False, True),
    Role("finance", "Who pays", (), True, False),
)
SESSION = UserSession(
    sid="hC3vQ",
    created_at=AT,
    last_seen_at=AT,
    source="203.0.113.7",
    user_agent=FIREFOX,
    acr="mfa",
    amr=("pwd", "otp", "mfa"),
    applications=("Wiki", RTL_NAME),
)


def dossier(of: User, *, may: tuple[str, ...] = OVER_PEOPLE) -> Dossier:
    """Makes what the page about somebody rests on."""
    return Dossier(
        user=of,
        privileged="administrator" in of.roles or "helpdesk" in of.roles,
        may=frozenset(may),
        choices=tuple(
            RoleChoice(role, role.name in of.roles, role.name != "administrator")
            for role in ROLES
        ),
    )


def record(event: str, **facts: object) -> audit.AuditRow:
    """Makes a record of the audit trail about somebody."""
    said = {
        "number": 7,
        "at": AT.isoformat(),
        "event": event,
        "outcome": "ok",
        "reason": "",
        "actor": {"type": "user", "id": "x", "name": "root", "acr": "mfa"},
        "subject": {"type": "user", "id": "id-of-mia", "name": "mia"},
        "client_id": None,
        "sid": None,
        "source": "203.0.113.7",
        "user_agent": FIREFOX,
        "request_id": "r",
        "changes": {},
        "hash": None,
    }
    return audit.row_of({**said, **facts}, {})


def person_page(of: User, **changes: object) -> user.UserPage:
    """Makes the page about somebody."""
    known = dossier(of)
    page = user.UserPage(
        **FRAME,
        action="#",
        dossier=known,
        sessions=(SESSION,),
        values={**user_form.current(known), "mfa": "keep"},
        seen=user_form.written(known),
        own=False,
        activity=(
            record("mfa.unlocked"),
            record("login.refused", outcome="refused", reason="locked"),
        ),
    )
    return dataclasses.replace(page, **changes)  # type: ignore[arg-type]


def disable_page(of: User, **changes: object) -> user.DisablePage:
    """Makes the page that asks before MFA is taken away."""
    known = dossier(of)
    page = user.DisablePage(
        **FRAME,
        action="#",
        dossier=known,
        sessions=(SESSION, SESSION),
        values=user_form.current(known),
        seen=user_form.written(known),
    )
    return dataclasses.replace(page, **changes)  # type: ignore[arg-type]


PREVIEW = users_mfa.RequireMfaPage(
    **FRAME,
    action="#",
    back_href="#",
    bulk=Bulk(
        matched=58,
        changed=41,
        would_enrol=23,
        privileged=4,
        refused=2,
        sample=("ben", LONG_USER, RTL_NAME),
        refused_sample=("root", "noor"),
    ),
)
TAKEN_BACK = dataclasses.replace(
    PREVIEW,
    required=False,
    bulk=Bulk(58, 41, 0, 4, 2, ("ben", "mia"), 7, ("root", "noor")),
)
CHOSEN = {**user_form.current(dossier(MIA)), "mfa": "disable", "reason": ""}
NEW = new_user.NewUserPage(
    **FRAME,
    action="#",
    values={"username": "", "name": "", "email": ""},
    choices=(("auditor", False), ("finance", True)),
    mfa_required=False,
)
PEOPLE_SCREENS: dict[str, pages.Page] = {
    "admin-home": HOME,
    "admin-home-well": dataclasses.replace(
        HOME, coverage=ALL_WELL, segments=home.segments(ALL_WELL), attention=()
    ),
    "admin-users": LIST,
    "admin-users-none": dataclasses.replace(
        LIST,
        rows=(),
        total=0,
        given={"query": "zoe", "mfa": "locked", "active": "yes"},
        kept={"mfa": "locked", "active": "yes"},
        first_href=None,
        next_href=None,
    ),
    "admin-users-require": PREVIEW,
    "admin-users-require-off": TAKEN_BACK,
    "admin-user-new": NEW,
    "admin-user-new-taken": dataclasses.replace(
        NEW,
        values={"username": "mia", "name": "Mia", "email": ""},
        error=Problem(code="bad-request"),
        faults=(Fault("username", "There is somebody with this user name."),),
    ),
    "admin-user": person_page(MIA, done="updated"),
    "admin-user-disable-chosen": person_page(MIA, values=CHOSEN),
    "admin-user-locked": person_page(LOCKED),
    "admin-user-first-password": person_page(
        PEOPLE[4],
        sessions=(),
        activity=(),
        secret="7f0xk-k2mq3-9d4nv-x8t4w",
        secret_until=AT,
        done="created",
    ),
    "admin-user-stale": person_page(
        MIA,
        error=Problem(code="stale"),
        meanwhile=(("roles", "", "finance"), ("mfa_required", "on", "off")),
    ),
    "admin-user-own": person_page(ROOT, own=True, sessions=(), activity=None),
    "admin-user-looking": person_page(ROOT, dossier=dossier(ROOT, may=())),
    "admin-user-mfa-disable": disable_page(MIA),
    "admin-user-mfa-disable-privileged": disable_page(
        ROOT,
        error=Problem(code="bad-request"),
        carried_fields=frozenset({"roles", "mfa_required"}),
        faults=(
            Fault(
                "confirm_username",
                "The user name that was typed is not that of this account.",
            ),
        ),
    ),
}
