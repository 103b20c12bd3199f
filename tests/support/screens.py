"""Shows every page with sample values, without the program behind it.

``serving()`` is for the page tests; as a command it photographs all pages at three
widths, light and dark: ``python -m tests.support.screens --out var/screenshots``.
"""

import argparse
import contextlib
import dataclasses
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from flask import Response
from flask import abort
from flask import request
from playwright.sync_api import sync_playwright
from werkzeug.serving import WSGIRequestHandler
from werkzeug.serving import make_server

from idp.web import assets
from idp.web import languages
from idp.web import pages
from idp.web import rendering
from idp.web.browser import with_frames
from tests.support import needs
from tests.support.chromium import launch
from tests.support.samples import FORM_POST
from tests.support.samples import FORM_POST_PAGE
from tests.support.samples import FRAMED
from tests.support.samples import LONG_NAME
from tests.support.samples import SCREENS

WIDTHS = (320, 768, 1280)
SCHEMES = ("light", "dark")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
# The README's pictures: sample, scheme, width and height.
README = {
    "sign-in.png": ("password-named", "light", 760, 550),
    "set-up.png": ("enrol", "dark", 760, 1450),
    "administration.png": ("admin-home", "light", 1180, 820),
}
LOOK = rendering.Look(
    organisation="Ostiary",
    address="https://sso.example.org",
    help_text="Help desk: room 12, phone 1234, help@example.org",
)
LONG_LOOK = dataclasses.replace(LOOK, organisation=LONG_NAME[:64], help_text=None)


@dataclasses.dataclass(frozen=True, slots=True)
class Screens:
    """Where the samples are shown, and what their forms have sent."""

    origin: str
    sent: list[dict[str, str]]

    def address(self, name: str, language: str = "en") -> str:
        """Gives the address of one sample."""
        return f"{self.origin}/screens/{name}?language={language}"


def create_app(look: rendering.Look, sent: list[dict[str, str]]) -> Flask:
    """Builds an application that shows samples and notes what their forms send."""
    app = Flask(__name__, static_folder=None)
    rendering.install(app, look, choose_language=_wanted_language)
    app.register_blueprint(assets.blueprint)

    @app.route("/screens/<name>", methods=["GET", "POST"])
    def show(name: str) -> Response:
        if request.method == "POST":
            sent.append(request.form.to_dict())
        return _shown(name)

    @app.post("/landed")
    def land() -> str:
        sent.append(request.form.to_dict())
        return rendering.render(SCREENS["notice-signed-in"])

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response

    return app


def _shown(name: str) -> Response:
    if name == FORM_POST:
        return Response(rendering.render(FORM_POST_PAGE))
    if name not in SCREENS:
        abort(404)
    page = SCREENS[name]
    shown = Response(rendering.render(filled(page)))
    if isinstance(page, pages.LoggedOutPage) and page.frames:
        with_frames(shown, [FRAMED.removesuffix("/out")])
    return shown


def filled(page: pages.Page) -> pages.Page:
    """Gives the sample a token and a language switch, as a view would."""
    return dataclasses.replace(page, csrf_token="token", language_action="#")


@contextlib.contextmanager
def serving(look: rendering.Look = LOOK) -> Iterator[Screens]:
    """Serves the samples on a free loopback port."""
    sent: list[dict[str, str]] = []
    server = make_server(
        "127.0.0.1", 0, create_app(look, sent), threaded=True, request_handler=_Quiet
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Screens(f"http://127.0.0.1:{server.server_port}", sent)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def chromium() -> str:
    """Finds the machine's Chromium, or says what to install."""
    path = needs.find("chromium")
    if path is None:
        sys.exit("Chromium is not here: apt-get install chromium")
    return path


def photograph(out: Path, only: str, languages_wanted: list[str]) -> int:
    """Makes the pictures and answers how many."""
    names = [name for name in SCREENS if re.search(only, name)]
    count = 0
    with serving() as screens, sync_playwright() as playwright:
        browser = launch(playwright, chromium())
        for width in WIDTHS:
            for scheme in SCHEMES:
                page = browser.new_page(
                    viewport={"width": width, "height": 800},
                    color_scheme=scheme,
                    has_touch=width == WIDTHS[0],
                    is_mobile=width == WIDTHS[0],
                )
                for name in names:
                    for language in languages_wanted:
                        page.goto(screens.address(name, language))
                        target = out / f"{name}-{language}-{width}-{scheme}.png"
                        page.screenshot(path=target, full_page=True)
                        count += 1
                page.close()
        browser.close()
    return count


def photograph_for_the_readme(out: Path) -> int:
    """Makes the pictures of the README and answers how many."""
    with serving() as screens, sync_playwright() as playwright:
        browser = launch(playwright, chromium())
        for target, (name, scheme, width, height) in README.items():
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page.goto(screens.address(name))
            page.screenshot(path=out / target)
            page.close()
        browser.close()
    return len(README)


def main() -> None:
    """Photographs all pages, or those whose name matches ``--only``."""
    parser = argparse.ArgumentParser(description="photograph every page")
    parser.add_argument("--out", type=Path, default=Path("var/screenshots"))
    parser.add_argument("--only", default="", help="regular expression of names")
    parser.add_argument("--language", action="append", choices=languages.LANGUAGES)
    parser.add_argument("--readme", action="store_true", help="only its pictures")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.readme:
        count = photograph_for_the_readme(given.out)
    else:
        count = photograph(given.out, given.only, given.language or ["en"])
    sys.stdout.write(f"{count} pictures in {given.out}\n")


class _Quiet(WSGIRequestHandler):
    """A handler that keeps its log to itself."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """Drops the line."""


def _wanted_language() -> str:
    return languages.best(
        [request.args.get("language")], request.headers.get("Accept-Language")
    )


if __name__ == "__main__":
    main()
