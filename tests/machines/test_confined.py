"""What docs/operations/ostiary.service forbids, the program can do without."""

import dataclasses
import pathlib
import platform
import subprocess
import sys
from collections.abc import Iterator
from collections.abc import Sequence

import pytest

from tests.machines import confined
from tests.machines.namespaces import Machine
from tests.machines.stage import SAMPLES
from tests.machines.stage import Host
from tests.support.clock import real_clock
from tests.support.exchange import network
from tests.support.needs import missing
from tests.support.people import is_signed_in
from tests.support.provider import Provider
from tests.support.provider import settings_for
from tests.support.valkey import free_port
from tests.support.within import inside_commander

UNIT = SAMPLES / "ostiary.service"

TRIES = """
import errno, mmap, os, socket
def tried(what, *values):
    try:
        what(*values)
    except OSError as fault:
        return errno.errorcode[fault.errno]
    return "done"
print(
    tried(os.sched_setaffinity, 0, os.sched_getaffinity(0)),
    tried(os.setuid, os.getuid()),
    tried(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW),
    tried(socket.socket, socket.AF_INET6),
    tried(os.setpriority, os.PRIO_PROCESS, 0, 10),
)
"""


@dataclasses.dataclass(frozen=True)
class Confined(Machine):
    """This very machine, under what the unit forbids."""

    name: str = ""
    address: str = "127.0.0.1"
    link: str = ""

    def inside(self, command: Sequence[str]) -> list[str]:
        """Gives the command line that runs a command so."""
        return [sys.executable, str(confined.__file__), str(UNIT), *command]


@pytest.fixture
def unit() -> Confined:
    """Gives a machine with the unit's bounds."""
    if platform.machine() != confined.ARCHITECTURE:
        missing("system calls are known by number on x86_64 only")
    return Confined()


@pytest.fixture
def held(tmp_path: pathlib.Path, unit: Confined) -> Iterator[Provider]:
    """Gives a provider that runs so."""
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    settings = settings_for(tmp_path, IDP_ISSUER=issuer)
    command = inside_commander(settings)
    command("init")
    host = Host(tmp_path / "host", settings, unit, port=port, workers=2, drain=1)
    host.start()
    try:
        yield Provider(issuer, network, real_clock, command, lambda: host.log)
    finally:
        host.stop()


def test_the_bounds_of_the_unit_hold(unit: Confined) -> None:
    said = subprocess.check_output(
        unit.inside([sys.executable, "-c", TRIES]), text=True
    )

    assert said.split() == ["EPERM", "EPERM", "EAFNOSUPPORT", "done", "done"]


def test_people_sign_in_and_applications_renew_within_the_bounds(
    held: Provider,
) -> None:
    """A call that it forbids once failed every password"""
    mia = held.person("mia", enrolled=False)
    wiki = held.client("Wiki")
    browser = wiki.ask(held.browser(), scope="openid offline_access")
    tokens = wiki.collect(mia.enrol(mia.enter_password(browser)))

    assert tokens.claims["acr"] == "mfa"
    assert wiki.refresh(tokens.refresh).status == 200
    assert is_signed_in(browser)
    assert '"level": "warning"' not in held.log
    assert '"level": "error"' not in held.log
