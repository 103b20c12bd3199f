"""What the repository itself must and must not hold."""

import json
import re
import subprocess
import tomllib

import pytest

from idp import resources
from tests.architecture.tree import TOP
from tests.support.pins import pinned

LOCKS = sorted((TOP / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_pinned_package_has_a_hash_and_no_address(lock):
    text = lock.read_text(encoding="utf-8")

    pins = re.findall(r"^[a-z0-9-]+==(?:.*\\\n)*.*", text, re.MULTILINE)

    assert pins
    assert all("--hash=sha256:" in pin for pin in pins)
    assert "://" not in text, "whoever installs chooses the index"


def test_what_the_package_asks_for_is_pinned():
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {
        re.split(r"[\[<>=]", one)[0] for one in project["project"]["dependencies"]
    }

    assert wanted <= pinned("run").keys(), "run `make lock`"


def test_locks_of_other_ecosystems_name_no_address_either():
    addressed = [
        str(path.relative_to(TOP))
        for path in _tracked("*package-lock.json")
        if "resolved" in json.dumps(json.loads(path.read_text(encoding="utf-8")))
    ]

    assert not addressed, f"{addressed}: npm install --omit-lockfile-registry-resolved"


def test_no_secret_file_is_tracked():
    assert [path.name for path in _tracked("keys/*")] == ["README.md"]
    assert not _tracked("var/*")


def test_a_checkout_finds_its_templates_and_migrations_beside_the_package():
    assert resources.templates_dir() == TOP / "templates"
    assert resources.migrations_dir() == TOP / "migrations"


def _tracked(pattern: str) -> list:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", pattern],
        cwd=TOP,
        capture_output=True,
        check=True,
        text=True,
    )
    return [TOP / name for name in listed.stdout.split("\0") if name]
