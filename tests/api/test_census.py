"""SEC-255, AC-139: every operation, who may call it, and who is turned away.

The table is reviewed by hand: an operation that is not in it, or demands something
else, fails.
"""

import dataclasses
import pathlib
import sqlite3

from idp.rules.permissions import BUILT_IN
from idp.rules.permissions import PERMISSIONS
from idp.web.api import mounting
from tests.api.stage import ApiCaller
from tests.api.stage import Stage

READS, WRITES = False, True

# Operation -> the right it needs, and whether people prove a factor again for it.
OPERATIONS: dict[tuple[str, str], tuple[str, bool]] = {
    ("GET", "/audit"): ("audit:read", READS),
    ("GET", "/audit/export"): ("audit:read", READS),
    ("GET", "/clients"): ("clients:read", READS),
    ("POST", "/clients"): ("clients:write", WRITES),
    ("GET", "/clients/{client_id}"): ("clients:read", READS),
    ("PATCH", "/clients/{client_id}"): ("clients:write", WRITES),
    ("DELETE", "/clients/{client_id}"): ("clients:write", WRITES),
    ("POST", "/clients/{client_id}/secrets"): ("clients:write", WRITES),
    ("DELETE", "/clients/{client_id}/secrets/{id}"): ("clients:write", WRITES),
    ("GET", "/keys"): ("keys:write", READS),
    ("POST", "/keys/rotate"): ("keys:write", WRITES),
    ("DELETE", "/keys/{kid}"): ("keys:write", WRITES),
    ("GET", "/registration-tokens"): ("clients:read", READS),
    ("POST", "/registration-tokens"): ("clients:write", WRITES),
    ("DELETE", "/registration-tokens/{id}"): ("clients:write", WRITES),
    ("GET", "/policy"): ("policy:read", READS),
    ("PATCH", "/policy"): ("policy:write", WRITES),
    ("POST", "/policy/preview"): ("policy:read", READS),
    ("GET", "/reports/mfa"): ("mfa:read", READS),
    ("GET", "/roles"): ("users:read", READS),
    ("POST", "/roles"): ("roles:write", WRITES),
    ("GET", "/roles/{name}"): ("users:read", READS),
    ("PATCH", "/roles/{name}"): ("roles:write", WRITES),
    ("DELETE", "/roles/{name}"): ("roles:write", WRITES),
    ("DELETE", "/sessions/{sid}"): ("sessions:write", WRITES),
    ("GET", "/users"): ("users:read", READS),
    ("POST", "/users"): ("users:write", WRITES),
    ("POST", "/users/mfa/require"): ("mfa:write", WRITES),
    ("GET", "/users/{id}"): ("users:read", READS),
    ("PATCH", "/users/{id}"): ("users:write", WRITES),
    ("DELETE", "/users/{id}"): ("users:write", WRITES),
    ("POST", "/users/{id}/initial-password"): ("users:write", WRITES),
    ("GET", "/users/{id}/mfa"): ("mfa:read", READS),
    ("PATCH", "/users/{id}/mfa"): ("mfa:write", WRITES),
    ("POST", "/users/{id}/mfa/disable"): ("mfa:write", WRITES),
    ("GET", "/users/{id}/sessions"): ("users:read", READS),
    ("DELETE", "/users/{id}/sessions"): ("sessions:write", WRITES),
    ("POST", "/users/{id}/unlock"): ("mfa:write", WRITES),
}


@dataclasses.dataclass
class Visitor:
    """A caller, what they hold, and whether their factor is young."""

    call: ApiCaller
    rights: frozenset[str]
    fresh: bool = True
    scopes: frozenset[str] | None = None

    def expects(self, needs: str, writes: bool) -> tuple[int, str] | None:
        """Gives the refusal that is due, or None where there is none."""
        right = f"idp:{needs}"
        if self.scopes is not None and right not in self.scopes:
            return 403, "insufficient-scope"
        if right not in self.rights:
            return 403, "forbidden"
        if writes and not self.fresh:
            return 401, "step-up"
        return None


def path_of(rule: str, target: str) -> str:
    """Gives the address of somebody who is there, and of things that are not."""
    for name in ("{client_id}", "{kid}", "{name}", "{sid}"):
        rule = rule.replace(name, "none")
    return rule.replace("{id}", target)


def rows(folder: pathlib.Path) -> list[str]:
    """Gives everything that is kept, but for the audit trail."""
    (file,) = folder.rglob("idp.db")
    with sqlite3.connect(file) as db:
        kept = [line for line in db.iterdump() if 'INSERT INTO "audit' not in line]
    db.close()
    return kept


def test_the_table_holds_every_operation() -> None:
    declared = {
        (one.method, one.path): (one.needs.removeprefix("idp:"), one.needs_fresh_factor)
        for subject in mounting.SUBJECTS
        for one in subject.operations
    }
    assert declared == OPERATIONS


def test_who_may_not_is_turned_away_and_nothing_changes(
    stage: Stage, tmp_path: pathlib.Path
) -> None:
    mia = stage.provider.person("mia", enrolled=False)
    stale = [
        Visitor(stage.caller(role, role), frozenset(BUILT_IN[role]), fresh=False)
        for role in BUILT_IN
    ]
    stage.provider.move.advance(minutes=6)
    fresh = [
        Visitor(stage.caller(f"{role}2", role), frozenset(BUILT_IN[role]))
        for role in BUILT_IN
    ]
    for visitor in (*stale, *fresh):
        visitor.scopes = visitor.rights
    before = rows(tmp_path)
    refused = 0
    for visitor in (*stale, *fresh):
        for (method, rule), (needs, writes) in OPERATIONS.items():
            due = visitor.expects(needs, writes)
            if due is not None:
                answer = visitor.call(method, path_of(rule, mia.id))
                assert (answer.status, answer.json()["code"]) == due, answer
                refused += 1
    assert refused > 80
    assert rows(tmp_path) == before


def test_one_scope_opens_what_it_says_and_nothing_else(stage: Stage) -> None:
    nobody = "0" * 32
    for right in PERMISSIONS:
        name = right.replace(":", "-")
        robot = stage.service(right, name=name)
        visitor = Visitor(robot, frozenset({right}), scopes=frozenset({right}))
        for (method, rule), (needs, writes) in OPERATIONS.items():
            answer = robot(method, path_of(rule, nobody), query={"none": "none"})
            due = visitor.expects(needs, writes)
            if due is not None:
                assert (answer.status, answer.json()["code"]) == due, answer
            else:
                assert answer.status == 400, answer


def test_other_tokens_and_none_open_nothing(stage: Stage) -> None:
    mia = stage.administrator("mia")
    root = stage.administrator("root", "administrator")
    visitors: dict[str, tuple[ApiCaller, str]] = {
        "nobody": (stage.bare(), "no-token"),
        "no rights": (stage.bare(mia.tokens().access), "invalid-token"),
        "issuer": (stage.bare(root.tokens(scope="openid").access), "invalid-token"),
        "id token": (
            stage.bare(str(root.tokens().answer["id_token"])),
            "invalid-token",
        ),
    }
    for caller, code in visitors.values():
        for method, rule in OPERATIONS:
            answer = caller(method, path_of(rule, "0" * 32))
            assert (answer.status, answer.json()["code"]) == (401, code), answer
