"""A stage with shorthands for what people and applications do, action by action.

It is the protocol tests' stage with the protocol left out: a request is a value here,
and what comes back is a code, a page or a refusal.
"""

import dataclasses
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyotp
import sqlalchemy
from sqlalchemy import event

from idp.actions import authorize
from idp.actions import codes
from idp.actions import enrolment
from idp.actions import login
from idp.actions import login_start
from idp.actions import user_mfa
from idp.actions import users
from idp.actions.authorize import Issued
from idp.actions.grants import GrantFacts
from idp.actions.people import User
from idp.actions.progress import Progress
from idp.actions.work import Actor
from idp.actions.work import Origin
from idp.actions.work import Work
from idp.rules.requests import AuthorizationRequest
from idp.store import audit
from idp.store.audit import AuditRecord
from tests.oidc.stage import CALLBACK
from tests.oidc.stage import PASSWORD
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.oidc.stage import Stage

STEP = 30  # seconds of a TOTP step


@dataclasses.dataclass
class Phone:
    """An authenticator; each code it gives is of a step that it has not used."""

    secret: str
    stage: "Scene"

    def code(self) -> str:
        """Moves the clock to a new step and gives its code."""
        self.stage.clock.advance(seconds=STEP)
        return pyotp.TOTP(self.secret).at(self.stage.clock())

    def wrong(self) -> str:
        """Gives six digits that are right in no step near now."""
        moment = self.stage.clock.seconds
        near = {
            pyotp.TOTP(self.secret).at(moment + offset * STEP)
            for offset in range(-30, 31)
        }
        return next(c for c in map("{:06}".format, itertools.count()) if c not in near)


@dataclasses.dataclass
class Counted:
    """What a piece of work cost in the database."""

    statements: list[str] = dataclasses.field(default_factory=list)
    commits: int = 0


class Scene(Stage):
    """Everything that actions need, and shorthands for tests."""

    source = "192.0.2.1"

    def work(self) -> Work:
        work = super().work()
        work.origin = Origin(self.source, "test", "request")
        return work

    def acting(self, *permissions: str) -> Work:
        """Gives the work of an administrator with some rights only."""
        work = self.work()
        work.actor = Actor("user", "admin", "admin", "mfa", permissions)
        return work

    def user(self, named: str = "mia") -> User:
        return users.show_user(self.administration(), named)

    # --- sign-in, page by page

    def at_login(self, **begin: Any) -> Progress:
        """Begins a login in a new browser."""
        begin.setdefault("return_to", "/settings")
        return login_start.begin(self.work(), **begin)

    def enter(
        self, begun: Progress, password: str = PASSWORD, *, username: str = "mia"
    ) -> Progress:
        return login.submit_password(
            self.work(), begun.login_id, begun.browser_token, username, password
        )

    def at_code(self, username: str = "mia") -> Progress:
        """Begins a login and enters the password; gives the login's place."""
        begun = self.at_login()
        self.enter(begun, username=username)
        return begun

    def type(self, begun: Progress, code: str) -> Progress:
        return login.submit_totp(self.work(), begun.login_id, begun.browser_token, code)

    def type_backup(self, begun: Progress, code: str) -> Progress:
        return login.submit_backup_code(
            self.work(), begun.login_id, begun.browser_token, code
        )

    def enrolled(self, username: str = "mia") -> tuple[Phone, tuple[str, ...]]:
        """Creates somebody with an authenticator; gives it and the backup codes."""
        self.person(username)
        admin = self.administration()
        user_mfa.require_mfa(admin, username, required=True)
        begun = self.at_code(username)
        held = (begun.login_id, begun.browser_token)
        phone = Phone(enrolment.start(self.work(), *held).secret, self)
        enrolment.confirm(self.work(), *held, pyotp.TOTP(phone.secret).at(self.clock()))
        shown = enrolment.reveal_codes(self.work(), *held).codes
        user_mfa.require_mfa(admin, username, required=False)
        assert shown is not None
        return phone, shown

    def signed_in(self, phone: Phone, username: str = "mia") -> Session:
        """Signs somebody in with password and code, in a new browser."""
        begun = self.at_code(username)
        done = self.type(begun, phone.code())
        assert done.session_token, done
        return Session(self.user(username).id, done.session_token, begun.browser_token)

    # --- what applications do

    def ask(self, app: App, **changes: Any) -> AuthorizationRequest:
        changes.setdefault("scopes", ("openid",))
        return AuthorizationRequest(app.id, CALLBACK, self.clock(), **changes)

    def answer(self, app: App, session: Session, **changes: Any) -> authorize.Outcome:
        request = self.ask(app, **changes)
        return authorize.begin(self.work(), request, session.token, session.browser)

    def code(self, app: App, session: Session, **changes: Any) -> str:
        outcome = self.answer(app, session, **changes)
        assert isinstance(outcome, Issued), outcome
        return outcome.code

    def redeemed(self, app: App, session: Session, **changes: Any) -> GrantFacts:
        return codes.redeem_code(
            self.work(), self.code(app, session, **changes), app.id
        )

    # --- what is left behind

    def events(self, *names: str) -> list[tuple[str, str, str]]:
        """Gives event, outcome and reason of every record, or of those named."""
        with self.database.reading() as db:
            rows = [row for _, row in audit.list_records(db)]
        return [
            (row.event, row.outcome, row.reason)
            for row in rows
            if not names or row.event in names
        ]

    def records(self, event: str) -> list[AuditRecord]:
        """Gives every record of an event."""
        with self.database.reading() as db:
            return [row for _, row in audit.list_records(db, event=event)]

    def changes(self, event: str) -> dict[str, Any]:
        """Gives what the newest record of an event says was changed."""
        return self.records(event)[-1].changes

    def one(self, statement: str, **values: object) -> Any:
        """Gives the one value that a query finds."""
        with self.database.reading() as db:
            return db.execute(sqlalchemy.text(statement), values).scalar_one()

    @contextmanager
    def counting(self) -> Iterator[Counted]:
        """Counts statements and commits of everything in the block."""
        counted = Counted()

        def on_statement(*given: Any) -> None:
            if not given[2].startswith(("BEGIN", "PRAGMA")):
                counted.statements.append(given[2])

        def on_commit(connection: object) -> None:
            counted.commits += 1

        engine = self.database.engine
        event.listen(engine, "before_cursor_execute", on_statement)
        event.listen(engine, "commit", on_commit)
        try:
            yield counted
        finally:
            event.remove(engine, "before_cursor_execute", on_statement)
            event.remove(engine, "commit", on_commit)
