"""Administration of people, from door to door: the list, many at once, what ends."""

import csv
import io

import pytest

from tests.journeys.administrators import USERS
from tests.journeys.administrators import administrator
from tests.journeys.administrators import open_person
from tests.support.people import is_signed_in
from tests.support.providers import Maker
from tests.support.within import Within

HOSTILE = '=HYPERLINK("https://evil.example","x")'

OFF_MARKS = ("changed", "no-longer-required", "refused")


@pytest.fixture
def provider(new_provider: Maker) -> Within:
    """Gives a provider on SQLite: what the databases do differently is below."""
    return new_provider("sqlite")


@pytest.fixture
def on_each(new_provider: Maker, database_kind: str) -> Within:
    """Gives a provider, once on each database."""
    return new_provider(database_kind)


def test_the_first_page_counts_and_leads_to_those_who_need_attention(
    provider: Within,
) -> None:
    ben = provider.person("ben", "--mfa-required", enrolled=False)
    root = administrator(provider).visit("/admin")
    assert (root.page, root.html.mark("data-people")) == ("admin-home", "2")
    assert root.html.marks("data-attention") == ["required_not_enrolled"]
    href = next(one for one in root.html.marks("href") if "required_not" in one)
    assert root.visit(href).html.marks("data-user-id") == [ben.id]


def test_the_list_is_searched_filtered_and_says_why(on_each: Within) -> None:
    provider = on_each
    mia, ben = provider.person("mia"), provider.person("ben", enrolled=False)
    root = administrator(provider).visit(USERS)
    assert root.html.marks("data-username") == ["ben", "mia", "root"]
    assert "the organisation, the role administrator" in root.text
    root.fill("search", query="MI")
    assert root.html.marks("data-user-id") == [mia.id]
    root.visit(USERS, {"mfa": "none"})
    assert root.html.marks("data-user-id") == [ben.id]
    assert root.visit(USERS, {"mfa": "secret"}).status == 400
    assert root.visit(USERS, {"cursor": "forged"}).status == 400


def test_mfa_is_required_of_many_after_a_look_at_whom(on_each: Within) -> None:
    provider = on_each
    provider.policy("optional")
    ben = provider.person("ben", enrolled=False)
    cleo = provider.person("cleo", enrolled=False)
    root = administrator(provider).visit(USERS)
    root.fill("require-mfa", everybody="yes")
    assert root.page == "admin-users-require-mfa"
    assert root.html.mark("data-would-enrol") == "2"
    assert "ben" in root.text
    assert not provider.mfa_of(ben)["required"]
    root.fill("require-mfa")
    assert (root.page, root.html.mark("data-done")) == ("admin-users", "required")
    assert provider.mfa_of(ben)["required"]
    assert provider.mfa_of(cleo)["required"]


def test_what_was_required_of_many_is_taken_back_after_a_look(
    provider: Within,
) -> None:
    provider.policy("optional")
    provider.command("role", "create", "finance", "--mfa-required")
    ben = provider.person("ben", "--mfa-required")
    provider.person("fay", "--role", "finance", "--mfa-required")
    desk = administrator(provider, "dora", "helpdesk")
    provider.person("rex", "--role", "auditor", "--mfa-required")
    desk.visit(USERS).fill("require-mfa", everybody="yes", required="off")
    marks = [desk.html.mark(f"data-{word}") for word in OFF_MARKS]
    assert marks == ["2", "1", "2"]
    for name in ("ben", "fay", "dora", "rex"):
        assert name in desk.text, name
    assert provider.mfa_of(ben)["required"]
    desk.fill("require-mfa")
    assert (desk.page, desk.html.mark("data-done")) == ("admin-users", "not-required")
    assert "2 have more rights than you" in desk.text
    assert not provider.mfa_of(ben)["required"]


def test_only_those_ticked_are_meant_and_a_step_up_keeps_them(
    provider: Within,
) -> None:
    provider.policy("optional")
    ben = provider.person("ben", enrolled=False)
    cleo = provider.person("cleo", enrolled=False)
    root = provider.person("root", "--role", "administrator")
    browser = root.sign_in(provider.browser()).visit(USERS)
    browser.fill("require-mfa", user_ids=ben.id)
    provider.move.advance(minutes=10)
    browser.fill("require-mfa")
    root.enter_code(root.enter_password(browser))
    assert browser.page == "admin-users-require-mfa"
    assert not provider.mfa_of(ben)["required"]
    browser.fill("require-mfa")
    assert provider.mfa_of(ben)["required"]
    assert not provider.mfa_of(cleo)["required"]


def test_the_table_is_a_file_without_formulas(provider: Within) -> None:
    """AC-143, SEC-293"""
    provider.person("mia", "--name", HOSTILE)
    root = administrator(provider).visit(f"{USERS}.csv")
    assert root.answer.header("Content-Type") == "text/csv; charset=utf-8"
    assert root.answer.header("Cache-Control") == "no-store"
    assert "attachment" in str(root.answer.header("Content-Disposition"))
    rows = list(csv.DictReader(io.StringIO(root.answer.text)))
    assert [row["username"] for row in rows] == ["mia", "root"]
    assert rows[0]["name"] == f"'{HOSTILE}"
    assert (rows[0]["mfa_state"], rows[0]["active"]) == ("enrolled", "yes")


def test_a_person_is_created_with_a_password_shown_once(provider: Within) -> None:
    """SEC-026"""
    root = administrator(provider).visit(USERS).click("create-user")
    root.fill("create-user", username="root")
    assert (root.page, root.error) == ("admin-user-new", "bad-request")
    root.fill("create-user", username="nia", email="nia@example.org")
    first = root.html.mark("data-initial-password")
    assert (root.page, root.html.mark("data-username")) == ("admin-user", "nia")
    assert first is not None
    assert root.answer.header("Cache-Control") == "no-store"
    assert root.visit(root.at).html.mark("data-initial-password") is None
    hers = provider.browser().visit("/login")
    hers.fill("sign-in", username="nia", password=first)
    assert hers.page == "login-new-password"


def test_sessions_end_one_by_one_and_all_at_once(provider: Within) -> None:
    mia = provider.person("mia")
    first = mia.sign_in(provider.browser())
    provider.move.advance(minutes=1)
    second = mia.sign_in(provider.browser())
    root = open_person(administrator(provider), mia)
    newest = root.html.marks("data-session")[0]
    root.fill("end-session", sid=newest)
    assert root.html.mark("data-done") == "session-ended"
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)
    root.fill("end-sessions")
    assert root.html.marks("data-session") == []
    assert not is_signed_in(first)


def test_a_lock_is_taken_off(provider: Within) -> None:
    mia = provider.person("mia")
    for _ in range(2):
        hers = mia.enter_password(provider.browser().visit("/login"))
        for _ in range(5):
            hers.fill("sign-in", code=mia.phone.wrong_code())
    root = open_person(administrator(provider), mia)
    assert root.html.mark("data-mfa-state") == "locked"
    root.fill("unlock-user")
    assert root.html.mark("data-mfa-state") == "enrolled"
    provider.move.advance(seconds=60)
    assert is_signed_in(mia.sign_in(provider.browser()))


def test_codes_that_a_clock_ahead_used_up_are_given_back(provider: Within) -> None:
    """REL-031: the next ones count again, those of this moment do not"""
    mia = provider.person("mia")
    provider.move.advance(days=1)
    assert is_signed_in(mia.sign_in(provider.browser()))
    provider.move.advance(days=-1)
    root = open_person(administrator(provider), mia)
    assert "Codes used up" in root.text
    root.fill("unlock-user")
    assert root.html.mark("data-done") == "unlocked"
    assert "Codes used up" not in root.text
    assert "unlock-user" not in root.html.marks("data-action")
    hers = mia.enter_password(provider.browser().visit("/login"))
    for offset in (0, 1):
        mia.enter_code(hers, mia.phone.code(offset))
        assert hers.error == "used-code", offset
    provider.move.advance(seconds=60)
    assert is_signed_in(mia.enter_code(hers, mia.phone.code()))


def test_unlocking_makes_no_code_of_a_machine_a_little_ahead_fresh(
    provider: Within,
) -> None:
    """REL-032"""
    root, mia = administrator(provider), provider.person("mia")
    provider.move.advance(seconds=60)
    assert is_signed_in(mia.sign_in(provider.browser()))
    provider.move.advance(seconds=-60)
    assert "Codes used up" not in open_person(root, mia).text
    token = root.html.form("update-user").fields[0]
    root.post(f"{USERS}/{mia.id}/unlock", [token])
    assert root.html.mark("data-done") == "unlocked"
    provider.move.advance(seconds=60)
    hers = mia.enter_password(provider.browser().visit("/login"))
    assert mia.enter_code(hers, mia.phone.code()).error == "used-code"


def test_a_person_is_deleted_under_the_typed_name(provider: Within) -> None:
    mia = provider.person("mia")
    root = open_person(administrator(provider), mia)
    root.fill("delete-user", confirm_username="mia?")
    assert (root.page, root.error) == ("admin-user", "bad-request")
    root.fill("delete-user", confirm_username="mia")
    assert (root.page, root.html.mark("data-done")) == ("admin-users", "deleted")
    assert root.visit(f"{USERS}/{mia.id}").status == 404


def test_whoever_is_gone_meanwhile_is_not_found(provider: Within) -> None:
    mia = provider.person("mia")
    root = open_person(administrator(provider), mia)
    token = root.html.form("update-user").fields[0]
    provider.command("user", "delete", "mia", "--json")
    for path in ("", "/sessions", "/unlock", "/initial-password", "/delete"):
        typed = [("all", "yes"), ("confirm_username", "mia"), ("active", "off")]
        root.post(f"{USERS}/{mia.id}{path}", [token, *typed])
        assert (root.status, root.error) == (404, "not-found"), path
    assert root.visit(USERS).error is None


def test_whoever_holds_no_right_sees_nothing_of_administration(
    provider: Within,
) -> None:
    """AC-139, SEC-255"""
    mia = provider.person("mia")
    browser = mia.sign_in(provider.browser())
    assert "/admin/" not in browser.visit("/settings").html.marks("href")
    for path in ("/admin/", USERS, f"{USERS}/{mia.id}", f"{USERS}.csv"):
        browser.visit(path)
        assert (browser.status, browser.error) == (403, "forbidden"), path


def test_a_navigation_shows_what_may_be_opened(provider: Within) -> None:
    auditor = administrator(provider, "audrey", "auditor").visit("/settings")
    assert "/admin/" in auditor.html.marks("href")
    hrefs = auditor.visit("/admin/").html.marks("href")
    assert {USERS, "/admin/audit", "/api/v1/docs"} <= set(hrefs)
    assert "/admin/keys" not in hrefs
    form = auditor.visit(USERS).html.marks("data-action")
    assert "require-mfa" not in form
