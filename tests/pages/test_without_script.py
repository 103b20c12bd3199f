"""Every page is complete without JavaScript."""

from collections.abc import Callable

import pytest

from tests.pages.conftest import Visit
from tests.support.samples import CODES
from tests.support.samples import FORM_POST

pytestmark = pytest.mark.browser


@pytest.fixture
def visit(visiting: Callable[..., Visit]) -> Visit:
    return visiting(java_script_enabled=False)


def test_nothing_is_offered_that_needs_the_script(visit: Visit) -> None:
    offered = "button[type=button]:visible"

    assert visit.everywhere(lambda page: page.locator(offered).count()) == {}


@pytest.mark.parametrize(
    ("language", "moment"),
    [
        ("en", "25 November 2026, 13:04 UTC"),
        ("de", "25. November 2026, 13:04 UTC"),
    ],
)
def test_a_moment_is_written_as_the_language_does(
    visit: Visit, language: str, moment: str
) -> None:
    text = visit.open("settings", language).locator("dl.facts").inner_text()

    assert moment in text


def test_a_code_is_sent_by_the_button(visit: Visit) -> None:
    page = visit.open("totp")
    page.locator("#code").fill("123456")
    page.get_by_role("button", name="Sign In").click()

    assert visit.sent() == {"csrf_token": "token", "code": "123456"}


def test_the_way_to_a_backup_code_is_a_link(visit: Visit) -> None:
    page = visit.open("totp")

    assert page.get_by_role("link", name="Use backup code").get_attribute("href")


def test_the_backup_codes_can_be_read_and_confirmed(visit: Visit) -> None:
    page = visit.open("backup-codes")

    assert page.locator("[data-backup-code]").all_inner_texts() == list(CODES)
    page.get_by_label("I have saved these codes").check()
    page.get_by_role("button", name="Continue").click()
    assert visit.sent() == {"csrf_token": "token", "saved": "yes"}


def test_another_person_signs_in(visit: Visit) -> None:
    page = visit.open("totp")
    page.get_by_role("button", name="Not you?").click()

    assert visit.sent() == {"csrf_token": "token"}


def test_help_opens_without_a_script(visit: Visit) -> None:
    page = visit.open("password")
    page.get_by_text("Need help?").click()

    assert page.get_by_role("link", name="help@example.org").is_visible()


def test_an_answer_for_an_application_has_a_button(visit: Visit) -> None:
    page = visit.page
    page.goto(visit.screens.address(FORM_POST))
    page.get_by_role("button", name="Continue").click()

    assert page.url.endswith("/landed")
    assert visit.sent()["code"] == "abc"


def test_what_disabling_asks_for_appears_with_the_choice(visit: Visit) -> None:
    page = visit.open("admin-user")
    assert not page.locator("#reason").is_visible()

    page.locator("#mfa").select_option("disable")

    assert page.locator("#reason").is_visible()
    assert page.get_by_text("1 session ends").is_visible()


def test_a_lock_is_taken_off_from_inside_another_form(visit: Visit) -> None:
    page = visit.open("admin-user-locked")
    page.get_by_role("button", name="Unlock").click()

    assert visit.page.url.endswith("/unlock")


def test_moments_are_told_in_utc(visit: Visit) -> None:
    page = visit.open("settings")

    assert page.locator("dd time").first.inner_text() == "25 November 2026, 13:04 UTC"
