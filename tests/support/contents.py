"""What lies in a database, to the byte: for tests that look for what must not.

Reads as a thief would who got a copy: the files of SQLite as they lie there, and each
value of each column by itself on either database.
"""

import base64
import json
import pathlib
from collections.abc import Iterator

import sqlalchemy

from idp.store.engines import make_engine
from tests.support.within import Prepared


class Watched(Prepared):
    """Remembers where the copy lies that the provider works on."""

    url_of_copy = ""

    def copy(self, folder: pathlib.Path) -> str | None:
        """Copies, and keeps the URL of SQLite's file too."""
        url = super().copy(folder)
        (file,) = [None] if url else (folder / "var").glob("*.db")
        self.url_of_copy = url or f"sqlite:///{file}"
        return url


def everything_in(url: str) -> dict[str, bytes]:
    """Gives the files of SQLite as they lie there, and each column of each table."""
    found = {place: b"\n".join(values) for place, values in columns_of(url).items()}
    if url.startswith("sqlite"):
        path = pathlib.Path(url.removeprefix("sqlite:///"))
        found |= {file.name: file.read_bytes() for file in path.parent.iterdir()}
    return found


def columns_of(url: str) -> dict[str, list[bytes]]:
    """Gives every value of every column as bytes, by `table.column`."""
    engine = make_engine(url)
    metadata = sqlalchemy.MetaData()
    metadata.reflect(engine)
    with engine.connect() as db:
        found = {
            f"{table.name}.{column.name}": [
                one
                for (value,) in db.execute(sqlalchemy.select(column))
                for one in _written(value)
            ]
            for table in metadata.sorted_tables
            for column in table.columns
        }
    engine.dispose()
    return found


def _written(value: object) -> Iterator[bytes]:
    if isinstance(value, bytes | memoryview):
        raw = bytes(value)
        yield from (raw, raw.hex().encode(), base64.b64encode(raw))
    elif isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")
    elif isinstance(value, dict | list):
        yield json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    elif value is not None:
        yield str(value).encode()
