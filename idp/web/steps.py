"""From a step to its page: one table, the paths of pages, and the redirects to them."""

from urllib.parse import quote

from flask import Response
from flask import request

from idp.actions.progress import Progress
from idp.rules.policy import Step
from idp.web import browser
from idp.web.work import parts

PAGES = {
    Step.PASSWORD: "password",
    Step.NEW_PASSWORD: "new-password",
    Step.SECOND_FACTOR: "totp",
    Step.ENROL: "enrol",
    Step.BACKUP_CODES: "backup-codes",
    Step.NOTICE: "notice",
    Step.SELECT_ACCOUNT: "account",
}
BACKUP_CODE = "backup-code"


def full_path(path: str) -> str:
    """Returns a path below the issuer's own path."""
    return parts().settings.base_path + path


def language_path() -> str:
    """Returns where the language switch of who is signed in posts to: it leads back."""
    page = request.path.removeprefix(parts().settings.base_path)
    return full_path("/language") + (quote(page) if request.method == "GET" else "")


def login_path(login_id: str, page: str) -> str:
    """Returns the path of one page of a login."""
    return full_path(f"/login/{login_id}/{page}")


def path_of(progress: Progress) -> str:
    """Returns where the browser goes next."""
    page = PAGES.get(progress.step)
    if page is not None:
        return login_path(progress.login_id, page)
    if progress.step is Step.CONSENT:
        return full_path(f"/consent/{progress.login_id}")
    if progress.for_request:
        return full_path(f"/authorize/{progress.login_id}/resume")
    return progress.return_to or full_path("/settings")


def go(progress: Progress, *, path: str | None = None) -> Response:
    """Answers 303 with the cookies that the progress brought (SEC-179)."""
    response = away(path or path_of(progress))
    if progress.session_token is not None:
        browser.set_session(response, progress.session_token)
    if progress.browser_token is not None:
        browser.set_browser(response, progress.browser_token)
    return response


def away(location: str) -> Response:
    """Answers 303 See Other, with nothing in the body."""
    response = Response(status=303)
    response.headers["Location"] = location
    return response
