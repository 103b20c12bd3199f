"""What each page of the sign-in family shows, as frozen values.

One class per template. Views fill one in, `rendering.render` draws it, and the
checker finds a forgotten field. Nothing here decides, reads a request or a clock.
"""

from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import ClassVar

from idp.rules import permissions
from idp.web.problems import Problem
from idp.web.problems import Reason
from idp.web.qr import QrCode
from idp.web.qr import svg_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that happened to this account: an audit event and its moment."""

    event: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What every page carries; `language_action=None` hides the language switch."""

    template: ClassVar[str]
    name: ClassVar[str]

    csrf_token: str = field(default="", repr=False)
    language_action: str | None = None
    error: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPage(Page):
    """User name and password; the name stays after a failed attempt."""

    template: ClassVar[str] = "login/password.html"
    name: ClassVar[str] = "login-password"

    action: str
    username: str = ""
    application: str | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpPage(Page):
    """The six digits; `backup_code_href=None` where backup codes do not count."""

    template: ClassVar[str] = "login/totp.html"
    name: ClassVar[str] = "login-totp"

    action: str
    username: str
    switch_action: str
    backup_code_href: str | None
    backup_codes_left: int | None = None
    application: str | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupCodePage(Page):
    """One backup code in place of the six digits."""

    template: ClassVar[str] = "login/backup_code.html"
    name: ClassVar[str] = "login-backup-code"

    action: str
    username: str
    switch_action: str
    totp_href: str
    application: str | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasswordPage(Page):
    """A new password that must be chosen before the sign-in goes on."""

    template: ClassVar[str] = "login/new_password.html"
    name: ClassVar[str] = "login-new-password"

    action: str
    username: str
    switch_action: str
    minimum_length: int
    application: str | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolPage(Page):
    """The pending key, to scan or to type, and the form that confirms it."""

    template: ClassVar[str] = "login/enrol.html"
    name: ClassVar[str] = "enrol-totp"

    action: str
    username: str
    secret: str = field(repr=False)
    otpauth_uri: str = field(repr=False)
    issuer: str
    account: str
    switch_action: str | None = None
    cancel_href: str | None = None
    application: str | None = None
    reason: Reason | None = None
    replacing: bool = False

    @property
    def qr(self) -> QrCode:
        """Returns the key link as a drawing."""
        return svg_path(self.otpauth_uri)

    @property
    def secret_groups(self) -> tuple[str, ...]:
        """Returns the key in groups of four, for eyes; copies carry no blanks."""
        return tuple(self.secret[i : i + 4] for i in range(0, len(self.secret), 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupCodesPage(Page):
    """New backup codes, shown once; without codes it is the later visit."""

    template: ClassVar[str] = "login/backup_codes.html"
    name: ClassVar[str] = "enrol-backup-codes"

    action: str
    username: str
    made_at: datetime
    codes: tuple[str, ...] = field(default=(), repr=False)
    regenerate_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePage(Page):
    """A word between sign-in and application; `remaining` after a backup code."""

    template: ClassVar[str] = "login/notice.html"
    name: ClassVar[str] = "login-notice"

    action: str
    username: str
    remaining: int | None = None
    warn_at: int = 3
    application: str | None = None
    replace_href: str | None = None
    regenerate_href: str | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectAccountPage(Page):
    """Who is signed in here: go on, or be somebody else."""

    template: ClassVar[str] = "login/select_account.html"
    name: ClassVar[str] = "select-account"

    action: str
    switch_action: str
    username: str
    full_name: str | None = None
    application: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPage(Page):
    """What an application asks to see, and to do in the name of who allows it."""

    template: ClassVar[str] = "consent.html"
    name: ClassVar[str] = "consent"

    action: str
    username: str
    application: str
    scopes: tuple[str, ...]
    owner: str | None = None
    returns_to: str | None = None

    @property
    def sees(self) -> tuple[str, ...]:
        """The scopes that show something of the person."""
        return tuple(scope for scope in self.scopes if scope not in self.may)

    @property
    def may(self) -> tuple[str, ...]:
        """The scopes that are rights of administration."""
        return permissions.of_scopes(self.scopes)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutConfirmPage(Page):
    """The question before a sign-out that came without proof."""

    template: ClassVar[str] = "logout_confirm.html"
    name: ClassVar[str] = "logout-confirm"

    action: str
    username: str
    stay_href: str
    application: str | None = None
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOutApplication:
    """One application of the ended session and how far its notice came."""

    client_id: str
    name: str
    logout: str | None = None
    framed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A page of an application that the browser loads while ours is open."""

    href: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedOutPage(Page):
    """After the sign-out; with ``goes_on`` it leads to ``return_href`` by itself."""

    template: ClassVar[str] = "logged_out.html"
    name: ClassVar[str] = "logged-out"

    login_href: str
    applications: tuple[SignedOutApplication, ...] = ()
    return_href: str | None = None
    return_name: str | None = None
    goes_on: bool = False
    refresh_href: str | None = None
    frames: tuple[Frame, ...] = ()
    was_not_me: bool = False

    @property
    def waits(self) -> bool:
        """Whether an application is still being told."""
        return any(one.logout == "pending" for one in self.applications)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage(Page):
    """What happened, what to do, and a way back."""

    template: ClassVar[str] = "error.html"
    name: ClassVar[str] = "error"

    error: Problem
    request_id: str
    detail: str | None = None
    back_href: str | None = None
    back_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPostPage(Page):
    """An authorization answer on its way home (OAuth 2.0 Form Post 2)."""

    template: ClassVar[str] = "form_post.html"
    name: ClassVar[str] = "form-post"

    action: str
    application: str
    fields: tuple[tuple[str, str], ...] = field(repr=False)
