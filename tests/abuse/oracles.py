"""What has to be true after an attack, named as in the catalogue of cases."""

import re

from tests.support.browser import Browser
from tests.support.exchange import Answer
from tests.support.people import is_signed_in

CODE = re.compile(r"[?&;](code|access_token|id_token)=")


def no_code(*browsers: Browser) -> None:
    """NOCODE: nothing that these browsers were told holds a code or token."""
    for browser in browsers:
        for answer in browser.trail:
            assert not CODE.search(answer.header("Location") or ""), answer
            assert not CODE.search(answer.text), answer


def no_session(*browsers: Browser) -> None:
    """NOSESS: none of these jars holds a finished session."""
    for browser in browsers:
        assert not is_signed_in(browser), browser


def local(browser: Browser) -> None:
    """LOCAL: the browser stayed here, on an error page with status 400."""
    assert browser.left_for is None, browser
    assert (browser.status, browser.page) == (400, "error"), browser
    no_code(browser)


def no_server_error(*answers: Answer) -> None:
    """NO5XX: whatever was sent, it was not our fault."""
    for answer in answers:
        assert answer.status < 500, answer


def like_any_failure(browser: Browser) -> tuple[object, ...]:
    """GEN: gives what must be equal among failed attempts, without what must differ."""
    last = browser.answer
    body = re.sub(
        r'(name="csrf_token" value|data-request-id)="[^"]*"', r"\1", last.text
    )
    body = re.sub(r"/login/[\w-]+/", "/login/…/", body)
    named = {"date", "x-request-id", "set-cookie", "content-length"}
    headers = [(n, v) for n, v in last.headers if n.lower() not in named]
    return (last.status, [hop.status for hop in browser.trail], body, headers)


def refused(answer: Answer, *errors: str) -> None:
    """The token endpoint said no, with one of these OAuth errors."""
    assert answer.status in (400, 401), answer
    assert answer.json()["error"] in errors, answer
    assert "access_token" not in answer.text
