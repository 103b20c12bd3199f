"""Many people made of one who enrolled: each with a name and a secret of their own.

The password is the same for all, since a hash at the cost of a real provider takes a
quarter of a second and there are ten thousand of them. Nothing here signs in.
"""

import base64
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

from idp.actions.totp_secrets import TOTP_PURPOSE
from idp.settings import Settings
from idp.store.authenticators import TotpTable
from idp.store.backup_codes import BackupCodeTable
from idp.store.base import new_id
from idp.store.users import UserTable
from idp.vault import Vault
from tests.support.clock import real_clock
from tests.support.people import Person
from tests.support.phone import Phone

AT_ONCE = 500
EARLIER = 20  # steps: the code of the moment is not used up
BYTES = 20  # of a secret, RFC 4226 section 4


def copies(
    engine: Engine, environment: Mapping[str, str], model: Person, many: int
) -> list[Person]:
    """Adds so many people to the database who are like one that enrolled."""
    vault = Vault.load(Settings.load(environment))
    made: list[Person] = []
    while len(made) < many:
        with engine.begin() as db:
            made += _some(db, vault, model, len(made), min(AT_ONCE, many - len(made)))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.exec_driver_sql("ANALYZE")
    return made


def _some(
    db: Connection, vault: Vault, model: Person, first: int, many: int
) -> list[Person]:
    like = _row(db, UserTable, UserTable.id == model.id)
    totp = _row(db, TotpTable, TotpTable.user_id == model.id)
    codes = _rows(db, BackupCodeTable, BackupCodeTable.user_id == model.id)
    people: list[Person] = []
    rows: dict[Any, list[dict[str, Any]]] = {
        UserTable: [],
        TotpTable: [],
        BackupCodeTable: [],
    }
    for number in range(first, first + many):
        name, user_id, credential = f"copy{number}", new_id(), new_id()
        secret = base64.b32encode(secrets.token_bytes(BYTES)).decode()
        rows[UserTable].append(
            like | {"id": user_id, "username": name, "canonical": name}
        )
        rows[TotpTable].append(
            totp
            | {
                "id": credential,
                "user_id": user_id,
                "last_step": totp["last_step"] - EARLIER,
                "secret_sealed": vault.seal(
                    secret.encode(), purpose=TOTP_PURPOSE, row=credential
                ),
            }
        )
        rows[BackupCodeTable] += [
            code | {"id": new_id(), "user_id": user_id} for code in codes
        ]
        phone = Phone(secret, real_clock)
        people.append(Person(user_id, name, model.password, real_clock, phone))
    for table, added in rows.items():
        db.execute(insert(table), added)
    return people


def _rows(db: Connection, table: Any, whose: Any) -> list[dict[str, Any]]:
    found = db.execute(select(*table.__table__.columns).where(whose)).mappings()
    return [dict(row) for row in found]


def _row(db: Connection, table: Any, whose: Any) -> dict[str, Any]:
    (found,) = _rows(db, table, whose)
    return found
