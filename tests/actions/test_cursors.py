"""SEC-260: a cursor is made here, for one list and one filter, or it is refused."""

import base64

import pytest

from idp.actions import cursors
from idp.errors import BadRequest
from idp.vault import Vault
from tests.actions.scene import Scene

ASKED = {"query": "mi", "active": True}


@pytest.mark.parametrize("position", ["", "17", "zoë\x00\n", "x" * 500])
def test_a_cursor_gives_its_position_back(scene: Scene, position: str) -> None:
    cursor = cursors.made(scene.work(), position, of="users", asked=ASKED)
    found = cursors.position(scene.work(), cursor, of="users", asked=ASKED)
    assert found == position
    assert cursor.isascii()


@pytest.mark.parametrize(
    ("of", "asked"),
    [
        ("audit", ASKED),
        ("users", {"query": "mi", "active": False}),
        ("users", {"query": "mi", "active": "True"}),
        ("users", {"query": "mi"}),
        ("users", {}),
    ],
)
def test_a_cursor_opens_no_other_list(
    scene: Scene, of: str, asked: dict[str, object]
) -> None:
    cursor = cursors.made(scene.work(), "17", of="users", asked=ASKED)
    with pytest.raises(BadRequest, match="cursor"):
        cursors.position(scene.work(), cursor, of=of, asked=asked)


@pytest.mark.parametrize(
    "forged", ["", "A", "AAAA", "ü", "=", "x" * 3000, "a b", "\x00"]
)
def test_a_text_that_is_no_cursor_is_refused(scene: Scene, forged: str) -> None:
    """AC-145"""
    with pytest.raises(BadRequest, match="cursor"):
        cursors.position(scene.work(), forged, of="users", asked=ASKED)


def test_every_byte_of_a_cursor_counts(scene: Scene) -> None:
    cursor = cursors.made(scene.work(), "17", of="users", asked=ASKED)
    data = base64.urlsafe_b64decode(cursor + "==")
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        forged = base64.urlsafe_b64encode(changed).decode().rstrip("=")
        with pytest.raises(BadRequest, match="cursor"):
            cursors.position(scene.work(), forged, of="users", asked=ASKED)


def test_a_cursor_of_an_older_key_works_and_of_a_strange_one_does_not(
    scene: Scene,
) -> None:
    """REL-042"""
    work, key = scene.work(), Vault.create_ring()
    work.vault = Vault(key)
    cursor = cursors.made(work, "17", of="users", asked=ASKED)
    work.vault = Vault(Vault.create_ring() + key)
    assert cursors.position(work, cursor, of="users", asked=ASKED) == "17"
    with pytest.raises(BadRequest, match="cursor"):
        cursors.position(scene.work(), cursor, of="users", asked=ASKED)
