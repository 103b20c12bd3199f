"""The words of administration: what was done, and what an action refused.

Sentences of one page stand in its template. What the actions say of their own is
English there and gets its translation here.
"""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

_DONE: dict[str, LazyString] = {
    "updated": _l("Saved."),
    "deleted": _l("Deleted."),
    "unlocked": _l("The lock is off; codes count again."),
    "sessions-ended": _l("Signed out everywhere."),
    "session-ended": _l("That session has ended."),
    "mfa-disabled": _l("MFA is off, and everything that it had opened has ended."),
    "created": _l("The account exists."),
    "initial-password": _l("The old password is void."),
    "required": _l("MFA is required from the next sign-in on."),
    "role-created": _l("The role exists."),
    "role-changed": _l("The role is changed, for whoever holds it at once."),
    "role-deleted": _l("The role is gone."),
    "policy-saved": _l("The policy is saved and holds from now on."),
    "application-saved": _l("The application is saved."),
    "application-enabled": _l("People can sign in to this application again."),
    "application-disabled": _l("This application is disabled."),
    "application-deleted": _l("The application is deleted."),
    "secret-removed": _l("That secret no longer works."),
    "key-rotated": _l("A new key is published and signs in a few minutes."),
    "key-revoked": _l("That key is gone, and what it signed is void."),
}

# The sentences of refusals of idp.actions that may be shown here.
_SAID = (
    _l("This is the last administrator who can sign in."),
    _l("There is somebody with this user name."),
    _l("This cannot be a user name."),
    _l("This cannot be a password."),
    _l("This is not a state of MFA."),
    _l("A reason is one line of text."),
    _l("A reason is needed, of up to 500 characters."),
    _l("The user name that was typed is not that of this account."),
    _l("A built-in role keeps its rights."),
    _l("A built-in role cannot be deleted."),
    _l("There is a role of this name."),
    _l("This description is too long."),
)


def done(word: str, told: Mapping[str, Any] | None = None) -> str:
    """Returns the sentence that says that something was done."""
    return str(_DONE.get(word) or _DONE["updated"])


def said(sentence: str) -> str:
    """Returns the sentence of a refusal in the language of the request."""
    return str(gettext(sentence))
