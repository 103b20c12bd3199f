"""Row 8, in real Chromium: a session is seen on the way from another site.

The provider is at 127.0.0.1, the application at localhost: for a browser these are two
sites, so SameSite applies.
"""

import pathlib
import threading
import urllib.parse
from collections.abc import Iterator

import flask
import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.support.people import Person
from tests.support.provider import Provider
from tests.support.provider import serving
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.browser


@pytest.fixture
def provider(tmp_path: pathlib.Path) -> Iterator[Provider]:
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with chromium.new_context() as context:
        yield context.new_page()


@pytest.fixture
def other_site() -> Iterator[tuple[str, dict[str, str]]]:
    """Gives the origin of another site, and its pages by path."""
    pages: dict[str, str] = {"/cb": "<title>back</title>"}
    app = flask.Flask(__name__, static_folder=None)

    @app.get("/<path:path>")
    def show(path: str) -> str:
        return pages[f"/{path}"]

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}", pages
    server.shutdown()
    thread.join()
    server.server_close()


def sign_in(page: Page, mia: Person) -> None:
    """Signs in with a password and the next backup code."""
    page.fill("[name=username]", mia.username)
    page.fill("[name=password]", mia.password)
    page.click("form[data-action=sign-in] button[type=submit]")
    page.click("[data-action=use-backup-code]")
    page.fill("[name=backup_code]", mia.backup_codes.pop())
    page.click("form[data-action=sign-in] button[type=submit]")
    page.wait_for_selector("[data-page=login-notice]")
    page.click("form[data-action=continue-as] button")


def answer_in(address: str) -> dict[str, str]:
    """Gives the parameters of an answer."""
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))


def registered(provider: Provider, origin: str) -> RelyingParty:
    """Registers the application of the other site."""
    return provider.client("Other", "--redirect-uri", f"{origin}/cb")


def test_a_link_from_another_site_needs_no_page(
    provider: Provider, page: Page, other_site: tuple[str, dict[str, str]]
) -> None:
    origin, pages = other_site
    mia, app = provider.person("mia"), registered(provider, origin)
    app.pending = app.request()
    pages["/link"] = f'<a href="{app.pending.url.replace("&", "&amp;")}">go</a>'
    page.goto(f"{provider.issuer}/login")
    sign_in(page, mia)

    page.goto(f"{origin}/link")
    page.click("a")
    page.wait_for_url(f"{origin}/cb?**")
    assert app.redeem(answer_in(page.url)["code"]).status == 200


def test_a_form_posted_from_another_site_ends_in_a_code(
    provider: Provider, page: Page, other_site: tuple[str, dict[str, str]]
) -> None:
    origin, pages = other_site
    mia, app = provider.person("mia"), registered(provider, origin)
    app.pending = app.request()
    address, _, query = app.pending.url.partition("?")
    inputs = "".join(
        f'<input type="hidden" name="{name}" value="{value}">'
        for name, value in urllib.parse.parse_qsl(query)
    )
    form = f'<form method="post" action="{address}">{inputs}</form>'
    pages["/form"] = form + "<script>document.forms[0].submit()</script>"
    page.goto(f"{provider.issuer}/login")
    sign_in(page, mia)

    page.goto(f"{origin}/form")
    page.wait_for_load_state()
    if page.locator("[data-page=login-password]").count():
        sign_in(page, mia)
    page.wait_for_url(f"{origin}/cb?**")
    answer = answer_in(page.url)
    assert answer["state"] == app.pending.state
    assert app.redeem(answer["code"]).status == 200


def test_a_hidden_frame_of_another_site_never_holds_a_login_form(
    provider: Provider, page: Page, other_site: tuple[str, dict[str, str]]
) -> None:
    origin, pages = other_site
    mia, app = provider.person("mia"), registered(provider, origin)
    app.pending = app.request(prompt="none")
    source = app.pending.url.replace("&", "&amp;")
    pages["/frame"] = f'<iframe src="{source}"></iframe>'
    page.goto(f"{provider.issuer}/login")
    sign_in(page, mia)

    page.goto(f"{origin}/frame", wait_until="networkidle")
    frame = page.frames[1]
    assert frame.locator("form").count() == 0
    if frame.url.startswith(origin):
        assert answer_in(frame.url)["error"] == "login_required"
