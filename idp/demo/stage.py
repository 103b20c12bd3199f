"""Puts the demo together: one provider, its people, two applications and an API.

Everything listens on loopback only and is gone when the block ends.
"""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idp.demo import payroll
from idp.demo import payroll_api
from idp.demo import people
from idp.demo import phone
from idp.demo import provider
from idp.demo import wiki
from idp.demo.hosting import HOST
from idp.demo.hosting import hosted
from idp.demo.hosting import port_near
from idp.demo.sign_in import NOTICES
from idp.demo.sign_in import Registration

# Where a visitor finds things, unless somebody else is there already.
PORTS = {"provider": 5000, "wiki": 5001, "payroll": 5002, "api": 5003, "phone": 5004}


@dataclass(frozen=True, slots=True)
class Stage:
    """A demo that runs: where everything is, and who is in it."""

    provider: provider.Provider
    cast: people.Cast
    wiki: str
    payroll: str
    api: str
    phone: str


@contextlib.contextmanager
def running(*, free_ports: bool = False) -> Iterator[Stage]:
    """Runs the demo until the block ends."""
    ports = {name: port_near(0 if free_ports else port) for name, port in PORTS.items()}
    at = {name: f"http://{HOST}:{port}" for name, port in ports.items()}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="ostiary-demo-")
        )
        running_provider = provider.running(Path(folder), at["provider"])
        house = stack.enter_context(running_provider)
        applications = {
            "wiki": wiki.create(_register(house, "Wiki", at["wiki"])),
            "payroll": payroll.create(
                _register(house, "Payroll", at["payroll"]), at["api"]
            ),
            "api": payroll_api.create(house.issuer),
        }
        cast = people.create(house)
        applications["phone"] = phone.create(cast)
        for name, application in applications.items():
            stack.enter_context(hosted(application, ports[name]))
        yield Stage(house, cast, at["wiki"], at["payroll"], at["api"], at["phone"])


def _register(house: provider.Provider, name: str, address: str) -> Registration:
    facts: dict[str, Any] = house.command(
        *("client", "create", name, "--id", name.lower()),
        *("--redirect-uri", f"{address}/callback"),
        *("--post-logout-redirect-uri", f"{address}/"),
        *("--backchannel-logout-uri", f"{address}{NOTICES}"),
    )
    return Registration(
        name, address, house.issuer, facts["client_id"], facts["client_secret"]
    )
