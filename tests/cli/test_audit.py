"""``idp audit``: export and verification (SEC-293, REL-082, REL-083)."""

import csv
import io
import json

import pytest

from idp.store import audit_chain
from idp.store.engines import make_engine
from tests.cli.terminal import Terminal

PROBLEM = "the head of the chain is not genuine"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "'=1")
MEMBERS = (
    *("number", "at", "event", "outcome", "reason", "actor", "subject", "client_id"),
    *("sid", "source", "user_agent", "request_id", "changes", "previous_hash", "hash"),
)


def test_an_export_is_one_record_a_line_in_the_documented_shape(idp: Terminal) -> None:
    """interface.md section 6"""
    idp("user", "create", "mia")
    records = [json.loads(line) for line in idp("audit", "export").out.splitlines()]
    assert all(tuple(record) == MEMBERS for record in records)
    (created,) = (one for one in records if one["event"] == "user.created")
    assert created["actor"]["type"] == "host"
    assert created["subject"]["name"] == "mia"


@pytest.mark.parametrize("name", FORMULAS)
def test_no_cell_of_an_export_is_computed_by_a_spreadsheet(
    idp: Terminal, name: str
) -> None:
    """SEC-293"""
    assert idp("user", "create", "--", name).status == 0
    text = idp("audit", "export", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(text)))
    names = {row["subject_name"] for row in rows}
    assert f"'{name}" in names
    cells = {cell for row in rows for cell in row.values()}
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_an_export_from_a_moment_on_holds_nothing_older(idp: Terminal) -> None:
    idp("user", "create", "mia")
    assert idp("audit", "export", "--since", "2999-01-01").out == ""
    assert idp("audit", "export", "--since", "2000-01-01T00:00:00Z").out != ""


@pytest.mark.parametrize("since", ["yesterday", "", "2026-13-01", "9999999999"])
def test_a_moment_that_is_none_is_wrong_usage(idp: Terminal, since: str) -> None:
    assert "--since" in idp("audit", "export", "--since", since).wrong_usage


def test_each_export_is_a_record_itself(idp: Terminal) -> None:
    idp("audit", "export", "--format", "csv")
    last = json.loads(idp("audit", "export").out.splitlines()[-1])
    assert (last["event"], last["changes"]["format"]) == ("audit.exported", "csv")


def test_an_untouched_trail_is_intact(idp_on_each: Terminal) -> None:
    said = idp_on_each("audit", "verify")
    assert said.status == 0
    assert said.out.startswith("intact")
    facts = idp_on_each("audit", "verify", "--json").json
    assert facts["intact"] is True
    assert facts["problem"] is None


def test_a_broken_trail_is_status_1_and_says_where(idp: Terminal) -> None:
    url = f"sqlite:///{idp.settings['IDP_DATA_DIR']}/idp.db"
    engine = make_engine(url)
    with engine.begin() as db:
        last = audit_chain.last_number(db)
        audit_chain.put_head(db, audit_chain.Head(last, "0" * 64, last, "0" * 64))
    engine.dispose()
    said = idp("audit", "verify")
    assert (said.status, said.out) == (1, f"broken at record {last}: {PROBLEM}\n")
    facts = json.loads(idp("audit", "verify", "--json").out)
    assert (facts["intact"], facts["number"]) == (False, last)


def test_a_trail_that_is_being_written_is_told_apart_from_a_broken_one(
    idp: Terminal,
) -> None:
    idp("user", "create", "mia")
    assert "newer not closed yet" in idp("audit", "verify").out
