"""oidc-client-ts in real Chromium: a public client whose code all runs in the page.

The page lives at localhost and the provider at 127.0.0.1, so every request between
them is one to another origin, and the browser decides what the page may read.
"""

import dataclasses
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page

from tests.clients import loopback
from tests.clients.npm import FOLDER
from tests.support.people import Person
from tests.support.provider import Provider

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.browser,
    pytest.mark.package_index,
]

SOURCES = FOLDER / "single_page"
PATHS = ("/", "/callback", "/beside", "/silent", "/signed-out")
# Fetches an address as the page would, and tells what the page may read of it.
FETCH = """async ([address, options]) => {
  try {
    const answer = await fetch(address, options);
    const challenge = answer.headers.get("WWW-Authenticate");
    return { status: answer.status, body: await answer.text(), challenge };
  } catch (error) {
    return { hidden: error.message };
  }
}"""


@dataclasses.dataclass
class Notes:
    """The application, open in a browser of somebody's own."""

    page: Page
    origin: str
    client_id: str

    def open(self) -> None:
        """Opens the start page."""
        self.page.goto(f"{self.origin}/")
        self.outcome("/")

    def press(self, button: str) -> None:
        """Presses a button of the application."""
        self.page.click(f"#{button}")

    def outcome(self, name: str) -> dict[str, Any]:
        """Waits until this was done, and gives what came of it."""
        done = self.page.wait_for_selector(f'[data-done="{name}"]')
        assert done is not None
        facts: dict[str, Any] = json.loads(done.inner_text())
        return facts

    def user(self, name: str) -> dict[str, Any]:
        """Waits until this was done, and gives who is signed in."""
        facts = self.outcome(name)
        assert "failed" not in facts, facts
        return dict(facts["user"])

    def fetch(self, address: str, **options: Any) -> dict[str, Any]:
        """Fetches from inside the page, as its own code could."""
        answer: dict[str, Any] = self.page.evaluate(FETCH, [address, options])
        return answer


@pytest.fixture
def notes(
    provider: Provider, packages: pathlib.Path, chromium: Browser
) -> Iterator[Notes]:
    settings: dict[str, str] = {"authority": provider.issuer}
    settings["scope"] = "openid profile email groups"
    library = packages / "oidc-client-ts/dist/browser/oidc-client-ts.min.js"
    contents: dict[str, loopback.Content] = {
        **dict.fromkeys(PATHS, SOURCES / "index.html"),
        "/application.js": SOURCES / "application.js",
        "/oidc-client-ts.js": library,
        "/settings.json": lambda: json.dumps(settings),
    }
    with loopback.files(contents) as port:
        origin = f"http://localhost:{port}"
        settings["client_id"] = register(provider, origin)
        with chromium.new_context() as context:
            yield Notes(context.new_page(), origin, settings["client_id"])


def register(provider: Provider, origin: str) -> str:
    """Registers the application by the command, as its developer would."""
    addresses = ["--redirect-uri", f"{origin}/callback"]
    addresses += ["--redirect-uri", f"{origin}/beside"]
    addresses += ["--redirect-uri", f"{origin}/silent"]
    addresses += ["--post-logout-redirect-uri", f"{origin}/signed-out"]
    create = ["client", "create", "Notes", "--public", *addresses, "--json"]
    return str(provider.command(*create)["client_id"])


def sign_in(page: Page, mia: Person) -> None:
    """Fills the provider's pages: password, then the code of the phone."""
    page.wait_for_selector("[data-page=login-password]")
    page.fill("[name=username]", mia.username)
    page.fill("[name=password]", mia.password)
    page.click("form[data-action=sign-in] button[type=submit]")
    page.wait_for_selector("[data-page=login-totp]")
    # With its script running, the page sends six digits by itself.
    page.fill("[name=code]", mia.phone.unused_code())


def test_it_signs_in_with_password_and_code(notes: Notes, mia: Person) -> None:
    notes.open()
    notes.press("sign-in")
    sign_in(notes.page, mia)

    user = notes.user("/callback")

    assert user["profile"]["sub"] == mia.id
    assert user["profile"]["acr"] == "mfa"
    assert set(user["scope"].split()) == {"openid", "profile", "email", "groups"}
    # Userinfo told this: the library has merged both answers.
    assert user["profile"]["given_name"] == "Mia"
    assert user["profile"]["email"] == f"{mia.username}@example.org"


def test_it_signs_in_through_a_window_beside(notes: Notes, mia: Person) -> None:
    notes.open()
    with notes.page.expect_popup() as opened:
        notes.press("sign-in-beside")
    sign_in(opened.value, mia)

    assert notes.user("sign-in-beside")["profile"]["sub"] == mia.id


def test_it_refreshes_behind_the_page(notes: Notes, mia: Person) -> None:
    notes.open()
    notes.press("sign-in")
    sign_in(notes.page, mia)
    first = notes.user("/callback")

    notes.press("refresh")

    second = notes.user("refresh")
    assert second["access"] != first["access"]
    for name in ("sub", "sid", "auth_time", "acr"):
        assert second["profile"][name] == first["profile"][name]


def test_a_hidden_frame_learns_that_the_person_has_to_sign_in(
    notes: Notes, mia: Person
) -> None:
    """Silent renewal by a frame: browsers keep cookies from it, so it is told no.

    Field report 8: never a form in a frame. The refresh token is the way.
    """
    notes.open()
    notes.press("sign-in")
    sign_in(notes.page, mia)
    notes.user("/callback")

    notes.press("renew")

    assert notes.outcome("renew") == {"failed": "login_required"}
    notes.press("refresh")
    assert notes.user("refresh")["profile"]["sub"] == mia.id


def test_what_it_gives_back_opens_nothing_any_more(
    notes: Notes, provider: Provider, mia: Person
) -> None:
    notes.open()
    notes.press("sign-in")
    sign_in(notes.page, mia)
    access = notes.user("/callback")["access"]
    holder = provider.caller(Authorization=f"Bearer {access}")
    assert holder.get("/userinfo").status == 200

    notes.press("revoke")

    assert "failed" not in notes.outcome("revoke")
    assert holder.get("/userinfo").status == 401


def test_signing_out_leads_back_and_the_next_visit_asks_again(
    notes: Notes, mia: Person
) -> None:
    notes.open()
    notes.press("sign-in")
    sign_in(notes.page, mia)
    notes.outcome("/callback")

    notes.press("sign-out")

    assert notes.outcome("/signed-out") == {"user": None}
    notes.press("sign-in")
    notes.page.wait_for_selector("[data-page=login-password]")


def test_the_page_can_read_why_a_code_was_refused(
    notes: Notes, provider: Provider
) -> None:
    notes.open()
    form = f"grant_type=authorization_code&code=none&client_id={notes.client_id}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = notes.fetch(
        f"{provider.issuer}/token", method="POST", headers=headers, body=form
    )

    assert answer["status"] == 400
    assert json.loads(answer["body"])["error"] == "invalid_grant"


def test_the_page_can_read_why_its_token_was_refused(
    notes: Notes, provider: Provider
) -> None:
    notes.open()
    answer = notes.fetch(
        f"{provider.issuer}/userinfo", headers={"Authorization": "Bearer none"}
    )
    assert answer["status"] == 401
    assert 'error="invalid_token"' in answer["challenge"]


def test_a_page_of_another_origin_reads_metadata_and_nothing_else(
    notes: Notes, provider: Provider
) -> None:
    # The same server under its other name is another origin.
    notes.page.goto(notes.origin.replace("localhost", "127.0.0.1") + "/settings.json")
    metadata = f"{provider.issuer}/.well-known/openid-configuration"
    assert notes.fetch(metadata)["status"] == 200

    headers = {"Authorization": "Bearer none"}
    assert "hidden" in notes.fetch(f"{provider.issuer}/userinfo", headers=headers)
    assert "hidden" in notes.fetch(f"{provider.issuer}/token", method="POST")
