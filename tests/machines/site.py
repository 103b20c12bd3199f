"""Two application hosts behind HAProxy, a database and its replica, each a machine.

`python -m tests.machines` builds them and waits, for whoever wants to look.
"""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator

from tests.machines.cluster import PORT
from tests.machines.cluster import Node
from tests.machines.cluster import replicated
from tests.machines.namespaces import Machine
from tests.machines.namespaces import network
from tests.machines.stage import Host
from tests.machines.stage import balancing
from tests.support.certificates import Authority
from tests.support.clock import real_clock
from tests.support.exchange import over_tls
from tests.support.postgres import OWNER
from tests.support.provider import Provider
from tests.support.provider import commander
from tests.support.provider import settings_for
from tests.support.valkey import free_port


@dataclasses.dataclass
class Site(Provider):
    """All machines, and the provider that they make up."""

    hosts: list[Host] = dataclasses.field(default_factory=list)
    machines: list[Machine] = dataclasses.field(default_factory=list)
    nodes: list[Node] = dataclasses.field(default_factory=list)


@contextlib.contextmanager
def whole(folder: pathlib.Path) -> Iterator[Site]:
    """Runs all of it until the block ends."""
    authority, port = Authority(folder), free_port()
    with contextlib.ExitStack() as running:
        machines = running.enter_context(network("app1", "app2", "data1", "data2"))
        nodes = running.enter_context(replicated(*machines[2:]))
        places = "&".join(f"host={node.machine.address}:{PORT}" for node in nodes)
        url = (
            f"postgresql+psycopg://{OWNER}@/ostiary"
            f"?{places}&target_session_attrs=read-write"
        )
        issuer = f"https://127.0.0.1:{port}"
        settings = settings_for(
            folder, database_url=url, IDP_ISSUER=issuer, IDP_TRUSTED_PROXIES="1"
        )
        command = commander(settings, folder)
        command("init")
        hosts = [Host(folder / one.name, settings, one) for one in machines[:2]]
        for host in hosts:
            host.start()
            running.callback(host.stop)
        certificate = authority.pem("127.0.0.1")
        running.enter_context(balancing(folder, port, certificate, hosts))
        yield Site(
            issuer,
            over_tls(authority.file),
            real_clock,
            command,
            lambda: "".join(host.log for host in hosts),
            hosts=hosts,
            machines=machines,
            nodes=list(nodes),
        )
