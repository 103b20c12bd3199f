"""What the samples for operators name is there under that name."""

import re

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


def test_every_sample_is_named_on_the_page_beside_it():
    page = _sample("several-machines.md")

    assert [
        path.name
        for path in SAMPLES.iterdir()
        if path.suffix != ".md" and f"({path.name})" not in page
    ] == []
