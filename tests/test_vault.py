"""The vault: what opens, what does not, and how a ring turns."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from idp.errors import Misconfigured
from idp.errors import Unsealable
from idp.settings import Settings
from idp.vault import Vault
from idp.vault import write_new_ring

OLD = "00112233445566778899aabbccddeeff" * 2
NEW = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" * 2


def seal(vault: Vault) -> bytes:
    return vault.seal(b"plain", purpose="totp", row="user-1")


def test_a_sealed_secret_opens_for_its_purpose_and_row() -> None:
    vault = Vault(OLD)

    sealed = seal(vault)

    assert b"plain" not in sealed
    assert vault.unseal(sealed, purpose="totp", row="user-1") == b"plain"


def test_the_same_secret_never_looks_the_same() -> None:
    vault = Vault(OLD)

    assert seal(vault) != seal(vault)


@pytest.mark.parametrize(
    ("purpose", "row"), [("totp", "user-2"), ("key", "user-1"), ("totpu", "ser-1")]
)
def test_a_ciphertext_moved_elsewhere_does_not_open(purpose: str, row: str) -> None:
    vault = Vault(OLD)

    with pytest.raises(Unsealable):
        vault.unseal(seal(vault), purpose=purpose, row=row)


def test_a_changed_byte_anywhere_does_not_open() -> None:
    vault = Vault(OLD)
    sealed = seal(vault)

    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(Unsealable):
            vault.unseal(bytes(changed), purpose="totp", row="user-1")


@pytest.mark.parametrize("length", [0, 1, 8, 20, 36, 41])
def test_a_cut_ciphertext_does_not_open(length: int) -> None:
    vault = Vault(OLD)

    with pytest.raises(Unsealable):
        vault.unseal(seal(vault)[:length], purpose="totp", row="user-1")


def test_even_nothing_can_be_sealed() -> None:
    vault = Vault(OLD)
    sealed = vault.seal(b"", purpose="totp", row="user-1")

    assert vault.unseal(sealed, purpose="totp", row="user-1") == b""


def test_a_refusal_to_open_names_the_row_and_no_secret() -> None:
    vault = Vault(OLD)

    with pytest.raises(Unsealable) as refusal:
        vault.unseal(seal(vault), purpose="totp", row="user-2")

    assert refusal.value.detail == "totp of user-2: not sealed for this row"
    assert refusal.value.__cause__ is None


def test_after_a_rotation_old_secrets_open_and_ask_for_a_new_wrap() -> None:
    sealed = seal(Vault(OLD))
    rotated = Vault(f"{NEW}\n{OLD}\n")

    assert rotated.unseal(sealed, purpose="totp", row="user-1") == b"plain"
    assert rotated.needs_rewrap(sealed)
    assert not rotated.needs_rewrap(seal(rotated))
    assert not Vault(OLD).needs_rewrap(sealed)


def test_without_the_old_key_old_secrets_stay_closed() -> None:
    sealed = seal(Vault(OLD))

    assert Vault(NEW).needs_rewrap(sealed)
    with pytest.raises(Unsealable, match="lost key"):
        Vault(NEW).unseal(sealed, purpose="totp", row="user-1")


def test_digests_differ_by_purpose_and_key_and_survive_a_rotation() -> None:
    old = Vault(OLD)
    rotated = Vault(f"{NEW},{OLD}")

    digest = old.mac(b"data", purpose="pepper")

    assert len(digest) == 32
    assert old.mac(b"data", purpose="pepper") == digest
    assert old.mac(b"data", purpose="csrf") != digest
    assert rotated.mac(b"data", purpose="pepper") != digest
    assert rotated.macs(b"data", purpose="pepper") == (
        rotated.mac(b"data", purpose="pepper"),
        digest,
    )


def test_digest_keys_are_not_sealing_keys() -> None:
    first, second = Vault(OLD), Vault(OLD)
    sealed = second.seal(b"plain", purpose="x", row="1")
    first.mac(b"data", purpose="x")

    assert first.unseal(sealed, purpose="x", row="1") == b"plain"


@pytest.mark.parametrize(
    ("ring", "said"),
    [
        ("", "the key ring holds no key; `idp init` makes one"),
        ("# only a comment\n\n", "the key ring holds no key; `idp init` makes one"),
        (OLD[:-1], "line 1 of the key ring is not a key of 64 hexadecimal digits"),
        ("#\n" + OLD + "0", "line 2 of the key ring is not a key of 64 hexadecimal"),
        (OLD.replace("0", "g"), "line 1 of the key ring is not a key of 64 hex"),
        (OLD + "\nchangeme", "line 2 of the key ring is not a key of 64 hexadecimal"),
        ("00" * 32, "the key in line 1 of the key ring is weak"),
        ("ab" * 32, "the key in line 1 of the key ring is"),
        (f"{OLD}\n{OLD}", "the key ring holds the same key twice"),
    ],
)
def test_a_bad_ring_is_refused_without_being_shown(ring: str, said: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        Vault(ring)

    (finding,) = refusal.value.findings
    assert finding.startswith(said)
    assert OLD not in finding


def test_a_vault_shows_no_key() -> None:
    vault = Vault(OLD)
    seal(vault)

    assert OLD not in repr(vault)
    assert bytes.fromhex(OLD).__repr__() not in repr(vars(Vault)) + repr(vault._ring)


def test_the_ring_is_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    settings = Settings(keys_dir=tmp_path / "keys")
    path = settings.keys_dir / "master.key"

    assert write_new_ring(path) is True
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert seal(Vault.load(settings))


def test_a_ring_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    write_new_ring(path)
    before = path.read_bytes()

    assert write_new_ring(path) is False
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["master.key"]


def test_of_many_first_starts_one_writes_the_ring(tmp_path: Path) -> None:
    path = tmp_path / "master.key"

    with ThreadPoolExecutor(16) as pool:
        written = list(pool.map(write_new_ring, [path] * 16))

    assert sorted(written) == [False] * 15 + [True]
    assert Vault(path.read_text())
    assert os.listdir(tmp_path) == ["master.key"]


def test_the_setting_overrides_the_file(tmp_path: Path) -> None:
    write_new_ring(tmp_path / "master.key")
    sealed = seal(Vault(OLD))

    vault = Vault.load(Settings(keys_dir=tmp_path, master_key=SecretStr(OLD)))

    assert vault.unseal(sealed, purpose="totp", row="user-1") == b"plain"


def test_a_missing_ring_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"does not exist; `idp init` makes it"):
        Vault.load(Settings(keys_dir=tmp_path))


def test_an_unreadable_ring_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "master.key").write_bytes(b"\xff")
    (tmp_path / "master.key").chmod(0o600)

    with pytest.raises(Misconfigured, match=r"cannot be read \(UnicodeDecodeError\)"):
        Vault.load(Settings(keys_dir=tmp_path))


def test_two_new_rings_differ() -> None:
    assert Vault.create_ring() != Vault.create_ring()
