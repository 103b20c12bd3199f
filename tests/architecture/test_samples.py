"""What the samples for operators name is there under that name."""

import json
import re

import click

from idp.cli.main import main
from tests.architecture.tree import TOP

SAMPLES = TOP / "docs" / "operations"


def _sample(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


def test_alarms_look_at_figures_that_there_are():
    told = "".join(
        path.read_text(encoding="utf-8")
        for path in (TOP / "idp/web").glob("prometheus*.py")
    )
    looked_at = set(re.findall(r"idp_[a-z_]+", _sample("alarms.yml")))

    assert looked_at
    assert {name for name in looked_at if name.removesuffix("_total") not in told} == (
        set()
    )


def test_alarms_look_at_events_that_there_are():
    paper = (TOP / "docs/audit.md").read_text(encoding="utf-8")
    chosen = re.findall(r'event=~?"([^"]+)"', _sample("alarms.yml"))
    events = {event for one in chosen for event in one.split("|")}

    assert events
    assert {event for event in events if f"`{event}`" not in paper} == set()


def test_the_image_takes_along_what_the_repository_has():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", _sample("Containerfile"), re.M)

    missing = [
        name for one in copied for name in one.split() if not (TOP / name).exists()
    ]

    assert copied
    assert not missing


def test_the_image_runs_as_one_user_whom_it_names_by_number():
    """Who mounts a volume or a secret has to know whose it must be"""
    text = _sample("Containerfile")

    named = re.findall(r"--[ug]id (\d+)|^USER (\d+):(\d+)$", text, re.M)
    assert len(named) == 3
    assert {number for one in named for number in one if number} == {"10001"}


def test_the_server_is_started_with_options_that_it_has():
    unit = re.findall(r"^ExecStart(?:Pre)?=(.+)$", _sample("ostiary.service"), re.M)
    image = re.findall(r"^CMD (.+)$", _sample("Containerfile"), re.M)
    lines = [*(line.split() for line in unit), *(json.loads(one) for one in image)]

    assert [line[1] for line in lines] == ["check", "serve", "serve"]
    for _, name, *options in lines:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        command.make_context(name, options)


def test_every_sample_is_named_on_the_page_beside_it():
    page = _sample("several-machines.md")

    assert [
        path.name
        for path in SAMPLES.iterdir()
        if path.suffix != ".md" and f"({path.name})" not in page
    ] == []
