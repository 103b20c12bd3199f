"""What the pages of a login share: reading its state, its forms, its errors."""

from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response
from flask import make_response

from idp.actions.login_view import LoginView
from idp.actions.progress import Progress
from idp.rules.policy import Reason
from idp.web import csrf
from idp.web import forms
from idp.web import problems
from idp.web import rendering
from idp.web import steps
from idp.web.pages import Page
from idp.web.problems import Problem
from idp.web.work import current_login

WAITING = ("too-many-attempts",)
OF_THE_APP = ("wrong-code", "used-code", "used-ahead", "clock")
OF_THE_LIST = ("wrong-backup-code",)
"""What went wrong with the one or the other, and is no news on the page beside it."""

REASONS: dict[Reason, problems.Reason] = {
    Reason.TOO_OLD: "sign-in-again",
    Reason.PROMPTED: "sign-in-again",
    Reason.OTHER_SUBJECT: "sign-in-again",
    Reason.LEVEL: "second-factor",
    Reason.NOT_ACCEPTED: "code-from-app",
    Reason.NOT_ENROLLED: "required",
    Reason.FORCED: "initial-password",
}


def look(login_id: str) -> LoginView:
    """Returns where a login of this browser stands; raises TransactionGone."""
    return current_login(login_id)


def standing(view: LoginView) -> Progress:
    """Turns a view into the progress that leads to its own page."""
    waits = view.return_to is None
    return Progress(view.step, view.login_id, view.return_to, for_request=waits)


def own_form(purpose: str) -> dict[str, str]:
    """Reads a form and makes sure that it is ours (SEC-156).

    ``purpose`` is the id of its login, or ``csrf.SESSION``.
    """
    form = forms.read()
    csrf.check(purpose, form.get("csrf_token"))
    return form


def language_action(login_id: str) -> str:
    """Returns where the language switch of a login posts to."""
    return steps.login_path(login_id, "language")


def show(page: Page) -> Response:
    """Renders a page; too many attempts also set the status 429 (SEC-125)."""
    response = make_response(rendering.render(page))
    if page.error is not None and page.error.code in WAITING:
        response.status_code = 429
        response.headers["Retry-After"] = str(page.error.wait_seconds or 1)
    return response


def problem(view: LoginView, *, elsewhere: Collection[str] = ()) -> Problem | None:
    """Turns the message of the last attempt into what the page says.

    ``elsewhere`` are the words that belong to another page of the same step.
    """
    found = problem_of(view.message, minimum=view.minimum_length)
    return None if found is not None and found.code in elsewhere else found


def problem_of(message: Mapping[str, Any], *, minimum: int) -> Problem | None:
    """Turns a stored message into a problem; one without an error is none."""
    code = message.get("error")
    if code is None:
        return None
    found = Problem(
        code=code,
        wait_seconds=message.get("retry_after"),
        clock_offset_seconds=message.get("drift_seconds"),
        complaints=tuple(message.get("complaints", ())),
        minimum_length=minimum,
    )
    hint = message.get("hint")
    return replace(found, hint=hint) if hint else found


def reason(view: LoginView) -> problems.Reason | None:
    """Says why a signed-in person is asked again; None for others."""
    return REASONS.get(view.reason) if view.reproving else None
