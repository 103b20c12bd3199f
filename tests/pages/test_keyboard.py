"""Every page works with the keyboard alone, and one always sees where one is."""

import pytest
from playwright.sync_api import Page

from tests.pages.conftest import Visit

pytestmark = pytest.mark.browser

FOCUSED = "() => document.activeElement.dataset.action || document.activeElement.name"
# Of some radio buttons Tab reaches one, the arrows reach the others.
UNREACHED = """
() => [...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter(element => element.checkVisibility() && element.tabIndex >= 0
    && !["hidden", "radio"].includes(element.type) && !element.disabled
    && !element.dataset.reached)
  .map(element => element.outerHTML)
"""
VISIBLE_FOCUS = """
() => {
  const element = document.activeElement;
  element.dataset.reached = "yes";
  const style = getComputedStyle(element);
  return element === document.body || (style.outlineStyle !== "none"
    && parseFloat(style.outlineWidth) >= 2);
}
"""


def press_until(page: Page, wanted: str) -> None:
    """Presses Tab until the element with this name or action has the focus."""
    for _ in range(30):
        if page.evaluate(FOCUSED) == wanted:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reached {wanted}")


def test_tab_reaches_everything_and_shows_where(visit: Visit) -> None:
    assert visit.everywhere(walk) == {}


def walk(page: Page) -> list[str]:
    """Presses Tab all the way and gives what had no ring or was never reached."""
    unseen = []
    stops = page.locator("a, button, input, select, textarea, summary").count()
    stops += 3 * page.locator("input[type=date]").count()  # day, month, year, calendar
    for _ in range(stops + 2):
        page.keyboard.press("Tab")
        if not page.evaluate(VISIBLE_FOCUS):
            unseen.append(page.evaluate("document.activeElement.outerHTML"))
    return unseen + page.evaluate(UNREACHED)


def test_a_password_is_sent_by_enter(visit: Visit) -> None:
    page = visit.open("password")
    page.keyboard.type("alice")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert visit.sent() == {
        "csrf_token": "token",
        "username": "alice",
        "password": "correct horse",
    }


def test_after_a_failed_attempt_the_password_has_the_focus(visit: Visit) -> None:
    page = visit.open("password-wrong")

    assert page.evaluate(FOCUSED) == "password"
    assert page.locator("#username").input_value() == "alice"


def test_a_code_is_typed_at_once(visit: Visit) -> None:
    page = visit.open("totp")
    page.keyboard.type("12345")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert visit.sent() == {"csrf_token": "token", "code": "12345"}


def test_the_codes_are_confirmed_with_the_blank_bar(visit: Visit) -> None:
    page = visit.open("backup-codes")
    press_until(page, "saved")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert visit.sent() == {"csrf_token": "token", "saved": "yes"}


def test_without_the_tick_nothing_goes_on(visit: Visit) -> None:
    page = visit.open("backup-codes")
    page.get_by_role("button", name="Continue").press("Enter")

    assert page.locator("#saved").evaluate("e => e.matches(':invalid')")
    assert visit.screens.sent == []


def test_consent_is_refused_with_the_keyboard(visit: Visit) -> None:
    page = visit.open("consent")
    press_until(page, "decision")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert visit.sent() == {"csrf_token": "token", "decision": "deny"}


def test_mfa_of_somebody_is_disabled_with_the_keyboard(visit: Visit) -> None:
    """R7: the row *MFA*, *Disable*, what it asks for, *Update*"""
    page = visit.open("admin-user")
    assert not page.locator("#reason").is_visible()
    press_until(page, "mfa")
    page.keyboard.press("ArrowDown")
    press_until(page, "reason")
    page.keyboard.type("phone lost")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert visit.sent()["mfa"] == "disable"
    assert visit.sent()["reason"] == "phone lost"
    assert visit.sent()["mfa_required"] == "off"


def test_the_language_is_changed_with_the_keyboard(visit: Visit) -> None:
    page = visit.open("totp")
    press_until(page, "language")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert visit.sent() == {"csrf_token": "token", "language": "de"}
