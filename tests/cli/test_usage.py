"""What holds for every command (interface.md section 5)."""

import pathlib

import click
import pytest

from idp import __version__
from idp.cli import output
from tests.cli.commands import Path
from tests.cli.commands import commands
from tests.cli.commands import speaking_json
from tests.cli.terminal import Terminal

ALL = sorted(commands())
PAPER = pathlib.Path(__file__).parents[2] / "docs" / "interface.md"


def words(path: Path) -> str:
    return " ".join(path)


def listed() -> str:
    """Gives the part of the interface that lists the commands."""
    return PAPER.read_text().partition("## 5. Command line")[2].split("```")[1]


@pytest.mark.parametrize("path", ALL, ids=words)
def test_every_command_explains_itself(idp: Terminal, path: Path) -> None:
    said = idp(*path, "--help")
    assert said.status == 0
    assert said.err == ""
    assert len(said.out.splitlines()) > 3


def test_the_help_of_the_program_names_every_command(idp: Terminal) -> None:
    text = idp("--help").out
    hidden = {path[0] for path, command in commands().items() if command.hidden}
    for path in ALL:
        assert (path[0] in text) == (path[0] not in hidden)


@pytest.mark.parametrize("path", ALL, ids=words)
def test_the_interface_lists_every_command(path: Path) -> None:
    if commands()[path].hidden:
        return
    assert f"idp {path[0]}" in listed()
    assert path[-1] in listed()


@pytest.mark.parametrize("path", ALL, ids=words)
@pytest.mark.parametrize("wrong", [("--no-such-option",), ("too", "many", "words")])
def test_wrong_usage_is_status_2_and_says_so_on_standard_error(
    idp: Terminal, path: Path, wrong: tuple[str, ...]
) -> None:
    assert "Usage:" in idp(*path, *wrong).wrong_usage


@pytest.mark.parametrize("path", speaking_json(), ids=words)
def test_every_command_that_answers_can_answer_in_json(path: Path) -> None:
    names = [name for one in commands()[path].params for name in one.opts]
    assert "--json" in names


@pytest.mark.parametrize("arguments", [(), ("user",), ("nonsense",), ("user", "x")])
def test_half_a_command_is_wrong_usage(
    idp: Terminal, arguments: tuple[str, ...]
) -> None:
    assert idp(*arguments).status == 2


def test_the_version_is_said_wherever_it_is_asked(idp: Terminal) -> None:
    assert idp("--version", IDP_ISSUER="nonsense").out == f"Ostiary {__version__}\n"


NEEDS = {
    ("user", "create"): ("mia",),
    ("user", "disable-mfa"): ("mia", "--reason", "lost"),
    ("client", "create"): ("Wiki", "--redirect-uri", "https://wiki.example/cb"),
    ("client", "remove-secret"): ("wiki", "secret"),
    ("db", "downgrade"): ("base",),
    ("db", "copy"): ("postgresql://127.0.0.1:1/x",),
}
ALONE = {"list", "init", "check", "upgrade", "current", "rewrap", "rotate", "verify"}
ALONE |= {"set", "after-restore", "sync"}
SHOWING = {("policy", "show"), ("report", "mfa")}


def arguments_of(path: Path) -> tuple[str, ...]:
    """Gives what makes a command complete."""
    if path in NEEDS:
        return NEEDS[path]
    return () if path[-1] in ALONE or path in SHOWING else ("mia",)


@pytest.mark.parametrize("path", speaking_json(), ids=words)
def test_without_settings_that_do_every_command_fails_in_a_sentence(
    idp: Terminal, path: Path
) -> None:
    said = idp(*path, *arguments_of(path), IDP_ISSUER="nonsense").refusal
    assert said.startswith("IDP_ISSUER: ")


@pytest.mark.parametrize("path", speaking_json(), ids=words)
def test_without_a_database_every_command_fails_without_a_trace(
    idp: Terminal, path: Path
) -> None:
    """REL-001; the address holds a password"""
    url = "postgresql+psycopg://idp:S3cret@127.0.0.1:1/idp"
    said = idp(*path, *arguments_of(path), IDP_DATABASE_URL=url)
    assert said.status == 1
    assert said.out == "" or path == ("check",)
    assert "Traceback" not in said.err
    assert "S3cret" not in said.out + said.err


STEERING = "\x1b[31mred\nforged"


@pytest.mark.parametrize(
    "words",
    [
        ("user", "list", STEERING),
        ("user", "show", STEERING),
        ("user", "create", "mia", "--role", STEERING),
        ("user", "list", f"--{STEERING}"),
        ("client", "create", "Wiki", "--redirect-uri", STEERING),
        ("db", "downgrade", STEERING),
        ("serve", "--bind", f"{STEERING}:5000"),
        ("policy", "set", "--mfa", STEERING),
        (STEERING,),
    ],
    ids=ascii,
)
def test_no_word_that_was_typed_steers_the_terminal(
    idp: Terminal, words: tuple[str, ...]
) -> None:
    said = idp(*words)
    assert said.status in (1, 2)
    assert "\x1b" not in said.err
    assert not any(line.startswith("forged") for line in said.err.splitlines())


def test_without_a_key_ring_nothing_is_done(idp: Terminal) -> None:
    assert "idp init" in idp("user", "list", IDP_KEYS_DIR="/nowhere").refusal


def test_a_fault_of_ours_names_the_place_and_no_value(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """REL-076"""

    def broken() -> None:
        raise ValueError("SECRET")

    with pytest.raises(click.ClickException, match="unexpected fault: ValueError"):
        output.speaks(broken)()
    said = capsys.readouterr().err
    assert "in broken" in said
    assert "SECRET" not in said
