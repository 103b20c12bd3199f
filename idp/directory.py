"""Queries to the LDAP directory: who somebody is, whether a password is theirs, groups.

Each query opens a connection of its own, so that none is ever found closed, and ends
within its time limit. Whom the answers concern and what follows from them is
``actions.directory``; the protocol is ``idp.ldap_wire``.
"""

import logging
import secrets
import threading
import time
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import closing
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from idp import ldap_wire
from idp import logs
from idp.errors import Misconfigured
from idp.ldap_line import Away
from idp.ldap_wire import Attributes
from idp.ldap_wire import Names
from idp.ldap_wire import Wire
from idp.rules import directory as rules
from idp.setting_directory import PLACES
from idp.setting_directory import DirectoryServer
from idp.setting_directory import servers
from idp.settings import Settings

SIGN_IN_WITHIN = 4.0
SYNC_WITHIN = 60.0
AT_ONCE = 6
"""Connections at a time of one process: of the threads that answer requests, most are
left for everybody else where a directory is slow."""

PLACE_WITHIN = 0.5
OTHERWISE_WITHIN = 1.5
"""Within this a server lets the reader in where another could be asked instead."""

log = logging.getLogger("idp.directory")

EVERYBODY = "*"
NO_ATTRIBUTES = "1.1"
LONGEST_ID = 120
HEX = "hex:"
MISSING = (
    "IDP_LDAP_URL: needs python-ldap: install Ostiary's extra [ldap] (Debian has what "
    "that is made from in libldap-dev, libsasl2-dev, gcc and python3-dev)"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A person of the directory; ``id`` never changes, whatever else does."""

    id: str
    dn: str
    attributes: Attributes = field(repr=False)

    @property
    def switched_off(self) -> bool:
        """Whether the directory has disabled the person."""
        return rules.is_switched_off(self.attributes)


class Directory:
    """The directory of the settings; nothing is asked before somebody opens it."""

    def __init__(self, servers: Sequence[DirectoryServer]) -> None:
        """Takes where it is; raises Misconfigured where the library is not there."""
        if not ldap_wire.is_installed():
            raise Misconfigured([MISSING])
        self.servers = tuple(servers)
        self._order = self.servers
        self._places = threading.BoundedSemaphore(AT_ONCE)

    @contextmanager
    def opened(self, within: float = SIGN_IN_WITHIN) -> Iterator["Connection"]:
        """Opens a connection as the reader, in a place of its own; raises ``Away``."""
        with self.place(), self.connected(within) as connection:
            yield connection

    @contextmanager
    def place(self) -> Iterator[None]:
        """Keeps one of the few places to ask from; raises ``Away`` where all wait."""
        if not self._places.acquire(timeout=PLACE_WITHIN):
            raise Away("too many ask it at once")
        try:
            yield
        finally:
            self._places.release()

    @contextmanager
    def connected(self, within: float = SIGN_IN_WITHIN) -> Iterator["Connection"]:
        """Opens a connection from a place; raises ``Away``, as does all within.

        The server that answered last is asked first. One that does not answer goes to
        the end, so that it holds somebody up once and not at each sign-in.
        """
        connection = self._first_that_answers(time.monotonic() + within)
        try:
            yield connection
        except Away:
            self._put_last(connection.server)
            raise
        finally:
            connection.close()

    def complaints(self) -> list[str]:
        """Says what is wrong with each server of the directory that cannot be used."""
        said = [(server.url, self._complaint(server)) for server in self.servers]
        return [f"{url}: {reason}" for url, reason in said if reason is not None]

    def _complaint(self, server: DirectoryServer) -> str | None:
        try:
            with closing(Connection(server, SIGN_IN_WITHIN)) as connection:
                found = connection.has_anybody()
        except Away as fault:
            return fault.reason
        return None if found else "it shows nobody who passes IDP_LDAP_USER_FILTER"

    def _first_that_answers(self, until: float) -> "Connection":
        """Tries one server after the other, each in its part of the time."""
        order = self._order
        for number, server in enumerate(order, 1):
            left = until - time.monotonic()
            others = len(order) - number
            patience = min(left / (others + 1), OTHERWISE_WITHIN) if others else left
            try:
                connection = Connection(server, patience)
            except Away as fault:
                self._put_last(server)
                if not others:
                    raise
                facts = {logs.FACTS: {"server": server.url, "reason": fault.reason}}
                log.warning("a server of the directory is away", extra=facts)
            else:
                connection.ends_at(until)
                return connection
        raise Away("it has no server")

    def _put_last(self, server: DirectoryServer) -> None:
        """Prefers the others from now on; when many do so at once, any order does."""
        others = [one for one in self._order if one is not server]
        self._order = (*others, server)


def of(settings: Settings) -> Directory | None:
    """Returns the directory of the settings, or None where there is none."""
    if settings.ldap_url is None:
        return None
    password = settings.ldap_bind_password
    first, *others = servers(settings.ldap_url)
    server = DirectoryServer(
        url=first,
        start_tls=settings.ldap_start_tls,
        ca_file=settings.ldap_ca_file,
        bind_dn=settings.ldap_bind_dn or "",
        bind_password=password.get_secret_value() if password else "",
        base_dn=settings.ldap_base_dn or "",
        user_filter=settings.ldap_user_filter,
        id_attribute=settings.ldap_id_attribute,
        attributes=settings.ldap_attribute_map,
        group_filter=settings.ldap_group_filter,
        roles=settings.ldap_group_role_map,
    )
    return Directory([server, *(replace(server, url=url) for url in others)])


class Connection:
    """A conversation with the directory, begun as its reader."""

    def __init__(self, server: DirectoryServer, within: float) -> None:
        """Connects, makes the way safe and signs the reader in, all within seconds."""
        self.server = self._server = server
        self._wire = Wire(server, time.monotonic() + within)
        try:
            if server.start_tls:
                self._wire.start_tls()
            self._become_reader()
        except BaseException:
            self._wire.close()
            raise

    def ends_at(self, until: float) -> None:
        """Gives the conversation another end, a moment of the monotonic clock."""
        self._wire.ends_at(until)

    def close(self) -> None:
        """Ends the conversation."""
        self._wire.close()

    def find(self, username: str) -> Entry | None:
        """Finds the only person of a name; None for nobody or for several."""
        found = self._people(self._filter(ldap_wire.escaped(username)), most=2)
        return found[0] if len(found) == 1 else None

    def find_all(self, ids: Sequence[str]) -> dict[str, Entry]:
        """Finds, of these ids, the people who are there and pass the filter."""
        name = self._server.id_attribute
        either = "".join(f"({name}={_in_filter(one)})" for one in ids)
        found = self._people(f"(&{self._filter(EVERYBODY)}(|{either}))")
        return {entry.id: entry for entry in found}

    def has_anybody(self) -> bool:
        """Tells whether the reader sees one person at all."""
        return bool(self._people(self._filter(EVERYBODY), most=1))

    def proves(self, entry: Entry | None, password: str) -> bool:
        """Tells whether a password opens an entry; an empty one never (SEC-276).

        Without an entry the directory is asked all the same and as often, about nobody
        (SEC-131).
        """
        if not password:
            return False
        nobody = f"cn={secrets.token_hex(8)},{self._server.base_dn}"
        right = self._wire.bind(entry.dn if entry else nobody, password)
        self._become_reader()
        return right and entry is not None

    def roles_of(self, entry: Entry, held: str | None = None) -> frozenset[str]:
        """Returns the roles that the settings give to the groups of an entry.

        ``held`` is the user name that it has here, which it may have beside others.
        """
        given = self._server.roles
        if not given:
            return frozenset()
        groups = [ldap_wire.plain(name) for name in self._groups(entry, held)]
        return frozenset(
            role
            for group, role in given.items()
            if any(_is_group(name, group) for name in groups)
        )

    def _groups(self, entry: Entry, held: str | None) -> list[str]:
        wanted = self._server.group_filter
        if wanted is None:
            listed = entry.attributes.get("memberof", ())
            return [name.decode("utf-8", "replace") for name in listed]
        mapping = {"username": self._server.attributes["username"]}
        said = rules.details(entry.attributes, mapping, {"username": held})
        values = {"dn": entry.dn, "username": said.get("username", "")}
        # At one stroke: a name may hold what looks like the other place.
        asked = PLACES.sub(lambda place: ldap_wire.escaped(values[place[1]]), wanted)
        rows = self._wire.search(self._server.base_dn, asked, [NO_ATTRIBUTES])
        return [dn for dn, _ in rows]

    def _become_reader(self) -> None:
        if not self._wire.bind(self._server.bind_dn, self._server.bind_password):
            raise Away("it refuses IDP_LDAP_BIND_DN")

    def _filter(self, value: str) -> str:
        return self._server.user_filter.replace("{username}", value)

    def _people(self, wanted: str, *, most: int = 0) -> list[Entry]:
        server = self._server
        asked = {*server.attributes.values(), *rules.STATES, server.id_attribute}
        rows = self._wire.search(
            server.base_dn, wanted, sorted({*asked, "memberOf"}), most=most
        )
        return [self._entry(dn, attributes) for dn, attributes in rows]

    def _entry(self, dn: str, attributes: Attributes) -> Entry:
        ids = attributes.get(self._server.id_attribute.lower(), ())
        if len(ids) != 1 or not 1 <= len(ids[0]) <= LONGEST_ID:
            raise Away("an entry has no IDP_LDAP_ID_ATTRIBUTE, or several")
        return Entry(_text_of(ids[0]), dn, attributes)


def _text_of(raw: bytes) -> str:
    """Writes an id, in the one form that is kept and compared; bytes in their order."""
    text = raw.decode("latin-1")
    plain = text.isascii() and text.isprintable() and not text.startswith(HEX)
    return text if plain else f"{HEX}{raw.hex()}"


def _in_filter(written: str) -> str:
    plain = not written.startswith(HEX)
    raw = written.encode() if plain else bytes.fromhex(written.removeprefix(HEX))
    return ldap_wire.escaped_bytes(raw)


def _is_group(held: Names, group: str) -> bool:
    """Compares by the whole name, or by the first value in it where that is all."""
    if "=" in group:
        return held == ldap_wire.plain(group) != ()
    return bool(held) and group.casefold() in {value for _, value in held[0]}
