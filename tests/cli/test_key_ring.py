"""A key ring that will not do stops everything, and a sentence says what to do."""

import contextlib
import os
import pathlib
import secrets
import sqlite3
from collections.abc import Callable

import pytest

from idp.cli.work import CLOSED
from idp.vault import Vault
from idp.vault import write_new_ring
from tests.cli.terminal import Terminal

NOBODY = 65534
KEY = "00112233445566778899aabbccddeeff" * 2


def ring_of(idp: Terminal) -> pathlib.Path:
    return pathlib.Path(idp.settings["IDP_KEYS_DIR"]) / "master.key"


def a_folder(ring: pathlib.Path) -> None:
    ring.unlink()
    ring.mkdir()


def a_pipe(ring: pathlib.Path) -> None:
    ring.unlink()
    os.mkfifo(ring)


def a_way_to_nowhere(ring: pathlib.Path) -> None:
    ring.unlink()
    ring.symlink_to("elsewhere")


SPOILT: dict[str, tuple[Callable[[pathlib.Path], object], str]] = {
    "gone": (pathlib.Path.unlink, "does not exist; `idp init` makes it"),
    "nowhere": (a_way_to_nowhere, "does not exist; `idp init` makes it"),
    "empty": (lambda ring: ring.write_text(""), "the key ring holds no key"),
    "comment": (lambda ring: ring.write_text("#\n"), "the key ring holds no key"),
    "zeros": (lambda ring: ring.write_text("0" * 64), "of the key ring is weak"),
    "one byte": (lambda ring: ring.write_text("0f" * 32), "of the key ring is weak"),
    "short": (lambda ring: ring.write_text(KEY[:32]), "not a key of 64 hexadecimal"),
    "word": (lambda ring: ring.write_text("changeme"), "not a key of 64 hexadecimal"),
    "no text": (lambda ring: ring.write_bytes(b"\xff"), "cannot be read"),
    "readable": (lambda ring: ring.chmod(0o604), "open to others: `chmod 600` it"),
    "writable": (lambda ring: ring.chmod(0o620), "open to others: `chmod 600` it"),
    "folder": (a_folder, "is no file"),
    "pipe": (a_pipe, "is no file"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_ring_that_will_not_do_is_said_to_be_so(idp: Terminal, how: str) -> None:
    """One line each, without a trace and without what is in the file"""
    spoil, sentence = SPOILT[how]
    spoil(ring_of(idp))
    for command in (("check",), ("user", "list"), ("keys", "rewrap")):
        said = idp(*command).refusal
        assert sentence in said
        assert len(said.splitlines()) == 1
        assert KEY[:32] not in said


@pytest.mark.parametrize("ring", ["0" * 64, KEY[1:], "changeme", "x" * 64, f"{KEY} y"])
def test_a_setting_that_will_not_do_is_said_to_be_so(idp: Terminal, ring: str) -> None:
    said = idp("check", IDP_MASTER_KEY=ring).refusal
    assert "line 1 of the key ring" in said
    assert ring not in said


def test_a_ring_of_somebody_else_is_refused(idp: Terminal) -> None:
    """Who owns it can change it. Root works for whoever owns the folder."""
    ring = ring_of(idp)
    if os.geteuid() == 0:
        os.chown(ring, NOBODY, -1)
        assert "belongs to another user" in idp("check").refusal
        os.chown(ring.parent, NOBODY, -1)
    assert idp("check").status == 0


def test_a_ring_that_its_group_may_read_will_do(idp: Terminal) -> None:
    ring_of(idp).chmod(0o640)
    assert idp("check").status == 0


def test_a_ring_of_another_database_is_said_to_be_one(idp: Terminal) -> None:
    ring_of(idp).unlink()
    write_new_ring(ring_of(idp))
    said = idp("check")
    assert (said.status, "is not the one that sealed" in said.out) == (1, True)


SEALING = (
    ("init",),
    ("worker",),
    ("keys", "rotate"),
    ("user", "create", "ben"),
    ("user", "initial-password", "mia"),
    ("client", "create", "Mail", "--redirect-uri", "https://mail.example/cb"),
    ("client", "rotate-secret", "wiki"),
)


@pytest.mark.parametrize("command", SEALING, ids=" ".join)
def test_nothing_is_sealed_with_the_ring_of_another_database(
    idp_on_each: Terminal, command: tuple[str, ...]
) -> None:
    """A signing key that no server can open would keep every one from starting"""
    idp = idp_on_each
    wiki = ("client", "create", "Wiki", "--id", "wiki")
    idp("user", "create", "mia")
    idp(*wiki, "--redirect-uri", "https://wiki.example/cb")
    said = idp(*command, IDP_MASTER_KEY=secrets.token_hex(32)).refusal
    assert said == f"{CLOSED}\n"
    assert idp("check").status == 0
    names = [one["username"] for one in idp("user", "list", "--json").json["items"]]
    (client,) = idp("client", "list", "--json").json["items"]
    assert (names, len(client["secrets"])) == (["mia"], 1)
    assert len(idp("keys", "list", "--json").json["items"]) == 2


def test_a_lost_ring_is_not_replaced_by_a_new_one(idp_on_each: Terminal) -> None:
    """It would open nothing, and look as if all were well"""
    ring = ring_of(idp_on_each)
    kept = ring.read_text()
    ring.unlink()
    assert "put it back, from its backup" in idp_on_each("init").refusal
    assert not ring.exists()
    write_new_ring(ring)
    ring.write_text(kept)
    assert idp_on_each("init").status == idp_on_each("check").status == 0


def test_what_an_older_key_sealed_is_missed(idp: Terminal) -> None:
    """All else opens, so it would be noticed too late"""
    older, newer = ring_of(idp).read_text(), Vault.create_ring()
    file = pathlib.Path(idp.settings["IDP_DATA_DIR"]) / "idp.db"
    idp("user", "create", "mia")
    ring_of(idp).write_text(newer + older)
    idp("keys", "rewrap")
    sealed = Vault(older).seal(b"secret", purpose="totp-secret", row="t1")
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
        columns = "id, user_id, secret_sealed, state, last_step, created_at"
        values = "'t1', users.id, ?, 'active', 1, users.created_at"
        db.execute(
            f"INSERT INTO totp_credentials ({columns}) SELECT {values} FROM users",
            [sealed],
        )
    assert "lacks" not in idp("check").out
    ring_of(idp).write_text(newer)
    assert "a key that the key ring lacks" in idp("check").out
