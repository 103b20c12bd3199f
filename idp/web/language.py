"""The language of the pages: the person's, the request's, the browser's, or English."""

import logging
from urllib.parse import quote

from flask import Blueprint
from flask import request
from flask.typing import ResponseReturnValue

from idp.actions import login_view
from idp.errors import BadRequest
from idp.errors import Refusal
from idp.web import browser
from idp.web import csrf
from idp.web import forms
from idp.web import languages
from idp.web import steps
from idp.web.guards import public
from idp.web.work import current_login
from idp.web.work import current_session
from idp.web.work import current_work

blueprint = Blueprint("language", __name__)
HOME = "settings"
FAMILIES = (HOME, "admin")
OF_SIGN_OUT = ("end_session.end_session", "account.show_signed_out")
LONGEST = 200
log = logging.getLogger("idp.web")


def choose() -> str:
    """Returns the language of this request; nothing that fails here stops a page."""
    return languages.best(_wishes(), request.headers.get("Accept-Language"))


def _wishes() -> list[str | None]:
    login_id = (request.view_args or {}).get("login_id")
    try:
        if login_id is not None:
            view = current_login(login_id)
            return [view.language, *view.ui_locales]
        session = current_session()
        return [session.language if session else None, *asked().split()]
    except Refusal:
        return []
    except Exception as fault:
        # The page that tells of a fault is drawn with this language: a second fault
        # would leave people with no page at all.
        log.error("language not found", exc_info=fault)
        return []


def asked() -> str:
    """Returns the ``ui_locales`` of a sign-out (RP-Initiated Logout 1.0 section 2).

    Those of an authorization request are kept with its login.
    """
    if request.endpoint not in OF_SIGN_OUT:
        return ""
    sent = request.form if request.method == "POST" else request.args
    return sent.get("ui_locales", "")[:LONGEST]


@blueprint.post("/language")
@blueprint.post("/language/<path:page>")
@public
def of_session(page: str = HOME) -> ResponseReturnValue:
    """Keeps the choice of a person who is signed in and returns to a page of ours."""
    form = forms.read()
    csrf.check(csrf.SESSION, form.get("csrf_token"))
    _keep(form, login_id=None)
    ours = page.partition("/")[0] in FAMILIES
    return steps.away(steps.full_path(f"/{quote(page if ours else HOME)}"))


@blueprint.post("/login/<login_id>/language")
@public
def of_login(login_id: str) -> ResponseReturnValue:
    """Keeps the choice for a login and returns to its page."""
    form = forms.read()
    csrf.check(login_id, form.get("csrf_token"))
    _keep(form, login_id=login_id)
    return steps.away(steps.login_path(login_id, "password"))


def _keep(form: dict[str, str], *, login_id: str | None) -> None:
    language = form.get("language", "")
    if language not in languages.LANGUAGES:
        raise BadRequest("unknown language")
    session = current_session()
    login_view.set_language(
        current_work(),
        language,
        login_id=login_id,
        browser_token=browser.browser_token(),
        user_id=session.user_id if session else None,
    )
