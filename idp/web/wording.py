"""The sentences that depend on a word of the interface: errors, reasons, events.

One table per kind, so that a new word is one line. Text only: no markup, no
decision. Sentences that belong to one page stand in its template.
"""

# ruff: noqa: RUF001 - people read these, so an apostrophe is an apostrophe

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_babel.speaklater import LazyString

from idp.event_words import CHANGED
from idp.event_words import EVENTS
from idp.web.admin import right_words
from idp.web.problems import Complaint
from idp.web.problems import ErrorCode
from idp.web.problems import Hint
from idp.web.problems import Problem
from idp.web.problems import Reason


@dataclass(frozen=True, slots=True)
class Words:
    """What happened, and what to do about it."""

    happened: str
    advice: str


_PROBLEMS: dict[ErrorCode, tuple[LazyString, LazyString]] = {
    "wrong-credentials": (
        _l("That user name and password do not match."),
        _l("Check both and try again."),
    ),
    "wrong-code": (
        _l("That code is not right."),
        _l("Enter the code that your app shows now."),
    ),
    "used-code": (
        _l("That code has already been used."),
        _l("Wait for your app to show the next one, then enter it."),
    ),
    "used-ahead": (
        _l("Codes of your app do not count at the moment."),
        _l("Use a backup code, or ask your administrator to unlock them."),
    ),
    "clock": (
        _l("That code belongs to another time."),
        _l("Set your phone’s clock to automatic, then enter the next code."),
    ),
    "wrong-backup-code": (
        _l("That is not one of your unused backup codes."),
        _l("Each code works once. Try another one from your list."),
    ),
    "not-accepted-here": (
        _l("Backup codes do not count here."),
        _l("Enter the code from your authenticator app."),
    ),
    "too-many-attempts": (
        _l("There were too many attempts."),
        _l("Sign in again from the beginning."),
    ),
    "locked": (
        _l("Codes are blocked for this account after too many wrong ones."),
        _l("Try again later, or ask your administrator for help."),
    ),
    "expired": (
        _l("This page was open for too long."),
        _l("Nothing is lost: sign in and you will go on where you were."),
    ),
    "csrf": (
        _l("This form was no longer valid."),
        _l("Nothing was changed. Go back, reload the page and try again."),
    ),
    "policy": (
        _l("Your organisation’s rules do not allow that."),
        _l("Ask your administrator if you think they should."),
    ),
    "weak-password": (
        _l("Please choose another password."),
        _l("A few unrelated words in a row are hard to guess and easy to type."),
    ),
    "password-mismatch": (
        _l("The two new passwords differ."),
        _l("Enter the same password twice."),
    ),
    "stale": (
        _l("Somebody else changed this in the meantime."),
        _l("Nothing was saved. Look at the current state and try again."),
    ),
    "not-found": (
        _l("There is no page here."),
        _l("Check the address, or go back to where you came from."),
    ),
    "forbidden": (
        _l("You may not see this page."),
        _l("If you need it for your work, ask your administrator."),
    ),
    "bad-request": (
        _l("This request is not complete."),
        _l("Go back to the application and start again from there."),
    ),
    "unavailable": (
        _l("Sign-in is out of reach for a moment."),
        _l("Nothing was changed. Try again in a minute."),
    ),
    "server-error": (
        _l("Something went wrong on our side."),
        _l("Try again. If it happens again, tell your administrator the number below."),
    ),
    "unknown-client": (
        _l("This application is not registered here."),
        _l("Tell whoever runs the application; there is nothing you can do yourself."),
    ),
    "redirect-uri": (
        _l("This application asked to return to an address it has not registered."),
        _l("To keep you safe, we did not go there. Tell whoever runs the application."),
    ),
}

_HINTS: dict[Hint, tuple[LazyString, LazyString]] = {
    "empty": (_l("Something is missing."), _l("Fill in every field, then try again.")),
    "not-six-digits": (
        _l("A code has exactly six digits."),
        _l("Enter the six digits that your app shows now."),
    ),
    "looks-like-backup-code": (
        _l("That looks like a backup code."),
        _l("This field takes the six digits from your app. Choose “Use backup code”."),
    ),
    "looks-like-code": (
        _l("That looks like a code from your app."),
        _l("This field takes one of your backup codes."),
    ),
    "other-browser": (
        _l("This page does not belong to this browser."),
        _l("Start again. If you come back here, allow cookies for this site."),
    ),
}

_COMPLAINTS: dict[Complaint, LazyString] = {
    "too-short": _l("This password is too short."),
    "too-long": _l("This password is too long."),
    "common": _l("This password is on lists that attackers try first."),
    "context": _l("This password holds your name or the name of this service."),
    "unusable": _l("This password holds characters that cannot be typed everywhere."),
}

_REASONS: dict[Reason, tuple[LazyString, LazyString]] = {
    "sign-in-again": (
        _l("%(application)s asks you to sign in again."),
        _l("Please sign in again to go on."),
    ),
    "fresh-code": (
        _l("%(application)s needs a fresh code."),
        _l("A fresh code is needed to go on."),
    ),
    "second-factor": (
        _l("%(application)s needs a second proof that it is you."),
        _l("A second proof that it is you is needed to go on."),
    ),
    "code-from-app": (
        _l("%(application)s needs a code from your app; backup codes do not count."),
        _l("A code from your app is needed here; backup codes do not count."),
    ),
    "required": (
        _l("%(organisation)s requires multi-factor authentication."),
        _l("%(organisation)s requires multi-factor authentication."),
    ),
    "initial-password": (
        _l("Your password was set by an administrator and worked once."),
        _l("Your password was set by an administrator and worked once."),
    ),
    "account-change": (
        _l("To change your account, prove that it is you."),
        _l("To change your account, prove that it is you."),
    ),
}

_SCOPES: dict[str, LazyString] = {
    "openid": _l("Who you are: an identifier that stays the same"),
    "profile": _l("Your name, user name and profile"),
    "email": _l("Your e-mail address"),
    "address": _l("Your postal address"),
    "phone": _l("Your phone number"),
    "groups": _l("The groups and roles you belong to"),
    "offline_access": _l("All of this also while you are away"),
}


def problem(error: Problem) -> Words:
    """Returns the sentences for an error, the most precise that are known."""
    if error.hint is not None:
        happened, advice = _HINTS[error.hint]
    else:
        happened, advice = _PROBLEMS[error.code]
    if error.complaints:
        return Words(_complaints(error), str(advice))
    if error.clock_offset_seconds is not None:
        return Words(_clock(error.clock_offset_seconds), str(advice))
    if error.wait_seconds is not None:
        return Words(str(happened), _wait(error.wait_seconds))
    return Words(str(happened), str(advice))


def reason(word: Reason, *, named: bool) -> str:
    """Returns why this page is shown; `%(application)s`, `%(organisation)s` stay."""
    with_name, without_name = _REASONS[word]
    return str(with_name if named else without_name)


def event(name: str) -> str:
    """Returns the sentence about an audit event of this account."""
    return str(_(EVENTS.get(name, CHANGED)))


def rule(name: str) -> str:
    """Returns which rule requires MFA, in words: a member of ``because``."""
    kind, _colon, which = name.partition(":")
    if kind == "organisation":
        return str(_("your organisation"))
    if kind == "role":
        return str(_("the role %(role)s", role=which))
    if kind == "client":
        return str(_("an application"))
    return str(_("a rule for your account"))


def scope(name: str) -> str:
    """Returns what a scope lets an application see or do; unknown ones stay."""
    return str(_SCOPES.get(name) or right_words.words(name))


def _complaints(error: Problem) -> str:
    sentences = [str(_COMPLAINTS[complaint]) for complaint in error.complaints]
    if "too-short" in error.complaints and error.minimum_length is not None:
        sentences.append(
            ngettext(
                "It needs at least %(num)s character.",
                "It needs at least %(num)s characters.",
                error.minimum_length,
            )
        )
    return " ".join(sentences)


def _clock(offset_seconds: int) -> str:
    minutes = max(1, round(abs(offset_seconds) / 60))
    if offset_seconds > 0:
        return ngettext(
            "Your phone’s clock seems to be %(num)s minute ahead.",
            "Your phone’s clock seems to be %(num)s minutes ahead.",
            minutes,
        )
    return ngettext(
        "Your phone’s clock seems to be %(num)s minute behind.",
        "Your phone’s clock seems to be %(num)s minutes behind.",
        minutes,
    )


def _wait(seconds: int) -> str:
    if seconds < 60:
        return ngettext(
            "Wait %(num)s second, then try again.",
            "Wait %(num)s seconds, then try again.",
            max(1, seconds),
        )
    return ngettext(
        "Wait %(num)s minute, then try again.",
        "Wait %(num)s minutes, then try again.",
        -(-seconds // 60),
    )
