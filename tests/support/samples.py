"""One filled-in value per page and variant, for pictures and for the page tests.

Names are as awkward as real ones: long, right to left, with marks and emoji.
"""

import dataclasses
from datetime import UTC
from datetime import datetime

from idp.web import pages
from idp.web.problems import ErrorCode
from idp.web.problems import Problem
from tests.support.api_samples import API_SCREENS
from tests.support.organisation_samples import ORGANISATION_SCREENS
from tests.support.people_samples import PEOPLE_SCREENS
from tests.support.settings_samples import SETTINGS_SCREENS

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
AT = datetime(2026, 11, 25, 13, 4, 5, tzinfo=UTC)
CODES = tuple(f"{n}7F0-K2M{n}-9D{n}V-X{n}T4" for n in "0123456789")
LONG_NAME = "Bundesanstalt-für-Liegenschaftsaufgabenverwaltungsgesellschaftskasse"
LONG_USER = "maximiliane.von-und-zu-hohenstein-wildenburg@departments.example.org"
FRAMED = "https://framed.example/out"
RTL_NAME = "מערכת השכר 💶"

ERROR_CODES: tuple[ErrorCode, ...] = (
    "expired",
    "csrf",
    "policy",
    "stale",
    "not-found",
    "forbidden",
    "bad-request",
    "unavailable",
    "server-error",
    "too-many-attempts",
    "unknown-client",
    "redirect-uri",
)

PASSWORD = pages.PasswordPage(action="#", application="Wiki")
TOTP = pages.TotpPage(
    action="#",
    username="alice",
    switch_action="#",
    backup_code_href="#",
    application="Wiki",
)
BACKUP_CODE = pages.BackupCodePage(
    action="#", username="alice", switch_action="#", totp_href="#"
)
NEW_PASSWORD = pages.NewPasswordPage(
    action="#",
    username="bob",
    switch_action="#",
    minimum_length=8,
    reason="initial-password",
)
ENROL = pages.EnrolPage(
    action="#",
    username="bob",
    secret=SECRET,
    otpauth_uri=f"otpauth://totp/Ostiary:bob?secret={SECRET}&issuer=Ostiary",
    issuer="Ostiary",
    account="bob",
    switch_action="#",
    reason="required",
)
BACKUP_CODES = pages.BackupCodesPage(
    action="#", username="bob", made_at=AT, codes=CODES
)
NOTICE = pages.NoticePage(action="#", username="alice", remaining=7, replace_href="#")
SELECT = pages.SelectAccountPage(
    action="#", switch_action="#", username="alice", application="Wiki"
)
CONSENT = pages.ConsentPage(
    action="#",
    username="alice",
    application="Wiki",
    scopes=("openid", "profile", "email", "groups", "offline_access"),
    owner="Ostiary",
    returns_to="wiki.example.org",
)
LOGOUT = pages.LogoutConfirmPage(
    action="#", username="alice", stay_href="#", application="Wiki"
)
LOGGED_OUT = pages.LoggedOutPage(
    login_href="#",
    return_href="#",
    return_name="Wiki",
    refresh_href="#",
    applications=(
        pages.SignedOutApplication(client_id="wiki", name="Wiki", logout="delivered"),
        pages.SignedOutApplication(client_id="payroll", name="Payroll"),
        pages.SignedOutApplication(client_id="news", name="News", logout="failed"),
        pages.SignedOutApplication(client_id="rtl", name=RTL_NAME, logout="pending"),
    ),
)


def _errors() -> dict[str, pages.Page]:
    return {
        f"error-{code}": pages.ErrorPage(
            error=Problem(code=code),
            request_id="5f0c2a9e4b7d4c1f",
            detail="redirect_uri is not registered" if code == "redirect-uri" else None,
            back_href="#",
        )
        for code in ERROR_CODES
    }


def _with(page: pages.Page, **changes: object) -> pages.Page:
    return dataclasses.replace(page, **changes)  # type: ignore[arg-type]


# Not among the others: with the script it leaves at once.
FORM_POST = "form-post"
FORM_POST_PAGE = pages.FormPostPage(
    action="/landed",
    application="Wiki",
    fields=(("code", "abc"), ("state", '"><script>x</script>')),
)

SCREENS: dict[str, pages.Page] = {
    "password": PASSWORD,
    "password-named": _with(PASSWORD, username="alice"),
    "password-plain": _with(PASSWORD, application=None),
    "password-wrong": _with(
        PASSWORD, username="alice", error=Problem(code="wrong-credentials")
    ),
    "password-wait": _with(
        PASSWORD,
        username="alice",
        error=Problem(code="too-many-attempts", wait_seconds=30),
    ),
    "password-again": _with(
        PASSWORD, username="alice", application="Payroll", reason="sign-in-again"
    ),
    "password-long": _with(PASSWORD, username=LONG_USER, application=LONG_NAME),
    "password-rtl": _with(PASSWORD, application=RTL_NAME, reason="sign-in-again"),
    "totp": TOTP,
    "totp-fresh": _with(TOTP, application="Payroll", reason="fresh-code"),
    "totp-wrong": _with(TOTP, error=Problem(code="wrong-code")),
    "totp-used": _with(TOTP, error=Problem(code="used-code")),
    "totp-used-ahead": _with(TOTP, error=Problem(code="used-ahead")),
    "totp-clock": _with(TOTP, error=Problem(code="clock", clock_offset_seconds=240)),
    "totp-hint": _with(
        TOTP, error=Problem(code="wrong-code", hint="looks-like-backup-code")
    ),
    "totp-locked": _with(TOTP, error=Problem(code="locked", wait_seconds=840)),
    "totp-none-left": _with(
        TOTP, username=LONG_USER, backup_codes_left=0, backup_code_href=None
    ),
    "backup-code": BACKUP_CODE,
    "backup-code-wrong": _with(BACKUP_CODE, error=Problem(code="wrong-backup-code")),
    "new-password": NEW_PASSWORD,
    "new-password-weak": _with(
        NEW_PASSWORD,
        error=Problem(
            code="weak-password",
            complaints=("too-short", "common"),
            minimum_length=8,
        ),
    ),
    "enrol": ENROL,
    "enrol-replacing": _with(ENROL, replacing=True, reason=None, cancel_href="#"),
    "enrol-wrong": _with(ENROL, error=Problem(code="wrong-code"), username=LONG_USER),
    "backup-codes": BACKUP_CODES,
    "backup-codes-later": _with(BACKUP_CODES, codes=()),
    "notice": NOTICE,
    "notice-few": _with(NOTICE, remaining=2, replace_href=None),
    "notice-none": _with(NOTICE, remaining=0, regenerate_href="#"),
    "notice-signed-in": _with(NOTICE, remaining=None),
    "select-account": SELECT,
    "select-account-long": _with(
        SELECT, username=LONG_USER, full_name=RTL_NAME, application=LONG_NAME
    ),
    "consent": CONSENT,
    "consent-long": _with(
        CONSENT, application=LONG_NAME, scopes=("openid", "idp:users:read" * 5)
    ),
    "logout-confirm": LOGOUT,
    "logged-out": LOGGED_OUT,
    "logged-out-frames": _with(
        LOGGED_OUT,
        frames=(pages.Frame(href=FRAMED, name=RTL_NAME),),
        applications=(
            pages.SignedOutApplication(client_id="rtl", name=RTL_NAME, framed=True),
        ),
    ),
    "logged-out-not-me": _with(LOGGED_OUT, was_not_me=True, return_href=None),
    "logged-out-plain": pages.LoggedOutPage(login_href="#"),
    **SETTINGS_SCREENS,
    **API_SCREENS,
    **PEOPLE_SCREENS,
    **ORGANISATION_SCREENS,
    **_errors(),
}
