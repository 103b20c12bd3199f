"""The words of administration: what was done, and what an action refused.

Sentences of one page stand in its template. What the actions say of their own is
English there and gets its translation here.
"""

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
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
    "not-required": _l("MFA is no longer required."),
    "role-created": _l("The role exists."),
    "role-changed": _l("The role is changed, for whoever holds it at once."),
    "role-deleted": _l("The role is gone."),
    "policy-saved": _l("The policy is saved and holds from now on."),
    "application-saved": _l("The application is saved."),
    "application-enabled": _l("People can sign in to this application again."),
    "application-disabled": _l("This application is disabled."),
    "application-deleted": _l("The application is deleted."),
    "secret-removed": _l("That secret no longer works."),
    "registration-token-created": _l("The token works from now on."),
    "registration-token-revoked": _l("The token no longer works."),
    "key-rotated": _l("A new key is published and signs in a few minutes."),
    "key-revoked": _l("That key is gone. What it signed is void within a minute."),
}

# The sentences of refusals of idp.actions that may be shown here.
_SAID = (
    _l("This is the last administrator who can sign in."),
    _l("This is your own account: your settings are the place for this."),
    _l("This account is kept in the directory: change it there."),
    _l("This is your own account: your settings are the place for this."),
    _l("There is somebody with this user name."),
    _l("This cannot be a user name."),
    _l("This cannot be a password."),
    _l("This is not a state of MFA."),
    _l("A reason is one line of text."),
    _l("A reason is needed, of up to 500 characters."),
    _l("The user name that was typed is not that of this account."),
    _l("A built-in role keeps its rights."),
    _l("A built-in role cannot be deleted."),
    _l("There is a role whose name is the same, or looks the same."),
    _l("This description is too long."),
)


_STATES: dict[str, LazyString] = {
    "enrolled": _l("on"),
    "locked": _l("on, locked"),
    "pending": _l("set-up begun"),
    "none": _l("off"),
}

_FILTERS: dict[str, LazyString] = {
    "everybody": _l("everybody"),
    "enrolled": _l("with MFA"),
    "none": _l("without MFA"),
    "pending": _l("set-up begun"),
    "required_not_enrolled": _l("required, not set up"),
    "bare_administrators": _l("administrators without MFA"),
    "few_codes": _l("few backup codes left"),
    "locked": _l("locked"),
    "unseen": _l("not signed in for 90 days"),
}


_FIELDS: dict[str, LazyString] = {
    "name": _l("Name"),
    "email": _l("E-mail"),
    "active": _l("Sign-in"),
    "roles": _l("Roles"),
    "mfa": _l("MFA"),
    "mfa_required": _l("MFA (Required)"),
}


def field(name: str) -> str:
    """Returns what a field of a person is called."""
    return str(_FIELDS.get(name) or name)


def value(name: str, said: str) -> str:
    """Returns the value of a field of a person in words."""
    if name == "mfa" and said in _STATES:
        return state(said)
    if name in ("active", "mfa_required"):
        return str(_("yes") if said == "on" else _("no"))
    return said or str(_("nothing"))


def source(rule: str) -> str:
    """Returns which rule requires MFA of somebody: a member of ``because``."""
    kind, _colon, which = rule.partition(":")
    if kind == "organisation":
        return str(_("the organisation"))
    if kind == "role":
        return str(_("the role %(role)s", role=which))
    if kind == "client":
        return str(_("the application %(name)s", name=which))
    return str(_("the user"))


def state(word: str) -> str:
    """Returns the state of somebody's MFA in words."""
    return str(_STATES[word])


def filter_of(word: str) -> str:
    """Returns what the people of a filter have in common."""
    return str(_FILTERS[word])


def attention(word: str, number: int) -> str:
    """Says how many people need attention, and why."""
    if word == "bare_administrators":
        return ngettext(
            "%(num)s administrator has no MFA",
            "%(num)s administrators have no MFA",
            number,
        )
    if word == "required_not_enrolled":
        return ngettext(
            "%(num)s person must have MFA and has not set it up",
            "%(num)s people must have MFA and have not set it up",
            number,
        )
    if word == "locked":
        return ngettext(
            "%(num)s person is locked after wrong codes",
            "%(num)s people are locked after wrong codes",
            number,
        )
    return ngettext(
        "%(num)s person has few backup codes left",
        "%(num)s people have few backup codes left",
        number,
    )


def done(word: str, told: Mapping[str, Any] | None = None) -> str:
    """Returns the sentence that says that something was done."""
    number, refused = ((told or {}).get(name) for name in ("number", "refused"))
    sentence = str(_DONE.get(word) or _DONE["updated"])
    if word == "required" and isinstance(number, int):
        sentence = ngettext(
            "MFA is required of %(num)s person from the next sign-in on.",
            "MFA is required of %(num)s people from their next sign-in on.",
            number,
        )
    if word == "not-required" and isinstance(number, int):
        sentence = ngettext(
            "The requirement is taken back for %(num)s person.",
            "The requirement is taken back for %(num)s people.",
            number,
        )
    return f"{sentence} {_stay(refused)}" if isinstance(refused, int) else sentence


def _stay(number: int) -> str:
    """Says how many people were left out, and why."""
    if not number:
        return ""
    return ngettext(
        "%(num)s has more rights than you and stays as it is.",
        "%(num)s have more rights than you and stay as they are.",
        number,
    )


def said(sentence: str) -> str:
    """Returns the sentence of a refusal in the language of the request."""
    return str(gettext(sentence))


WORDS: dict[str, Callable[..., str]] = {
    "attention_words": attention,
    "done_words": done,
    "field_words": field,
    "filter_words": filter_of,
    "said_words": said,
    "source_words": source,
    "state_words": state,
    "value_words": value,
}
"""What templates call these functions."""
