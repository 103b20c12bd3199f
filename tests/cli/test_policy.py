"""``idp policy`` and ``idp user list``: rules with their effect, and long lists."""

import json
from collections.abc import Iterator

import pytest

from idp.cli import output
from tests.cli.terminal import Terminal


@pytest.fixture
def staffed(idp_on_each: Terminal) -> Terminal:
    idp_on_each("policy", "set", "--mfa", "optional")
    idp_on_each("user", "create", "ada", "--role", "administrator")
    for name in ("bob", "cyd"):
        idp_on_each("user", "create", name)
    return idp_on_each


def test_a_rule_is_tried_out_before_it_is_set(staffed: Terminal) -> None:
    """interface.md section 4: how many and who would be asked to enrol"""
    said = staffed("policy", "set", "--mfa", "required", "--dry-run").out
    assert "3 of 3 people would have to set MFA up" in said
    assert "1 of them hold a permission" in said
    assert "ada, bob, cyd" in said
    told = staffed("policy", "set", "--mfa", "required", "--dry-run", "--json").json
    assert told == {
        "people": 3,
        "would_enrol": 3,
        "administrators": 1,
        "no_longer_required": 0,
        "sample": ["ada", "bob", "cyd"],
    }
    assert staffed("policy", "show", "--json").json["mfa"] == "optional"


def test_a_rule_that_is_set_says_its_effect(staffed: Terminal) -> None:
    said = staffed("policy", "set", "--mfa", "required").out
    assert said.startswith("mfa: required\n")
    assert "3 of 3 people would have to set MFA up" in said
    loose = staffed("policy", "set", "--mfa", "disabled").out
    assert "2 people would no longer need MFA" in loose


def test_each_rule_is_changed_alone(staffed: Terminal) -> None:
    before = staffed("policy", "show", "--json").json
    changed = staffed("policy", "set", "--backup-code-warning", "5", "--json").json
    assert changed == {**before, "backup_code_warning": 5}
    said = staffed("policy", "set", "--enrol-during-step-up", "no").out
    assert "would" not in said
    assert staffed("policy", "show", "--json").json == {
        **changed,
        "enrol_during_step_up": False,
    }


@pytest.mark.parametrize("codes", ["-1", "11"])
def test_a_warning_that_never_or_always_comes_is_refused(
    idp: Terminal, codes: str
) -> None:
    assert idp("policy", "set", f"--backup-code-warning={codes}").refusal


def test_trying_out_needs_a_rule_to_try(idp: Terminal) -> None:
    assert idp("policy", "set", "--dry-run").wrong_usage


def test_a_list_is_printed_while_it_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Constant memory: the first line is out before the second is asked for"""
    printed: list[str] = []

    def items() -> Iterator[dict[str, object]]:
        for number in range(3):
            yield {"number": number, "odd": "a\u2028b\nc"}
            printed.append(capsys.readouterr().out)

    output.show_list(items(), as_json=True, line=str)
    assert all(part for part in printed)
    whole = "".join(printed) + capsys.readouterr().out
    found = json.loads(whole)
    assert [item["number"] for item in found["items"]] == [0, 1, 2]
    assert {item["odd"] for item in found["items"]} == {"a\u2028b\nc"}


def test_a_list_without_anybody_is_one_too(capsys: pytest.CaptureFixture[str]) -> None:
    output.show_list([], as_json=True, line=str)
    assert json.loads(capsys.readouterr().out) == {"items": []}


def test_people_are_listed_by_what_holds_of_them(staffed: Terminal) -> None:
    def names(*arguments: str) -> list[str]:
        found = staffed("user", "list", *arguments, "--json").json["items"]
        return [one["username"] for one in found]

    assert names() == ["ada", "bob", "cyd"]
    assert names("--role", "administrator") == ["ada"]
    assert names("--mfa", "required_not_enrolled") == ["ada"]
    assert names("--query", "CY") == ["cyd"]
    assert names("--mfa", "none", "--query", "bob") == ["bob"]
    assert len(staffed("user", "list").out.splitlines()) == 3
