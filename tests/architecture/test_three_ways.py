"""What an administrator can do, they can do on a page, over the API and by a command.

The census finds every action that asks for a right. One that a way does not reach is
listed here, with what does the same there or with the reason why nothing does.
"""

import ast
from functools import cache

from tests.architecture.tree import modules
from tests.architecture.tree import named
from tests.architecture.tree import references

WAYS = {"page": "idp.web.admin", "api": "idp.web.api", "command": "idp.cli"}
GATES = {"administering", "reading", "require", "require_any"}
ACTIONS = "idp.actions."

# Action -> by which action a way does the same.
INSTEAD: dict[str, dict[str, str]] = {
    "fleet.list_people": {"command": "fleet.table"},
    "fleet.table": {"api": "fleet.list_people"},
    "fleet_mfa.require_mfa": {"api": "fleet.require_mfa"},
    "roles.show_role": {"command": "roles.list_roles"},
    "user_mfa.disable_mfa": {"page": "user_edit.update"},
    "user_mfa.require_mfa": {"page": "user_edit.update"},
    "user_mfa.show_mfa": {"page": "user_edit.look", "command": "users.show_user"},
    "users.delete_user": {"page": "user_edit.delete"},
    "users.set_active": {"page": "user_edit.update", "api": "user_edit.update"},
    "users.set_roles": {"page": "user_edit.update", "api": "user_edit.update"},
    "users.show_user": {"page": "user_edit.look"},
    "audit_query.list_records": {"command": "audit_export.export"},
    "users.change_user": {"page": "user_edit.update", "api": "user_edit.update"},
}

# Action -> the ways that do without, and why that is meant.
ON_PURPOSE: dict[str, tuple[tuple[str, ...], str]] = {
    "client_use.last_sign_ins": (
        ("api", "command"),
        "a hint beside a list; whoever counts sign-ins reads the audit trail",
    ),
    "fleet.count": (("api", "command"), "a figure beside a list"),
    "fleet.counts": (("api", "command"), "figures beside the filters of a list"),
    "fleet.coverage": (("command",), "interface.md section 5 has no such command"),
    "fleet_mfa.require_mfa": (
        ("command",),
        "a command names one person; a shell names many",
    ),
    "policy_effects.effects": (("api", "command"), "the API has the preview"),
    "restore.after_restore": (("page", "api"), "for whoever restored the backup"),
    "rewrap.rewrap": (("page", "api"), "for whoever holds the master key"),
    "roles.count_holders": (("api", "command"), "a figure beside a list"),
    "user_edit.look": (("api", "command"), "what a page may offer to whom"),
    "user_edit.update": (
        ("command",),
        "a command does one thing at a time",
    ),
}

ADVICE = """
An administrator who can do a thing in one way looks for it in the others. Add the page,
the route or the command, or say here what does the same or why nothing should."""


def test_every_action_is_reached_in_each_of_three_ways() -> None:
    missing = [
        f"{action}: no {way}"
        for action in administrative()
        for way in WAYS
        if not reached(action, way) and not excused(action, way)
    ]

    assert not missing, "\n".join(missing) + ADVICE


def test_what_does_the_same_is_reached() -> None:
    dead = [
        f"{action}: {other} is not reached by {way}"
        for action, ways in INSTEAD.items()
        for way, other in ways.items()
        if not reached(other, way)
    ]

    assert not dead, "\n".join(dead)


def test_no_excuse_outlives_its_gap() -> None:
    listed = [(action, way) for action, ways in INSTEAD.items() for way in ways]
    listed += [
        (action, way) for action, (ways, _) in ON_PURPOSE.items() for way in ways
    ]

    stale = [
        f"{action}: {way}"
        for action, way in listed
        if action not in administrative() or reached(action, way)
    ]

    assert not stale, "\n".join(stale)
    assert len(set(listed)) == len(listed)


def test_the_census_finds_what_there_is() -> None:
    found = administrative()

    assert len(found) > 35
    assert {"users.create_user", "keys.rotate", "audit_export.export"} <= set(found)


@cache
def administrative() -> tuple[str, ...]:
    """Answers every public action that asks for a right of administration."""
    return tuple(
        sorted(
            f"{module.name}.{node.name}".removeprefix(ACTIONS)
            for module in modules()
            if module.name.startswith(ACTIONS) and module.name != f"{ACTIONS}rights"
            for node in module.tree.body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
            if any(_is_gate(part) for part in ast.walk(node))
        )
    )


def _is_gate(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in GATES
        and isinstance(node.value, ast.Name)
        and node.value.id == "rights"
    )


@cache
def used_by(way: str) -> frozenset[str]:
    return frozenset(
        name for module in named(WAYS[way]) for name, _ in references(module)
    )


def reached(action: str, way: str) -> bool:
    return f"{ACTIONS}{action}" in used_by(way)


def excused(action: str, way: str) -> bool:
    ways, _ = ON_PURPOSE.get(action, ((), ""))
    return way in ways or way in INSTEAD.get(action, {})
