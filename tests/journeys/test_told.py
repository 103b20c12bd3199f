"""SEC-069, REL-081: no change of a factor or password without a notice and a record.

Every door is tried: the pages, the commands, the administration's pages and interface.
What changed is read off the rows, so that a door that changes nothing proves nothing.
That no other place in the program makes such a change is in the list at the end.
"""

import pathlib
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy

from idp.store.engines import make_engine
from tests.api.stage import Stage
from tests.architecture.tree import modules
from tests.architecture.tree import references
from tests.journeys.administrators import administrator
from tests.journeys.administrators import open_person
from tests.support.browser import Browser
from tests.support.contents import Watched
from tests.support.phone import STEP
from tests.support.within import Prepared
from tests.support.within import Within
from tests.support.within import within

SETTLED = "user_id = :id AND state <> 'pending'"
STATE = (
    "SELECT password_hash, password_initial, mfa_required FROM users WHERE id = :id",
    f"SELECT id, state FROM totp_credentials WHERE {SETTLED} ORDER BY id",
    "SELECT id, used_at FROM backup_codes WHERE user_id = :id ORDER BY id",
    "SELECT locked_until, failures > 9 FROM attempts WHERE key = 'factor:' || :id",
)
NOTICES = "SELECT event FROM notices WHERE user_id = :id ORDER BY id"
RECORDS = (
    "SELECT event FROM audit_records WHERE subject_id = :id AND outcome = 'ok'"
    " ORDER BY number"
)
NEW_PASSWORD = "seven-unlikely-herons-in-a-row"
LASTING = "eight-unlikely-herons-in-a-row"


class Watching:
    """Mia, and what the database says of her."""

    def __init__(self, provider: Within, url: str) -> None:
        self.provider = provider
        self.url = url
        self.mia = provider.person("mia")
        provider.policy("optional")
        self.person = ("mia", "--json")

    def rows(self, *statements: str) -> list[Any]:
        """Reads what concerns Mia."""
        engine = make_engine(self.url)
        with engine.connect() as db:
            found = [
                tuple(row)
                for one in statements
                for row in db.execute(sqlalchemy.text(one), {"id": self.mia.id})
            ]
        engine.dispose()
        return found

    def does(self, change: Callable[[], object], *events: str) -> None:
        """Runs a change; exactly these events are told and recorded, each once."""
        told, recorded = (self.rows(one) for one in (NOTICES, RECORDS))
        before = self.rows(*STATE)
        change()
        assert self.rows(*STATE) != before, f"nothing changed for {events}"
        news = [event for (event,) in self.rows(NOTICES)[len(told) :]]
        assert news == list(events), news
        records = [event for (event,) in self.rows(RECORDS)[len(recorded) :]]
        assert [one for one in records if one in events] == list(events), records

    def code(self) -> str:
        """Waits for a code that was never used."""
        self.provider.move.advance(seconds=2 * STEP)
        return self.mia.phone.unused_code()

    def waiting(self) -> Browser:
        """Gives a browser after the password."""
        return self.mia.enter_password(self.provider.browser().visit("/login"))

    def inside(self) -> Browser:
        """Gives a browser that is signed in."""
        browser = self.waiting()
        if browser.page == "login-totp":
            self.mia.enter_code(browser, self.code())
        return browser

    def enrols(self) -> None:
        """Sets a second factor up from the settings."""
        browser = self.inside().visit("/settings/mfa").fill("enable-mfa")
        self.does(lambda: self.mia.register_device(browser), "mfa.enrolled")
        self.mia.keep_codes(browser)
        self.provider.move.advance(seconds=2 * STEP)

    def locks(self) -> None:
        """Types wrong codes until the factor is locked."""
        self.provider.move.advance(seconds=2 * STEP)
        wrong = self.mia.phone.wrong_code()
        for _ in range(2):
            browser = self.waiting()
            for _ in range(5):
                browser.fill("sign-in", code=wrong)


@pytest.fixture
def watching(prepared_sqlite: Prepared, tmp_path: pathlib.Path) -> Iterator[Watching]:
    given = prepared_sqlite
    watched = Watched(given.folder, given.url, given.server)
    with within(tmp_path, watched) as provider:
        yield Watching(provider, watched.url_of_copy)


def test_what_people_change_on_their_pages_is_told(watching: Watching) -> None:
    mia, does, code = watching.mia, watching.does, watching.code
    browser = watching.inside().visit("/settings/mfa").click("replace-device")
    does(lambda: mia.register_device(browser), "mfa.replaced")
    mia.keep_codes(browser)
    browser.visit("/settings/mfa/regenerate")
    again = {"code": code()}
    does(lambda: browser.fill("regenerate-codes", **again), "mfa.codes_regenerated")
    mia.keep_codes(browser)
    waiting, spent = watching.waiting(), mia.backup_codes.pop()
    does(lambda: mia.enter_backup_code(waiting, spent), "mfa.backup_code_used")
    browser = watching.inside().visit("/settings/password")
    new = {"new_password": NEW_PASSWORD, "new_password_again": NEW_PASSWORD}
    change = {**new, "current_password": mia.password, "code": code()}
    does(lambda: browser.fill("change-password", **change), "password.changed")
    mia.password = NEW_PASSWORD
    does(watching.locks, "mfa.locked")
    watching.provider.move.advance(minutes=16)
    browser = watching.inside().visit("/settings/mfa/disable")
    off = {"code": code()}
    does(lambda: browser.fill("disable-mfa", **off), "mfa.disabled")
    watching.enrols()


def test_what_a_first_password_changes_is_told(watching: Watching) -> None:
    """The lasting one is set in the middle of a sign-in, and so is the second factor"""
    mia, command = watching.mia, watching.provider.command
    make = ("user", "initial-password", *watching.person)
    made: list[str] = []
    watching.does(
        lambda: made.append(command(*make)["initial_password"]), "password.initial_set"
    )
    command("user", "disable-mfa", *watching.person, "--reason", "lost")
    command("user", "require-mfa", *watching.person)
    mia.password = made[0]
    browser = watching.waiting()
    new = {"new_password": LASTING, "new_password_again": LASTING}
    watching.does(lambda: browser.fill("set-password", **new), "password.changed")
    watching.does(lambda: mia.register_device(browser), "mfa.enrolled")


def test_what_commands_change_is_told(watching: Watching) -> None:
    command, person, does = watching.provider.command, watching.person, watching.does
    changed = "mfa.requirement_changed"
    does(lambda: command("user", "require-mfa", *person), changed)
    does(lambda: command("user", "require-mfa", *person, "--off"), changed)
    watching.locks()
    does(lambda: command("user", "unlock", *person), "mfa.unlocked")
    does(lambda: command("after-restore"), "mfa.codes_voided")
    off = ("user", "disable-mfa", *person, "--reason", "lost")
    does(lambda: command(*off), "mfa.disabled")


def test_what_administrators_change_on_pages_is_told(watching: Watching) -> None:
    provider, mia, does = watching.provider, watching.mia, watching.does
    watching.locks()
    root = administrator(provider)

    def act(action: str, **fields: str) -> Callable[[], object]:
        page = open_person(root, mia)
        return lambda: page.fill(action, **fields)

    does(act("unlock-user"), "mfa.unlocked")
    changed = "mfa.requirement_changed"
    does(act("update-user", mfa_required="on"), changed)
    both = {"mfa_required": "off", "mfa": "disable", "reason": "phone lost"}
    does(act("update-user", **both), changed, "mfa.disabled")
    does(act("initial-password"), "password.initial_set")


def test_what_the_administration_api_changes_is_told(watching: Watching) -> None:
    robot, at = Stage(watching.provider).service(), f"/users/{watching.mia.id}"
    changed, does = "mfa.requirement_changed", watching.does
    many = {"user_ids": [watching.mia.id], "required": False}
    does(lambda: robot("PATCH", f"{at}/mfa", {"required": True}), changed)
    does(lambda: robot("POST", "/users/mfa/require", many), changed)
    watching.locks()
    does(lambda: robot("POST", f"{at}/unlock"), "mfa.unlocked")
    off = {"reason": "phone lost"}
    does(lambda: robot("POST", f"{at}/mfa/disable", off), "mfa.disabled")
    does(lambda: robot("POST", f"{at}/initial-password"), "password.initial_set")


CHANGING = {
    f"idp.store.{name}"
    for name in (
        *("authenticators.activate", "authenticators.end_active"),
        *("authenticators.end_all", "mfa.wipe"),
        *("backup_codes.replace_codes", "backup_codes.delete_codes"),
        *("backup_codes.claim_backup_code", "restore.wipe_all_codes"),
        *("users.set_password", "users.delete_user", "fleet_changes.set_required"),
    )
}
PLACES = {
    "code_sets.put": "regenerating, enrolling and replacing, which tell",
    "enrolment._activate": "mfa.enrolled, mfa.replaced",
    "factors.judge_backup_code": "mfa.backup_code_used",
    "fleet_mfa._change": "mfa.requirement_changed",
    "idp.store.mfa.wipe": "both halves at once, for three of these places",
    "initial_passwords.issue": "password.initial_set",
    "mfa.disable": "mfa.disabled",
    "passwords._set": "password.changed, by both of its callers",
    "restore._void_codes": "mfa.codes_voided",
    "user_changes.take_mfa": "mfa.disabled",
    "users.delete_user": "user.deleted, by mail: nobody is left to sign in",
}


def test_nothing_else_in_the_program_makes_such_a_change() -> None:
    """A new place belongs in this list, and its door into one of the tests above"""
    found = set()
    for module in modules():
        for name, line in references(module):
            if name in CHANGING:
                (place,) = [
                    one.name
                    for one in module.functions()
                    if one.lineno <= line <= (one.end_lineno or line)
                ]
                found.add(f"{module.name.removeprefix('idp.actions.')}.{place}")
    assert found == set(PLACES)
