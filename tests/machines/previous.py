"""The version before this one: its real code, in a folder of its own (REL-051).

That is the newest commit whose schema is another one. Where there is no history (an
archive of the sources, a shallow clone), and where that commit could not yet stay ready
on a later schema, it is this code without its newest migration.
"""

import dataclasses
import io
import pathlib
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).parents[2]
PARTS = ("idp", "migrations", "templates")
VERSIONS = "migrations/versions"
NUMBER = re.compile(r"(\d{4})\w*\.py")


@dataclasses.dataclass(frozen=True)
class Version:
    """A version of the program: where its code lies, and what it is called."""

    code: pathlib.Path
    name: str

    @property
    def settings(self) -> dict[str, str]:
        """Gives what makes a process run this code instead of ours."""
        return {"PYTHONPATH": str(self.code)}

    @property
    def tolerant(self) -> bool:
        """Tells whether it stays ready on a later schema."""
        return "def serves(" in (self.code / "idp/store/schema.py").read_text()


def previous(folder: pathlib.Path) -> Version:
    """Unpacks the version before this one."""
    for commit in _commits():
        if _newest(_git("ls-tree", "--name-only", commit, f"{VERSIONS}/")) != _own():
            packed = _git("archive", commit, *PARTS)
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                archive.extractall(folder, filter="data")
            return Version(folder, commit)
    return undone(folder)


def undone(folder: pathlib.Path) -> Version:
    """Copies this version and takes its newest migration away."""
    for part in PARTS:
        rubbish = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, folder / part, ignore=rubbish)
    (newest,) = (folder / VERSIONS).glob(f"{_own()}*.py")
    newest.unlink()
    return Version(folder, f"without {newest.name}")


def _commits() -> Iterator[str]:
    """Names commits between which the schema changed, the newest first."""
    if not (ROOT / ".git").exists():
        return
    yield "HEAD"
    for commit in _git("log", "--format=%H", "--", VERSIONS).decode().split():
        if _git("rev-list", "--parents", "-n1", commit).split()[1:]:
            yield f"{commit}^"


def _own() -> str:
    names = "\n".join(file.name for file in (ROOT / VERSIONS).glob("*.py"))
    return _newest(names.encode())


def _newest(names: bytes) -> str:
    return max(NUMBER.findall(names.decode()), default="")


def _git(*arguments: str) -> bytes:
    # The files may be somebody else's, as in a container of a build service.
    command = ["git", "-c", "safe.directory=*", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout
