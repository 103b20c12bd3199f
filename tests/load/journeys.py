"""What people do: sign in, use their applications, err, leave halfway, sign out.

A journey is chosen by a random number with a seed, so that a run can be repeated. Each
person takes part in one journey at a time, since a code counts once.
"""

import dataclasses
import random
import time

from tests.load.book import Book
from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty
from tests.support.relying_party import Tokens

WRONG_PASSWORD = 0.05
WRONG_CODE = 0.1
LEFT = 0.2
OFFLINE = 0.2
REFRESHES = 3


class TurnedAwayError(Exception):
    """The provider was busy and said so."""


@dataclasses.dataclass
class Walker:
    """One thread's way through the crowd."""

    provider: Provider
    application: RelyingParty
    people: list[Person]
    book: Book
    random: random.Random

    def once(self) -> None:
        """Goes on one journey of somebody; what goes wrong is in the book."""
        somebody = self.people.pop(0)
        try:
            self._go(somebody)
        except TurnedAwayError as answer:
            self.book.end(f"turned away with {answer}")
        except RuntimeError:  # of the phone
            self.book.end("out of codes for this half minute")
        except Exception as fault:
            self.book.accuse(f"{type(fault).__name__}: {fault}")
        finally:
            self.people.append(somebody)

    def _go(self, somebody: Person) -> None:
        browser = self.provider.browser()
        scope = "openid offline_access" if self._chance(OFFLINE) else "openid"
        began = int(time.time())
        self._served(self.application.ask(browser, scope=scope))
        if self._chance(LEFT):
            self.book.end("left at the password")
            return
        if self._chance(WRONG_PASSWORD):
            self._served(browser.fill("sign-in", username="nobody", password="wrong"))
            self.book.expect(browser.page == "login-password", f"let in: {browser!r}")
        self._served(somebody.enter_password(browser))
        if browser.page == "login-password":
            self.book.end(f"refused: {browser.error}")
            return
        if self._chance(LEFT):
            self.book.end("left at the code")
            return
        if self._chance(WRONG_CODE):
            wrong = somebody.phone.wrong_code()
            self._served(somebody.enter_code(browser, wrong))
            self.book.expect(browser.page == "login-totp", f"let in: {browser!r}")
        self._served(somebody.enter_code(browser))
        if browser.left_for is None:
            self.book.end(f"refused: {browser.error}")
            return
        self._use(somebody, browser, began)

    def _use(self, somebody: Person, browser: Browser, began: int) -> None:
        code = self.application.code(browser)
        first = self.application.verified(self.application.redeem(code))
        self._true(first, somebody, began)
        again = self.application.refresh(first.refresh) if self._double(code) else None
        tokens = first
        if again is None:
            for _ in range(self.random.randint(0, REFRESHES)):
                tokens = self.application.refreshed(tokens)
                self._true(tokens, somebody, began, first)
            self._ask(tokens, somebody)
            self._silently(browser, first, somebody, began)
        else:
            self.book.expect(again.status == 400, f"lives after a double: {again!r}")
        self._leave(browser)
        self.book.end("whole")

    def _double(self, code: str) -> bool:
        """Sometimes presents a code twice, which must end all that came of it."""
        if not self._chance(0.05):
            return False
        second = self.application.redeem(code)
        self.book.expect(second.status == 400, f"a code served twice: {second!r}")
        return True

    def _ask(self, tokens: Tokens, somebody: Person) -> None:
        told = self.application.userinfo(tokens.access)
        self.book.expect(told.json().get("sub") == somebody.id, f"userinfo: {told!r}")
        lives = self.application.introspect(tokens.access)
        self.book.expect(lives.json().get("active") is True, f"dead: {lives!r}")

    def _silently(
        self, browser: Browser, first: Tokens, somebody: Person, began: int
    ) -> None:
        self._served(self.application.ask(browser, prompt="none"))
        answer = self.application.redeem(self.application.code(browser))
        self._true(self.application.verified(answer), somebody, began, first)

    def _leave(self, browser: Browser) -> None:
        if self._chance(0.5):
            self._served(browser.visit("/settings"))
            browser.fill("sign-out")
            self._served(self.application.ask(browser, prompt="none"))
            self.book.expect(
                self.application.error(browser) == "login_required",
                f"still signed in: {browser!r}",
            )

    def _true(
        self,
        tokens: Tokens,
        somebody: Person,
        began: int,
        first: Tokens | None = None,
    ) -> None:
        right = is_true(tokens, somebody, began, first)
        self.book.expect(right, f"untrue: {tokens.claims} since {began}")

    def _served(self, browser: Browser) -> Browser:
        if browser.left_for is None and browser.status in (503, 429):
            raise TurnedAwayError(browser.status)
        return browser

    def _chance(self, share: float) -> bool:
        return self.random.random() < share


def is_true(
    tokens: Tokens, somebody: Person, began: int, first: Tokens | None = None
) -> bool:
    """Tells whether tokens say who signed in, how, and when: after `began` (seconds).

    Those that follow on a `first` say the same moment as these.
    """
    said = tokens.claims
    moment = said.get("auth_time", 0)
    return (
        said.get("sub") == somebody.id
        and said.get("acr") == "mfa"
        and sorted(said.get("amr", ())) == ["mfa", "otp", "pwd"]
        and began - 1 <= moment <= int(time.time()) + 1
        and (first is None or moment == first.claims["auth_time"])
    )
