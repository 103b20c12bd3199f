"""``idp serve`` and ``idp worker``: the server, and the job that runs beside it."""

import logging
import os
import subprocess
import sys
import time

import click
from granian import Granian
from granian.constants import HTTPModes
from granian.constants import Interfaces
from granian.log import LogLevels

from idp import clock
from idp import logs
from idp.actions import audit_chain
from idp.actions import keys
from idp.actions import maintenance
from idp.cli import output
from idp.cli import work
from idp.errors import Misconfigured
from idp.errors import Refusal
from idp.settings import Settings

THREADS = 16
STOP_WITHIN = 25
EVERY_SECONDS = 30

log = logging.getLogger("idp.worker")


@click.command("serve")
@click.option("--bind", default="127.0.0.1:5000", show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=None)
@click.option("--no-worker", is_flag=True, help="Do not run the background job.")
@output.speaks
def serve(bind: str, workers: int | None, no_worker: bool) -> None:
    """Serve until told to stop; running requests are finished first."""
    host, _, port = bind.rpartition(":")
    if not port.isdigit():
        raise click.BadParameter("is not HOST:PORT", param_hint="--bind")
    settings = Settings.load()
    logs.configure(settings)
    if not maintenance.readiness(work.build(settings)).ready:
        raise Misconfigured(["the database is empty or old: run 'idp init' first"])
    job = (
        None
        if no_worker
        else subprocess.Popen([sys.executable, "-m", "idp.cli.main", "worker"])
    )
    try:
        Granian(
            "idp.app:create_app",
            address=host.strip("[]") or "127.0.0.1",
            port=int(port),
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            websockets=False,
            workers=workers or os.cpu_count() or 1,
            blocking_threads=THREADS,
            factory=True,
            respawn_failed_workers=True,
            respawn_interval=1,
            workers_kill_timeout=STOP_WITHIN,
            log_access=False,
            log_level=LogLevels.info,
            log_dictconfig=logs.for_server(settings),
        ).serve()
    finally:
        if job is not None:
            job.terminate()
            job.wait(STOP_WITHIN)


@click.command("worker")
@output.speaks
def worker() -> None:
    """Purge what has ended and move the keys on, until told to stop."""
    settings = Settings.load()
    logs.configure(settings)
    built = work.build(settings)
    while True:
        built.now = clock.now()
        try:
            keys.advance(built)
            while maintenance.purge(built):
                pass
            while audit_chain.close(built):
                pass
        except Refusal as refusal:
            log.warning("the job is not done", exc_info=refusal)
        time.sleep(EVERY_SECONDS)
