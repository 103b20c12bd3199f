"""One filled-in value per page of the settings, for pictures and for the page tests."""

import dataclasses
from datetime import UTC
from datetime import datetime

from idp.actions.activity import Event
from idp.actions.applications import Application
from idp.actions.logout_results import OwnLogout
from idp.actions.own_sessions import OwnSession
from idp.web import pages
from idp.web import settings_pages
from idp.web.problems import Problem

AT = datetime(2026, 11, 25, 13, 4, 5, tzinfo=UTC)
RTL_NAME = "מערכת השכר 💶"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
FRAME = {
    "username": "alice",
    "base": "/settings",
    "sign_out_action": "#",
    "language_action": "#",
}
OVERVIEW = settings_pages.OverviewPage(
    **FRAME,
    full_name="Alice Example",
    email="alice@example.org",
    signed_in_at=AT,
    mfa_state="enrolled",
    notices=(pages.Notice(event="mfa.backup_code_used", at=AT),),
)
MFA = settings_pages.MfaPage(
    **FRAME,
    state="enrolled",
    enrolled_at=AT,
    last_used_at=AT,
    backup_codes_left=7,
    warn_at=3,
    because=("organisation", "role:finance"),
    may_enable=False,
)
OFF = {
    "state": "none",
    "enrolled_at": None,
    "last_used_at": None,
    "backup_codes_left": None,
}
SESSION = OwnSession(
    sid="hC3vQ",
    current=True,
    user_agent=FIREFOX,
    source="203.0.113.7",
    created_at=AT,
    last_seen_at=AT,
    amr=("pwd", "otp", "mfa"),
    applications=("Wiki", RTL_NAME),
)
EVENT = Event(
    number=7,
    event="login.succeeded",
    at=AT,
    outcome="ok",
    reason="",
    amr=("pwd", "otp", "mfa"),
    user_agent=FIREFOX,
    source="203.0.113.7",
    application=RTL_NAME,
    by_other=False,
)
LOGOUTS = tuple(
    OwnLogout(state, name, AT, state)
    for state, name in (
        ("pending", "Wiki"),
        ("delivered", "מערכת השכר"),
        ("failed", "Bundesanstalt-für-Liegenschaftsaufgabenverwaltung"),
    )
)
APPLICATION = Application(
    client_id="wiki", name=RTL_NAME, scopes=("openid", "email"), since=AT, offline=True
)
SETTINGS_SCREENS: dict[str, pages.Page] = {
    "settings": OVERVIEW,
    "settings-off": dataclasses.replace(OVERVIEW, notices=(), mfa_state="none"),
    "settings-mfa": MFA,
    "settings-mfa-off": dataclasses.replace(MFA, because=(), may_enable=True, **OFF),
    "settings-mfa-few": dataclasses.replace(MFA, state="locked", backup_codes_left=1),
    "settings-mfa-disable": settings_pages.MfaCodePage(**FRAME, action="#"),
    "settings-mfa-disable-required": settings_pages.MfaCodePage(
        **FRAME,
        action="#",
        because=("organisation", "user"),
        error=Problem(code="policy"),
    ),
    "settings-mfa-regenerate": settings_pages.RegeneratePage(
        **FRAME, action="#", left=2, error=Problem(code="not-accepted-here")
    ),
    "settings-password": settings_pages.PasswordChangePage(
        **FRAME, action="#", minimum_length=8, enrolled=True, kept_elsewhere=False
    ),
    "settings-sessions": settings_pages.SessionsPage(
        **FRAME,
        action="#",
        rows=(SESSION, dataclasses.replace(SESSION, sid="x9", current=False)),
    ),
    "settings-applications": settings_pages.ApplicationsPage(
        **FRAME,
        action="#",
        rows=(APPLICATION,),
        starts={"wiki": "#"},
        logouts=LOGOUTS,
    ),
    "settings-applications-none": settings_pages.ApplicationsPage(
        **FRAME, action="#", rows=(), starts={}
    ),
    "settings-activity": settings_pages.ActivityPage(
        **FRAME,
        action="#",
        rows=(
            EVENT,
            dataclasses.replace(
                EVENT, event="mfa.refused", outcome="refused", amr=(), application=None
            ),
        ),
        older_href="#",
    ),
}
