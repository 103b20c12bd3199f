"""Commands whose channels are closed, full, or of an encoding without room for a name.

The channels of a process of its own are what counts here, so each runs in one.
"""

import json
import os
import pathlib
import pty
import subprocess
from collections.abc import Iterator

import pytest

from tests.cli.terminal import Terminal
from tests.support.provider import environment_of
from tests.support.provider import program
from tests.support.waiting import until

NAME = "müller😀"
ANSWERS = (
    ("user", "list"),
    ("user", "list", "--json"),
    ("audit", "export"),
    ("policy", "show"),
    ("--help",),
    ("user", "--help"),
    ("--version",),
)
LATIN_1 = {"PYTHONIOENCODING": "latin-1"}
PASSWORD = "correct horse battery 9"


class Shell:
    """Runs `idp` with channels that the shell arranges."""

    def __init__(self, idp: Terminal) -> None:
        self._settings = idp.settings

    def __call__(
        self, words: tuple[str, ...], channels: str = "", **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["sh", "-c", f'exec "$@" {channels}', "sh", *program(), *words],
            env=environment_of({**self._settings, **environment}),
            capture_output=True,
            check=False,
        )


@pytest.fixture
def shell(idp: Terminal) -> Shell:
    idp("user", "create", NAME)
    return Shell(idp)


def sentence(done: subprocess.CompletedProcess[bytes]) -> str:
    """Gives the one line of a refusal."""
    (line,) = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (1, b""), done
    assert line.startswith("Error: ")
    return line


@pytest.mark.parametrize("words", ANSWERS, ids=" ".join)
def test_a_full_disk_for_the_answer_is_a_sentence(
    shell: Shell, words: tuple[str, ...]
) -> None:
    assert "cannot be written: No space left" in sentence(shell(words, ">/dev/full"))


@pytest.mark.parametrize("words", [one for one in ANSWERS if "--" not in one[-1]])
def test_a_closed_output_is_a_sentence(shell: Shell, words: tuple[str, ...]) -> None:
    assert "cannot be written: it is closed" in sentence(shell(words, ">&-"))


def test_what_is_closed_is_not_given_to_the_next_file(shell: Shell) -> None:
    """Lines of the log would be written into the database"""
    assert shell(("user", "list"), "<&- 2>&-").returncode == 0
    closed = shell(("user", "list"), "<&- >&- 2>&-")
    assert (closed.returncode, closed.stdout, closed.stderr) == (1, b"", b"")


def test_who_reads_no_further_is_no_fault(shell: Shell) -> None:
    done = shell(("user", "list"), "| true")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_name_that_the_locale_has_no_letters_for_is_printed(shell: Shell) -> None:
    """A one-time password behind it would be lost"""
    done = shell(("user", "list"), **LATIN_1)
    assert done.stdout.decode("latin-1") == "müller\\U0001f600\tnone\t-\n"
    done = shell(("user", "create", "jörg😀"), **LATIN_1)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "one-time password" in done.stdout.decode("latin-1")


def test_a_document_is_json_in_any_locale(shell: Shell) -> None:
    for environment in ({}, LATIN_1, {"LC_ALL": "C"}):
        done = shell(("user", "show", NAME, "--json"), **environment)
        assert json.loads(done.stdout)["username"] == NAME


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("<&-", "standard input is closed"),
        ("</dev/zero", "standard input holds more than a secret"),
        ("0>/dev/null", "standard input cannot be read"),
    ],
)
def test_a_secret_that_cannot_be_read_is_a_sentence(
    shell: Shell, given: str, said: str
) -> None:
    done = shell(("user", "create", "mia", "--password-stdin"), given)
    assert said in sentence(done)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    for end in (ours, theirs):
        os.close(end)


def test_a_secret_that_is_typed_is_not_shown(
    idp: Terminal, terminal: tuple[int, int], tmp_path: pathlib.Path
) -> None:
    ours, theirs = terminal
    said = tmp_path / "said"
    seen = b""

    def asks() -> bool:
        nonlocal seen
        seen += os.read(ours, 1024)
        return b"Secret: " in seen

    with said.open("wb") as file:
        running = subprocess.Popen(
            [*program(), "user", "create", "mia", "--password-stdin"],
            env=environment_of(idp.settings),
            stdin=theirs,
            stdout=file,
            stderr=theirs,
            start_new_session=True,
        )
    until(asks, "it asks")
    os.write(ours, f"{PASSWORD}\n".encode())
    assert running.wait() == 0
    assert said.read_text() == "mia\n"
    seen += os.read(ours, 1024)
    assert PASSWORD.encode() not in seen
