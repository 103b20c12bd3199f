"""The provider under test, seen from outside only.

`Provider` knows how to talk to one; `serving` runs the real command with its worker
processes, `in_process` runs the same application inside the test under a clock that
the test moves. People and clients come to be through the command line in both.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from tests.support import forks
from tests.support.browser import Browser
from tests.support.clock import real_clock
from tests.support.exchange import Caller
from tests.support.exchange import Wire
from tests.support.exchange import network
from tests.support.people import Person
from tests.support.people import password_of
from tests.support.relying_party import RelyingParty
from tests.support.valkey import free_port
from tests.support.waiting import until

STOP_LIMIT = 30  # seconds; interface.md section 5 promises 25

# Cheap hashes, and no limit per source where a test does not ask for one.
QUICK = {
    "IDP_PASSWORD_HASH_COST": "4",
    "IDP_SOURCE_RATE": "0",
    "IDP_LOG_FORMAT": "json",
}

ANEW = "PYTHON"
"""How settings begin that count when an interpreter begins: another version of ours."""

Command = Callable[..., Any]
Process = subprocess.Popen[bytes] | forks.Process


class CommandFailedError(AssertionError):
    """A command said no; `status` and `said` are what it answered."""

    def __init__(self, arguments: tuple[str, ...], status: int, said: str) -> None:
        super().__init__(f"idp {' '.join(arguments)}: status {status}\n{said}")
        self.status = status
        self.said = said


@dataclasses.dataclass
class Provider:
    """A provider that can be reached."""

    issuer: str
    wire: Wire
    clock: Callable[[], Any]
    command: Command
    log_of: Callable[[], str]
    after_enrolment: Callable[[], None] = lambda: None
    settings: Mapping[str, str] = dataclasses.field(
        default_factory=dict, kw_only=True, repr=False
    )
    """The environment that it runs in, where that is known."""

    def browser(self, *, source: str | None = None, **headers: str) -> Browser:
        """Gives a browser with an empty jar; `source` needs one trusted proxy."""
        return Browser(self.issuer, self.wire, _headers(source, headers))

    def caller(self, *, source: str | None = None, **headers: str) -> Caller:
        """Gives a program that talks to the provider without cookies."""
        return Caller(self.issuer, self.wire, _headers(source, headers))

    @property
    def http(self) -> Caller:
        """Gives a program without any header of its own."""
        return self.caller()

    @property
    def log(self) -> str:
        """Gives everything that the provider has logged."""
        return self.log_of()

    def client(self, name: str, *arguments: str) -> RelyingParty:
        """Registers an application by `idp client create` and gives its side."""
        if "--redirect-uri" not in arguments and "--service" not in arguments:
            callback = f"https://{name.lower()}.example/cb"
            arguments = ("--redirect-uri", callback, *arguments)
        registration = self.command("client", "create", name, *arguments, "--json")
        return RelyingParty(self.http, registration, self.clock)

    def person(self, username: str, *arguments: str, enrolled: bool = True) -> Person:
        """Creates somebody, who enrols at a first sign-in unless told not to."""
        password = password_of(username)
        create = ("user", "create", username, "--password-stdin", *arguments, "--json")
        facts = self.command(*create, stdin=password)
        somebody = Person(facts["id"], username, password, self.clock)
        if enrolled:
            somebody.enrol(somebody.sign_in(self.browser()))
            self.after_enrolment()
        return somebody

    def policy(self, mfa: str) -> None:
        """Sets the organisation's policy: required, optional or disabled."""
        self.command("policy", "set", "--mfa", mfa, "--json")

    def mfa_of(self, somebody: Person) -> dict[str, Any]:
        """Gives what administration sees of somebody's second factor."""
        facts: dict[str, Any] = self.command(
            "user", "show", somebody.username, "--json"
        )
        return dict(facts["mfa"])


def _headers(source: str | None, headers: Mapping[str, str]) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return named if source is None else {"X-Forwarded-For": source, **named}


def settings_for(
    folder: pathlib.Path, *, database_url: str | None = None, **changes: str
) -> dict[str, str]:
    """Gives the environment of a provider that keeps its state in `folder`."""
    environment = {
        **QUICK,
        "IDP_DATA_DIR": str(folder / "var"),
        "IDP_KEYS_DIR": str(folder / "keys"),
        **changes,
    }
    if database_url is not None:
        environment["IDP_DATABASE_URL"] = database_url
    return environment


def commander(settings: Mapping[str, str], folder: pathlib.Path) -> Command:
    """Gives `idp` for these settings, each call a process of its own.

    With `--json` among the arguments the answer is parsed.
    """

    def run(*arguments: str, stdin: str | None = None) -> Any:
        env = environment_of(settings)
        done = (
            _started(arguments, env, folder, stdin)
            if _needs_a_new_interpreter(settings)
            else forks.run(arguments, env=env, cwd=folder, stdin=stdin)
        )
        if done.returncode != 0:
            raise CommandFailedError(arguments, done.returncode, done.stderr)
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    return run


def _needs_a_new_interpreter(settings: Mapping[str, str]) -> bool:
    return any(name.startswith(ANEW) for name in settings)


def _started(
    arguments: tuple[str, ...],
    env: Mapping[str, str],
    folder: pathlib.Path,
    stdin: str | None,
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*program(), *arguments],
        env=env,
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def program() -> list[str]:
    """Gives the command line that starts `idp` with this interpreter."""
    return [sys.executable, "-m", "idp.cli.main"]


def environment_of(settings: Mapping[str, str]) -> dict[str, str]:
    """Gives the environment of a process: this one's, with no setting but ours.

    Each process would compile all of ours again where nothing may be written down.
    """
    root = str(pathlib.Path(__file__).parents[2])
    kept = {k: v for k, v in os.environ.items() if not k.startswith("IDP_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "PYTHONPATH": root, **settings}


@contextlib.contextmanager
def serving(
    folder: pathlib.Path,
    *,
    database_url: str | None = None,
    workers: int = 2,
    prepared: bool = False,
    options: Sequence[str] = (),
    **settings: str,
) -> Iterator[Provider]:
    """Runs `idp serve` on a free port until the block ends, then stops it gently."""
    port = free_port()
    settings.setdefault("IDP_ISSUER", f"http://127.0.0.1:{port}")
    environment = settings_for(folder, database_url=database_url, **settings)
    command = commander(environment, folder)
    if not prepared:
        command("init")
    log = folder / "log"
    with (
        log.open("ab") as sink,
        started(environment, folder, port, workers, sink, *options),
    ):
        issuer = environment["IDP_ISSUER"]
        yield Provider(
            *(issuer, network, real_clock, command, log.read_text),
            settings=environment,
        )


@contextlib.contextmanager
def started(
    environment: Mapping[str, str],
    folder: pathlib.Path,
    port: int,
    workers: int,
    sink: Any,
    *options: str,
) -> Iterator[Process]:
    """Runs the server process, waits until it is ready, and stops it by SIGTERM."""
    bind = ("--bind", f"127.0.0.1:{port}", "--workers", str(workers), *options)
    process = _begun(("serve", *bind), environment, folder, sink)
    try:
        until(lambda: ready(process, port, folder), "idp serve is ready")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
    assert process.returncode == 0, f"idp serve ended with {process.returncode}"


def _begun(
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    folder: pathlib.Path,
    sink: Any,
) -> Process:
    env = environment_of(environment)
    if _needs_a_new_interpreter(environment):
        return subprocess.Popen(
            [*program(), *arguments],
            env=env,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    with open(os.devnull, "rb") as nothing:
        files = (nothing.fileno(), sink.fileno(), sink.fileno())
        return forks.begin(arguments, env=env, cwd=folder, files=files)


def ready(
    process: Process,
    port: int,
    folder: pathlib.Path,
    address: str = "127.0.0.1",
) -> bool:
    """Asks `/readyz`; fails at once where the process has ended by itself."""
    if process.poll() is not None:
        said = (folder / "log").read_text()
        raise AssertionError(f"idp serve ended: {process.returncode}\n{said}")
    try:
        return network("GET", f"http://{address}:{port}/readyz").status == 200
    except OSError:
        return False
