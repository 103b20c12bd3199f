"""SEC-123, SEC-285, SEC-286: what a proxy may say, and an issuer with a path."""

import pathlib

import pytest

from tests.serve.stage import FORM
from tests.serve.stage import Server
from tests.serve.stage import running
from tests.serve.stage import status

EVIL = (
    b"X-Forwarded-Host: evil.example",
    b"X-Forwarded-Proto: https",
    b"X-Forwarded-Port: 99",
    b"X-Forwarded-Prefix: /evil",
    b"Forwarded: host=evil.example;proto=https",
    b"X-Original-URL: /evil",
    b"X-HTTP-Method-Override: DELETE",
)


FROM = b"X-Forwarded-For: "


def refused(server: Server, *headers: bytes) -> int:
    """Fails as a client; once a minute, then the source is told to wait."""
    body = b"grant_type=authorization_code&code=x&client_id=no&client_secret=no"
    length = b"Content-Length: %d" % len(body)
    return status(server.ask(b"POST /token", FORM.strip(), length, *headers, body=body))


def test_without_a_trusted_proxy_the_source_is_the_peer(tmp_path: pathlib.Path) -> None:
    with running(tmp_path, workers=1, IDP_SOURCE_RATE="1/minute") as server:
        assert refused(server, FROM + b"192.0.2.1") == 401
        assert refused(server, FROM + b"192.0.2.2") == 429
        assert refused(server) == 429


def test_the_last_entries_are_the_proxies_own(tmp_path: pathlib.Path) -> None:
    settings = {"IDP_SOURCE_RATE": "1/minute", "IDP_TRUSTED_PROXIES": "1"}
    with running(tmp_path, workers=1, **settings) as server:
        assert refused(server, FROM + b"192.0.2.1") == 401
        assert refused(server, FROM + b"192.0.2.9, 192.0.2.1:4711") == 429
        assert refused(server, FROM + b"192.0.2.1", FROM + b"192.0.2.2") == 401
        assert refused(server, FROM + b"[2001:db8::1]:443") == 401
        assert refused(server, FROM + b"2001:db8::0001") == 429
        assert refused(server, FROM + b"<script>") == 401
        assert refused(server, b"X_Forwarded_For: 192.0.2.7") == 429


@pytest.mark.parametrize("proxies", ["0", "1"])
def test_nothing_that_is_forwarded_changes_an_address(
    tmp_path: pathlib.Path, proxies: str
) -> None:
    with running(tmp_path, workers=1, IDP_TRUSTED_PROXIES=proxies) as server:
        for path in (b"/.well-known/openid-configuration", b"/login", b"/nothing"):
            answer = server.ask(b"GET " + path, *EVIL)
            assert b"evil" not in answer
            assert b"https://127" not in answer
            assert status(answer) in (200, 303, 404)


def test_an_issuer_with_a_path_is_served_below_it(tmp_path: pathlib.Path) -> None:
    with running(tmp_path, workers=1, path="/idp") as server:
        here = b"/.well-known/openid-configuration"
        rfc8414 = b"/.well-known/oauth-authorization-server"
        found = {
            path: status(server.ask(b"GET " + path))
            for path in (
                b"/idp" + here,
                b"/idp" + rfc8414,
                rfc8414 + b"/idp",
                b"/healthz",
                b"/readyz",
                b"/idp/healthz",
                b"/idp/readyz",
                here,
                b"/login",
                b"/idpx/login",
            )
        }
        assert [path for path, code in found.items() if code != 200] == [
            here,
            b"/login",
            b"/idpx/login",
        ]
        login = server.ask(b"GET /idp/login")
        assert b"\r\nlocation: /idp/login/" in login
        assert b"Path=/;" in login
