"""The gate of administrative actions: the actor needs the right, over the target too.

The rule is ``rules.permissions``. The entry layer puts the actor's rights into
``Work.actor``; they are checked again inside the block, under a lock. A refusal is
recorded on its own, because its block rolls back.
"""

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy.engine import Connection

from idp.actions.work import Actor
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import Forbidden
from idp.errors import PolicyRefused
from idp.rules import permissions
from idp.rules.permissions import MFA_WRITE
from idp.store import attempts
from idp.store import clients
from idp.store import roles
from idp.store import users
from idp.store.roles import Role

ADMINISTRATION = "administrators"
"""The counter row that every administrative change holds, before any other lock."""


@contextmanager
def administering(work: Work, permission: str) -> Iterator[Connection]:
    """Opens a writing block for who holds a right; raises Forbidden (SEC-255).

    One at a time, so that whoever lost the right while they waited writes nothing, and
    of two changes that would leave no administrator the second is seen. A refusal from
    within the block is recorded as well, after it was rolled back.
    """
    require(work, permission)
    try:
        with work.writing() as db:
            attempts.lock(db, ADMINISTRATION, now=work.now)
            _read_again(db, work)
            require_too(work, permission)
            yield db
    except Forbidden as refusal:
        record_refusal(work, permission, refusal.detail)
        raise


@contextmanager
def reading(work: Work, permission: str) -> Iterator[Connection]:
    """Opens a reading block for who holds a right; raises Forbidden."""
    require(work, permission)
    with work.reading() as db:
        yield db


def require(work: Work, permission: str) -> None:
    """Raises Forbidden, and records it, unless the actor holds a right."""
    if not permissions.may(work.actor.permissions, permission):
        refusal = Forbidden(f"lacks {permission}")
        record_refusal(work, permission, refusal.detail)
        raise refusal


def require_any(work: Work, wanted: Sequence[str]) -> None:
    """Raises Forbidden, and records it, unless the actor holds one of these rights."""
    if not set(wanted) & set(work.actor.permissions):
        refusal = Forbidden("lacks every right of " + " ".join(wanted))
        record_refusal(work, wanted[0], refusal.detail)
        raise refusal


def require_too(work: Work, permission: str) -> None:
    """Raises Forbidden unless the actor holds this right; the block records it."""
    if not permissions.may(work.actor.permissions, permission):
        raise Forbidden(f"lacks {permission}")


def require_over(work: Work, permission: str, target: Collection[str]) -> None:
    """Raises Forbidden where the target has rights beyond the actor's (SEC-256)."""
    if not permissions.may(work.actor.permissions, permission, target):
        raise Forbidden(f"{permission} over somebody with more rights")


def require_other(work: Work, user_id: str) -> None:
    """Raises PolicyRefused where somebody would reset what protects themselves.

    Their settings ask for the password or a code, administration does not.
    """
    if work.actor.type == "user" and work.actor.id == user_id:
        words = "This is your own account: your settings are the place for this."
        raise PolicyRefused("own account", sentence=words)


def require_grant(work: Work, granted: Iterable[str]) -> None:
    """Raises Forbidden where the actor would hand out rights he lacks (SEC-257)."""
    if not permissions.may_grant(work.actor.permissions, granted):
        raise Forbidden("grants rights that the actor lacks")


def require_to_relax(work: Work, before: Iterable[Role], after: Iterable[Role]) -> None:
    """Raises Forbidden where roles stop to require MFA and the actor may not say so.

    Rights over people or roles alone never lower what somebody must prove (SEC-080).
    """
    required, still = (
        any(one.mfa_required for one in them) for them in (before, after)
    )
    if required and not still:
        require_too(work, MFA_WRITE)


def _read_again(db: Connection, work: Work) -> None:
    """Drops rights that who acts has lost since the request began."""
    now = _of_actor(db, work.actor)
    if now is not None:
        left = tuple(right for right in work.actor.permissions if right in now)
        work.actor = replace(work.actor, permissions=left)


def _of_actor(db: Connection, actor: Actor) -> Collection[str] | None:
    """Returns what an actor holds at this moment; None where no row says."""
    if actor.id is None:
        return None
    if actor.type == "client":
        client = clients.find_client(db, actor.id)
        return client.scopes if client is not None and client.enabled else ()
    user = users.find_user(db, actor.id) if actor.type == "user" else None
    if user is None:
        return None
    return of_person(db, user.id) if user.active and not user.deleted else ()


def of_person(db: Connection, user_id: str) -> frozenset[str]:
    """Returns the rights that somebody holds through roles."""
    return of_roles(roles.roles_of(db, user_id))


def of_roles(held: Iterable[Role]) -> frozenset[str]:
    """Returns the rights that roles give together."""
    return frozenset(right for role in held for right in role.permissions)


def held(work: Work, user_id: str) -> tuple[str, ...]:
    """Returns the rights that somebody holds at this moment, in their order."""
    with work.reading() as db:
        found = of_person(db, user_id)
    return tuple(right for right in permissions.PERMISSIONS if right in found)


def record_refusal(work: Work, permission: str, why: str) -> None:
    """Records that a right was not granted, in a block of its own."""
    with work.writing() as db:
        work.audit(
            db,
            "admin.refused",
            outcome="refused",
            reason=why,
            subject=Subject("permission", permission),
        )
