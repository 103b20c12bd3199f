"""REL-060 to REL-062 on the real thing: twenty receivers, and a worker that dies.

The worker is a process of its own and the receivers are sockets; hostile ones see to it
that deliveries are under way when it is killed.
"""

import contextlib
import pathlib
import signal
import subprocess
from collections.abc import Iterator

import pytest
import sqlalchemy

from idp import clock
from idp.store.logout_notices import LogoutNoticeTable
from tests.actions.scene import Scene
from tests.cli import test_deliveries as deliveries
from tests.support import receiver
from tests.support.provider import environment_of
from tests.support.provider import program
from tests.support.receiver import Receiver
from tests.support.receiver import receiving
from tests.support.waiting import until

MOST_THREADS = 48
MOST_MEMORY = 256 * 1024  # KiB; a worker that does nothing takes about a third
HOSTILE = (receiver.drips, receiver.floods, receiver.endless, receiver.resets)


@pytest.fixture
def scene(tmp_path: pathlib.Path) -> Iterator[Scene]:
    made = deliveries.prepared(tmp_path)
    yield made
    made.close()


@contextlib.contextmanager
def worker(scene: Scene) -> Iterator[subprocess.Popen[bytes]]:
    """Runs `idp worker` on the scene's database; kills it at the end."""
    settings = {
        "IDP_DATABASE_URL": scene.settings.database_url.get_secret_value(),
        "IDP_MASTER_KEY": deliveries.RING,
        "IDP_PASSWORD_HASH_COST": "4",
    }
    process = subprocess.Popen(
        [*program(), "worker"], env=environment_of(settings), stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def used(process: subprocess.Popen[bytes], what: str) -> int:
    """Reads a figure of a process from the kernel."""
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    (line,) = (line for line in text.splitlines() if line.startswith(f"{what}:"))
    return int(line.split()[1])


def make_due(scene: Scene) -> None:
    """Lets the wait between two tries pass."""
    waiting = LogoutNoticeTable.due_at.is_not(None)
    statement = sqlalchemy.update(LogoutNoticeTable).where(waiting)
    with scene.database.writing() as db:
        db.execute(statement.values(due_at=clock.now()))


def receivers(stack: contextlib.ExitStack) -> dict[str, Receiver]:
    """Runs twenty applications; only the last one is any good."""
    found = {f"slow{n}": receiving(behave=receiver.hangs) for n in range(4)}
    found |= {f"bad{n}": receiving(behave=HOSTILE[n % 4]) for n in range(12)}
    found |= {f"moved{n}": receiving(302) for n in range(3)}
    found["good"] = receiving()
    return {name: stack.enter_context(one) for name, one in found.items()}


def test_the_queue_survives_a_kill_among_twenty_receivers(scene: Scene) -> None:
    with contextlib.ExitStack() as stack:
        found = receivers(stack)
        apps = [deliveries.app(scene, one, name) for name, one in found.items()]
        session = deliveries.part(scene, *apps)
        assert set(deliveries.sign_out(scene, session).values()) == {"pending"}
        hanging = [one for name, one in found.items() if name.startswith("slow")]
        with worker(scene) as first:
            found["good"].wait_for(1)
            for one in found.values():
                one.wait_for(1)
            until(
                lambda: deliveries.states(scene, session)["good"] == "delivered",
                "the good one is done with",
            )
            assert used(first, "Threads") <= MOST_THREADS
            assert used(first, "VmHWM") <= MOST_MEMORY
        for one in hanging:
            one.behave = None
        make_due(scene)
        with worker(scene):
            for one in hanging:
                one.wait_for(2)
            until(
                lambda: deliveries.states(scene, session)["slow0"] == "delivered",
                "the notice goes out again",
            )
    assert len(found["good"].tokens) == 1
    first_try, second = (
        deliveries.opened(scene, token).claims for token in hanging[0].tokens[:2]
    )
    assert first_try["sid"] == second["sid"]
    assert first_try["jti"] != second["jti"]
