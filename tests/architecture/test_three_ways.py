"""What an administrator can do, they can do on a page, over the API and by a command.

The census finds every action that asks for a right. One that a way does not reach is
listed here, with what does the same there or with the reason why nothing does.
"""

import ast
from collections.abc import Iterator
from functools import cache
from typing import TypeGuard

from tests.architecture.tree import FUNCTIONS
from tests.architecture.tree import named
from tests.architecture.tree import references

WAYS = {"page": "idp.web.admin", "api": "idp.web.api", "command": "idp.cli"}
GATED = {
    f"rights.{gate}" for gate in ("administering", "reading", "require", "require_any")
}
ACTIONS = "idp.actions."

# Action -> by which action a way does the same.
INSTEAD: dict[str, dict[str, str]] = {
    "audit_chain.standing": {"command": "audit_chain.verify"},
    "audit_chain.verify": {"page": "audit_chain.standing"},
    "clients.set_enabled": {"api": "clients.change_client"},
    "user_edit.delete": {"api": "users.delete_user", "command": "users.delete_user"},
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
    "audit_query.list_records": {
        "api": "audit_query.search",
        "command": "audit_export.export",
    },
    "audit_query.search": {"command": "audit_export.export"},
    "users.change_user": {"page": "user_edit.update", "api": "user_edit.update"},
}

# Action -> the ways that do without, and why that is meant.
ON_PURPOSE: dict[str, tuple[tuple[str, ...], str]] = {
    "audit_chain.standing": (("api",), "whoever has an export computes the chain"),
    "audit_chain.verify": (("api",), "it reads all of the trail, as an export does"),
    "client_use.last_sign_ins": (
        ("api", "command"),
        "a hint beside a list; whoever counts sign-ins reads the audit trail",
    ),
    "fleet.count": (("api", "command"), "a figure beside a list"),
    "fleet.counts": (("api", "command"), "figures beside the filters of a list"),
    "policy_effects.effects": (("api", "command"), "the API has the preview"),
    "registrations.origin_of": (
        ("api", "command"),
        "a hint on a page; the list of tokens says what each registered",
    ),
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
    """Answers every public action that asks for a right, or calls one that does."""
    named_in = dict(_named_in_each())
    found = {action for action, names in named_in.items() if names & GATED}
    while more := {a for a, names in named_in.items() if names & found} - found:
        found |= more
    return tuple(sorted(one for one in found if "._" not in one))


def _named_in_each() -> Iterator[tuple[str, set[str]]]:
    """Yields every function of the actions, with those of them that it names."""
    for module in named(ACTIONS.rstrip(".")):
        if module.name == f"{ACTIONS}rights":
            continue
        short = module.name.removeprefix(ACTIONS)
        used = [(name.removeprefix(ACTIONS), line) for name, line in references(module)]
        for node in module.tree.body:
            if isinstance(node, FUNCTIONS):
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                own = {f"{short}.{n.id}" for n in ast.walk(node) if _is_name(n)}
                yield f"{short}.{node.name}", own | {n for n, at in used if at in lines}


def _is_name(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name)


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
