"""What each page of the settings shows, and what they share: frame, notices, errors.

Values only, like ``pages``; the views are named after their nouns (``mfa``,
``passwords``, ``sessions``, ``applications``, ``activity``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from typing import TypedDict

from flask import Response
from flask import request

from idp.actions import notices
from idp.actions import own_sessions
from idp.actions import rights
from idp.actions.activity import Event
from idp.actions.applications import Application
from idp.actions.logout_results import OwnLogout
from idp.actions.own_sessions import OwnSession
from idp.actions.sessions import SessionFacts
from idp.actions.verdicts import Verdict
from idp.web import browser
from idp.web import csrf
from idp.web import login_pages
from idp.web import steps
from idp.web.pages import Notice
from idp.web.pages import Page
from idp.web.problems import Problem
from idp.web.work import current_work


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFrame(Page):
    """What every page of the settings carries."""

    username: str
    base: str
    sign_out_action: str
    notices: tuple[Notice, ...] = ()
    admin_href: str | None = None


class Carried(TypedDict):
    """The fields of ``SettingsFrame``, to be handed on to a page."""

    csrf_token: str
    language_action: str | None
    error: Problem | None
    username: str
    base: str
    sign_out_action: str
    notices: tuple[Notice, ...]
    admin_href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage(SettingsFrame):
    """Who is signed in, and how well the account is protected."""

    template: ClassVar[str] = "settings/overview.html"
    name: ClassVar[str] = "settings"

    full_name: str | None
    email: str | None
    signed_in_at: datetime
    mfa_state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaPage(SettingsFrame):
    """The second factor in words, and what can be done with it."""

    template: ClassVar[str] = "settings/mfa.html"
    name: ClassVar[str] = "settings-mfa"

    state: str
    enrolled_at: datetime | None
    last_used_at: datetime | None
    backup_codes_left: int | None
    warn_at: int
    because: tuple[str, ...]
    may_enable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaCodePage(SettingsFrame):
    """A change of the second factor that wants a code; rules may forbid it."""

    template: ClassVar[str] = "settings/mfa_disable.html"
    name: ClassVar[str] = "settings-mfa-disable"

    action: str
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegeneratePage(MfaCodePage):
    """New backup codes in place of the old ones."""

    template: ClassVar[str] = "settings/mfa_regenerate.html"
    name: ClassVar[str] = "settings-mfa-regenerate"

    left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChangePage(SettingsFrame):
    """The old password, the new one twice, and a code when enrolled.

    ``kept_elsewhere`` is for people whose password the directory keeps.
    """

    template: ClassVar[str] = "settings/password.html"
    name: ClassVar[str] = "settings-password"

    action: str
    minimum_length: int
    enrolled: bool
    kept_elsewhere: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsPage(SettingsFrame):
    """Where somebody is signed in."""

    template: ClassVar[str] = "settings/sessions.html"
    name: ClassVar[str] = "settings-sessions"

    action: str
    rows: tuple[OwnSession, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationsPage(SettingsFrame):
    """What applications may see, and whether they know of the last sign-out."""

    template: ClassVar[str] = "settings/applications.html"
    name: ClassVar[str] = "settings-applications"

    action: str
    rows: tuple[Application, ...]
    starts: Mapping[str, str]
    logouts: tuple[OwnLogout, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPage(SettingsFrame):
    """What happened to the account."""

    template: ClassVar[str] = "settings/activity.html"
    name: ClassVar[str] = "settings-activity"

    action: str
    rows: tuple[Event, ...]
    older_href: str | None = None


def frame(session: SessionFacts) -> Carried:
    """Gives what every page of the settings carries; takes the session's message."""
    message = own_sessions.take_message(current_work(), session)
    told = notices.take_unseen(current_work(), session)
    administers = rights.held(current_work(), session.user_id)
    return {
        "csrf_token": csrf.token(csrf.SESSION),
        "language_action": steps.language_path(),
        "username": session.username,
        "base": steps.full_path("/settings"),
        "sign_out_action": steps.full_path("/logout"),
        "admin_href": steps.full_path("/admin/") if administers else None,
        "notices": tuple(Notice(event=one.event, at=one.at) for one in told),
        "error": login_pages.problem_of(message, minimum=message.get("minimum", 0)),
    }


def show(page: SettingsFrame) -> Response:
    """Draws a page of the settings."""
    return browser.own_forms(login_pages.show(page))


def own_form() -> dict[str, str]:
    """Reads a form of the settings and makes sure that it is ours (SEC-155)."""
    return login_pages.own_form(csrf.SESSION)


def again(
    session: SessionFacts,
    error: str,
    *,
    verdict: Verdict | None = None,
    complaints: tuple[str, ...] = (),
    minimum: int = 0,
) -> Response:
    """Answers a failed attempt: back to the same page, which says what was wrong."""
    said = verdict.message if verdict is not None else {}
    message = {**said, "error": error, "minimum": minimum}
    if complaints:
        message["complaints"] = list(complaints)
    own_sessions.leave_message(current_work(), session, message)
    return steps.away(request.path)
