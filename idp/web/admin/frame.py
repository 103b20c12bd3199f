"""What every page of administration carries: navigation, messages, forms.

The navigation shows only what the person may see. A failed attempt and a done one both
go back to a page by 303, which says once what happened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import TypedDict

from flask import Response

from idp import errors
from idp.actions import own_sessions
from idp.actions.sessions import SessionFacts
from idp.rules import permissions
from idp.web import browser
from idp.web import csrf
from idp.web import forms
from idp.web import login_pages
from idp.web import steps
from idp.web.forms import Filled
from idp.web.pages import Page
from idp.web.problems import Problem
from idp.web.work import current_work

NAVIGATION: dict[str, tuple[str, ...]] = {
    "/admin/": permissions.PERMISSIONS,
    "/admin/users": (permissions.USERS_READ,),
    "/admin/roles": (permissions.USERS_READ,),
    "/admin/policy": (permissions.POLICY_READ,),
    "/admin/applications": (permissions.CLIENTS_READ,),
    "/admin/audit": (permissions.AUDIT_READ,),
    "/admin/keys": (permissions.KEYS_WRITE,),
}
"""Each entry of the navigation, and the rights of which one opens it."""

TO_BE_MENDED = (
    errors.BadRequest,
    errors.NotFound,
    errors.PolicyRefused,
    errors.StaleVersion,
)
"""Refusals that whoever filled in the form can do something about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminFrame(Page):
    """What every page of administration carries.

    ``said`` is the sentence of a refusal where it has one of its own, ``done`` the word
    for what was just done, ``may`` the rights of who looks, ``secret`` what is shown
    this once.
    """

    username: str
    base: str
    sign_out_action: str
    open: tuple[str, ...]
    may: frozenset[str] = frozenset()
    said: str | None = None
    done: str | None = None
    told: dict[str, Any] | None = None
    secret: str | None = field(default=None, repr=False)


class Carried(TypedDict):
    """The fields of ``AdminFrame``, to be handed on to a page."""

    csrf_token: str
    language_action: str | None
    error: Problem | None
    username: str
    base: str
    sign_out_action: str
    open: tuple[str, ...]
    may: frozenset[str]
    said: str | None
    done: str | None
    told: dict[str, Any] | None
    secret: str | None


def frame(session: SessionFacts) -> Carried:
    """Gives what every page carries; takes what the last attempt left to say."""
    work = current_work()
    message = own_sessions.take_message(work, session)
    held = frozenset(work.actor.permissions)
    return {
        "csrf_token": csrf.token(csrf.SESSION),
        "language_action": steps.language_path(),
        "error": login_pages.problem_of(message, minimum=message.get("minimum", 0)),
        "username": session.username,
        "base": steps.full_path(""),
        "sign_out_action": steps.full_path("/logout"),
        "open": tuple(
            path for path, any_of in NAVIGATION.items() if held & set(any_of)
        ),
        "may": held,
        "said": message.get("said"),
        "done": message.get("done"),
        "told": message.get("told"),
        "secret": message.get("secret"),
    }


def show(page: AdminFrame) -> Response:
    """Draws a page of administration."""
    return browser.own_forms(login_pages.show(page))


def own_form(*lists: str) -> Filled:
    """Reads a form and makes sure that it is ours; ``lists`` may repeat (SEC-155)."""
    form = forms.read_lists(*lists)
    csrf.check(csrf.SESSION, form.get("csrf_token"))
    return form


def attempt(
    session: SessionFacts,
    act: Callable[[], object],
    *,
    done: str,
    to: str,
    on_refusal: str | None = None,
) -> Response:
    """Carries something out and goes to a page that says that it was done.

    What can be mended is said on the page it came from, ``on_refusal`` or the same one;
    a missing right is no such thing and becomes the 403 page, and a person who is gone
    has no page to go back to. Paths are below ``base``.
    """
    try:
        act()
    except TO_BE_MENDED as refusal:
        if isinstance(refusal, errors.NotFound) and refusal.detail == "user":
            raise
        return again(session, refusal, to=on_refusal or to)
    return finished(session, done, to=to)


def finished(
    session: SessionFacts,
    done: str,
    *,
    to: str,
    told: dict[str, Any] | None = None,
    secret: str | None = None,
) -> Response:
    """Goes to a page that says that something was done; ``told`` is for its words.

    A ``secret`` is shown there once and kept sealed until then.
    """
    message = {"done": done, "told": told}
    own_sessions.leave_message(current_work(), session, message, secret=secret)
    return steps.away(steps.full_path(to))


def carry(session: SessionFacts, told: dict[str, Any], *, to: str) -> Response:
    """Goes to a page with something to show there, and nothing to complain about."""
    own_sessions.leave_message(current_work(), session, {"told": told})
    return steps.away(steps.full_path(to))


def again(
    session: SessionFacts,
    refusal: errors.Refusal,
    *,
    to: str,
    told: dict[str, Any] | None = None,
) -> Response:
    """Answers a failed attempt: back to a page that says what was wrong."""
    own = refusal.sentence if refusal.sentence != type(refusal).sentence else None
    if isinstance(refusal, errors.LastAdministrator):
        own = refusal.sentence
    message = {"error": refusal.code, "said": own, "told": told}
    own_sessions.leave_message(current_work(), session, message)
    return steps.away(steps.full_path(to))
