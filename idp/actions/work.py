"""``Work``: everything one request, command or job may touch, passed on explicitly.

It carries the time, the settings, the tools, the actor and the origin. Actions take it
as their first argument. It knows no HTTP and decides nothing.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Any
from typing import TypeVar

from sqlalchemy.engine import Connection

from idp.actions import audit_lines
from idp.actions.hashing import Hashing
from idp.directory import Directory
from idp.errors import Contended
from idp.settings import Settings
from idp.store import audit
from idp.store import notices
from idp.store.audit import AuditRecord
from idp.store.rates import SourceRate
from idp.store.transactions import Database
from idp.store.transactions import OneConnection
from idp.tally import Tally
from idp.vault import Vault

T = TypeVar("T")
RETRIES = 3


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from; ``source`` is the address after trusted proxies."""

    source: str = ""
    user_agent: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: ``user``, ``client``, ``host`` (a command), ``system``, ``anonymous``.

    ``permissions`` are the rights of administration that count here and now; the entry
    layer fills them in, and nobody has any without it. ``through`` is the application
    by which a person acts, where it is not a page of ours.
    """

    type: str
    id: str | None = None
    name: str | None = None
    acr: str | None = None
    permissions: tuple[str, ...] = ()
    through: str | None = None


ANONYMOUS = Actor("anonymous")
SYSTEM = Actor("system", id="system")
"""The id is what its records are found by, as those of ``host`` are."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what an audit record is about.

    ``email`` is a person's address before the change, which is where the notice of it
    goes; it is in no record.
    """

    type: str
    id: str | None = None
    name: str | None = None
    email: str | None = field(default=None, repr=False)


def try_again(attempt: Callable[[], T], has_committed: Callable[[], bool]) -> T:
    """Runs a whole unit of work, afresh when it had to give way (REL-024).

    At most three times more, and never once a block of it is committed: what was
    spent there must not be spent again.
    """
    for _ in range(RETRIES):
        try:
            return attempt()
        except Contended:
            if has_committed():
                raise
    return attempt()


class Work:
    """One unit of work at one moment; ``now`` is read once, so all of it agrees."""

    def __init__(
        self,
        *,
        now: datetime,
        settings: Settings,
        vault: Vault,
        database: Database,
        rates: SourceRate,
        hashing: Hashing,
        origin: Origin,
        actor: Actor = ANONYMOUS,
        directory: Directory | None = None,
        tally: Tally | None = None,
    ) -> None:
        """Gathers the tools; requests share all but the moment and the origin."""
        self.now = now
        self.settings = settings
        self.vault = vault
        self.database = database
        self._one: OneConnection | None = None
        self.rates = rates
        self.hashing = hashing
        self.origin = origin
        self.actor = actor
        self.directory = directory
        self.tally = tally or Tally()
        self._kept = False
        self._appended: tuple[AuditRecord, ...] = ()
        self._gathered: list[AuditRecord] | None = None

    def seconds_since(self, moment: datetime | None) -> float:
        """Returns how long ago that was; 0 for none, or one that is still to come."""
        return max(0.0, (self.now - moment).total_seconds()) if moment else 0.0

    def reading(self) -> AbstractContextManager[Connection]:
        """Opens a block that only reads."""
        return (self._one or self.database).reading()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Opens a block that commits at its end, or rolls back when it raises."""
        with self.noting() as db:
            yield db
        self._kept = True

    @contextmanager
    def noting(self) -> Iterator[Connection]:
        """Opens a block whose writes may safely be repeated by ``try_again``."""
        self._appended = ()
        with (self._one or self.database).writing() as db:
            yield db
        audit_lines.write(self._appended)
        self._appended = ()

    @contextmanager
    def on_one_connection(self) -> Iterator[None]:
        """Lets all blocks of what follows use one connection to the database.

        For what never waits between its blocks, unless it says so to ``let_go``.
        """
        with self.database.one_connection() as self._one:
            try:
                yield
            finally:
                self._one = None

    def let_go(self) -> None:
        """Holds no connection while something else is waited for."""
        if self._one is not None:
            self._one.let_go()

    def try_again(self, attempt: Callable[[], T]) -> T:
        """Runs a whole unit of work, afresh when it had to give way."""
        return try_again(attempt, self.has_committed)

    def has_committed(self) -> bool:
        """Tells whether a block is committed that must not be written twice."""
        return self._kept

    def audit(
        self,
        db: Connection,
        event: str,
        *,
        outcome: str = "ok",
        reason: str = "",
        actor: Actor | None = None,
        subject: Subject | None = None,
        client_id: str | None = None,
        sid: str | None = None,
        changes: dict[str, Any] | None = None,
        told: bool = True,
    ) -> None:
        """Writes one audit record in the transaction of its change (REL-081).

        Where the person concerned has to be told, the notice is written here too, so
        that no page, command or interface can forget it (SEC-069); ``told=False`` is
        for an account that nobody has used yet.
        """
        who = actor or self.actor
        whom = subject or Subject("none")
        record = self._record(
            event, who, whom, changes or {}, outcome, reason, client_id, sid
        )
        self._append(db, record)
        if told and outcome == "ok" and event in notices.TOLD:
            self._tell(db, event, who, whom)

    def audit_each(
        self,
        db: Connection,
        event: str,
        people: Sequence[tuple[Subject, dict[str, Any]]],
    ) -> None:
        """Writes what ``audit`` writes for each of many people, in few statements.

        Each person comes with what changed of them.
        """
        if not people:
            return
        records = [self._record(event, self.actor, *one) for one in people]
        self._append(db, *records)
        if event in notices.TOLD:
            notices.add_notices(
                db,
                [one.id for one, _ in people if one.id is not None],
                event,
                now=self.now,
                source=self.origin.source,
                actor_id=self.actor.id,
                mailed=self.settings.smtp_url is not None,
            )

    @contextmanager
    def recording(self, db: Connection) -> Iterator[None]:
        """Writes the records of this block in one statement, at its end."""
        self._gathered = []
        try:
            yield
            gathered = self._gathered
        finally:
            self._gathered = None
        self._append(db, *gathered)

    def _append(self, db: Connection, *records: AuditRecord) -> None:
        if self._gathered is not None:
            self._gathered.extend(records)
            return
        audit.append(db, *records)
        self._appended += records

    def _record(
        self,
        event: str,
        who: Actor,
        whom: Subject,
        changes: dict[str, Any],
        outcome: str = "ok",
        reason: str = "",
        client_id: str | None = None,
        sid: str | None = None,
    ) -> AuditRecord:
        return AuditRecord(
            at=self.now,
            event=event,
            outcome=outcome,
            reason=reason,
            actor_type=who.type,
            actor_id=who.id,
            actor_name=who.name,
            actor_acr=who.acr,
            subject_type=whom.type,
            subject_id=whom.id,
            subject_name=whom.name,
            client_id=client_id or who.through,
            sid=sid,
            source=self.origin.source,
            user_agent=self.origin.user_agent,
            request_id=self.origin.request_id,
            changes=changes,
        )

    def _tell(self, db: Connection, event: str, who: Actor, whom: Subject) -> None:
        if whom.type != "user" or whom.id is None:
            return
        notices.add_notice(
            db,
            whom.id,
            event,
            now=self.now,
            source=self.origin.source,
            by_other=who.type != "anonymous" and who.id != whom.id,
            mailed=self.settings.smtp_url is not None,
            address=whom.email,
        )
