"""Refusals and faults as pages: a status, a sentence, a way on, and nothing internal.

Unexpected exceptions are logged with the request id and answered without detail
(SEC-184).
"""

import functools
import logging

from flask import Flask
from flask import Response
from flask import current_app
from flask import make_response
from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from idp import errors
from idp import logs
from idp.actions import login_start
from idp.oidc.api_access import TokenRefused
from idp.web import browser
from idp.web import pages
from idp.web import rendering
from idp.web import statuses
from idp.web import steps
from idp.web.api import problems
from idp.web.api.problems import Unusable
from idp.web.problems import Hint
from idp.web.problems import Problem
from idp.web.work import current_work
from idp.web.work import request_id

log = logging.getLogger("idp.web")

BOUND = ("expired", "csrf")
"""What is refused where a page and a browser do not belong together."""
CODE_OF_STATUS = {403: "forbidden", 404: "not-found"}
KEPT, MOST_KEPT = "idp.error_pages", 128
ANY_REQUEST = "0" * 32
"""Stands in a page that is kept where the id of the request belongs."""


def install(app: Flask) -> None:
    """Registers the handlers; the API answers in documents of its own."""
    app.extensions[KEPT] = functools.lru_cache(MOST_KEPT)(_drawn)
    app.register_error_handler(TokenRefused, problems.of_token)
    app.register_error_handler(Unusable, problems.of_unusable)
    app.register_error_handler(errors.Refusal, on_refusal)
    app.register_error_handler(HTTPException, on_http)
    app.register_error_handler(Exception, on_fault)


def on_refusal(refusal: errors.Refusal) -> ResponseReturnValue:
    """Answers a refusal with its page; a login that has ended starts afresh."""
    status = statuses.of_refusal(refusal)
    _tell(refusal, status)
    if problems.due():
        return problems.of_refusal(refusal)
    if isinstance(refusal, errors.TransactionGone):
        again = _started_again()
        if again is not None:
            return again
    wait = getattr(refusal, "retry_after", None)
    return _with(
        status, wait, page(refusal.code, status, wait=wait, hint=_hint(refusal))
    )


def _hint(refusal: errors.Refusal) -> Hint | None:
    """Tells a page that is too old from a browser that keeps no cookies, or another."""
    strange = browser.browser_token() is None and browser.session_token() is None
    of_a_login = "login_id" in (request.view_args or {})
    known = not strange or not of_a_login or refusal.code not in BOUND
    return None if known else "other-browser"


def refused(refusal: errors.Refusal, response: Response) -> Response:
    """Makes a page of its own the answer to a refusal, which is logged as ever."""
    status = statuses.of_refusal(refusal)
    _tell(refusal, status)
    return _with(status, getattr(refusal, "retry_after", None), response)


def _with(status: int, wait: int | None, response: Response) -> Response:
    response.status_code = status
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    return response


def _tell(refusal: errors.Refusal, status: int) -> None:
    """Writes the line of a refusal: its word only, and where from if it is trouble."""
    if status >= 500 and not isinstance(refusal, errors.Crowded):
        log.warning("not done", exc_info=refusal)
    else:
        facts = {"reason": refusal.code, "status": status}
        log.info("refused", extra={logs.FACTS: facts})


def _started_again() -> Response | None:
    login_id = (request.view_args or {}).get("login_id")
    if login_id is None:
        return None
    try:
        begun = login_start.restart(current_work(), login_id, browser.browser_token())
    except errors.Refusal:
        return None
    return steps.go(begun)


def on_http(fault: HTTPException) -> ResponseReturnValue:
    """Answers what the framework refuses: unknown paths, methods, sizes."""
    status = fault.code or 500
    if status < 400:
        return fault.get_response()
    if problems.due():
        return problems.of_http(fault)
    response = page(CODE_OF_STATUS.get(status, "bad-request"), status)
    allowed = getattr(fault, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def on_fault(fault: Exception) -> ResponseReturnValue:
    """Answers a fault of ours, which is logged with its request id."""
    log.error("unexpected fault", exc_info=fault)
    if problems.due():
        return problems.of_fault()
    return page("server-error", 500)


def page(
    code: str, status: int, *, wait: int | None = None, hint: Hint | None = None
) -> Response:
    """Answers with the error page.

    It is drawn once for each kind and language: a crowd that is sent away must not cost
    what serving it would (REL-065).
    """
    kept = current_app.extensions[KEPT]
    language = rendering.current_language()
    text: str = kept(code, wait, hint, steps.full_path("/login"), language)
    return make_response(text.replace(ANY_REQUEST, request_id()), status)


def _drawn(
    code: str, wait: int | None, hint: Hint | None, back: str, _language: str
) -> str:
    shown = pages.ErrorPage(
        error=Problem(code=code, wait_seconds=wait, hint=hint),  # type: ignore[arg-type]
        request_id=ANY_REQUEST,
        back_href=back,
    )
    return rendering.render(shown)
