"""A disk so small that a test can fill it up, and make room again."""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterator

from tests.support.needs import missing

BALLAST = "ballast"
PIECE = 64 * 1024


@dataclasses.dataclass
class Disk:
    """A file system in memory, mounted on a folder."""

    folder: pathlib.Path

    def fill(self) -> None:
        """Takes what is left, to the last byte."""
        descriptor = os.open(
            self.folder / BALLAST, os.O_CREAT | os.O_WRONLY | os.O_APPEND
        )
        with contextlib.suppress(OSError):
            while True:
                os.write(descriptor, bytes(PIECE))
        os.close(descriptor)

    def make_room(self) -> None:
        """Gives it back."""
        (self.folder / BALLAST).unlink(missing_ok=True)

    def be_read_only(self) -> None:
        """Takes no more writing; nobody may have a file open for it."""
        options = ["-o", "remount,ro", str(self.folder)]
        subprocess.run(["mount", *options], check=True)


@contextlib.contextmanager
def small_disk(folder: pathlib.Path, *, megabytes: int) -> Iterator[Disk]:
    """Mounts a disk on a folder, which is made; skips where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    program = shutil.which("mount")
    if os.geteuid() != 0 or program is None:
        missing("a small disk needs root, who may mount one")
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "ostiary-test"]
    done = subprocess.run(
        [program, *options, str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        missing(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
