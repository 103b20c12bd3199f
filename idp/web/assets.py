"""Static files under names that carry a hash of their content.

Collected once at the start and served from memory with a year's cache; an
organisation's theme and logo are assets like the others. No cookies, no pages.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint
from flask import Flask
from flask import Response
from flask import abort
from flask import current_app

from idp.web import theme

EXTENSION = "idp.assets"
THEME = "theme.css"
LOGO = "logo"
CACHE_CONTROL = "public, max-age=31536000, immutable"
LOGO_TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
STATIC_DIR = Path(__file__).parent / "static"

blueprint = Blueprint("assets", __name__)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    name: str
    content_type: str
    body: bytes


class Assets:
    """The files by the name templates use and by the name browsers ask for."""

    def __init__(self, accent: str | None, logo_file: Path | None) -> None:
        """Reads every static file, the theme and the logo."""
        self._by_source = dict(_collect(accent, logo_file))
        self._by_name = {asset.name: asset for asset in self._by_source.values()}

    def name_of(self, source: str) -> str:
        """Returns the hashed name of `app.css` and the like."""
        return self._by_source[source].name

    def has(self, source: str) -> bool:
        """Tells whether there is such a file."""
        return source in self._by_source

    def find(self, name: str) -> Asset | None:
        """Returns the file of a hashed name, or None."""
        return self._by_name.get(name)


def install(app: Flask, assets: Assets) -> None:
    """Keeps the files with the application, for `show` and `address`."""
    app.extensions[EXTENSION] = assets


def address(source: str) -> str:
    """Returns the path of a static file on this server."""
    routes = current_app.url_map.bind("")
    return routes.build("assets.show", {"name": _installed().name_of(source)})


@blueprint.get("/static/<name>")
def show(name: str) -> Response:
    """Serves one static file; its name changes with its content."""
    asset = _installed().find(name)
    if asset is None:
        abort(404)
    response = Response(asset.body, content_type=asset.content_type)
    response.headers["Cache-Control"] = CACHE_CONTROL
    return response


def _installed() -> Assets:
    assets: Assets = current_app.extensions[EXTENSION]
    return assets


def _collect(accent: str | None, logo_file: Path | None) -> Iterator[tuple[str, Asset]]:
    for path in sorted(STATIC_DIR.iterdir()):
        if path.suffix in CONTENT_TYPES:
            yield path.name, _asset(path.name, CONTENT_TYPES, path.read_bytes())
    yield THEME, _asset(THEME, CONTENT_TYPES, theme.stylesheet(accent).encode())
    if logo_file is not None:
        suffix = logo_file.suffix.lower()
        yield LOGO, _asset(LOGO + suffix, LOGO_TYPES, logo_file.read_bytes())


def _asset(source: str, content_types: dict[str, str], body: bytes) -> Asset:
    stem, dot, suffix = source.rpartition(".")
    digest = hashlib.sha256(body).hexdigest()[:12]
    return Asset(f"{stem}-{digest}.{suffix}", content_types[dot + suffix], body)
