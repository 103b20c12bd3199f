"""Addresses of applications and of our own pages, compared and checked as values.

No look-up of names, no request: text in, answer out (SEC-162, 170, 172, 245).
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import SplitResult
from urllib.parse import urlsplit

LONGEST = 2048
LOOPBACK_LITERALS = ("127.0.0.1", "[::1]")
NEVER = frozenset({"javascript", "data", "file", "vbscript", "about", "blob"})

_PRINTABLE = re.compile(r"[\x21-\x7e]+", re.ASCII)
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?(?=[/?]|$)")


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

    The port is free for ``http://127.0.0.1`` and ``http://[::1]`` only (RFC 8252 section
    7.3); ``localhost`` may mean another machine and is compared like any other name.
    """
    if received in registered:
        return True
    if not public:
        return False
    portless = _without_port(received)
    return portless is not None and any(
        portless == _without_port(known) for known in registered
    )


def _without_port(uri: str) -> str | None:
    found = _LOOPBACK.match(uri)
    if found is None or int(found.group(2) or 1) not in range(1, 65536):
        return None
    return f"http://{found.group(1)}{uri[found.end() :]}"


def complaint_about_redirect_uri(
    uri: str, *, public: bool, loopback_issuer: bool
) -> str | None:
    """Says why an address cannot be registered to return to; None when it can."""
    parts = _parsed(uri)
    if parts is None:
        return "is not an address without blanks, control characters and fragment"
    if parts.scheme in ("http", "https"):
        return _web_complaint(parts, http_loopback=public or loopback_issuer)
    if not public:
        return "must start with https"
    if parts.scheme in NEVER or "." not in parts.scheme:
        return "needs a private-use scheme with a dot in its name (RFC 8252)"
    return None


def complaint_about_web_uri(uri: str, *, loopback_issuer: bool) -> str | None:
    """Says why an address of another kind cannot be registered; None when it can."""
    parts = _parsed(uri)
    if parts is None:
        return "is not an address without blanks, control characters and fragment"
    return _web_complaint(parts, http_loopback=loopback_issuer)


def _parsed(uri: str) -> SplitResult | None:
    if not 1 <= len(uri) <= LONGEST or not _PRINTABLE.fullmatch(uri):
        return None
    if "#" in uri or "\\" in uri:
        return None
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018  reading it is what checks it
    except ValueError:
        return None
    return parts if parts.scheme else None


def _web_complaint(parts: SplitResult, *, http_loopback: bool) -> str | None:
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        return "must not hold a user name"
    if parts.hostname is None:
        return "needs a host"
    if parts.scheme == "https":
        return None
    if parts.scheme == "http" and http_loopback and is_loopback_host(parts.hostname):
        return None
    return "must start with https"


def origin_of(uri: str) -> str | None:
    """Returns the web origin of an address, None for a scheme that has none."""
    parts = _parsed(uri)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return f"{parts.scheme}://{parts.netloc.lower()}"


def safe_path(text: str) -> str | None:
    """Returns a path of our own origin, None for anything that could leave it (SEC-162)."""
    if not _PRINTABLE.fullmatch(text) or len(text) > LONGEST or "\\" in text:
        return None
    if not text.startswith("/") or text.startswith("//"):
        return None
    return text
