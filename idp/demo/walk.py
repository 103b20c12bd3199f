"""`idp demo --check`: the story of the demo, with nobody at the keyboard.

Walks the pages as a visitor would and keeps what each application received. A step
that does not hold ends the walk; the report says which.
"""

import time
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from idp.demo.browser import Browser
from idp.demo.people import Person
from idp.demo.people import expect
from idp.demo.provider import DemoFailed
from idp.demo.stage import Stage

NOTICE_LIMIT = 30  # seconds until a notice that does not come counts as missing
BY_TOTP = ["pwd", "otp", "mfa"]
BY_BACKUP_CODE = ["pwd", "mfa", "backup_code"]


@dataclass(slots=True)
class Report:
    """What the walk found, ready to be printed as JSON."""

    issuer: str
    held: bool = True
    steps: list[dict[str, Any]] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Walk:
    """A walk under way."""

    stage: Stage
    report: Report

    def hold(self, what: str, holds: bool, found: object) -> None:
        """Notes a step; raises `DemoFailed` where it does not hold."""
        if not holds:
            raise DemoFailed(f"{what}: found {found!r}")
        self.report.steps.append({"step": what, "held": True})

    def received_at(self, browser: Browser, address: str, how: str) -> dict[str, Any]:
        """Takes what an application received about the person at this browser."""
        document: dict[str, Any] = browser.visit(f"{address}/received").json()
        self.report.received.append({"signed_in_by": how, **document})
        token: dict[str, Any] = document.get("id_token", {})
        return token

    def sign_in_at_wiki(self, browser: Browser, person: Person) -> None:
        """Starts at the Wiki and gives the password."""
        browser.visit(f"{self.stage.wiki}/sign-in")
        person.enter_password(browser)


def walk(stage: Stage) -> Report:
    """Walks the whole story and reports; never raises for a step that fails."""
    report = Report(stage.provider.issuer)
    steps = Walk(stage, report)
    try:
        with Browser() as laptop:
            first = _password_and_totp(steps, laptop)
            _single_sign_on(steps, laptop, first)
            _sign_out(steps, laptop)
            _backup_code(steps, laptop)
        with Browser() as other_laptop:
            _same_backup_code(steps, other_laptop)
        with Browser() as new_laptop:
            _enrolment(steps, new_laptop)
    except DemoFailed as failure:
        report.held = False
        report.steps.append({"step": str(failure), "held": False})
    return report


def _password_and_totp(walk: Walk, browser: Browser) -> dict[str, Any]:
    alice = walk.stage.cast.alice
    walk.sign_in_at_wiki(browser, alice)
    alice.enter_code(browser)
    expect(browser, "wiki-home")
    token = walk.received_at(browser, walk.stage.wiki, "password and TOTP")
    proved = (token.get("preferred_username"), token.get("acr"), token.get("amr"))
    walk.hold(
        "alice signs in at Wiki with password and TOTP",
        proved == ("alice", "mfa", BY_TOTP),
        proved,
    )
    return token


def _single_sign_on(walk: Walk, browser: Browser, first: dict[str, Any]) -> None:
    stage = walk.stage
    browser.visit(f"{stage.payroll}/sign-in")
    expect(browser, "payroll-home")
    walk.hold(
        "Payroll signs alice in without a page",
        browser.passed_only(stage.payroll, stage.provider.issuer),
        browser,
    )
    second = walk.received_at(browser, stage.payroll, "single sign-on")
    same = ("sub", "acr", "amr", "auth_time", "sid")
    walk.hold(
        "Payroll receives the same level, factors and time",
        all(word in first and first[word] == second.get(word) for word in same),
        {word: (first.get(word), second.get(word)) for word in same},
    )
    browser.visit(f"{stage.payroll}/payslip")
    walk.hold("Payroll API gives alice's payslip", browser.name == "payslip", browser)


def _sign_out(walk: Walk, browser: Browser) -> None:
    stage = walk.stage
    browser.visit(stage.wiki).fill("sign-out")
    walk.hold("alice signs out at Wiki", browser.name == "wiki-welcome", browser)
    until = time.monotonic() + NOTICE_LIMIT
    while browser.visit(stage.payroll).name != "payroll-welcome":
        if time.monotonic() > until:
            break
        time.sleep(0.1)
    walk.hold("Payroll is told of it", browser.name == "payroll-welcome", browser)
    browser.visit(f"{stage.payroll}/sign-in")
    asked = browser.name
    walk.hold("the password is asked again", asked == "login-password", browser)


def _backup_code(walk: Walk, browser: Browser) -> None:
    alice = walk.stage.cast.alice
    walk.sign_in_at_wiki(browser, alice)
    alice.enter_backup_code(browser, alice.backup_codes[0])
    expect(browser, "login-notice")
    left = browser.page.one("data-backup-codes-remaining")
    browser.fill("continue-as")
    expect(browser, "wiki-home")
    token = walk.received_at(browser, walk.stage.wiki, "password and backup code")
    proved = (token.get("acr"), token.get("amr"), left)
    walk.hold(
        "alice signs in with a backup code, nine are left",
        proved == ("mfa", BY_BACKUP_CODE, "9"),
        proved,
    )


def _same_backup_code(walk: Walk, browser: Browser) -> None:
    alice = walk.stage.cast.alice
    walk.sign_in_at_wiki(browser, alice)
    alice.enter_backup_code(browser, alice.backup_codes[0])
    refused = (browser.name, browser.page.one("data-error"))
    walk.hold(
        "the same backup code is refused",
        refused[0] == "login-backup-code" and refused[1] != "",
        refused,
    )


def _enrolment(walk: Walk, browser: Browser) -> None:
    bob = walk.stage.cast.bob
    walk.sign_in_at_wiki(browser, bob)
    bob.enrol(browser)
    expect(browser, "wiki-home")
    token = walk.received_at(browser, walk.stage.wiki, "enrolment on the way")
    proved = (token.get("preferred_username"), token.get("acr"), token.get("amr"))
    walk.hold(
        "bob enrols on the way to Wiki",
        proved == ("bob", "mfa", BY_TOTP) and len(bob.backup_codes) == 10,
        proved,
    )
