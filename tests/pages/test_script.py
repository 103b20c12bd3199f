"""The script adds comfort: it sends, shows, copies and keeps from sending twice."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import Visit
from tests.support.samples import CODES
from tests.support.samples import FORM_POST
from tests.support.samples import SECRET

pytestmark = pytest.mark.browser

COPIED = "() => navigator.clipboard.readText()"
KEEP_HERE = """
() => document.forms[0].addEventListener("submit", event => {
  const sendings = event.target.dataset.sendings || 0;
  if (!event.defaultPrevented) event.target.dataset.sendings = Number(sendings) + 1;
  event.preventDefault();
})
"""
MAY_COPY = {"permissions": ["clipboard-read", "clipboard-write"]}


@pytest.mark.parametrize("typed", ["123456", "123 456", "123-456", "012\u00a0345"])
def test_the_last_digit_sends_the_code(visit: Visit, typed: str) -> None:
    page = visit.open("totp")
    with page.expect_navigation():
        page.locator("#code").press_sequentially(typed)

    assert visit.sent()["code"] == typed


def test_a_pasted_code_is_sent(visit: Visit) -> None:
    page = visit.open("totp")
    with page.expect_navigation():
        page.locator("#code").fill("004711")

    assert visit.sent()["code"] == "004711"


def test_a_backup_code_in_the_wrong_field_is_not_sent_half_typed(visit: Visit) -> None:
    page = visit.open("totp")
    page.locator("#code").press_sequentially("7F0-K2M1-9D1V")

    assert page.locator("#code").input_value() == "7F0-K2M1-9D1V"
    assert visit.screens.sent == []


def test_two_presses_are_one_request(visit: Visit) -> None:
    page = visit.open("notice")
    page.evaluate(KEEP_HERE)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()

    assert page.evaluate("document.forms[0].dataset.sendings") == "1"


def test_the_password_is_shown_and_hidden(visit: Visit) -> None:
    page = visit.open("password")
    button = page.get_by_role("button", name="Show password")
    button.click()

    expect(page.locator("#password")).to_have_attribute("type", "text")
    expect(page.locator("#password")).to_be_focused()
    page.get_by_role("button", name="Hide password").click()
    expect(page.locator("#password")).to_have_attribute("type", "password")


def test_a_shown_password_is_sent_as_a_password(visit: Visit) -> None:
    page = visit.open("password-wrong")
    page.locator("#password").fill("secret words")
    page.get_by_role("button", name="Show password").click()
    page.evaluate(KEEP_HERE)
    page.get_by_role("button", name="Sign In").click()

    expect(page.locator("#password")).to_have_attribute("type", "password")


def test_the_key_is_copied_without_blanks(visiting: Callable[..., Visit]) -> None:
    page = visiting(**MAY_COPY).open("enrol")
    page.get_by_role("button", name="Copy key").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate(COPIED) == SECRET


def test_the_key_is_selected_without_blanks(visiting: Callable[..., Visit]) -> None:
    page = visiting(**MAY_COPY).open("enrol")
    page.locator("#secret").click()
    page.keyboard.press("Control+c")

    assert page.evaluate(COPIED) == SECRET


def test_the_backup_codes_are_copied_one_a_line(visiting: Callable[..., Visit]) -> None:
    page = visiting(**MAY_COPY).open("backup-codes")
    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate(COPIED).split() == list(CODES)


def test_a_configuration_is_copied_line_by_line(
    visiting: Callable[..., Visit],
) -> None:
    page = visiting(**MAY_COPY).open("admin-application-made")
    page.get_by_text("oauth2-proxy", exact=True).click()
    page.locator("details[open]").get_by_role("button", name="Copy").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    lines = page.evaluate(COPIED).splitlines()
    assert 'oidc_issuer_url = "https://sso.example.org"' in lines
    assert 'client_id = "wiki"' in lines


def test_what_is_handed_out_can_be_asked_for_twice(visit: Visit) -> None:
    page = visit.open("admin-audit")
    page.evaluate(KEEP_HERE)
    for _ in range(2):
        page.get_by_role("button", name="Table (CSV)").click()

    form = page.locator("[data-action=export-audit]")
    assert form.evaluate("form => form.dataset.sent") is None


def test_the_backup_codes_are_saved_as_a_file(visit: Visit) -> None:
    page = visit.open("backup-codes")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()

    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert download.value.suggested_filename == (
        "Ostiary-backup-codes-bob-2026-11-25.txt"
    )
    assert text.splitlines()[:3] == [
        "Backup codes for bob at Ostiary",
        "25 November 2026",
        "https://sso.example.org",
    ]
    assert text.split()[-10:] == list(CODES)


def test_print_opens_the_dialogue(visit: Visit) -> None:
    page = visit.page
    page.add_init_script("window.print = () => { document.title = 'printed'; }")
    visit.open("backup-codes")
    page.get_by_role("button", name="Print").click()

    expect(page).to_have_title("printed")


def test_moments_are_told_in_the_zone_of_the_reader(
    visiting: Callable[..., Visit],
) -> None:
    page = visiting(timezone_id="Asia/Tokyo", locale="de-DE").open("settings", "de")
    moment = page.locator("dd time").first

    expect(moment).to_have_text("25. November 2026 um 22:04")
    expect(moment).to_have_attribute("title", "2026-11-25 13:04:05+00:00")


def test_an_answer_for_an_application_sends_itself(visit: Visit) -> None:
    page = visit.page
    page.goto(visit.screens.address(FORM_POST))
    page.wait_for_url("**/landed")

    assert visit.sent() == {"code": "abc", "state": '"><script>x</script>'}
