"""axe-core finds nothing on any page, in light and in dark (WCAG 2.2 AA and more)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.pages.conftest import Visit
from tests.support.samples import FORM_POST

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
TAGS = [
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22aa",
    "best-practice",
]
RUN = """
tags => axe.run(document, {runOnly: tags, resultTypes: ["violations"]})
  .then(found => found.violations.map(violation =>
    violation.id + ": " + violation.nodes.map(node => node.html).join(" | ")))
"""


def findings(page: Page) -> list[str]:
    """Runs axe-core in the page and gives what it objects to."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN, TAGS)
    return found


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_finding(
    visiting: Callable[..., Visit], language: str, scheme: str
) -> None:
    visit = visiting(color_scheme=scheme)

    assert visit.everywhere(findings, language) == {}


def test_the_page_that_sends_itself_has_no_finding(
    visiting: Callable[..., Visit],
) -> None:
    visit = visiting()
    visit.page.route("**/app-*.js", lambda route: route.fulfill(body=""))

    assert findings(visit.open(FORM_POST)) == []


def test_opened_details_have_no_finding(visit: Visit) -> None:
    page = visit.open("enrol")
    for summary in page.locator("summary").all():
        summary.click()

    assert findings(page) == []


def test_axe_does_see_a_fault(visit: Visit) -> None:
    page = visit.open("totp")
    page.evaluate("document.querySelector('label').remove()")

    assert any(finding.startswith("label:") for finding in findings(page))
