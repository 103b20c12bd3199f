"""``idp init`` and ``idp check``: from nothing to ready, and what is wrong."""

import datetime
import json
import os
import pathlib
import subprocess

import pytest

from idp.store import audit
from idp.store.engines import make_engine
from tests.cli.terminal import Terminal
from tests.store.samples import record
from tests.support.provider import environment_of
from tests.support.provider import program
from tests.support.provider import settings_for
from tests.support.valkey import running_valkey


@pytest.fixture
def bare(tmp_path: pathlib.Path) -> Terminal:
    """Gives a terminal where nothing was prepared."""
    return Terminal(settings_for(tmp_path / "bare"))


def test_init_makes_what_is_missing_and_may_be_repeated(bare: Terminal) -> None:
    assert bare("init", "--json").json == {"ready": True, "made_key_ring": True}
    ring = pathlib.Path(bare.settings["IDP_KEYS_DIR"]) / "master.key"
    before = ring.read_bytes()
    assert bare("init", "--json").json == {"ready": True, "made_key_ring": False}
    assert ring.read_bytes() == before
    assert ring.stat().st_mode & 0o077 == 0
    assert ring.parent.stat().st_mode & 0o077 == 0
    assert bare("user", "list", "--json").json == {"items": []}


def test_init_says_in_words_where_the_ring_is(bare: Terminal) -> None:
    said = bare("init").out.splitlines()
    assert said[0].endswith("master.key: keep a copy, apart")
    assert said[1:] == ["ready"]
    assert bare("init").out == "ready\n"


@pytest.mark.parametrize(
    ("name", "what"), [("IDP_DATA_DIR", "var"), ("IDP_KEYS_DIR", "keys/master.key")]
)
def test_init_says_in_words_what_cannot_be_made(
    bare: Terminal, tmp_path: pathlib.Path, name: str, what: str
) -> None:
    """As where a volume belongs to root: who runs it first meets this"""
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    place = in_the_way / what.partition("/")[0]
    said = bare("init", **{name: str(place)})
    assert said.status == 1
    assert said.err == f"{in_the_way / what} cannot be made (Not a directory)\n"


def test_nobody_has_an_account_after_init(idp: Terminal) -> None:
    """SEC-027"""
    assert idp("user", "list", "--json").json == {"items": []}


def test_check_says_what_is_wrong_one_line_each(idp_on_each: Terminal) -> None:
    facts = idp_on_each("check", "--json").json
    assert facts["ok"] is True
    # The second of PostgreSQL only: that of the tests may lose what is answered.
    known = ("PASSWORD_HASH_COST", "fsync")
    assert all(any(name in one for name in known) for one in facts["findings"])
    assert idp_on_each("check").out.splitlines()[-1] == "ok"
    idp_on_each("db", "downgrade", "base")
    said = idp_on_each("check")
    assert said.status == 1
    assert "idp init" in said.out


@pytest.mark.parametrize(
    "command", [("check",), ("user", "list"), ("serve",), ("db", "current")]
)
def test_a_database_that_is_not_there_is_said_and_not_made(
    idp: Terminal, tmp_path: pathlib.Path, command: tuple[str, ...]
) -> None:
    mistyped = tmp_path / "mistyped"
    said = idp(*command, IDP_DATA_DIR=str(mistyped)).refusal
    assert said == f"the database {mistyped}/idp.db does not exist: run 'idp init'\n"
    assert not mistyped.exists()


def test_the_findings_of_a_check_are_one_document_whatever_is_wrong(
    idp: Terminal, tmp_path: pathlib.Path
) -> None:
    missing = str(tmp_path / "missing")
    for wrong in (
        {"IDP_CODE_LIFETIME": "never", "IDP_TYPO": "1"},
        {"IDP_DATA_DIR": missing},
        {"IDP_KEYS_DIR": missing},
    ):
        said = idp("check", "--json", **wrong)
        lines = idp("check", **wrong).refusal.splitlines()
        assert (said.status, said.err) == (1, "")
        assert json.loads(said.out) == {"ok": False, "findings": lines}


def test_an_application_without_pkce_is_a_finding(idp: Terminal) -> None:
    """conformance.md section 10.1"""
    wish = ("--redirect-uri", "https://wiki.example/cb", "--id", "wiki", "--no-pkce")
    idp("client", "create", "Wiki", *wish)
    idp("client", "create", "Job", "--service", "--scope", "idp:users:read")
    facts = idp("check", "--json").json
    assert facts["ok"] is True
    assert "PKCE is not required of: wiki" in facts["findings"]
    idp("client", "update", "wiki", "--pkce")
    assert not any("PKCE" in one for one in idp("check", "--json").json["findings"])


def test_a_resource_that_nobody_is_registered_as_is_a_finding(idp: Terminal) -> None:
    """It may be mistyped: whoever allows it is told nothing else."""
    api = "https://api.example.org"
    wish = ("--redirect-uri", "https://wiki.example/cb", "--id", "wiki")
    idp("client", "create", "Wiki", *wish, "--allow-resource", api)

    def told() -> bool:
        found = idp("check", "--json").json
        assert found["ok"] is True
        return any(f"the resource {api} that wiki" in one for one in found["findings"])

    assert told()
    idp("client", "create", "API", "--service", "--resource", api)
    assert not told()


def test_a_database_that_all_can_read_is_a_finding(idp: Terminal) -> None:
    """A copy by another program's umask, put in its place (SEC-305)"""
    file = pathlib.Path(idp.settings["IDP_DATA_DIR"]) / "idp.db"
    assert "open to" not in idp("check").out
    file.chmod(0o644)
    assert "idp.db is open to others" in idp("check").out


def test_a_key_ring_that_a_group_can_read_is_a_finding(idp: Terminal) -> None:
    """SEC-305"""
    ring = pathlib.Path(idp.settings["IDP_KEYS_DIR"]) / "master.key"
    assert "open to" not in idp("check").out
    ring.chmod(0o640)
    assert "master.key is open to its group" in idp("check").out


def test_a_clock_that_is_behind_is_a_finding(idp: Terminal) -> None:
    """REL-091"""
    engine = make_engine(f"sqlite:///{idp.settings['IDP_DATA_DIR']}/idp.db")
    ahead = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5)
    with engine.begin() as db:
        audit.append(db, record(at=ahead))
    engine.dispose()
    assert "the clock is behind: records lie" in idp("check").out


def test_a_valkey_that_cannot_be_used_is_a_finding_and_keeps_nobody_from_starting(
    idp: Terminal, tmp_path: pathlib.Path
) -> None:
    """REL-005: each process counts by itself then"""
    here = Terminal({**idp.settings, "IDP_SOURCE_RATE": "60/minute"})
    with running_valkey(tmp_path) as valkey:
        fine = here("check", IDP_VALKEY_URL=valkey.url)
        url = valkey.url.replace("//", "//:hunter2@")
        refused = here("check", IDP_VALKEY_URL=url)
    away = here("check", "--json", IDP_VALKEY_URL=url).json

    assert not any("Valkey" in said for said in (here("check").out, fine.out))
    assert refused.status == 0
    (line,) = (one for one in refused.out.splitlines() if "Valkey" in one)
    reason = "it refuses the password, or asks for one"
    assert line == f"Valkey cannot be used: {reason}"
    assert away["ok"] is True
    nobody = "Valkey cannot be used: no connection: ConnectionRefusedError"
    assert nobody in away["findings"]


@pytest.mark.parametrize(
    "address",
    [
        "redis://:hunter2@127.0.0.1/0?ssl_ca_certs=ca.pem",
        "redis://:hunter2@127.0.0.1/0?socket_timeout=soon",
        "rediss://:hunter2@127.0.0.1/0?ssl_cert_reqs=perhaps",
    ],
)
def test_a_wrong_option_of_valkey_is_told_before_anybody_is_served(
    idp: Terminal, address: str
) -> None:
    for command in (("check",), ("serve", "--bind", "127.0.0.1:1")):
        told = idp(*command, IDP_VALKEY_URL=address).refusal
        assert told.startswith("IDP_VALKEY_URL: has an option that is not known")
        assert "hunter2" not in told


def test_every_setting_that_is_wrong_has_a_line(idp: Terminal) -> None:
    said = idp("check", IDP_ISSUER="x", IDP_LOG_LEVEL="loud", IDP_METRICS_TOKEN="x")
    lines = said.refusal.splitlines()
    assert sorted(line.partition(":")[0] for line in lines) == [
        "IDP_ISSUER",
        "IDP_LOG_LEVEL",
        "IDP_METRICS_TOKEN",
    ]


def test_a_reader_that_goes_away_is_no_fault_of_ours(idp: Terminal) -> None:
    """``idp audit export | head -1``"""
    for number in range(3):
        idp("user", "create", f"mia-{number}")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*program(), "audit", "export"],
        env=environment_of(idp.settings),
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert done.returncode == 1
    assert "fault" not in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_refuses_an_empty_database(bare: Terminal) -> None:
    ring = "0123456789abcdef" * 4
    said = bare("serve", IDP_MASTER_KEY=ring)
    assert "idp init" in said.refusal


@pytest.mark.parametrize("bind", ["", "here", "127.0.0.1", "127.0.0.1:x", ":-1"])
def test_serve_needs_an_address(idp: Terminal, bind: str) -> None:
    assert "--bind" in idp("serve", "--bind", bind).wrong_usage
