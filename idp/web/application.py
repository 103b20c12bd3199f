"""Flask without the parts that we do not use, since every request pays for them.

No session of its own, no asynchronous views, no parsing of hosts. Which views there are
and what happens around them is not known here.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask import Request
from flask import Response
from flask.sessions import NullSession
from flask.sessions import SessionInterface
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import Headers
from werkzeug.routing import MapAdapter

from idp.actions.work import try_again
from idp.web.work import current_work

ADDRESSES = frozenset({"location", "content-location"})
"""Headers that the framework writes anew."""

BODILESS = frozenset({204, 304})


class NoSession(SessionInterface):
    """Flask's own cookie session, switched off: sessions are rows (SEC-140)."""

    _none = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        """Opens what holds nothing, takes nothing and is never saved."""
        return self._none


class PlainResponse(Response):
    """An answer whose headers go out as they are, unless something is to be changed.

    The framework copies and checks all of them once more, for the sake of addresses,
    of bodies of unknown length and of answers without one.
    """

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:
        """Returns the headers as they are sent."""
        names = {name.lower() for name, _ in self.headers}
        whole = "content-length" in names and self.status_code not in BODILESS
        if whole and names.isdisjoint(ADDRESSES):
            return self.headers
        return super().get_wsgi_headers(environ)


class Application(Flask):
    """The application at its own host; other hosts are told apart as Flask does."""

    session_interface = NoSession()
    response_class = PlainResponse

    def __init__(self, name: str, *, host: str) -> None:
        """Takes the issuer's host, with its port unless that is the default."""
        super().__init__(name, static_folder=None)
        # Else a doubled slash is redirected to an address made from the request, whose
        # scheme is http behind a proxy: what was posted would travel in the clear.
        self.url_map.merge_slashes = False
        self._host = host
        self._server_name = self.url_map.bind(host).server_name

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Binds the addresses to a request; one that names us is not parsed for that.

        Flask does it for every other, for an upgrade, and for a path that is empty.
        """
        environ = request.environ if request else {}
        if (
            request is None
            or environ.get("HTTP_HOST") != self._host
            or "HTTP_UPGRADE" in environ
            or not environ.get("PATH_INFO")
        ):
            return super().create_url_adapter(request)
        return MapAdapter(
            self.url_map,
            self._server_name,
            request.root_path,
            self.url_map.default_subdomain,
            request.scheme,
            request.path,
            request.method,
            request.query_string.decode(errors="replace"),
        )

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Returns a view or hook as it is: none is asynchronous."""
        return func

    def dispatch_request(self) -> ResponseReturnValue:
        """Calls the view as often as a unit of work may be tried (REL-024)."""
        return try_again(super().dispatch_request, _has_committed)


def _has_committed() -> bool:
    # Asked after a conflict only: a request that needs no work has none.
    return current_work().has_committed()
