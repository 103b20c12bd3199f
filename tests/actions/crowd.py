"""People of every kind at random, written as rows, and the rules applied to each.

Faster than signing everybody in: what is tested is how they are found, not how they
came to be so.
"""

import random
from datetime import datetime
from datetime import timedelta

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from idp.actions import facts
from idp.actions import fleet
from idp.actions import organisation
from idp.actions import people
from idp.actions import roles
from idp.actions.fleet import Filter
from idp.actions.people import User
from idp.store.attempts import AttemptTable
from idp.store.authenticators import TotpTable
from idp.store.backup_codes import BackupCodeTable
from idp.store.roles import set_roles
from tests.actions.scene import Scene
from tests.store import samples

ROLES = ("staff", "finance", "helpdesk", "administrator")


class Crowd:
    """Many people and what is shown of each."""

    def __init__(self, scene: Scene, many: int, chance: random.Random) -> None:
        self.scene = scene
        self.chance = chance
        self.everybody: list[User] = []
        admin = scene.administration()
        roles.create_role(admin, "staff")
        roles.create_role(admin, "finance", mfa_required=True)
        self.held = {role.name: role for role in roles.list_roles(admin)}
        with scene.database.writing() as db:
            for number in range(many):
                self._add(db, f"p{number}", scene.clock())

    def look(self) -> None:
        """Looks at each person alone."""
        found = [self.scene.user(f"p{number}") for number in range(self._size())]
        self.everybody = sorted(found, key=lambda one: one.username)
        work = self.scene.administration()
        self.few = organisation.show_policy(work).backup_code_warning

    def _size(self) -> int:
        return fleet.count(self.scene.administration(), Filter())

    def is_privileged(self, user: User) -> bool:
        return any(self.held[name].permissions for name in user.roles)

    def is_in(self, user: User, state: str) -> bool:
        """Says whether somebody is in a state, by what is shown of them alone."""
        enrolled = user.mfa.method is not None
        if state == "required_not_enrolled":
            return user.mfa.effective.required and not enrolled
        if state == "few_codes":
            return enrolled and user.mfa.backup_codes_remaining <= self.few
        return user.mfa.state == state

    def any_filter(self) -> Filter:
        """Draws a filter of some conditions."""
        draw, switch = self.chance.choice, (None, None, True, False)
        return Filter(
            mfa=draw((None, *people.STATES)),
            role=draw((None, None, None, *ROLES, "unknown")),
            source=draw((None, None, "local", "directory")),
            active=draw(switch),
            privileged=draw(switch),
            not_seen_for=draw((None, None, timedelta(days=90), timedelta(hours=1))),
        )

    def _add(self, db: Connection, name: str, now: datetime) -> None:
        chance = self.chance
        samples.user(
            db,
            name,
            active=chance.random() < 0.8,
            mfa_required=chance.random() < 0.3,
            source=chance.choice(["local", "local", "directory"]),
            created_at=now - timedelta(days=chance.choice([0, 50, 100, 400])),
            last_login_at=chance.choice(
                [None, now, now - timedelta(days=89), now - timedelta(days=91)]
            ),
        )
        held = [role for role in ROLES if chance.random() < 0.15]
        set_roles(db, name, held)
        self._authenticators(db, name, now)
        self._lock(db, name, now)

    def _authenticators(self, db: Connection, name: str, now: datetime) -> None:
        states = {"ended": 0.2, "active": 0.5, "pending": 0.3}
        drawn = [one for one, often in states.items() if self.chance.random() < often]
        shared = {"user_id": name, "last_step": 1, "created_at": now}
        for state in drawn:
            row = {**shared, "id": f"{name}-{state}", "state": state}
            db.execute(insert(TotpTable).values(**row))
        for number in range(self.chance.choice([0, 1, 3, 4, 10])):
            used = now if self.chance.random() < 0.5 else None
            db.execute(
                insert(BackupCodeTable).values(
                    id=f"{name}-{number}",
                    user_id=name,
                    digest=b"d",
                    salt=b"s",
                    created_at=now,
                    used_at=used,
                )
            )

    def _lock(self, db: Connection, name: str, now: datetime) -> None:
        if self.chance.random() < 0.5:
            return
        most = self.scene.settings.factor_tries_total
        ends = (None, None, now, now + timedelta(minutes=1), now - timedelta(minutes=1))
        db.execute(
            insert(AttemptTable).values(
                key=facts.factor_key(name),
                failures=0,
                total=self.chance.choice([1, most - 1, most - 1, most, most + 1]),
                locked_until=self.chance.choice(ends),
                touched_at=now,
            )
        )
