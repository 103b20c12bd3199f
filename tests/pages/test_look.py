"""Shades, drawings, static names and languages: the parts under the pages."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from idp.web import assets
from idp.web import colours
from idp.web import languages
from idp.web import qr
from idp.web import theme
from tests.support import needs
from tests.support.screens import LOOK
from tests.support.screens import create_app

ACCENTS = [
    None,
    "#000000",
    "#fff",
    "#ffd400",
    "#ff0055",
    "#00ff00",
    "#7f7f7f",
    "#1d4ed8",
]
SURFACES = [theme.LIGHT, theme.DARK]
STYLE = (assets.STATIC_DIR / "app.css").read_text(encoding="utf-8")


def ratio(first: str, second: str) -> float:
    """Gives the contrast of two colours as they are written in a sheet."""
    return colours.contrast(colours.parse(first), colours.parse(second))


def test_contrast_is_that_of_the_guideline() -> None:
    assert ratio("#000", "#fff") == pytest.approx(21)
    assert ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("accent", ACCENTS)
@pytest.mark.parametrize("surfaces", SURFACES)
def test_every_accent_can_be_read(accent: str | None, surfaces: theme.Surfaces) -> None:
    shades = theme.shades(accent, surfaces)

    assert ratio(shades.on_accent, shades.accent) >= 4.5
    assert ratio(shades.on_accent, shades.accent_strong) >= 4.5
    assert ratio(shades.accent, surfaces.card) >= 3
    for ground in (surfaces.page, surfaces.card, shades.accent_soft):
        assert ratio(shades.accent_text, ground) >= 4.5


@pytest.mark.parametrize("accent", ACCENTS)
def test_pointing_at_a_button_changes_it(accent: str | None) -> None:
    for surfaces in SURFACES:
        shades = theme.shades(accent, surfaces)
        assert shades.accent != shades.accent_strong


def test_an_accent_keeps_its_hue() -> None:
    red, green, blue = colours.parse(theme.shades("#1d4ed8", theme.DARK).accent)

    assert blue > green > red


@pytest.mark.parametrize("bad", ["", "red", "#12", "#1234", "#gggggg", "#000;}body{"])
def test_what_is_no_colour_reaches_no_sheet(bad: str) -> None:
    assert theme.stylesheet(bad) == theme.stylesheet(None)


def test_the_sheet_and_the_theme_agree_on_the_surfaces() -> None:
    light, dark = re.findall(r"--page: (#\w+);\s*--card: (#\w+);", STYLE)[:2]

    assert light == (theme.LIGHT.page, theme.LIGHT.card)
    assert dark == (theme.DARK.page, theme.DARK.card)


def test_colours_stand_in_the_first_blocks_only() -> None:
    rules = STYLE[STYLE.index("/* Ground */") : STYLE.index("/* Paper")]

    assert re.findall(r"(?:#[0-9a-f]{3,8}\b|rgb\()", rules) == ["#fff"]  # the QR code


@pytest.mark.parametrize(
    "uri",
    [
        "otpauth://totp/Ostiary:bob?secret=JBSWY3DPEHPK3PXP&issuer=Ostiary",
        "otpauth://totp/A%20%26%20S%C3%B6:a%2Bb@c.d?secret=JBSW&issuer=A%20%26%20S%C3%B6",
    ],
)
@pytest.mark.browser
def test_a_scanner_reads_the_link(chromium: Browser, tmp_path: Path, uri: str) -> None:
    zbarimg = needs.need("zbarimg")
    code = qr.svg_path(uri)
    page = chromium.new_page()
    page.set_content(
        f'<svg viewBox="0 0 {code.size} {code.size}" width="400" height="400">'
        f'<path d="{code.path_d}"/></svg>'
    )
    page.locator("svg").screenshot(path=tmp_path / "code.png")
    page.close()

    read = subprocess.run(
        [zbarimg, "--quiet", "--raw", tmp_path / "code.png"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert read.stdout.strip() == uri


def test_the_quiet_zone_is_four_modules() -> None:
    code = qr.svg_path("otpauth://totp/x")
    starts = [int(x) for x in re.findall(r"M(\d+) ", code.path_d)]

    assert min(starts) == 4
    assert code.size == 21 + 2 * 4 or code.size == 25 + 2 * 4


def test_a_static_name_carries_the_hash_of_the_file() -> None:
    body = (assets.STATIC_DIR / "app.css").read_bytes()
    name = assets.Assets(None, None).name_of("app.css")

    assert name == f"app-{hashlib.sha256(body).hexdigest()[:12]}.css"


def test_another_accent_is_another_name() -> None:
    plain = assets.Assets(None, None).name_of(assets.THEME)

    assert assets.Assets("#aa3355", None).name_of(assets.THEME) != plain


def test_static_files_are_kept_for_a_year() -> None:
    client = create_app(LOOK, []).test_client()
    name = assets.Assets(None, None).name_of("app.js")
    answer = client.get(f"/static/{name}")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.content_type == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("name", ["app.js", "app-000000000000.js", "..%2fapp.py"])
def test_no_other_name_is_served(name: str) -> None:
    assert create_app(LOOK, []).test_client().get(f"/static/{name}").status_code == 404


def test_a_logo_takes_the_place_of_the_name(tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    kept = assets.Assets(None, logo)

    assert re.fullmatch(r"logo-[0-9a-f]{12}\.svg", kept.name_of(assets.LOGO))


@pytest.mark.parametrize(
    ("wishes", "header", "spoken"),
    [
        ([], None, "en"),
        (["de"], "en", "de"),
        ([None, "fr", "de-CH"], "en", "de"),
        (["EN-gb"], "de", "en"),
        ([None], "de-AT,de;q=0.9,en;q=0.5", "de"),
        ([], "fr-FR, en;q=0.3, de;q=0.8", "de"),
        ([], "fr, *;q=0.1", "en"),
        (["../../etc"], ";;q=,\x00", "en"),
    ],
)
def test_the_first_language_we_speak_is_taken(
    wishes: list[str | None], header: str | None, spoken: str
) -> None:
    assert languages.best(wishes, header) == spoken
