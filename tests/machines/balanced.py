"""Application hosts behind HAProxy, reached by TLS at the balancer only."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping

from tests.machines.stage import Host
from tests.machines.stage import balancing
from tests.support.certificates import Authority
from tests.support.clock import real_clock
from tests.support.exchange import over_tls
from tests.support.provider import Provider
from tests.support.provider import commander
from tests.support.provider import settings_for
from tests.support.valkey import free_port


@dataclasses.dataclass
class Balanced(Provider):
    """A provider that several hosts make up together."""

    hosts: list[Host] = dataclasses.field(default_factory=list)


@contextlib.contextmanager
def balanced(
    folder: pathlib.Path,
    database_url: str,
    authority: Authority,
    make_hosts: Callable[[Mapping[str, str]], list[Host]],
) -> Iterator[Balanced]:
    """Runs two hosts on one database, and the balancer, until the block ends."""
    port = free_port()
    issuer = f"https://127.0.0.1:{port}"
    settings = settings_for(
        folder, database_url=database_url, IDP_ISSUER=issuer, IDP_TRUSTED_PROXIES="1"
    )
    command = commander(settings, folder)
    command("init")
    hosts = make_hosts(settings)
    with contextlib.ExitStack() as running:
        for host in hosts:
            host.start()
            running.callback(host.stop)
        certificate = authority.pem("127.0.0.1")
        running.enter_context(balancing(folder, port, certificate, hosts))
        yield Balanced(
            issuer,
            over_tls(authority.file),
            real_clock,
            command,
            lambda: "".join(host.log for host in hosts),
            hosts=hosts,
        )
