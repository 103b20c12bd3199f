"""``idp keys``: rotation, revocation, a new master key (REL-040 to REL-042)."""

import pathlib

import pytest

from idp.vault import Vault
from tests.cli.terminal import Terminal


def ring_of(idp: Terminal) -> str:
    return (pathlib.Path(idp.settings["IDP_KEYS_DIR"]) / "master.key").read_text()


def kids(idp: Terminal, state: str) -> list[str]:
    items = idp("keys", "list", "--json").json["items"]
    return [key["kid"] for key in items if key["state"] == state]


def test_a_new_key_is_published_before_it_signs(idp_on_each: Terminal) -> None:
    active = kids(idp_on_each, "active")
    made = idp_on_each("keys", "rotate", "--alg", "ES256", "--json").json
    assert kids(idp_on_each, "next") == [made["kid"]]
    assert made in idp_on_each("keys", "list", "--json").json["items"]
    assert kids(idp_on_each, "active") == active
    assert made["kid"] in idp_on_each("keys", "list").out


def test_no_answer_holds_a_private_key(idp: Terminal) -> None:
    """SEC-259"""
    said = idp("keys", "list", "--json").out + idp("keys", "rotate", "--json").out
    assert not any(word in said for word in ("PRIVATE", '"d"', "sealed"))


def test_a_revoked_key_is_gone_and_another_signs(idp: Terminal) -> None:
    kid = kids(idp, "active")[0]
    assert idp("keys", "revoke", kid, "--json").json == {"kid": kid}
    assert kid not in kids(idp, "active")
    assert len(kids(idp, "active")) == 2
    assert idp("keys", "revoke", kid).refusal


def test_a_new_master_key_takes_over(idp_on_each: Terminal) -> None:
    """REL-042"""
    newer, older = Vault.create_ring(), ring_of(idp_on_each)
    both = {"IDP_MASTER_KEY": newer + older}
    done = idp_on_each("keys", "rewrap", "--json", **both).json
    assert done == {"resealed": 2, "current": 0, "unreadable": 0}
    assert idp_on_each("check", IDP_MASTER_KEY=newer).status == 0
    assert idp_on_each("check", IDP_MASTER_KEY=older).status == 1


def test_what_no_key_of_the_ring_opens_is_a_failure(idp: Terminal) -> None:
    said = idp("keys", "rewrap", IDP_MASTER_KEY=Vault.create_ring())
    assert said.status == 1
    assert "2 cannot be opened" in said.err


@pytest.mark.parametrize(
    "arguments", [("rotate", "--alg", "none"), ("revoke",), ("rewrap", "now")]
)
def test_wrong_usage_is_status_2(idp: Terminal, arguments: tuple[str, ...]) -> None:
    assert idp("keys", *arguments).wrong_usage
