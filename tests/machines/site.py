"""Two application hosts behind HAProxy, a database and its replica, each a machine.

`python -m tests.machines` builds them and waits, for whoever wants to look.
"""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator

from tests.machines.balanced import Balanced
from tests.machines.balanced import balanced
from tests.machines.cluster import PORT
from tests.machines.cluster import Node
from tests.machines.cluster import replicated
from tests.machines.namespaces import Machine
from tests.machines.namespaces import network
from tests.machines.stage import Host
from tests.support.certificates import Authority
from tests.support.exchange import Answer
from tests.support.postgres import OWNER


@dataclasses.dataclass
class Site(Balanced):
    """All machines, and the provider that they make up."""

    machines: list[Machine] = dataclasses.field(default_factory=list)
    nodes: list[Node] = dataclasses.field(default_factory=list)


@contextlib.contextmanager
def whole(folder: pathlib.Path) -> Iterator[Site]:
    """Runs all of it until the block ends."""
    with (
        network("app1", "app2", "data1", "data2") as machines,
        replicated(*machines[2:]) as nodes,
    ):
        places = "&".join(f"host={node.machine.address}:{PORT}" for node in nodes)
        url = (
            f"postgresql+psycopg://{OWNER}@/ostiary"
            f"?{places}&target_session_attrs=read-write"
        )
        with balanced(
            folder,
            url,
            Authority(folder),
            lambda settings: [
                Host(folder / one.name, settings, one) for one in machines[:2]
            ],
        ) as made:
            yield Site(**vars(made), machines=machines, nodes=list(nodes))


def assert_comes_again(answer: Answer) -> None:
    """Fails unless this was refused for now, and says when to come again."""
    assert answer.status == 503, answer
    assert int(answer.header("Retry-After") or 0) > 0, answer
