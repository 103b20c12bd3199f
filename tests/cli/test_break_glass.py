"""REL-092: what a command does in an emergency is recorded, with the host as actor."""

import json

import pytest

from tests.cli.terminal import Terminal

COMMANDS = [
    (("user", "unlock", "mia"), "mfa.unlocked"),
    (("user", "disable-mfa", "mia", "--reason", "lost"), "mfa.disabled"),
    (("user", "initial-password", "mia"), "password.initial_set"),
    (("user", "disable", "mia"), "user.disabled"),
    (("user", "set-roles", "mia", "--role", "administrator"), "user.changed"),
    (("keys", "rotate"), "key.created"),
    (("keys", "rewrap"), "key.rewrapped"),
    (("policy", "set", "--mfa", "optional"), "policy.changed"),
    (("after-restore",), "backup.restored"),
    (("audit", "export"), "audit.exported"),
]


@pytest.mark.parametrize(("command", "event"), COMMANDS)
def test_it_is_in_the_trail(
    idp: Terminal, command: tuple[str, ...], event: str
) -> None:
    idp("user", "create", "mia")
    before = len(idp("audit", "export").out.splitlines())
    done = idp(*command)
    assert done.status == 0, done
    records = [json.loads(line) for line in idp("audit", "export").out.splitlines()]
    new = [one for one in records[before:] if one["event"] == event]
    assert {one["actor"]["type"] for one in new} == {"host"}, records[before:]
