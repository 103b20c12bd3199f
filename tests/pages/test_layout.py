"""Every page fits every screen, in both languages, whatever people are called."""

from collections.abc import Callable
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.pages.conftest import Visit
from tests.support import screens
from tests.support.screens import Screens

pytestmark = pytest.mark.browser

OVERFLOW = """
() => {
  const wide = [...document.querySelectorAll("body *")].filter(element => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && (box.right > innerWidth + 0.5 || box.left < -0.5);
  });
  return wide.map(element => element.tagName + "." + element.getAttribute("class"));
}
"""
OUT_OF_ITS_CARD = """
() => [...document.querySelectorAll(".card table")]
  .filter(element => element.getBoundingClientRect().right
    > element.closest(".card").getBoundingClientRect().right - 8)
  .map(element => element.outerHTML.slice(0, 80))
"""
SMALL = """
() => [...document.querySelectorAll("button, input, summary, .button")]
  .filter(element => element.checkVisibility() && element.type !== "hidden"
    && !["checkbox", "radio"].includes(element.type)
    && !element.classList.contains("for-managers"))
  .filter(element => element.getBoundingClientRect().height < 44)
  .map(element => element.outerHTML)
"""


@pytest.fixture(scope="session")
def long_named() -> Iterator[Screens]:
    with screens.serving(screens.LONG_LOOK) as served:
        yield served


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_page_scrolls_sideways(
    visiting: Callable[..., Visit], language: str, width: int
) -> None:
    visit = visiting(viewport={"width": width, "height": 700})

    assert visit.everywhere(lambda page: page.evaluate(OVERFLOW), language) == {}


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_table_stays_within_its_card(
    visiting: Callable[..., Visit], language: str
) -> None:
    page = visiting(viewport={"width": 320, "height": 700})

    assert page.open("admin-home", language).evaluate(OUT_OF_ITS_CARD) == []


def test_a_long_organisation_fits(
    visiting: Callable[..., Visit], long_named: Screens
) -> None:
    visit = visiting(long_named, viewport={"width": 320, "height": 600})

    assert visit.everywhere(lambda page: page.evaluate(OVERFLOW)) == {}


def test_controls_are_big_enough_for_a_finger(visit: Visit) -> None:
    assert visit.everywhere(lambda page: page.evaluate(SMALL)) == {}


def test_a_card_is_26_rem_wide(visit: Visit) -> None:
    page = visit.open("password")

    assert page.locator("main").bounding_box()["width"] == 26 * 16


@pytest.mark.parametrize("width", [768, 1280])
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_settings_have_their_navigation_beside_them(
    visiting: Callable[..., Visit], language: str, width: int
) -> None:
    visit = visiting(viewport={"width": width, "height": 700})
    page = visit.open("settings-mfa", language)
    beside = page.locator("nav.sections").bounding_box()
    heading = page.locator("h1").bounding_box()

    assert beside["x"] + beside["width"] < heading["x"]
    assert beside["y"] < heading["y"] + heading["height"]


@pytest.mark.parametrize("width", [320, 1280])
def test_buttons_side_by_side_stand_on_one_line(
    visiting: Callable[..., Visit], width: int
) -> None:
    page = visiting(viewport={"width": width, "height": 700}).open("consent", "de")
    allow, cancel = (one.bounding_box() for one in page.locator(".pair button").all())

    assert allow["y"] == cancel["y"]
    assert allow["height"] == cancel["height"]


def test_the_number_in_the_ring_stays_within_it(visit: Visit) -> None:
    page = visit.open("admin-home-well")
    page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert page.locator(".ring-number").evaluate("e => e.getBBox().width") < 80


def test_what_a_colour_tells_is_told_without_colours_too(
    visiting: Callable[..., Visit],
) -> None:
    visit = visiting(forced_colors="active")
    edge = "e => getComputedStyle(e).borderTopWidth"

    assert visit.open("password-wrong").locator(".box").evaluate(edge) == "1px"
    here = "[aria-current]:not(span)"
    assert visit.open("settings").locator(here).evaluate(edge) == "2px"
    assert visit.open("admin-users").locator(here).first.evaluate(edge) == "2px"


def test_a_name_from_right_to_left_leaves_the_sentence_alone(visit: Visit) -> None:
    page = visit.open("password-rtl")

    assert page.locator("h1 bdi").evaluate("e => getComputedStyle(e).direction") == (
        "rtl"
    )
    assert page.locator("h1").evaluate("e => getComputedStyle(e).direction") == "ltr"


def test_a_text_twice_as_large_still_fits(visiting: Callable[..., Visit]) -> None:
    visit = visiting(viewport={"width": 640, "height": 700})

    def overflow(page: Page) -> object:
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        return page.evaluate(OVERFLOW)

    assert visit.everywhere(overflow) == {}


def test_paper_carries_the_codes_and_whose_they_are(visit: Visit) -> None:
    page = visit.open("backup-codes")
    page.emulate_media(media="print")

    text = page.locator("body").inner_text()

    assert "bob" in text
    assert "25 November 2026" in text
    assert len(page.locator("[data-backup-code]:visible").all()) == 10
    assert "Continue" not in text
    assert "Deutsch" not in text
