"""Real Chromium signs out of an application that knows front-channel logout only."""

import socket
import urllib.parse
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page

from tests.clients import loopback
from tests.support.browser import Browser as Jar
from tests.support.people import Person
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty

pytestmark = [pytest.mark.foreign, pytest.mark.browser]


@pytest.fixture
def origin() -> Iterator[str]:
    """Gives an application's origin; it signs out at `/out`."""
    pages = {name: lambda: "<!doctype html>ok" for name in ("/out", "/bye")}
    with loopback.files(pages) as port:
        yield f"http://localhost:{port}"


@pytest.fixture
def silent() -> Iterator[str]:
    """Gives an origin that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def application(provider: Provider, origin: str, after: str) -> RelyingParty:
    return provider.client(
        "Old",
        *("--redirect-uri", f"{origin}/cb"),
        *("--post-logout-redirect-uri", after),
        *("--frontchannel-logout-uri", f"{origin}/out"),
    )


def sign_out(
    jar: Jar, old: RelyingParty, page: Page, after: str
) -> dict[str, dict[str, list[str]]]:
    """Signs out in Chromium; gives what the page asked other sites for."""
    hint = old.collect(jar).answer["id_token"]
    cookies = [
        {"name": name, "value": value, "url": jar.issuer}
        for name, value in jar.cookies.items()
    ]
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    fields = {"id_token_hint": hint, "post_logout_redirect_uri": after}
    page.goto(
        f"{jar.issuer}/end_session?{urllib.parse.urlencode(fields)}",
        wait_until="commit",
    )
    page.wait_for_url(after)
    parts = [url.partition("?") for url in asked if not url.startswith(jar.issuer)]
    return {address: urllib.parse.parse_qs(query) for address, _, query in parts}


def signed_in(provider: Provider, mia: Person, old: RelyingParty) -> Jar:
    jar = old.ask(provider.browser())
    return mia.enter_code(mia.enter_password(jar))


def test_its_page_is_loaded_and_then_the_browser_goes_back(
    provider: Provider, chromium: Browser, mia: Person, origin: str
) -> None:
    after = f"{origin}/bye"
    old = application(provider, origin, after)
    jar = signed_in(provider, mia, old)
    with chromium.new_context() as context:
        asked = sign_out(jar, old, context.new_page(), after)
    assert list(asked)[:2] == [f"{origin}/out", after]
    assert set(asked[f"{origin}/out"]) == {"iss", "sid"}


def test_the_browser_waits_for_nobody_for_ever(
    provider: Provider, chromium: Browser, mia: Person, origin: str, silent: str
) -> None:
    after = f"{origin}/bye"
    old = application(provider, silent, after)
    jar = signed_in(provider, mia, old)
    with chromium.new_context() as context:
        asked = sign_out(jar, old, context.new_page(), after)
    assert list(asked)[:2] == [f"{silent}/out", after]


def test_without_script_there_is_a_link(
    provider: Provider, chromium: Browser, mia: Person, origin: str
) -> None:
    after = f"{origin}/bye"
    old = application(provider, origin, after)
    jar = signed_in(provider, mia, old)
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.on("load", lambda _: page.click(f'a[href="{after}"]'))
        assert f"{origin}/out" in sign_out(jar, old, page, after)
