"""Addresses of applications and of our own pages, compared and checked as values.

No look-up of names, no request: text in, answer out (SEC-162, 170, 172, 245).
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import SplitResult
from urllib.parse import unquote
from urllib.parse import urlsplit

LONGEST = 2048
DEFAULT_PORTS = {"http": 80, "https": 443}

_PRINTABLE = re.compile(r"[!-~]+")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?(?=[/?]|\Z)")
_LEAVES = re.compile(r"//|\\|@|(^|/)\.{1,2}(/|\Z)")
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
_MALFORMED = "must be an address without spaces, control characters or a fragment"
_MOST_ENCODINGS = 3


def is_loopback_host(host: str) -> bool:
    """Tells whether a parsed host is ``localhost`` or a loopback address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def redirect_uri_allowed(
    received: str, registered: Sequence[str], *, public: bool
) -> bool:
    """Compares exactly; a native client may choose its loopback port (SEC-170).

    The port is free for ``http://127.0.0.1`` and ``http://[::1]`` only (RFC 8252
    section 7.3). ``localhost`` is compared like any other name, port and all, because
    it may mean another interface (RFC 8252 section 8.3).
    """
    if received in registered:
        return True
    portless = _without_port(received) if public else None
    return portless is not None and any(
        portless == _without_port(known) for known in registered
    )


def _without_port(uri: str) -> str | None:
    """Returns a loopback address less its port, None for any other address."""
    found = _LOOPBACK.match(uri)
    if found is None or not 1 <= int(found[2] or DEFAULT_PORTS["http"]) <= 65535:
        return None
    return f"http://{found[1]}{uri[found.end() :]}"


def complaint_about_redirect_uri(
    uri: str, *, public: bool, loopback_issuer: bool
) -> str | None:
    """Says why an address cannot be registered to return to; None when it can.

    Taken are https, http on loopback for public clients (and for all of a loopback
    issuer), and for public clients private-use schemes whose name has a dot, as in
    ``app.example:///cb`` (SEC-245, RFC 8252 section 7).
    """
    parts = _parsed(uri)
    if parts is None:
        return _MALFORMED
    if parts.scheme in DEFAULT_PORTS:
        return _web_complaint(parts, http_loopback=public or loopback_issuer)
    if not public:
        return "must start with https"
    if "." not in parts.scheme:
        return "needs a private-use scheme with a dot in its name (RFC 8252)"
    return "must not hold a user name" if "@" in parts.netloc else None


def complaint_about_web_uri(uri: str, *, loopback_issuer: bool) -> str | None:
    """Says why an address of another kind cannot be registered; None when it can."""
    parts = _parsed(uri)
    if parts is None:
        return _MALFORMED
    return _web_complaint(parts, http_loopback=loopback_issuer)


def _parsed(uri: str) -> SplitResult | None:
    """Takes an absolute address apart; None for anything that parsers disagree on."""
    if len(uri) > LONGEST or not _PRINTABLE.fullmatch(uri) or re.search(r"[#\\]", uri):
        return None
    try:
        parts = urlsplit(uri)
        usable = parts.scheme and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _web_complaint(parts: SplitResult, *, http_loopback: bool) -> str | None:
    host = parts.hostname or ""
    loopback = parts.scheme == "http" and http_loopback and is_loopback_host(host)
    if "@" in parts.netloc:
        return "must not hold a user name"
    if parts.scheme != "https" and not loopback:
        return "must start with https"
    return None if _HOST.fullmatch(host) else "needs a host"


def origin_of(uri: str) -> str | None:
    """Returns the web origin of an address as browsers say it (RFC 6454 section 6.1).

    Lower case, without the default port; None for a scheme that has no origin.
    """
    parts = _parsed(uri)
    if parts is None or parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if parts.port in (None, DEFAULT_PORTS[parts.scheme]):
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{parts.port}"


def is_resource(uri: str) -> bool:
    """Tells whether text can name a resource: absolute, no fragment (RFC 8707 2)."""
    return _parsed(uri) is not None


def safe_path(text: str) -> str | None:
    """Returns a path of our own origin, None for what could leave it (SEC-162).

    The path is looked at as it stands and decoded, however often it was encoded; a
    query may follow it, a fragment may not.
    """
    path = text.partition("?")[0]
    if (
        len(text) > LONGEST
        or not _PRINTABLE.fullmatch(text)
        or re.search(r"[#\\]", text)
    ):
        return None
    for _ in range(_MOST_ENCODINGS):
        if not path.startswith("/") or _LEAVES.search(path) or not path.isprintable():
            return None
        decoded = unquote(path)
        if decoded == path:
            return text
        path = decoded
    return None
