"""A wheel, installed into an empty environment, carries all that the program needs."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.tree import TOP

pytestmark = pytest.mark.package_index


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command to its good end, or fails with what it said.

    The checkout is not on its path: what it imports is what was installed.
    """
    plain = {
        name: value
        for name, value in os.environ.items()
        if name != "PYTHONPATH" and not name.startswith("IDP_")
    }
    done = subprocess.run(
        command, cwd=cwd, env=plain, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Builds the wheel from what is under version control."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    run("git", "clone", "--quiet", TOP, source, cwd=folder)
    build = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps")
    run(*build, "--no-build-isolation", "--wheel-dir", folder, source, cwd=folder)
    return next(folder.glob("ostiary-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """Installs the wheel and its pins; answers the folder of programs."""
    home = wheel.parent / "environment"
    run(sys.executable, "-m", "venv", home, cwd=wheel.parent)
    install = (home / "bin/python", "-m", "pip", "install", "--quiet")
    pinned = TOP / "requirements/run.txt"
    run(*install, "--require-hashes", "-r", pinned, cwd=wheel.parent)
    run(*install, "--no-deps", wheel, cwd=wheel.parent)
    return home / "bin"


def test_the_wheel_holds_pages_migrations_and_nothing_private(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert "idp/_bundled/templates/login/totp.html" in names
    assert any(name.startswith("idp/_bundled/migrations/versions/0") for name in names)
    assert any(name.endswith("LC_MESSAGES/messages.mo") for name in names)
    assert "idp/web/static/" in "".join(names)
    assert not [name for name in names if "master.key" in name or "tests/" in name]


def test_its_demo_walks_the_story(installed: Path, tmp_path: Path) -> None:
    walked = run(installed / "idp", "demo", "--check", cwd=tmp_path)

    assert json.loads(walked.stdout)["held"] is True


def test_it_starts_from_nothing_in_an_empty_folder(
    installed: Path, tmp_path: Path
) -> None:
    run(installed / "idp", "init", cwd=tmp_path)
    run(installed / "idp", "check", cwd=tmp_path)

    assert (tmp_path / "keys/master.key").exists()
    assert (tmp_path / "var/idp.db").exists()
