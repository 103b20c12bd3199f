"""The set-up as a telephone sees it: the code on the screen, scanned and counted with.

The page is drawn by a real Chromium, read by zbar, and the six digits come from
oathtool: nothing of ours checks itself (SEC-040, ``product.md`` R2).
"""

import pathlib
import subprocess
import urllib.parse
from typing import Literal

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Route

from tests.support.browser import Browser
from tests.support.needs import need
from tests.support.providers import Maker
from tests.support.within import Within

pytestmark = pytest.mark.browser

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
PARROT = "\U0001f99c"
NAMES = {
    "plain": ("Ostiary", "mia"),
    "blanks and plus": ("Example Co & Söhne 100%", "ana+x y@example.org"),
    "colons": ("Works: North", "north:ana: b"),
    "umlauts": ("Müller & Töchter", "jörg große"),
    "emoji": (f"{PARROT} Aviary", f"{FAMILY} {PARROT}"),
    "parameters": ("a&issuer=Evil", 'a&issuer=Evil&secret=AAAA"?x=1#y'),
    "slashes and percents": ("50%/100%25", "a/b\\c%2Fd%"),
    "other scripts": ("שומר סף", "门卫 привратник"),
    "longest": ("W" * 64, "m" * 128),
    "longest, all to be encoded": ("&" * 64, "%" * 128),
    "longest emoji": (PARROT * 64, PARROT * 128),
}
PARAMETERS = ["algorithm", "digits", "issuer", "period", "secret"]
BOTH = [*((kind, "dark") for kind in NAMES), ("umlauts", "light")]


def photograph(
    chromium: Chromium, provider: Within, shown: Browser, scheme: str
) -> bytes:
    """Draws the page that a browser is at, with its style, and takes the QR code."""

    def answer(route: Route) -> None:
        here = route.request.url == shown.at
        found = shown.answer if here else provider.http.get(route.request.url)
        route.fulfill(status=found.status, headers=dict(found.headers), body=found.body)

    theme: Literal["light", "dark"] = "light" if scheme == "light" else "dark"
    with chromium.new_context(
        color_scheme=theme,
        viewport={"width": 360, "height": 800},
        device_scale_factor=3,
    ) as context:
        page = context.new_page()
        page.route("**/*", answer)
        page.goto(shown.at)
        return page.locator("svg.qr").screenshot()


def scanned(picture: bytes, folder: pathlib.Path) -> str:
    """Reads a picture as a telephone does."""
    file = folder / "qr.png"
    file.write_bytes(picture)
    command = [need("zbarimg"), "--quiet", "--raw", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def counted(secret: str, provider: Within) -> str:
    """Gives the code of this moment, by another program."""
    at = f"--now={provider.move.now:%Y-%m-%d %H:%M:%S UTC}"
    command = [need("oathtool"), "--base32", "--totp", at, secret]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(("kind", "scheme"), BOTH)
def test_a_telephone_reads_the_names_whatever_they_hold(
    new_provider: Maker,
    chromium: Chromium,
    tmp_path: pathlib.Path,
    kind: str,
    scheme: str,
) -> None:
    organisation, username = NAMES[kind]
    provider = new_provider(IDP_ORGANISATION=organisation)
    person = provider.person(username, enrolled=False)
    browser = person.enter_password(provider.browser().visit("/login"))
    uri = scanned(photograph(chromium, provider, browser, scheme), tmp_path)
    assert [uri] == [one for one in browser.html.marks("href") if "otpauth:" in one]

    parts = urllib.parse.urlsplit(uri)
    query = urllib.parse.parse_qsl(parts.query, strict_parsing=True)
    issuer = organisation.replace(":", "")
    assert (parts.scheme, parts.netloc, parts.fragment) == ("otpauth", "totp", "")
    assert urllib.parse.unquote(parts.path[1:]) == f"{issuer}:{username}"
    assert sorted(name for name, _ in query) == PARAMETERS
    assert dict(query)["issuer"] == issuer
    browser.fill("register-device", code=counted(dict(query)["secret"], provider))
    assert browser.page == "enrol-backup-codes"
