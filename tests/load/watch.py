"""What a run leaves behind: memory of processes, rows of tables, size of files."""

import dataclasses
import pathlib
import time

import sqlalchemy
from sqlalchemy.engine import Engine

from tests.bench.cpu import Tree


@dataclasses.dataclass
class Sample:
    """One look; memory in KiB by process id, size in bytes."""

    seconds: float
    memory: dict[int, int]
    rows: dict[str, int]
    size: int


@dataclasses.dataclass
class Watch:
    """Looks at the processes of a server and at its database."""

    parent: int
    engine: Engine
    began: float = dataclasses.field(default_factory=time.monotonic)
    samples: list[Sample] = dataclasses.field(default_factory=list)

    def look(self) -> Sample:
        """Takes a sample and keeps it."""
        memory = {pid: resident(pid) for pid in Tree(self.parent).milliseconds()}
        taken = Sample(
            time.monotonic() - self.began, memory, rows(self.engine), size(self.engine)
        )
        self.samples.append(taken)
        return taken


def resident(pid: int) -> int:
    """Gives what a process holds in memory, in KiB; 0 where it has ended."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return int(found[0]) if found else 0


def rows(engine: Engine) -> dict[str, int]:
    """Counts the rows of every table."""
    names = sorted(sqlalchemy.inspect(engine).get_table_names())
    with engine.connect() as db:
        return {
            name: int(db.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one())
            for name in names
        }


def size(engine: Engine) -> int:
    """Gives the size of the database in bytes, with SQLite's log."""
    if engine.dialect.name == "sqlite":
        file = engine.url.database or ""
        parts = (pathlib.Path(file + end) for end in ("", "-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())
    with engine.connect() as db:
        asked = "SELECT pg_database_size(current_database())"
        return int(db.exec_driver_sql(asked).scalar_one())
