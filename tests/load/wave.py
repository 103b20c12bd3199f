"""Everybody comes within a minute: people who arrive whether or not there is room.

Threads that wait for their answers slow down as the provider does; people who open a
page do not know of each other. So each has a moment to come, drawn beforehand, and
tries once. Meanwhile an application renews tokens and asks for the keys, which must
not become slow (REL-065).
"""

import dataclasses
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tests.load.book import Book
from tests.load.journeys import is_true
from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty
from tests.support.relying_party import Tokens

PAUSE = 0.05  # seconds between two questions of the application
BUSY = (429, 503)

T = TypeVar("T")


@dataclasses.dataclass
class Wave:
    """Who comes, and where to; `late` is the most seconds that somebody was late."""

    provider: Provider
    application: RelyingParty
    people: list[Person]
    book: Book
    late: float = 0.0

    def run(self, model: Person, *, seconds: float, threads: int, seed: int) -> None:
        """Lets everybody come once within so many seconds, and waits for the last.

        Meanwhile the application of `model`, who is not in the wave, renews tokens.
        """
        source = random.Random(seed)
        moments = sorted(source.random() * seconds for _ in self.people)
        coming = iter(list(enumerate(zip(moments, self.people, strict=True))))
        turn, over, began = threading.Lock(), threading.Event(), time.monotonic()
        tokens = self._enter(self.provider.browser(), model, self.application)
        if tokens is None:
            raise RuntimeError("nobody is here yet, and yet there was no room")

        def come() -> None:
            for number, (due, somebody) in _shared(coming, turn):
                wait = began + due - time.monotonic()
                if wait > 0:
                    over.wait(wait)
                self.late = max(self.late, -wait)
                self._visit(number, somebody)

        with ThreadPoolExecutor(threads + 1) as pool:
            renewing = pool.submit(self._renew, tokens, over)
            visits = [pool.submit(come) for _ in range(threads)]
            try:
                for each in visits:
                    each.result()
            finally:
                over.set()
            renewing.result()

    def _visit(self, number: int, somebody: Person) -> None:
        browser = self.provider.browser(source=_address(number))
        began = int(time.time())
        try:
            tokens = self._enter(browser, somebody, self.application.twin())
        except Exception as fault:
            self.book.accuse(f"{type(fault).__name__}: {fault}")
            return
        if tokens is None:
            where = browser.page or "nowhere"
            self.book.end(f"turned away with {browser.status} at {where}")
            return
        self.book.expect(is_true(tokens, somebody, began), f"untrue: {tokens.claims}")
        self.book.end("whole")

    def _enter(
        self, browser: Browser, somebody: Person, application: RelyingParty
    ) -> Tokens | None:
        steps = (
            lambda: application.ask(browser, scope="openid offline_access"),
            lambda: somebody.enter_password(browser),
            lambda: somebody.enter_code(browser),
        )
        for step in steps:
            step()
            if browser.left_for is None and browser.status in BUSY:
                return None
        return application.collect(browser)

    def _renew(self, tokens: Tokens, over: threading.Event) -> None:
        while not over.wait(PAUSE):
            answer = self.application.refresh(tokens.refresh)
            if answer.status in BUSY:
                self.book.end("turned away with 503 at the renewal")
                continue
            try:
                tokens = self.application.verified(answer)  # asks for the keys as well
            except Exception as fault:
                self.book.accuse(f"{type(fault).__name__}: {fault}")
                return


def _shared(coming: Iterator[T], turn: threading.Lock) -> Iterator[T]:
    """Hands each of them to one of several threads."""
    while True:
        with turn:
            one = next(coming, None)
        if one is None:
            return
        yield one


def _address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
