"""The provider under test: on loopback, behind TLS, set up as a tester would.

Three clients with one callback address, a person with the whole standard profile and no
second factor, the organisation's policy optional (conformance.md section 2). One serves
all modules of a plan, as in a run of the suite; every module has a jar of its own.
"""

import contextlib
import dataclasses
import pathlib
import threading
from collections.abc import Callable
from collections.abc import Iterator

import flask
from werkzeug.serving import WSGIRequestHandler
from werkzeug.serving import make_server

from idp.app import create_app
from tests.oidc.stage import App
from tests.oidc.stage import Stage
from tests.support.certificates import Authority
from tests.support.exchange import Wire
from tests.support.exchange import over_tls
from tests.support.valkey import free_port

HOST = "127.0.0.1"
ELSEWHERE = "https://suite.example"
BASE = f"{ELSEWHERE}/test/a/ostiary"
SCOPE = "openid profile email address phone offline_access"
PERSON = "ada"
PROFILE = {
    "given_name": "Ada",
    "family_name": "Example",
    "middle_name": "M",
    "nickname": "ad",
    "profile": "https://ada.example/",
    "picture": "https://ada.example/me.png",
    "website": "https://ada.example/home",
    "gender": "female",
    "birthdate": "1970-01-01",
    "zoneinfo": "Europe/Zurich",
    "locale": "en",
    "address": {"formatted": "Street 1, Bern", "country": "CH"},
    "phone_number": "+41 31 000 00 00",
    "phone_number_verified": True,
}


@dataclasses.dataclass
class Provider:
    """A provider that answers, and who is registered there."""

    stage: Stage
    wire: Wire
    client: App
    post_client: App
    client2: App
    user_id: str


@contextlib.contextmanager
def answering(
    new_stage: Callable[..., Stage],
    folder: pathlib.Path,
    *,
    base: str = BASE,
    authority: Authority | None = None,
    **settings: str,
) -> Iterator[Provider]:
    """Runs a provider for the suite at this address, until the block ends."""
    port = free_port()
    authority = authority or Authority(folder)
    stage = new_stage(IDP_ISSUER=f"https://{HOST}:{port}", **settings)
    application = create_app(stage.settings, clock=stage.clock)
    try:
        with listening(application, port, authority):
            yield _registered(stage, over_tls(authority.file), base)
    finally:
        application.extensions["ostiary"].close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """Drops the line."""


@contextlib.contextmanager
def listening(
    application: flask.Flask, port: int, authority: Authority
) -> Iterator[None]:
    """Serves an application behind TLS until the block ends."""
    server = make_server(
        HOST,
        port,
        application,
        threaded=True,
        request_handler=_Quiet,
        ssl_context=authority.context(HOST),
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _registered(stage: Stage, wire: Wire, base: str) -> Provider:
    def client(client_id: str, **more: object) -> App:
        return stage.client(
            client_id,
            redirect_uris=[f"{base}/callback"],
            scope=SCOPE,
            require_pkce=False,
            claims_in_id_token=False,
            **more,
        )

    return Provider(
        stage=stage,
        wire=wire,
        client=client(
            "conf-basic", post_logout_redirect_uris=[f"{base}/post_logout_redirect"]
        ),
        post_client=client(
            "conf-post", token_endpoint_auth_method="client_secret_post"
        ),
        client2=client("conf-second"),
        user_id=stage.person(
            PERSON, email="ada@example.org", name="Ada Example", profile=PROFILE
        ),
    )
