"""``idp serve`` and ``idp worker``: the server, and the job that runs beside it."""

import copy
import logging
import os
import resource
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from granian.constants import HTTPModes
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from idp import clock
from idp import logs
from idp.actions import audit_chain
from idp.actions import jobs
from idp.actions import keys
from idp.actions import logout_notices
from idp.actions import maintenance
from idp.actions import throttle
from idp.actions.work import Work
from idp.cli import checks
from idp.cli import directory
from idp.cli import output
from idp.cli import work
from idp.cli.deliveries import Deliveries
from idp.cli.outages import Outage
from idp.cli.outbox import Outbox
from idp.cli.workers import LONGEST_DRAIN
from idp.cli.workers import Job
from idp.cli.workers import Supervisor
from idp.errors import Misconfigured
from idp.settings import Settings

CONNECTIONS = 4096
"""How many a worker keeps at once; most of them idle or slow."""

HEAD_WITHIN = 20_000
"""Milliseconds in which the head of a request has to come, or the next request."""

LARGEST_HEAD = 64 * 1024
EVERY_SECONDS = 30.0
ORPHAN_CHECK_SECONDS = 1.0
BREATH_SECONDS = 0.01
"""Between two chunks, so that whoever waits for SQLite's lock gets it (REL-069)."""
LAST_MAIL_WITHIN = 10.0
"""Seconds for a mail on its way when the worker is to stop; else it is sent again."""

MEASURED = "PROMETHEUS_MULTIPROC_DIR"
"""How the library is told; it reads the environment by itself."""

log = logging.getLogger("idp.worker")


@click.command("serve")
@click.option("--bind", default="127.0.0.1:5000", show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=None)
@click.option("--no-worker", is_flag=True, help="Do not run the background job.")
@click.option(
    "--drain",
    type=click.IntRange(0, LONGEST_DRAIN),
    default=0,
    help="Seconds of serving on, unready, before a stop: for a balancer.",
)
@output.speaks
def serve(bind: str, workers: int | None, no_worker: bool, drain: int) -> None:
    """Serve until told to stop; running requests are finished first."""
    address, port = _place(bind)
    settings = Settings.load()
    logs.configure(settings)
    logs.never_wait()
    _refuse_unprepared(work.build(settings))
    beside = str(os.getpid())
    jobs = [] if no_worker else [Job("worker", "--beside", beside)]
    if settings.management_bind is not None:
        jobs.append(Job("management", "--beside", beside))
    _allow_many_files()
    with _adding_up():
        _listen(
            "idp.gateway:make",
            address,
            port,
            settings,
            workers=workers or os.cpu_count() or 1,
            jobs=jobs,
            drain=drain,
        )


def _listen(
    target: str,
    address: str,
    port: int,
    settings: Settings,
    *,
    workers: int,
    jobs: Sequence[Job] = (),
    drain: int = 0,
) -> None:
    Supervisor(
        target,
        jobs=jobs,
        drain=drain,
        bury=_forget_figures,
        address=address,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEAD_WITHIN, max_buffer_size=LARGEST_HEAD
        ),
        websockets=False,
        workers=workers,
        backpressure=CONNECTIONS,
        factory=True,
        respawn_failed_workers=True,
        log_access=False,
        log_level=LogLevels.info,
        log_dictconfig=logs.for_server(settings),
    ).serve()


@contextmanager
def _adding_up() -> Iterator[None]:
    """Gives the processes a place to add up what each of them measures.

    An operator who has named one keeps it.
    """
    if MEASURED in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="ostiary-metrics-") as folder:
        os.environ[MEASURED] = folder
        try:
            yield
        finally:
            del os.environ[MEASURED]


def _forget_figures(pid: int) -> None:
    """Takes away what a dead worker said of its state; what it counted stays."""
    # The library's mark_process_dead does the same; but whoever imports the library
    # before the folder is named measures alone, and so would our forked workers.
    folder = os.environ.get(MEASURED)
    if folder is not None:
        for left in Path(folder).glob(f"gauge_live*_{pid}.db"):
            left.unlink(missing_ok=True)


def _place(bind: str) -> tuple[str, int]:
    """Returns the address and the port to listen at, where nobody else does."""
    host, _, port = bind.rpartition(":")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise click.BadParameter("is not HOST:PORT", param_hint="--bind")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    return _free_address(host, int(port)), int(port)


def _refuse_unprepared(built: Work) -> None:
    """Says what is missing; leaves nothing open that the workers would inherit.

    A connection to SQLite that came with a fork takes the locks of the whole process
    away when it is closed.
    """
    throttle.source_rate(built.settings)  # refuses options that nothing knows
    found = maintenance.readiness(built)
    built.database.dispose()
    if not found.database:
        raise Misconfigured([checks.away(found)])
    if not found.migrations and found.later:
        raise Misconfigured([checks.TOO_LATE])
    if found.earlier:
        raise Misconfigured([checks.TOO_EARLY])
    if not found.migrations:
        raise Misconfigured(["the database is empty: run 'idp init' first"])
    if found.closed:
        raise Misconfigured([work.CLOSED])
    if not found.keys:
        raise Misconfigured(["signing keys are missing: run 'idp init' first"])


def _free_address(host: str, port: int) -> str:
    """Returns the address to listen at, in digits.

    The workers share the port, and so would a second server by mistake.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as fault:
        text = f"cannot listen at {host} port {port}: {fault.strerror}"
        raise click.ClickException(text) from None
    return str(address[0])


def _allow_many_files() -> None:
    """Each connection is a file; what services get by default is too few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


@click.command("management", hidden=True)
@click.option("--beside", type=int, help="Stop when this parent is gone.")
@output.speaks
def management(beside: int | None) -> None:
    """Serve health and figures on IDP_MANAGEMENT_BIND; `idp serve` starts it."""
    settings = Settings.load()
    logs.configure(settings)
    logs.never_wait()
    if settings.management_bind is None:
        raise Misconfigured(["IDP_MANAGEMENT_BIND: is not set"])
    address, port = _place(settings.management_bind)
    _end_with_parent(beside)
    _listen("idp.gateway:make_management", address, port, settings, workers=1)


def _end_with_parent(beside: int | None) -> None:
    if beside is not None:
        threading.Thread(target=_end_with, args=(beside,), daemon=True).start()


def _end_with(parent: int) -> None:
    """Stops this process once its parent is gone, however that ended."""
    while os.getppid() == parent:
        time.sleep(ORPHAN_CHECK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


@click.command("worker")
@click.option("--beside", type=int, hidden=True, help="Stop when this parent is gone.")
@output.speaks
def worker(beside: int | None) -> None:
    """Send mails, purge what has ended, follow the directory, until told to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _end_with_parent(beside)
    settings = Settings.load()
    logs.configure(settings)
    logs.never_wait()
    built = work.build(settings)
    if maintenance.readiness(built).closed:  # a database that is away is waited for
        raise Misconfigured([work.CLOSED])
    outbox = Outbox(copy.copy(built), stop)
    deliveries = Deliveries(copy.copy(built), stop)
    outbox.start()
    deliveries.start()
    directory.start(built, stop)
    outage = Outage(log)
    while not stop.is_set():
        built.now = clock.now()
        _do_all(built, stop, outage)
        stop.wait(EVERY_SECONDS)
    outbox.join(LAST_MAIL_WITHIN)
    deliveries.join(LAST_MAIL_WITHIN)


def _do_all(built: Work, stop: threading.Event, outage: Outage) -> None:
    """Does each part of the job; one that fails does not keep the others back."""
    ending = logout_notices.end_run_out
    parts = (_advance, ending, maintenance.purge, audit_chain.close)
    for name, part in zip(jobs.JOBS, parts, strict=True):
        try:
            while not stop.is_set() and part(built):
                stop.wait(BREATH_SECONDS)
            jobs.done(built, name)
            outage.is_over()
        except Exception as fault:
            name = f"{part.__module__}.{part.__name__}"
            outage.tell("a part of the job is not done", fault, part=name)


def _advance(built: Work) -> int:
    keys.advance(built)
    return 0
