"""What browsers are told: the only setter of cookies and of security headers.

Two cookies, no more: the finished session, and what binds a login to this browser
(SEC-141). A cookie that came twice is nobody's (SEC-146).
"""

from collections.abc import Iterable

from flask import Response
from flask import current_app
from flask import request
from werkzeug.sansio.http import parse_cookie

SESSION = "idp_session"
BROWSER = "idp_browser"
SECURE_PREFIX = "__Host-"
CONTENT_SECURITY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
OWN_FORMS = f"{CONTENT_SECURITY}; form-action 'self'"
HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
TRANSPORT = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")


def session_token() -> str | None:
    """Returns the value of the session cookie."""
    return _cookie(SESSION)


def browser_token() -> str | None:
    """Returns the value of the cookie that binds logins to this browser."""
    return _cookie(BROWSER)


def _secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])


def _name(name: str) -> str:
    return SECURE_PREFIX + name if _secure() else name


def _cookie(name: str) -> str | None:
    # Not `request.cookies`: that fails on bytes of a neighbour's cookie (SEC-287).
    sent = parse_cookie(request.headers.get("Cookie", "")).getlist(_name(name))
    return sent[0] if len(sent) == 1 and sent[0] else None


def set_session(response: Response, token: str) -> None:
    """Hands the session to the browser."""
    _set(response, SESSION, token)


def set_browser(response: Response, token: str) -> None:
    """Binds logins to the browser."""
    _set(response, BROWSER, token)


def clear_session(response: Response) -> None:
    """Takes the session from the browser."""
    response.delete_cookie(
        _name(SESSION), path="/", secure=_secure(), httponly=True, samesite="Lax"
    )


def _set(response: Response, name: str, token: str) -> None:
    response.set_cookie(
        _name(name), token, path="/", secure=_secure(), httponly=True, samesite="Lax"
    )


def guard(response: Response) -> Response:
    """Adds the headers that every answer carries (SEC-148, SEC-158 to SEC-160)."""
    headers = response.headers
    due = (*HEADERS, TRANSPORT) if _secure() else HEADERS
    if response.mimetype == "text/html":
        due = (*due, ("Content-Security-Policy", CONTENT_SECURITY))
        response.vary.add("Cookie")
    present = {name.lower() for name, _ in headers}
    for name, value in due:
        if name.lower() not in present:
            headers.add(name, value)
    return response


def with_frames(response: Response, origins: Iterable[str]) -> Response:
    """Lets the page hold pages of these origins, and of no others."""
    named = " ".join(sorted(set(origins)))
    response.headers["Content-Security-Policy"] = f"{OWN_FORMS}; frame-src {named}"
    return response


def own_forms(response: Response) -> Response:
    """Lets the page post to us only; for pages that lead nowhere else (SEC-159)."""
    response.headers["Content-Security-Policy"] = OWN_FORMS
    return response
