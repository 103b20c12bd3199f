"""The filter of a list of people, from what was asked to what the store needs.

What roles and the organisation's policy mean is read once for each list; the conditions
themselves are ``store.fleet``.
"""

from dataclasses import asdict
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.engine import Connection

from idp.actions import facts
from idp.actions.people import STATES
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.rules import permissions
from idp.rules.names import has_control_characters
from idp.rules.names import words_of
from idp.rules.permissions import MFA_WRITE
from idp.store import organisation
from idp.store import roles
from idp.store.fleet import Ground
from idp.store.fleet import Wanted

LONG_UNSEEN = timedelta(days=90)
"""After which a person counts as not having been here for long."""

LONGEST_UNSEEN = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class Filter:
    """What people have in common; None stands for no condition.

    ``query`` holds beginnings of words of user name, name and e-mail address, all of
    which have to be there. ``mfa`` is one of ``people.STATES``. ``privileged`` people
    hold a permission of administration. ``not_seen_for`` counts from the last sign-in,
    or from when the account was made where there was none.
    """

    query: str | None = None
    mfa: str | None = None
    role: str | None = None
    source: str | None = None
    active: bool | None = None
    privileged: bool | None = None
    not_seen_for: timedelta | None = None

    @property
    def facts(self) -> dict[str, object]:
        """What a cursor is bound to."""
        return asdict(self)


def wanted(work: Work, asked: Filter) -> Wanted | None:
    """Returns the conditions of a filter; None where nobody can meet them.

    Raises BadRequest for a state or an age that there is not, and for text that no
    column holds.
    """
    if asked.mfa is not None and asked.mfa not in STATES:
        raise BadRequest("mfa", sentence="This is not a state of MFA.")
    unseen = asked.not_seen_for
    if unseen is not None and not timedelta(0) <= unseen <= LONGEST_UNSEEN:
        raise BadRequest("not_seen_for", sentence="This is not a length of time.")
    for field in ("role", "source"):
        # Refused here and not by the database: a table has begun to leave by then.
        if has_control_characters(getattr(asked, field) or ""):
            raise BadRequest(field, sentence="A filter is one line of text.")
    words = words_of(asked.query)
    if not words and asked.query and asked.query.strip():
        return None
    return Wanted(
        words=words,
        state=asked.mfa,
        role=asked.role,
        source=asked.source,
        active=asked.active,
        privileged=asked.privileged,
        unseen_since=None if unseen is None else work.now - unseen,
    )


def ground(db: Connection, work: Work, *, mfa: str | None = None) -> Ground:
    """Reads what the conditions rest on; ``mfa`` supposes another policy."""
    policy = organisation.find_policy(db)
    every_role = roles.list_roles(db)
    held = work.actor.permissions
    return Ground(
        now=work.now,
        unseen_before=work.now - LONG_UNSEEN,
        factor_budget=facts.FACTOR_BUDGET,
        tries=work.settings.factor_tries_total,
        few=policy.backup_code_warning,
        everybody=(mfa or policy.mfa) == "required",
        demanding=tuple(role.name for role in every_role if facts.demands_mfa(role)),
        privileged=tuple(role.name for role in every_role if role.permissions),
        beyond=tuple(
            role.name
            for role in every_role
            if not permissions.may(held, MFA_WRITE, role.permissions)
        ),
    )
