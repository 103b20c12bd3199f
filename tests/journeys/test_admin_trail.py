"""The audit trail and the keys on their pages."""

import csv
import io
import json

import pytest

from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.within import Within

AUDIT = "/admin/audit"
KEYS = "/admin/keys"


@pytest.fixture
def ada(provider: Within) -> Person:
    """Gives an administrator."""
    return provider.person("ada", "--role", "administrator")


@pytest.fixture
def browser(provider: Within, ada: Person) -> Browser:
    """Gives the browser of the administrator."""
    return ada.sign_in(provider.browser())


def events(browser: Browser) -> list[str]:
    """Gives the events that the page shows, the newest first."""
    return browser.html.marks("data-event")


def test_the_trail_is_found_by_person_event_application_and_day(
    provider: Within, browser: Browser
) -> None:
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    hers = mia.sign_in(provider.browser())
    wiki.collect(wiki.ask(hers))
    by_her = browser.visit(AUDIT).fill("search", user="mia", event="login.succeeded")
    assert set(events(by_her)) == {"login.succeeded"}
    assert "Signed in" in browser.text
    browser.visit(AUDIT).fill("search", client=wiki.id, event="code.issued")
    assert events(browser) == ["code.issued"]
    browser.visit(AUDIT).fill("search", user="mia", until="2001-01-01")
    assert events(browser) == []
    assert "No record fits." in browser.text
    today = provider.move().date().isoformat()
    assert events(browser.visit(AUDIT).fill("search", since=today, until=today))


def test_older_records_follow_by_a_cursor_that_nobody_makes_up(
    provider: Within, browser: Browser
) -> None:
    for number in range(60):
        provider.command("role", "create", f"role-{number}")
    browser.visit(AUDIT, [("event", "role.created")])
    assert len(events(browser)) == 50
    (older,) = [h for h in browser.html.marks("href") if "cursor=" in h]
    browser.visit(older)
    assert len(events(browser)) == 10
    browser.visit(f"{older}x")
    assert (browser.status, browser.error) == (400, "bad-request")


def test_a_record_can_be_read_in_full(provider: Within, browser: Browser) -> None:
    browser.visit("/admin/policy").fill("save-policy", mfa="optional")
    browser.visit(AUDIT, [("event", "policy.changed")])
    assert "Policy changed" in browser.text
    assert '["required", "optional"]' in browser.text
    assert "ada" in browser.text


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_was_found_is_handed_out_and_that_is_recorded(
    provider: Within, browser: Browser, form: str
) -> None:
    provider.command("role", "create", "=1+1")
    browser.visit(AUDIT, [("event", "role.created")]).fill("export-audit", format=form)
    assert browser.status == 200
    assert "attachment" in str(browser.answer.header("Content-Disposition"))
    if form == "csv":
        (row,) = csv.DictReader(io.StringIO(browser.answer.text))
        assert (row["event"], row["subject_name"]) == ("role.created", "'=1+1")
    else:
        assert json.loads(browser.answer.text)["subject"]["name"] == "=1+1"
    browser.visit(AUDIT, [("event", "audit.exported")])
    assert events(browser) == ["audit.exported"]
    assert '"role.created"' not in browser.text or form in browser.text


def test_a_link_or_a_foreign_form_hands_nothing_out(browser: Browser) -> None:
    """SEC-289"""
    assert browser.visit(f"{AUDIT}/export").status == 405
    browser.post(f"{AUDIT}/export", [("format", "csv")])
    assert (browser.status, browser.error) == (403, "csrf")
    assert events(browser.visit(AUDIT, [("event", "audit.exported")])) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("since", "soon"), ("until", "9999-12-31"), ("event", "x.y")),
        *((name, "x" * 201) for name in ("user", "actor", "client")),
    ],
)
def test_an_odd_question_is_refused(browser: Browser, name: str, value: str) -> None:
    browser.visit(AUDIT, [(name, value)])
    assert (browser.status, browser.error) == (400, "bad-request")


def test_a_key_is_rotated_and_nobody_notices(
    provider: Within, browser: Browser
) -> None:
    wiki = provider.client("Wiki")
    browser.visit(KEYS).fill("rotate-keys", alg="RS256")
    assert browser.html.mark("data-done") == "key-rotated"
    assert browser.html.marks("data-state") == ["active", "next", "active"]
    assert wiki.collect(wiki.ask(browser.tab())).claims
    kids = {
        key["kid"] for key in provider.http.get("/.well-known/jwks.json").json()["keys"]
    }
    assert kids == set(browser.html.marks("data-key"))


def test_a_key_is_revoked_by_its_typed_id(provider: Within, browser: Browser) -> None:
    wiki = provider.client("Wiki")
    held = wiki.collect(wiki.ask(browser.tab()))
    kid = wiki.header(held.access)["kid"]
    form = next(
        form
        for form in browser.visit(KEYS).html.forms
        if form.name == "revoke-key" and ("kid", kid) in form.fields
    )
    browser.send(form, {"confirm_kid": "something else"})
    assert (browser.page, browser.error) == ("admin-keys", "bad-request")
    assert kid in browser.html.marks("data-key")
    browser.send(form, {"confirm_kid": kid})
    assert browser.html.mark("data-done") == "key-revoked"
    assert kid not in browser.html.marks("data-key")
    provider.move.advance(seconds=60)
    assert wiki.introspect(held.access).json() == {"active": False}
    assert wiki.collect(wiki.ask(browser.tab())).claims


def test_an_auditor_reads_the_trail_and_sees_no_keys(provider: Within) -> None:
    olga = provider.person("olga", "--role", "auditor")
    browser = olga.sign_in(provider.browser())
    assert browser.visit(AUDIT).page == "admin-audit"
    assert browser.html.mark("data-chain") == "intact"
    assert "/admin/keys" not in browser.html.marks("href")
    browser.visit(KEYS)
    assert (browser.status, browser.error) == (403, "forbidden")
