"""LDAP as this service speaks it: StartTLS, binds and searches, all in time.

The only user of python-ldap, which is an extra of the package. Values go into filters
by the library's own escaping (SEC-275). What is asked, and what the answers mean, is
``idp.directory``.
"""

import contextlib
import time
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from typing import TypeVar
from urllib.parse import urlsplit

from idp import ldap_line
from idp.ldap_line import Away
from idp.ldap_line import Line
from idp.setting_directory import DirectoryServer

try:
    import ldap
    from ldap import dn as distinguished
    from ldap import filter as filters
    from ldap.controls import SimplePagedResultsControl
except ImportError:
    ldap = None

T = TypeVar("T")
Attributes = Mapping[str, tuple[bytes, ...]]
Row = tuple[str, Attributes]
Names = tuple[tuple[tuple[str, str], ...], ...]

PAGE = 200
TLS_1_2 = 0x303
ESCAPE_ALL = 2

REFUSALS = (
    *("INVALID_CREDENTIALS", "INAPPROPRIATE_AUTH", "NO_SUCH_OBJECT"),
    *("INVALID_DN_SYNTAX", "UNWILLING_TO_PERFORM", "CONSTRAINT_VIOLATION"),
)
"""How directories say that somebody may not come in; all else is trouble of theirs."""

WORDS = {
    "SERVER_DOWN": "it ended the conversation, or said nothing in time",
    "CONNECT_ERROR": ldap_line.UNTRUSTED,
    "TIMEOUT": ldap_line.TOO_LATE,
    "FILTER_ERROR": "a filter of the settings is no filter",
    "NO_SUCH_OBJECT": "it has nothing at IDP_LDAP_BASE_DN",
    "SIZELIMIT_EXCEEDED": "it gives a part of the answer only",
    "INSUFFICIENT_ACCESS": "IDP_LDAP_BIND_DN may not search it",
}


class Wire:
    """One connection, good until a moment of the monotonic clock.

    Every call raises ``Away`` when it fails.
    """

    def __init__(self, server: DirectoryServer, until: float) -> None:
        """Connects; nothing is said yet."""
        self._until = until
        self._line = Line(server, until)
        self._ldap = _asked(lambda: _handle(server, self._line.number()))

    def ends_at(self, until: float) -> None:
        """Is good until another moment."""
        self._until = until
        self._line.ends_at(until)

    def start_tls(self) -> None:
        """Makes a plain connection an encrypted one, with a certificate that fits."""
        _asked(lambda: self._in_time().start_tls_s())

    def bind(self, dn: str, password: str) -> bool:
        """Tells whether a bind succeeds; empty name and password bind anonymously."""
        try:
            _asked(lambda: self._in_time().simple_bind_s(dn, password), binding=True)
        except _Refused:
            return False
        return True

    def search(
        self, base: str, wanted: str, attributes: list[str], *, most: int = 0
    ) -> list[Row]:
        """Searches below a base, page by page; at most so many where that is said.

        References to other servers are left out and not followed.
        """
        page = SimplePagedResultsControl(False, size=PAGE, cookie="")
        found: list[Row] = []
        while True:
            rows, controls = _asked(
                lambda: self._page(base, wanted, attributes, page, most)
            )
            found += [_row(*row[:2]) for row in rows if row[0] is not None]
            page.cookie = next(
                (c.cookie for c in controls if c.controlType == page.controlType), b""
            )
            if not page.cookie:
                return found

    def close(self) -> None:
        """Ends the conversation; one that had ended before is no trouble."""
        with contextlib.suppress(ldap.LDAPError):
            self._ldap.unbind_s()
        self._line.close()

    def _page(
        self, base: str, wanted: str, attributes: list[str], page: Any, most: int
    ) -> tuple[list[Any], list[Any]]:
        rows: list[Any] = []
        asked = self._in_time().search_ext(
            base,
            ldap.SCOPE_SUBTREE,
            wanted,
            attributes,
            serverctrls=[] if most else [page],
            sizelimit=most,
        )
        try:
            while True:
                kind, some, _, controls = self._in_time().result3(asked, all=0)
                if kind == ldap.RES_SEARCH_RESULT:
                    return rows, controls
                rows += some
        except ldap.SIZELIMIT_EXCEEDED:
            if not most:
                raise
            return rows, []

    def _in_time(self) -> Any:
        left = self._until - time.monotonic()
        if left <= 0:
            raise Away(ldap_line.TOO_LATE)
        self._ldap.timeout = left
        return self._ldap


class _Refused(Exception):  # noqa: N818  nor is this
    """The directory does not let somebody in."""


def is_installed() -> bool:
    """Tells whether the library is there."""
    return ldap is not None


def escaped(text: str) -> str:
    """Returns text as it may stand in a filter."""
    return str(filters.escape_filter_chars(text))


def escaped_bytes(raw: bytes) -> str:
    """Returns bytes as they may stand in a filter, each of them escaped."""
    return str(filters.escape_filter_chars(raw.decode("latin-1"), ESCAPE_ALL))


def plain(dn: str) -> Names:
    """Takes a distinguished name apart into a form that can be compared.

    What is none, is none of anybody: ``()``.
    """
    try:
        parts = distinguished.str2dn(dn)
    except ldap.LDAPError:
        return ()
    return tuple(
        tuple(sorted((kind.lower(), _folded(value)) for kind, value, _ in part))
        for part in parts
    )


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _row(dn: str, attributes: Mapping[str, list[bytes]]) -> Row:
    return dn, {name.lower(): tuple(values) for name, values in attributes.items()}


def _handle(server: DirectoryServer, number: int) -> Any:
    """Makes a handle whose options are ours, whatever the machine's files say."""
    url = f"ldap://{urlsplit(server.url).netloc}"
    handle = ldap.initialize(url, fileno=number)
    handle.protocol_version = ldap.VERSION3
    handle.set_option(ldap.OPT_REFERRALS, ldap.OPT_OFF)
    handle.set_option(ldap.OPT_DEREF, ldap.DEREF_NEVER)
    handle.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    handle.set_option(ldap.OPT_X_TLS_PROTOCOL_MIN, TLS_1_2)
    trusted = server.ca_file or ldap_line.authorities()
    if trusted is not None:
        handle.set_option(ldap.OPT_X_TLS_CACERTFILE, str(trusted))
    handle.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    return handle


def _asked(ask: Callable[[], T], *, binding: bool = False) -> T:
    """Asks, and says in words of ours what became of it instead of an answer."""
    try:
        return ask()
    except ldap.LDAPError as fault:
        kind = type(fault).__name__
    if binding and kind in REFUSALS:
        raise _Refused
    raise Away(WORDS.get(kind, f"it answers {kind.lower()}"))
