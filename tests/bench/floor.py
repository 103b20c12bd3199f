"""The floor: what the unavoidable pieces cost on this machine, in the same run.

An empty Flask view, one signature, one verification, one durable commit, one password
check. Measured again before each operation; the 10th percentile of all rounds is kept,
so that other load on the machine weighs as little as possible.
"""

import contextlib
import sqlite3
import tempfile
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import flask
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.test import EnvironBuilder
from werkzeug.test import run_wsgi_app

from tests.bench.cpu import percentile
from tests.bench.cpu import stopwatch
from tests.bench.cpu import thread_ms
from tests.bench.databases import Place
from tests.bench.databases import raw_connection
from tests.bench.databases import sqlite_file

PIECES = {
    "view": "an empty Flask view that answers JSON",
    "rs256": "one RS256 signature, 2048 bit",
    "es256": "one ES256 signature",
    "verify": "one ES256 verification",
    "commit": "one durable commit of one changed row",
    "bcrypt": "one bcrypt check of the product's cost",
}
ROUNDS = {"view": 60, "rs256": 20, "es256": 60, "verify": 60, "commit": 25, "bcrypt": 1}
MOST_HASHES = 4
MESSAGE = b"x" * 400

Piece = Callable[[], object]


class Floor:
    """The pieces on one database, and what they cost so far."""

    def __init__(self, pieces: dict[str, Piece], place: Place) -> None:
        self._pieces = pieces
        self._times: dict[str, list[float]] = {name: [] for name in pieces}
        self._of_server: list[float] = []
        self._place = place

    def measure(self) -> None:
        """Measures every piece once more."""
        for name, piece in self._pieces.items():
            times = self._times[name]
            if name == "bcrypt" and len(times) >= MOST_HASHES:
                continue
            of_server = stopwatch(self._place.tree) if self._place.tree else None
            for _ in range(ROUNDS[name]):
                before = thread_ms()
                piece()
                times.append(thread_ms() - before)
            if name == "commit" and of_server is not None:
                self._of_server.append(of_server() / ROUNDS[name])

    def cost(self, name: str) -> float:
        """Gives the CPU time of a piece in ms; a commit with its server's part."""
        own = percentile(self._times[name], 10)
        return own + self.of_server if name == "commit" else own

    @property
    def of_server(self) -> float:
        """Gives the CPU time of the database server for one commit in ms."""
        return min(self._of_server, default=0.0)

    def of(self, pieces: dict[str, int]) -> float:
        """Gives the floor of an operation, in ms, from how many pieces it needs."""
        return sum(self.cost(name) * count for name, count in pieces.items())


@contextlib.contextmanager
def floor(place: Place, hash_cost: int) -> Iterator[Floor]:
    """Prepares the pieces on one database."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _commit(place, Path(folder)) as commit,
    ):
        yield Floor({**_signatures(), **_rest(hash_cost), "commit": commit}, place)


def _signatures() -> dict[str, Piece]:
    big = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    curve = ec.generate_private_key(ec.SECP256R1())
    with_sha256 = ec.ECDSA(hashes.SHA256())
    signed = curve.sign(MESSAGE, with_sha256)
    public = curve.public_key()
    return {
        "rs256": lambda: big.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256()),
        "es256": lambda: curve.sign(MESSAGE, with_sha256),
        "verify": lambda: public.verify(signed, MESSAGE, with_sha256),
    }


def _rest(hash_cost: int) -> dict[str, Piece]:
    application = flask.Flask("floor")
    application.add_url_rule("/j", "j", lambda: flask.jsonify(ok=True, n=1))
    environ = EnvironBuilder(path="/j").get_environ()
    hashed = bcrypt.hashpw(b"password", bcrypt.gensalt(hash_cost))
    return {
        "view": lambda: run_wsgi_app(application, dict(environ), buffered=True),
        "bcrypt": lambda: bcrypt.checkpw(b"password", hashed),
    }


@contextlib.contextmanager
def _commit(place: Place, folder: Path) -> Iterator[Piece]:
    """Gives a commit; the row really changes, since one that does not is no write."""
    change = "UPDATE floor SET n = n + 1 WHERE id = 1"
    create = "CREATE TABLE floor (id INTEGER PRIMARY KEY, n INTEGER)"
    if place.server is not None:
        with raw_connection(place.server.fresh_database()) as connection:
            connection.execute(create.encode())
            connection.execute(b"INSERT INTO floor VALUES (1, 0)")
            yield lambda: connection.execute(change.encode(), prepare=True)
        return
    with contextlib.closing(_sqlite(folder)) as file:
        file.execute(create)
        file.execute("INSERT INTO floor VALUES (1, 0)")

        def commit() -> None:
            file.execute("BEGIN IMMEDIATE")
            file.execute(change)
            file.execute("COMMIT")

        yield commit


def _sqlite(folder: Path) -> sqlite3.Connection:
    file = sqlite3.connect(sqlite_file(folder), isolation_level=None)
    file.execute("PRAGMA journal_mode=WAL")
    file.execute("PRAGMA synchronous=FULL")
    return file
