"""``idp db``: the schema moved, and everything copied (REL-050, REL-053)."""

from collections.abc import Callable

import pytest

from tests.cli.terminal import Terminal

SECRET = "S3cretOfTheDatabase"


def other(kind: str) -> str:
    return "postgresql" if kind == "sqlite" else "sqlite"


def test_everything_works_in_the_new_database(
    idp_on_each: Terminal, database_kind: str, fresh_url: Callable[[str], str]
) -> None:
    idp = idp_on_each
    idp("user", "create", "mia", "--role", "administrator")
    url = fresh_url(other(database_kind))
    rows = idp("db", "copy", url, "--json").json["rows"]
    assert rows["users"] == 1
    moved = {"IDP_DATABASE_URL": url}
    assert idp("check", **moved).status == 0
    assert idp("user", "list", **moved).out == idp("user", "list").out
    assert idp("audit", "verify", **moved).status == 0
    assert '"database.copied"' in idp("audit", "export", **moved).out


def test_a_target_that_is_not_empty_is_refused(
    idp: Terminal, fresh_url: Callable[[str], str]
) -> None:
    url = fresh_url("sqlite")
    idp("init", IDP_DATABASE_URL=url)
    before = idp("audit", "export", IDP_DATABASE_URL=url).out
    assert "not empty" in idp("db", "copy", url).refusal
    assert before in idp("audit", "export", IDP_DATABASE_URL=url).out


def test_an_old_schema_is_refused(
    idp: Terminal, fresh_url: Callable[[str], str]
) -> None:
    idp("db", "downgrade", "0002")
    assert "not up to date" in idp("db", "copy", fresh_url("sqlite")).refusal


@pytest.mark.parametrize(
    "url", ["", "mysql://x", "sqlite://", "sqlite:///:memory:", f"x://u:{SECRET}@h/d"]
)
def test_an_address_of_no_database_is_wrong_usage(idp: Terminal, url: str) -> None:
    said = idp("db", "copy", url).wrong_usage
    assert "TARGET_URL" in said
    assert SECRET not in said


def test_a_target_that_does_not_answer_is_a_failure_without_its_address(
    idp: Terminal,
) -> None:
    """REL-076"""
    url = f"postgresql+psycopg://u:{SECRET}@127.0.0.1:1/d"
    assert SECRET not in idp("db", "copy", url).refusal


def test_the_schema_goes_down_and_up(idp_on_each: Terminal) -> None:
    newest = idp_on_each("db", "current", "--json").json
    assert newest["current"] == newest["expected"]
    idp_on_each("db", "downgrade", "base")
    assert idp_on_each("db", "current", "--json").json["current"] is None
    assert "empty" in idp_on_each("db", "current").out
    assert idp_on_each("db", "upgrade").status == 0
    assert idp_on_each("db", "current", "--json").json == newest


def test_a_revision_that_is_none_is_a_failure(idp: Terminal) -> None:
    assert idp("db", "downgrade", "x").refusal
