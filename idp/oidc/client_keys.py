"""The public keys of clients: from their record, or fetched from their ``jwks_uri``.

What was fetched is kept for a while, in this process. Only requests that need those
keys wait for the fetch, a few at a time, and no transaction is open meanwhile
(SEC-290).
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta

from idp.actions.grants import Client
from idp.errors import Unavailable
from idp.outbound import NotDelivered
from idp.rules import jwks
from idp.rules.jwks import PublicKey

FRESH = timedelta(minutes=5)
"""How long keys count without a look whether they have changed."""

ASK_AGAIN = timedelta(seconds=30)
"""How soon an address is asked again: after a failure, or for a key that it lacked."""

KEEP = timedelta(hours=1)
"""How long keys count while their address does not answer."""

AT_ONCE = 8
"""Addresses that are asked at the same time."""

MOST_WAITING = 8
"""Requests that wait for one address; more are told to come again."""

WAIT_SECONDS = 6.0
MOST_ADDRESSES = 2000


@dataclass(frozen=True, slots=True)
class _Known:
    """What an address said last, and when it was asked."""

    asked_at: datetime
    read_at: datetime | None = None
    keys: tuple[PublicKey, ...] = ()


@dataclass(slots=True)
class _Flight:
    """A question that is under way."""

    done: threading.Event = field(default_factory=threading.Event)
    waiting: int = 0


class ClientKeys:
    """Keys of all applications; safe to share between threads."""

    def __init__(
        self, fetch: Callable[[str], bytes], clock: Callable[[], datetime]
    ) -> None:
        """Takes how a document is fetched, and what the time is."""
        self._fetch = fetch
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._flights: dict[str, _Flight] = {}
        self._guard = threading.Lock()

    def of(self, client: Client, *, again: bool = False) -> tuple[PublicKey, ...]:
        """Returns the keys of a client, none where it has none.

        ``again`` looks for a key that was not among them, which may be a new one.
        Raises Unavailable where too many wait for keys already.
        """
        address = client.details.get("jwks_uri")
        if address is None:
            return jwks.public_keys(client.details.get("jwks"))
        return self._at(str(address), again=again)

    def _at(self, address: str, *, again: bool) -> tuple[PublicKey, ...]:
        known, now = self._known.get(address), self._clock()
        if known is not None:
            if not again and _younger(known.read_at, now, FRESH):
                return known.keys
            if _younger(known.asked_at, now, ASK_AGAIN):
                return _still(known, now)
        self._ask(address, kept=_still(known, now))
        return _still(self._known.get(address), now)

    def _ask(self, address: str, *, kept: tuple[PublicKey, ...]) -> None:
        """Fetches keys, or waits for whoever does, unless there are keys already."""
        with self._guard:
            flight = self._flights.get(address)
            mine = flight is None and len(self._flights) < AT_ONCE
            if flight is None and mine:
                flight = self._flights[address] = _Flight()
            elif kept:
                return
            elif flight is None or flight.waiting >= MOST_WAITING:
                raise Unavailable("keys of clients are being fetched", retry_after=1)
            else:
                flight.waiting += 1
        if not mine:
            flight.done.wait(WAIT_SECONDS)
            return
        try:
            self._keep(address, self._read(address))
        finally:
            with self._guard:
                del self._flights[address]
            flight.done.set()

    def _read(self, address: str) -> _Known:
        """Fetches keys; on failure the present ones stay."""
        now = self._clock()
        try:
            keys = jwks.public_keys(json.loads(self._fetch(address)))
        except (NotDelivered, ValueError, RecursionError):
            keys = ()
        if keys:
            return _Known(now, now, keys)
        before = self._known.get(address, _Known(now))
        return _Known(now, before.read_at, before.keys)

    def _keep(self, address: str, known: _Known) -> None:
        with self._guard:
            self._known.pop(address, None)
            self._known[address] = known
            if len(self._known) > MOST_ADDRESSES:
                del self._known[next(iter(self._known))]


def _younger(moment: datetime | None, now: datetime, than: timedelta) -> bool:
    return moment is not None and abs(now - moment) < than


def _still(known: _Known | None, now: datetime) -> tuple[PublicKey, ...]:
    """Returns what may still be used of what was read."""
    return known.keys if known and _younger(known.read_at, now, KEEP) else ()
