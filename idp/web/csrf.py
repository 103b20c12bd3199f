"""CSRF protection: a token in each form, and where the form was sent from.

The token is a MAC over the cookie that it belongs to and its purpose, so that nothing
has to be stored (SEC-155, SEC-156).
"""

import hmac

from flask import request

from idp.errors import CsrfFailed
from idp.web import browser
from idp.web.work import parts

PURPOSE = "csrf"
SESSION = "session"


def token(purpose: str, *, fresh_browser: str | None = None) -> str:
    """Makes the token for the forms of a login (its id), or of the session."""
    return _macs(purpose, fresh_browser or _cookie(purpose) or "")[0]


def check(purpose: str, given: str | None) -> None:
    """Raises CsrfFailed unless the form is ours and of this browser."""
    if not _same_origin():
        raise CsrfFailed("form came from another origin")
    cookie = _cookie(purpose)
    if cookie is None or not given:
        raise CsrfFailed("no token, or no cookie that it belongs to")
    if not _is_ours(purpose, cookie, given):
        raise CsrfFailed("token does not belong to this browser")


def _cookie(purpose: str) -> str | None:
    if purpose == SESSION:
        return browser.session_token()
    return browser.browser_token()


def _is_ours(purpose: str, cookie: str, given: str) -> bool:
    """Compares; one made under another master key of the ring counts (REL-042)."""
    right = False
    for mac in _macs(purpose, cookie):
        right |= hmac.compare_digest(mac.encode(), given.encode())
    return right


def _macs(purpose: str, cookie: str) -> tuple[str, ...]:
    data = f"{purpose}\0{cookie}".encode("utf-8", "surrogatepass")
    return tuple(mac.hex() for mac in parts().vault.macs(data, purpose=PURPOSE))


def _same_origin() -> bool:
    """Tells whether the form was sent by one of our pages.

    Our pages send no referrer, and browsers then say ``Origin: null`` even to
    ourselves (Fetch standard); only ``Sec-Fetch-Site`` tells such a form from a foreign
    one, so without it a null origin is refused.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    ours = origin is None or origin.lower() == parts().settings.origin.lower()
    if site is None:
        return ours
    return site in ("same-origin", "none") and (ours or origin == "null")
