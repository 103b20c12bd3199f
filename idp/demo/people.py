"""The people of the demo: who they are, and what they do on the provider's pages.

Admin and Alice enrol by walking the set-up pages as anybody does, so that the demo
proves there is no back door; Bob is left for the visitor.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime

import pyotp

from idp.demo.browser import Browser
from idp.demo.provider import DemoFailed
from idp.demo.provider import Provider

STEP = 30  # seconds a code lives

CONSONANTS = "bdfghklmnprstvz"
VOWELS = "aeiou"


@dataclass(slots=True)
class Person:
    """Somebody with a password and, once enrolled, a secret and backup codes."""

    username: str
    name: str
    password: str = field(repr=False)
    secret: str = field(default="", repr=False)
    backup_codes: list[str] = field(default_factory=list, repr=False)
    last_step: int = -1

    @property
    def enrolled(self) -> bool:
        """Tells whether the demo holds this person's secret."""
        return bool(self.secret)

    def code(self, now: datetime) -> str:
        """Gives the code to type now: the next one where this one has been used."""
        step = max(int(now.timestamp()) // STEP, self.last_step + 1)
        return pyotp.TOTP(self.secret).at(datetime.fromtimestamp(step * STEP, UTC))

    def spend_code(self) -> str:
        """Gives the code to type now and remembers that it is used."""
        now = datetime.now(UTC)
        code = self.code(now)
        self.last_step = max(int(now.timestamp()) // STEP, self.last_step + 1)
        return code

    def enter_password(self, browser: Browser) -> Browser:
        """Fills the first page."""
        expect(browser, "login-password")
        return browser.fill("sign-in", username=self.username, password=self.password)

    def enter_code(self, browser: Browser) -> Browser:
        """Types a code of the authenticator app."""
        expect(browser, "login-totp")
        return browser.fill("sign-in", code=self.spend_code())

    def enter_backup_code(self, browser: Browser, code: str) -> Browser:
        """Goes to *Use backup code* and types one."""
        expect(browser, "login-totp")
        browser.click("use-backup-code")
        expect(browser, "login-backup-code")
        return browser.fill("sign-in", backup_code=code)

    def enrol(self, browser: Browser) -> Browser:
        """Sets up the second factor on the way through a login."""
        expect(browser, "enrol-totp")
        self.secret = browser.page.one("data-totp-secret")
        browser.fill("register-device", code=self.spend_code())
        expect(browser, "enrol-backup-codes")
        self.backup_codes = browser.page.all("data-backup-code")
        return browser.fill("confirm-saved", saved="yes")


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody in the demo."""

    admin: Person
    alice: Person
    bob: Person

    def __iter__(self) -> Iterator[Person]:
        """Goes through them in the order in which they are shown."""
        return iter((self.admin, self.alice, self.bob))


def expect(browser: Browser, page: str) -> None:
    """Stops the demo where another page is open than the one that should be."""
    if browser.name != page:
        raise DemoFailed(f"expected the page {page}, found {browser!r}")


def seconds_left(now: datetime) -> int:
    """Counts the seconds until the next code."""
    return STEP - int(now.timestamp()) % STEP


def passphrase() -> str:
    """Makes a password of about 55 bits that can be typed: `kamute-rolisa-…`."""
    return "-".join("".join(_syllable() for _ in range(3)) for _ in range(3))


def _syllable() -> str:
    return secrets.choice(CONSONANTS) + secrets.choice(VOWELS)


def create(provider: Provider) -> Cast:
    """Creates everybody by the command line and enrols all but Bob."""
    cast = Cast(
        Person("admin", "Admin Example", passphrase()),
        Person("alice", "Alice Example", passphrase()),
        Person("bob", "Bob Example", passphrase()),
    )
    _add(provider, cast.admin, "--role", "administrator")
    _add(provider, cast.alice)
    _add(provider, cast.bob)
    for person in (cast.admin, cast.alice):
        with Browser() as browser:
            browser.visit(f"{provider.issuer}/login")
            person.enrol(person.enter_password(browser))
    return cast


def _add(provider: Provider, person: Person, *arguments: str) -> None:
    who = ("--email", f"{person.username}@example.org", "--name", person.name)
    create = ("user", "create", person.username, *who, "--password-stdin")
    provider.command(*create, *arguments, stdin=person.password)
