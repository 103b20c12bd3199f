"""REL-005 to REL-007: Valkey stopped, emptied, full, read-only or silent.

It holds nothing but counts of failures per source, and no session. What works once,
what is locked and who is signed in is in the database, whatever becomes of it.
"""

import dataclasses
import itertools
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from tests.races.shared import Shared
from tests.support.people import is_signed_in
from tests.support.provider import serving
from tests.support.valkey import Valkey
from tests.support.valkey import running_valkey
from tests.support.waiting import until

LIMIT, WORKERS = 11, 2
ALONE = WORKERS * (LIMIT // 2)
"""What a source may do without Valkey, half as much at each worker: never the limit."""

NOBODY = map("nobody-{}".format, itertools.count())
SOURCES = map("198.51.100.{}".format, itertools.count(1))


@dataclasses.dataclass
class Counted(Shared):
    """A provider that counts in Valkey."""

    valkey: Valkey = dataclasses.field(kw_only=True)

    def guesses(self, source: str) -> int:
        """Guesses until the source is refused; gives how many were looked at."""
        for number in range(2 * WORKERS * LIMIT):
            guess = {"username": next(NOBODY), "password": "wrong"}
            browser = self.browser(source=source).visit("/login")
            if browser.fill("sign-in", **guess).error != "wrong-credentials":
                assert browser.status == 429
                return number
        raise AssertionError("a source may guess for ever")

    def counts_in_one_place(self) -> bool:
        """Tells whether no worker counts alone; one source may say so by chance."""
        return all(self.guesses(next(SOURCES)) == LIMIT for _ in range(4))


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counted]:
    folder = tmp_path_factory.mktemp("valkey")
    with (
        running_valkey(folder) as valkey,
        serving(
            folder,
            workers=WORKERS,
            IDP_VALKEY_URL=valkey.url,
            IDP_SOURCE_RATE=f"{LIMIT}/minute",
            IDP_TRUSTED_PROXIES="1",
        ) as running,
    ):
        parts = dataclasses.fields(running)
        made = {one.name: getattr(running, one.name) for one in parts}
        yield Counted(**made, valkey=valkey)


def full(policy: str) -> Callable[[Valkey], None]:
    def fill(valkey: Valkey) -> None:
        assert valkey.tell("CONFIG", "SET", "maxmemory-policy", policy) == "+OK"
        assert valkey.tell("CONFIG", "SET", "maxmemory", "1mb") == "+OK"

    return fill


def emptied_space(valkey: Valkey) -> None:
    assert valkey.tell("CONFIG", "SET", "maxmemory", "0") == "+OK"


def follows(valkey: Valkey) -> None:
    assert valkey.tell("REPLICAOF", "127.0.0.1", "1") == "+OK"


def leads(valkey: Valkey) -> None:
    assert valkey.tell("REPLICAOF", "NO", "ONE") == "+OK"


FAULTS = {
    "stopped": (Valkey.stop, Valkey.start),
    "full": (full("noeviction"), emptied_space),
    "full of old keys": (full("allkeys-lru"), emptied_space),
    "read-only": (follows, leads),
    "silent": (Valkey.fall_silent, Valkey.go_on),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_valkey_frees_nobody_and_refuses_nobody(
    there: Counted, fault: str
) -> None:
    """REL-005, REL-006: stricter, and as before when it is back, without a restart"""
    goes, returns = FAULTS[fault]
    before = there.person("ben").sign_in(there.browser(source=next(SOURCES)))
    assert there.guesses(next(SOURCES)) == LIMIT
    goes(there.valkey)
    try:
        assert 1 <= there.guesses(next(SOURCES)) <= ALONE
        assert is_signed_in(before)
        mia = there.person("mia")
        code = mia.phone.unused_code()
        for fresh in (True, False):
            typed = there.browser(source=next(SOURCES)).visit("/login")
            mia.enter_code(mia.enter_password(typed), code)
            assert is_signed_in(typed) is fresh
        for _ in range(2):
            typed = there.browser(source=next(SOURCES)).visit("/login")
            mia.enter_password(typed)
            for _ in range(5):
                if typed.page == "login-totp":
                    mia.enter_code(typed, mia.phone.wrong_code())
    finally:
        returns(there.valkey)
    assert there.mfa_of(mia)["state"] == "locked"
    assert is_signed_in(before)
    until(there.counts_in_one_place, "Valkey counts for all workers")


def test_an_emptied_valkey_brings_no_lock_and_no_code_back(there: Counted) -> None:
    """REL-007: and each worker knows what it has counted itself"""
    mia = there.person("mia")
    code = mia.phone.unused_code()
    browser = mia.enter_password(there.browser().visit("/login"))
    assert is_signed_in(mia.enter_code(browser, code))
    source = next(SOURCES)
    assert there.guesses(source) == LIMIT
    assert there.valkey.tell("FLUSHALL") == "+OK"
    assert there.guesses(source) <= (WORKERS - 1) * LIMIT
    again = mia.enter_password(there.browser(source=next(SOURCES)).visit("/login"))
    assert not is_signed_in(mia.enter_code(again, code))
