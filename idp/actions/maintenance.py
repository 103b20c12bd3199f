"""Upkeep of the service: the schema, purging, and the checks behind readiness."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.engine import Connection

from idp.actions import audit_chain
from idp.actions import audit_retention
from idp.actions import facts
from idp.actions import keys
from idp.actions.work import Work
from idp.errors import Refusal
from idp.errors import Unavailable
from idp.errors import Unsealable
from idp.rules import totp
from idp.store import attempts
from idp.store import audit
from idp.store import authenticators
from idp.store import client_assertions
from idp.store import client_secrets
from idp.store import engines
from idp.store import grants
from idp.store import keys as signing_keys
from idp.store import logins
from idp.store import logout_notices
from idp.store import notices
from idp.store import pushed_requests
from idp.store import registration_tokens
from idp.store import schema
from idp.store import sessions
from idp.store import spent_steps

CHUNK = 100
"""Rows that one statement deletes; SQLite lets nobody else write meanwhile."""
KEEP = timedelta(days=1)
KEEP_UNTOUCHED = timedelta(hours=3)
"""For logins in which nobody proved anything; long enough for a forgotten page."""
KEEP_ATTEMPTS = timedelta(days=2)
KEEP_ASSERTIONS = timedelta(minutes=10)
"""After their end; for a clock that is set back a little."""
KEEP_NOTICES = timedelta(days=365)
KEEP_LOGOUT_NOTICES = timedelta(days=7)
KEEP_REGISTRATION_TOKENS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether each part answers; all of them make the service ready."""

    database: bool
    migrations: bool
    keys: bool
    later: bool = False
    """A later version has moved the schema; fine where ``migrations`` is true."""
    closed: bool = False
    """There are signing keys, and the key ring does not open them."""
    barred: bool = False
    """The database answers, and refuses to have its tables read."""
    reason: str = ""
    """What the database said where it does not answer."""
    earlier: bool = False
    """The schema is one that an earlier version left."""

    @property
    def ready(self) -> bool:
        """Tells whether requests can be served."""
        return self.database and self.migrations and self.keys


def initialise(work: Work) -> None:
    """Brings an empty or older database up to date; harmless to repeat."""
    upgrade(work)
    keys.create_missing(work)


def upgrade(work: Work, revision: str = "head") -> None:
    """Moves the schema up; a database that is new gets the head of its audit trail."""
    with work.writing() as db:
        before = schema.upgrade(db, revision)
        if before is None and schema.is_current(db):
            audit_chain.begin(db, work)


def downgrade(work: Work, revision: str) -> None:
    """Moves the schema down."""
    with work.writing() as db:
        schema.downgrade(db, revision)


def revision(work: Work) -> tuple[str | None, str | None]:
    """Returns the revision that the database has and the one that is expected."""
    with work.reading() as db:
        return schema.current(db), schema.head()


def waits_are_bounded(work: Work) -> bool:
    """Tells whether the database knows how long a statement may take (REL-008)."""
    with work.reading() as db:
        return engines.bounds_waits(db)


def commits_are_kept(work: Work) -> bool:
    """Tells whether an acknowledged change outlives a crash (REL-058)."""
    with work.reading() as db:
        return engines.keeps_commits(db)


def readiness(work: Work) -> Readiness:
    """Finds out what answers; never raises."""
    try:
        with work.reading() as db:
            found = schema.current(db)
    except Refusal as refusal:
        up = _answers(work)
        reason = refusal.reason if isinstance(refusal, Unavailable) else ""
        return Readiness(up, migrations=False, keys=False, barred=up, reason=reason)
    serves = schema.serves(found)
    opened, closed = _can_sign(work) if serves else (False, False)
    later, earlier = schema.is_later(found), schema.is_earlier(found)
    return Readiness(True, serves, opened, later, closed, earlier=earlier)


def _can_sign(work: Work) -> tuple[bool, bool]:
    """Tells whether all keys are there and open, and whether some do not open."""
    try:
        opened = keys.load_keys(work)
    except Unsealable:
        return False, True
    except Refusal:
        return False, False
    algorithms = {key.alg for key in opened if key.state == "active"}
    return set(keys.DEFAULT_ALGORITHMS) <= algorithms, False


def is_sealed(work: Work) -> bool:
    """Tells whether a key ring has been at work here, whatever it was."""
    with work.reading() as db:
        return schema.current(db) is not None and bool(signing_keys.list_keys(db))


def _answers(work: Work) -> bool:
    try:
        work.database.ping()
    except Refusal:
        return False
    return True


def seconds_behind(work: Work) -> float:
    """Tells how far records lie in the future, so how much the clock is behind."""
    with work.reading() as db:
        newest = audit.newest_moment(db)
    return max(0.0, (newest - work.now).total_seconds()) if newest else 0.0


def clock_offset(work: Work) -> float | None:
    """Tells how many seconds our clock is ahead of the database's, None for the same.

    The whole way there and back counts, so it is right to a fraction of a second.
    """
    with work.reading() as db:
        return offset_from(work, db)


def offset_from(work: Work, db: Connection) -> float | None:
    """Tells the same in a block that is open."""
    theirs = engines.database_now(db)
    return None if theirs is None else (work.now - theirs).total_seconds()


def used_ahead(work: Work) -> list[str]:
    """Returns the names of people whose codes a clock that was ahead has used up."""
    last = totp.step_of(work.now) + totp.WINDOW + totp.STEPS_BETWEEN_CLOCKS
    with work.reading() as db:
        return spent_steps.spent_beyond(db, last)


def purge(work: Work) -> int:
    """Deletes what nobody can need any more, in chunks (REL-066, REL-069)."""
    before = work.now - KEEP
    deleted = 0
    with work.writing() as db:
        deleted += logins.purge_logins(
            db,
            before=before,
            untouched_before=work.now - KEEP_UNTOUCHED,
            limit=CHUNK,
        )
    with work.writing() as db:
        deleted += grants.purge_grants(db, before=before, limit=CHUNK)
    with work.writing() as db:
        deleted += pushed_requests.purge_requests(db, before=before, limit=CHUNK)
    with work.writing() as db:
        deleted += client_assertions.purge_assertions(
            db, before=work.now - KEEP_ASSERTIONS, limit=CHUNK
        )
    with work.writing() as db:
        deleted += client_secrets.purge_secrets(db, before=before, limit=CHUNK)
    with work.writing() as db:
        deleted += sessions.purge_sessions(db, before=before, limit=CHUNK)
    with work.writing() as db:
        deleted += authenticators.purge_pending(db, before=before, limit=CHUNK)
    with work.writing() as db:
        deleted += attempts.purge_attempts(
            db,
            before=work.now - KEEP_ATTEMPTS,
            limit=CHUNK,
            keep=facts.FACTOR_BUDGET,
        )
    return deleted + _purge_what_is_looked_at(work)


def _purge_what_is_looked_at(work: Work) -> int:
    """Deletes what stays for a while after its end, because somebody may ask."""
    deleted = 0
    with work.writing() as db:
        before = work.now - KEEP_NOTICES
        deleted += notices.purge_notices(db, before=before, limit=CHUNK)
    with work.writing() as db:
        before = work.now - KEEP_LOGOUT_NOTICES
        deleted += logout_notices.purge_logout_notices(db, before=before, limit=CHUNK)
    with work.writing() as db:
        before = work.now - KEEP_REGISTRATION_TOKENS
        deleted += registration_tokens.purge_tokens(db, before=before, limit=CHUNK)
    return deleted + audit_retention.purge(work)
