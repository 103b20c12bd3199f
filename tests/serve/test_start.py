"""The server starts only where it can serve, and says in a line why it does not."""

import contextlib
import pathlib
import socket
import sqlite3
import subprocess

from tests.serve.stage import Server
from tests.serve.stage import running
from tests.serve.stage import status
from tests.support.provider import commander
from tests.support.provider import environment_of
from tests.support.provider import program
from tests.support.provider import settings_for
from tests.support.valkey import free_port


def serve(
    folder: pathlib.Path, *arguments: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*program(), "serve", *arguments],
        env=environment_of(settings_for(folder, **settings)),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_nothing_is_served_before_idp_init(tmp_path: pathlib.Path) -> None:
    refused = serve(tmp_path)
    assert refused.returncode == 1
    assert "idp init" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_an_empty_database_is_refused(tmp_path: pathlib.Path) -> None:
    commander(settings_for(tmp_path), tmp_path)("init")
    other = tmp_path / "other.sqlite"
    for words in (
        f"the database {other} does not exist: run 'idp init'",
        "the database is empty: run 'idp init' first",
    ):
        refused = serve(tmp_path, IDP_DATABASE_URL=f"sqlite:///{other}")
        assert refused.returncode == 1
        assert refused.stderr.splitlines() == [words]
        other.touch()


def test_a_schema_of_an_earlier_version_is_refused(tmp_path: pathlib.Path) -> None:
    """REL-051: what a new host says before the schema is its own"""
    command = commander(settings_for(tmp_path), tmp_path)
    command("init")
    command("db", "downgrade", "0013")
    refused = serve(tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "the database is of an earlier version: run 'idp db upgrade'"
    ]


def test_a_later_schema_without_room_is_refused(tmp_path: pathlib.Path) -> None:
    """REL-051"""
    commander(settings_for(tmp_path), tmp_path)("init")
    with contextlib.closing(sqlite3.connect(tmp_path / "var" / "idp.db")) as db, db:
        db.execute("UPDATE alembic_version SET version_num = '9999_from_9998'")
    refused = serve(tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "the database is of a later version, which has no room for this one"
    ]


def test_another_master_key_is_said_to_be_one(tmp_path: pathlib.Path) -> None:
    commander(settings_for(tmp_path), tmp_path)("init")
    refused = serve(tmp_path, IDP_MASTER_KEY="0123456789abcdef" * 4)
    assert refused.returncode == 1
    assert "master key" in refused.stderr.splitlines()[-1]


def test_a_database_that_does_not_answer_is_said_so(tmp_path: pathlib.Path) -> None:
    commander(settings_for(tmp_path), tmp_path)("init")
    url = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none"
    refused = serve(tmp_path, IDP_DATABASE_URL=url)
    assert refused.returncode == 1
    last = refused.stderr.splitlines()[-1]
    assert last == "the database does not answer: Connection refused"


def test_a_second_server_does_not_share_the_port(server: Server) -> None:
    refused = second(server, "--bind", f"127.0.0.1:{server.port}")
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        f"Error: cannot listen at 127.0.0.1 port {server.port}: Address already in use"
    ]


def test_a_port_that_anybody_holds_is_refused(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        refused = second(server, "--bind", f"127.0.0.1:{port}")
    assert refused.returncode == 1
    assert "already in use" in refused.stderr


def test_an_address_that_is_none_is_wrong_usage(tmp_path: pathlib.Path) -> None:
    for bind in ("here", "127.0.0.1:0", "127.0.0.1:70000", "127.0.0.1:x"):
        assert serve(tmp_path, "--bind", bind).returncode == 2, bind


def test_the_server_listens_at_ipv6_too(tmp_path: pathlib.Path) -> None:
    with running(tmp_path, workers=1, address="::1") as server:
        assert status(server.ask(b"GET /login")) == 303


def second(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    return serve(server.folder, *arguments)
