"""People of the tests: what they know, hold and do on the pages.

A person acts through a `Browser` only, in the steps of product.md R2 to R4.
"""

import dataclasses
import datetime
import hashlib
from collections.abc import Callable

from tests.support.browser import Browser
from tests.support.phone import Phone


@dataclasses.dataclass
class Person:
    """Somebody with an account, perhaps a phone, perhaps backup codes."""

    id: str
    username: str
    password: str
    clock: Callable[[], datetime.datetime]
    phone_or_none: Phone | None = None
    backup_codes: list[str] = dataclasses.field(default_factory=list)

    @property
    def phone(self) -> Phone:
        """Gives the phone of somebody who has enrolled."""
        assert self.phone_or_none is not None, f"{self.username} has not enrolled"
        return self.phone_or_none

    def enter_password(self, browser: Browser) -> Browser:
        """Fills the first page: user name and password, *Sign In*."""
        assert browser.page == "login-password", browser
        return browser.fill("sign-in", username=self.username, password=self.password)

    def enter_code(self, browser: Browser, code: str | None = None) -> Browser:
        """Types a code of the phone into the second page."""
        assert browser.page == "login-totp", browser
        return browser.fill("sign-in", code=code or self.phone.unused_code())

    def enter_backup_code(self, browser: Browser, code: str) -> Browser:
        """Goes to *Use backup code* where needed and types one."""
        if browser.page == "login-totp":
            browser.click("use-backup-code")
        assert browser.page == "login-backup-code", browser
        return browser.fill("sign-in", backup_code=code)

    def scan(self, browser: Browser) -> Phone:
        """Puts the secret that the set-up page shows into a new phone."""
        assert browser.page == "enrol-totp", browser
        secret = browser.html.mark("data-totp-secret")
        assert secret is not None
        self.phone_or_none = Phone(secret, self.clock)
        return self.phone_or_none

    def register_device(self, browser: Browser) -> Browser:
        """Scans the set-up page and confirms with a first code."""
        code = self.scan(browser).unused_code()
        return browser.fill("register-device", code=code)

    def keep_codes(self, browser: Browser) -> Browser:
        """Writes the backup codes down, ticks that they are kept, and goes on."""
        assert browser.page == "enrol-backup-codes", browser
        self.backup_codes = browser.html.marks("data-backup-code")
        return browser.fill("confirm-saved", saved="yes")

    def enrol(self, browser: Browser) -> Browser:
        """Goes through the whole set-up inside a login."""
        return self.keep_codes(self.register_device(browser))

    def sign_in(self, browser: Browser) -> Browser:
        """Signs in without an application, with a code where one is asked."""
        self.enter_password(browser.visit("/login"))
        return self.enter_code(browser) if browser.page == "login-totp" else browser


def password_of(username: str) -> str:
    """Gives a password that no rule complains about, a different one for each name."""
    return "pw-" + hashlib.sha256(username.encode()).hexdigest()[:24]


def is_signed_in(browser: Browser) -> bool:
    """Tells whether this jar holds a finished session (the oracle NOSESS)."""
    return browser.tab().visit("/settings").page == "settings"
