"""What each right of administration allows, in a sentence beside its checkbox."""

# ruff: noqa: RUF001 - people read these, so an apostrophe is an apostrophe

from collections.abc import Collection
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from idp.rules import permissions
from idp.rules.permissions import PERMISSIONS

_WORDS: dict[str, LazyString] = {
    permissions.USERS_READ: _l("See people, their roles and sessions"),
    permissions.USERS_WRITE: _l("Create, change, disable and delete people"),
    permissions.MFA_READ: _l("See how everybody’s MFA stands"),
    permissions.MFA_WRITE: _l("Require, disable and unlock MFA"),
    permissions.SESSIONS_WRITE: _l("End sessions"),
    permissions.ROLES_WRITE: _l("Create and change roles, and give them to people"),
    permissions.CLIENTS_READ: _l("See applications"),
    permissions.CLIENTS_WRITE: _l("Register and change applications"),
    permissions.POLICY_READ: _l("See the policy"),
    permissions.POLICY_WRITE: _l("Change the policy"),
    permissions.AUDIT_READ: _l("Read and export the audit trail"),
    permissions.KEYS_WRITE: _l("See, rotate and revoke signing keys"),
}


@dataclass(frozen=True, slots=True)
class Tick:
    """One right in a form: ticked or not, and whether the viewer may change it."""

    name: str
    ticked: bool
    fixed: bool

    @property
    def words(self) -> str:
        """Says what the right allows."""
        return words(self.name)


def words(name: str) -> str:
    """Says what a right allows; an unknown one stays as it is."""
    return str(_WORDS.get(name) or name)


def ticks(
    ticked: Collection[str], *, may: Collection[str], fixed: bool = False
) -> tuple[Tick, ...]:
    """Lists every right; what ``may`` does not hold cannot be handed out (SEC-257)."""
    return tuple(
        Tick(
            name,
            name in ticked,
            fixed or not permissions.may_grant(may, [name]),
        )
        for name in PERMISSIONS
    )
