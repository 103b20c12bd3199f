"""Machines on one machine: network namespaces, joined by a bridge, that can be cut off.

A machine that is cut off refuses nothing and says nothing: what is sent to it vanishes,
which no process that is stopped or killed can show. Needs root and iproute2.
"""

import contextlib
import dataclasses
import os
import pathlib
import subprocess
from collections.abc import Iterator
from collections.abc import Sequence

from tests.support.needs import missing
from tests.support.needs import need

PREFIX = "ost"
NETWORK = "10.77.{}"
OURS = 1  # the last number of our own address on the bridge


@dataclasses.dataclass(frozen=True)
class Machine:
    """One namespace with an address; `link` is our end of its cable."""

    name: str
    address: str
    link: str

    def inside(self, command: Sequence[str]) -> list[str]:
        """Gives the command line that runs a command on this machine."""
        return ["ip", "netns", "exec", self.name, *command]

    def cut(self) -> None:
        """Pulls the cable."""
        _ip("link", "set", self.link, "down")

    def join(self) -> None:
        """Puts the cable back."""
        _ip("link", "set", self.link, "up")


@contextlib.contextmanager
def network(*names: str) -> Iterator[list[Machine]]:
    """Makes machines of these names that reach each other, and us."""
    need("ip")
    if os.geteuid() != 0:
        missing("network namespaces need root")
    _clear_away_leftovers()
    number = os.getpid()
    bridge, subnet = f"{PREFIX}{number}", NETWORK.format(number % 250)
    with contextlib.ExitStack() as undoing:
        _ip("link", "add", bridge, "type", "bridge")
        undoing.callback(_ip, "link", "del", bridge)
        _ip("addr", "add", f"{subnet}.{OURS}/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        machines = []
        for place, name in enumerate(names, OURS + 10):
            one = Machine(f"{bridge}-{name}", f"{subnet}.{place}", f"{bridge}.{place}")
            _ip("netns", "add", one.name)
            undoing.callback(_ip, "netns", "del", one.name)
            _plug(one, bridge)
            # With its namespace it would go later, in the way of the next network.
            undoing.callback(_ip, "link", "del", one.link)
            machines.append(one)
        yield machines


def _plug(machine: Machine, bridge: str) -> None:
    end = ("peer", "name", "eth0", "netns", machine.name)
    _ip("link", "add", machine.link, "type", "veth", *end)
    _ip("link", "set", machine.link, "master", bridge, "up")
    there = ("-n", machine.name)
    _ip(*there, "addr", "add", f"{machine.address}/24", "dev", "eth0")
    _ip(*there, "link", "set", "eth0", "up")
    _ip(*there, "link", "set", "lo", "up")


def _clear_away_leftovers() -> None:
    """Takes away what a run left that was killed."""
    for line in _ip("netns", "list").splitlines():
        name = line.split()[0]
        if name.startswith(PREFIX) and _is_over(name.split("-")[0]):
            _ip("netns", "del", name)
    for line in _ip("-o", "link", "show", "type", "bridge").splitlines():
        bridge = line.split()[1].rstrip(":")
        if bridge.startswith(PREFIX) and _is_over(bridge):
            _ip("link", "del", bridge)


def _is_over(bridge: str) -> bool:
    number = bridge.removeprefix(PREFIX)
    return number.isdigit() and not pathlib.Path(f"/proc/{number}").exists()


def _ip(*words: str) -> str:
    done = subprocess.run(
        [need("ip"), *words], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr}")
    return done.stdout
