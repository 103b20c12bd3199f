"""Runs a provider of its own for the demo: the real command, in a folder of its own.

Settings of the person who starts the demo never reach it, and its state is gone
afterwards. Knows no people and no applications.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import requests

READY_LIMIT = 60  # seconds until a provider that does not answer counts as broken
STOP_LIMIT = 30  # seconds; the provider promises to stop within 25
WORKERS = "2"


class DemoFailed(Exception):  # noqa: N818  told to the person, not a fault to trace
    """The demo cannot go on; the text says why."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Where the demo's provider is, and how to give it commands."""

    issuer: str
    folder: Path
    environment: dict[str, str] = field(repr=False)

    @property
    def log(self) -> Path:
        """Names the file with everything that the provider has logged."""
        return self.folder / "provider.log"

    def command(self, *arguments: str, stdin: str | None = None) -> dict[str, Any]:
        """Runs `idp` with `--json`; raises `DemoFailed` with its complaint."""
        done = subprocess.run(  # noqa: S603  the words are the demo's own
            [*_idp(), *arguments, "--json"],
            env=self.environment,
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DemoFailed(f"idp {' '.join(arguments)}:\n{done.stderr}")
        facts: dict[str, Any] = json.loads(done.stdout)
        return facts


@contextlib.contextmanager
def running(folder: Path, issuer: str) -> Iterator[Provider]:
    """Sets a provider up and serves it until the block ends."""
    provider = Provider(issuer, folder, _environment(folder, issuer))
    _run_init(provider)
    with provider.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  the words are the demo's own
            [
                *_idp(),
                "serve",
                "--bind",
                issuer.partition("//")[2],
                "--workers",
                WORKERS,
            ],
            env=provider.environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the demo, which stops it in order
        )
        try:
            _wait_until_ready(provider, process)
            yield provider
        finally:
            _stop(process)


def _run_init(provider: Provider) -> None:
    done = subprocess.run(  # noqa: S603  the words are the demo's own
        [*_idp(), "init"],
        env=provider.environment,
        cwd=provider.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DemoFailed(f"idp init:\n{done.stderr}")


def _idp() -> list[str]:
    return [sys.executable, "-m", "idp.cli.main"]


def _environment(folder: Path, issuer: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("IDP_", "FLASK_"))}
    # The process works in another folder, where a checkout would not be found.
    checkout = str(Path(__file__).parents[2])
    paths = [checkout, *kept.get("PYTHONPATH", "").split(os.pathsep)]
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONUNBUFFERED": "1",
        "IDP_ISSUER": issuer,
        "IDP_DATA_DIR": str(folder / "var"),
        "IDP_KEYS_DIR": str(folder / "keys"),
        "IDP_PASSWORD_HASH_COST": "6",
        "IDP_LOG_FORMAT": "json",
    }


def _wait_until_ready(provider: Provider, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_LIMIT
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with contextlib.suppress(requests.ConnectionError):
            if requests.get(f"{provider.issuer}/readyz", timeout=5).ok:
                return
        time.sleep(0.05)
    said = provider.log.read_text(errors="replace")[-2000:]
    raise DemoFailed(f"the provider did not start; its log ends:\n{said}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
