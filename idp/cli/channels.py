"""The three channels of a command, whatever is at their other ends.

Closed, full, a terminal, or of an encoding that has no room for somebody's name: it is
said in a sentence, and nothing is lost that was to be said.
"""

import getpass
import io
import os
import sys
from collections.abc import Callable
from collections.abc import Iterable

import click

LONGEST = 64 * 1024
"""Bytes that are read of standard input; no secret is as long."""

CHANNELS = (0, 1, 2)


class Unsaid(click.ClickException):
    """What there was to say could not be written."""

    def __init__(self, fault: OSError) -> None:
        """Takes why; from here on nothing is tried again, not even at the end."""
        why = fault.strerror or type(fault).__name__
        said = f"standard output cannot be written: {why}"
        super().__init__(f"{said}; what the command was to change is changed")
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), CHANNELS[1])


def prepare() -> None:
    """Makes the channels safe to use.

    A number that is closed would be given to the next file or connection that is
    opened, and lines of the log would be written into that.
    """
    for number in CHANNELS:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def speaks_unicode() -> bool:
    """Tells whether standard output takes any letter as it is."""
    return getattr(sys.stdout, "encoding", None) in ("utf-8", "UTF-8")


def write(pieces: Iterable[str]) -> None:
    """Writes text as it comes; raises Unsaid, or BrokenPipeError like a filter."""
    out = sys.stdout
    if out is None:
        raise Unsaid(OSError(0, "it is closed"))
    for piece in pieces:
        _write(out.write, piece)
    _write(out.flush)


def _write(act: Callable[..., object], *given: str) -> None:
    try:
        act(*given)
    except BrokenPipeError:
        raise  # who read the answer has enough
    except OSError as fault:
        raise Unsaid(fault) from None


def secret_from_stdin() -> str:
    """Reads all of standard input less one trailing line break, as UTF-8.

    As bytes, because text would come with its line breaks changed. At a terminal it is
    one line, and is not shown.
    """
    if sys.stdin is None:
        raise click.ClickException("standard input is closed")
    if sys.stdin.isatty():
        return getpass.getpass("Secret: ")
    given = _read()
    for ending in (b"\r\n", b"\n"):
        if given.endswith(ending):
            given = given.removesuffix(ending)
            break
    try:
        return given.decode()
    except UnicodeDecodeError:
        raise click.ClickException("standard input is not UTF-8 text") from None


def _read() -> bytes:
    try:
        given = sys.stdin.buffer.read(LONGEST + 1)
    except OSError as fault:
        why = fault.strerror or type(fault).__name__
        words = f"standard input cannot be read: {why}"
        raise click.ClickException(words) from None
    if len(given) > LONGEST:
        raise click.ClickException("standard input holds more than a secret")
    return given
