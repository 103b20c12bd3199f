"""A database of a large organisation: as many people and audit records as are wanted.

The database itself makes the rows, so that a hundred thousand take seconds. Shares are
those of a place where MFA has come far: nine of ten are enrolled, few are in trouble.
"""

from datetime import datetime
from datetime import timedelta
from typing import Any

from sqlalchemy import JSON
from sqlalchemy import LargeBinary
from sqlalchemy import bindparam
from sqlalchemy import text
from sqlalchemy.engine import Connection

from idp.store.base import Moment

FIRST = ("ada", "bea", "cem", "dan", "eva", "finn", "gita", "hugo", "ida", "jan")
LAST = ("adler", "bauer", "celik", "diaz", "ebert", "keller", "maier", "novak", "weber")
TICKS = 1000
EVENTS = ("login.succeeded", "tokens.issued", "session.started", "login.refused")

_NUMBERS = (
    "WITH RECURSIVE numbers(i) AS "
    "(SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < :many) "
)


def people(db: Connection, many: int, *, now: datetime) -> None:
    """Adds people with roles, authenticators, backup codes, locks and histories."""
    _ticks(db, now)
    for statement in _PEOPLE:
        _run(db, statement, many, now)


def records(db: Connection, many: int, *, people: int, now: datetime) -> None:
    """Adds audit records about those people, spread over a year."""
    _ticks(db, now)
    _run(db, _RECORDS, many, now, people=people)


def copies(db: Connection, table: str, own: dict[str, str], many: int) -> None:
    """Copies a row of a table so many times.

    ``own`` names the columns that get a value of their own: what stands there, and the
    number of the copy.
    """
    model = db.execute(text(f"SELECT * FROM {table} LIMIT 1"))
    columns = list(model.keys())
    values = [f"'{own[name]}' || i" if name in own else name for name in columns]
    db.execute(
        text(
            f"INSERT INTO {table} ({', '.join(columns)}) {_NUMBERS} "
            f"SELECT {', '.join(values)} "
            f"FROM (SELECT * FROM {table} LIMIT 1) AS model CROSS JOIN numbers"
        ),
        {"many": many},
    )


def analyse(db: Connection) -> None:
    """Has the database count what it holds, as its own housekeeping does in time.

    All of it and not a sample, so that plans are the same each time.
    """
    if db.dialect.name == "postgresql":
        db.execute(text("SET LOCAL default_statistics_target = 1000"))
    db.execute(text("ANALYZE"))


def _ticks(db: Connection, now: datetime) -> None:
    """Makes a table of moments and names that the rows are drawn from."""
    db.execute(text("DROP TABLE IF EXISTS ticks"))
    db.execute(
        text(
            "CREATE TEMPORARY TABLE ticks "
            f"(tick INTEGER PRIMARY KEY, at {_moment(db)}, first TEXT, last TEXT, "
            "event TEXT)"
        )
    )
    rows: list[dict[str, Any]] = [
        {
            "tick": tick,
            "at": now - timedelta(hours=8.7 * tick),
            "first": FIRST[tick // 7 % len(FIRST)],
            "last": LAST[tick // 11 % len(LAST)],
            "event": EVENTS[tick % len(EVENTS)],
        }
        for tick in range(TICKS)
    ]
    add = text("INSERT INTO ticks VALUES (:tick, :at, :first, :last, :event)")
    db.execute(add.bindparams(bindparam("at", type_=Moment)), rows)


def _moment(db: Connection) -> str:
    return "TIMESTAMPTZ" if db.dialect.name == "postgresql" else "TEXT"


def _run(
    db: Connection, statement: str, many: int, now: datetime, **values: int
) -> None:
    types = {
        "now": bindparam("now", type_=Moment),
        "soon": bindparam("soon", type_=Moment),
        "nothing": bindparam("nothing", type_=JSON),
        "none": bindparam("none", type_=JSON),
        "bytes": bindparam("bytes", type_=LargeBinary),
    }
    into, select = statement.split("SELECT", 1)
    said = text(f"{into}{_NUMBERS}SELECT{select}")
    used = {name: value for name, value in types.items() if f":{name}" in statement}
    given: dict[str, Any] = {
        "now": now,
        "soon": now + timedelta(hours=1),
        "nothing": {},
        "none": [],
        "bytes": b"0123456789abcdef",
        "many": many,
        **values,
    }
    db.execute(
        said.bindparams(*used.values()),
        {name: v for name, v in given.items() if f":{name}" in str(said)},
    )


_PEOPLE = (
    """INSERT INTO users (id, username, canonical, email, email_canonical,
    email_verified, name, profile, password_hash, password_initial,
    must_change_password, active, deleted, mfa_required, source, version,
    created_at, updated_at, last_login_at)
    SELECT 'id' || i, first || '.' || last || i, first || '.' || last || i,
    first || i || '@' || last || '.example', first || i || '@' || last || '.example',
    i >= 0, first || ' ' || last, :nothing, 'b1$' || i, i < 0, i < 0,
    i % 50 <> 7, i < 0, i % 10 = 3 OR i % 500 = 5,
    CASE WHEN i % 4 = 0 THEN 'local' ELSE 'ldap' END, 1, :now, :now,
    CASE WHEN i % 40 = 9 THEN NULL ELSE at END
    FROM numbers JOIN ticks ON tick = i % 1000""",
    """INSERT INTO roles (name, description, permissions, mfa_required, built_in)
    SELECT 'dept' || i, '', :none, i = 0, i < 0 FROM numbers WHERE i < 5""",
    """INSERT INTO user_roles (user_id, role)
    SELECT 'id' || i, 'dept' || (i % 5) FROM numbers WHERE i % 10 < 3""",
    """INSERT INTO user_roles (user_id, role)
    SELECT 'id' || i, CASE WHEN i % 20000 = 0 THEN 'administrator' ELSE 'helpdesk' END
    FROM numbers WHERE i % 1000 = 0 OR i = 15""",
    """INSERT INTO totp_credentials (id, user_id, secret_sealed, state, pending_for,
    last_step, created_at, confirmed_at, last_used_at)
    SELECT 't' || i, 'id' || i, :bytes, 'active', NULL, 1, :now, :now, :now
    FROM numbers WHERE i % 10 <> 5""",
    """INSERT INTO totp_credentials (id, user_id, secret_sealed, state, pending_for,
    last_step, created_at)
    SELECT 'n' || i, 'id' || i, :bytes, 'pending', 'l', -1, :now
    FROM numbers WHERE i % 200 = 5""",
    """INSERT INTO backup_codes (id, user_id, digest, salt, created_at, used_at)
    SELECT 'c' || i || '-' || tick, 'id' || i, :bytes, :bytes, :now,
    CASE WHEN tick < 8 AND i % 100 = 8 THEN :now END
    FROM numbers CROSS JOIN ticks WHERE i % 10 <> 5 AND tick < 10""",
    """INSERT INTO attempts (key, failures, total, locked_until, touched_at)
    SELECT 'factor:id' || i, 0, CASE WHEN i % 20 = 2 THEN 3 ELSE 0 END,
    CASE WHEN i % 1000 = 2 THEN :soon END, :now
    FROM numbers WHERE i % 10 <> 5""",
    """INSERT INTO attempts (key, failures, total, touched_at)
    SELECT 'password:id' || i, 0, CASE WHEN i % 30 = 4 THEN 1 ELSE 0 END, :now
    FROM numbers""",
    *(
        f"""INSERT INTO user_words (user_id, word)
        SELECT 'id' || i, {word} FROM numbers JOIN ticks ON tick = i % 1000"""
        for word in ("first", "last", "first || i", "last || i", "'example'")
    ),
)
_RECORDS = """INSERT INTO audit_records (at, event, outcome, reason, actor_type,
    actor_id, actor_name, subject_type, subject_id, subject_name, client_id, sid,
    source, user_agent, request_id, changes)
    SELECT at, event, 'ok', '', 'user', 'id' || (i % :people), 'name', 'user',
    'id' || (i % :people), 'name', 'app' || (i % 50), 'sid', '192.0.2.1', 'browser',
    'request', :nothing
    FROM numbers JOIN ticks ON tick = 999 - (i * CAST(999 AS BIGINT)) / :many"""
