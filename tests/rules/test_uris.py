"""Addresses: exact comparison, what may be registered, what stays on our origin."""

from urllib.parse import urljoin
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.rules import uris

WEB = "https://rp1.example/cb"
NATIVE = ("http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost:8000/cb")
APPS = ("app.immich:///oauth-callback", "com.example.app:/cb")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("127.0.0.1.example.org", False),
        ("localhost.example.org", False),
        ("2130706433", False),
        ("0x7f000001", False),
        ("0.0.0.0", False),
        ("::ffff:10.0.0.1", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_is_told_by_the_parsed_host(*, host: str, loopback: bool) -> None:
    assert uris.is_loopback_host(host) is loopback


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize("uri", [WEB, *NATIVE, *APPS])
def test_a_registered_address_is_allowed_as_it_is(*, uri: str, public: bool) -> None:
    assert uris.redirect_uri_allowed(uri, [WEB, *NATIVE, *APPS], public=public)


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize(
    "received",
    [
        "",
        "https://rp1.example/cb/",
        "https://rp1.example/cb?x=1",
        "https://rp1.example/CB",
        "https://rp1.example/cb#f",
        "https://rp1.example/cb/../x",
        "https://rp1.example/cb/%2e%2e/x",
        "https://rp1.example/cb;/x",
        "https://rp1.example/c",
        "https://rp1.example/%63b",
        "https://rp1.example.evil.example/cb",
        "https://rp1.example@evil.example/cb",
        "https://evil.example\\@rp1.example/cb",
        "http://rp1.example/cb",
        "https://rp1.example:8443/cb",
        "https://rp1.example:443/cb",
        "https://RP1.example/cb",
        "https://rp1.example./cb",
        "//rp1.example/cb",
        "https%3A%2F%2Frp1.example%2Fcb",
        " https://rp1.example/cb",
        "https://rp1.example/cb\n",
        "app.immich://oauth-callback",
        "app.immich:/oauth-callback",
        "APP.immich:///oauth-callback",
        "com.example.app://cb",
    ],
)
def test_any_other_spelling_is_not(*, received: str, public: bool) -> None:
    assert not uris.redirect_uri_allowed(received, [WEB, *APPS], public=public)


@pytest.mark.parametrize(
    "received",
    [
        "http://127.0.0.1:49152/cb",
        "http://127.0.0.1:8250/cb",
        "http://127.0.0.1:1/cb",
        "http://127.0.0.1:65535/cb",
        "http://[::1]:8250/cb",
    ],
)
def test_a_native_client_chooses_its_loopback_port(received: str) -> None:
    assert uris.redirect_uri_allowed(received, NATIVE, public=True)
    assert not uris.redirect_uri_allowed(received, NATIVE, public=False)


def test_a_registered_port_can_be_another_one_at_run_time() -> None:
    registered = ["http://127.0.0.1:8250/cb"]

    assert uris.redirect_uri_allowed("http://127.0.0.1:1/cb", registered, public=True)
    assert uris.redirect_uri_allowed("http://127.0.0.1/cb", registered, public=True)


@pytest.mark.parametrize(
    "received",
    [
        "http://127.0.0.1:1/other",
        "http://127.0.0.1:1/cb/",
        "http://127.0.0.1:1/cb?x=1",
        "http://127.0.0.1:1/cb#f",
        "http://127.0.0.1:1/cb\n",
        "http://127.0.0.1:1\n",
        "http://127.0.0.1:1",
        "https://127.0.0.1:1/cb",
        "HTTP://127.0.0.1:1/cb",
        "http://127.0.0.2/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:123456/cb",
        "http://127.0.0.1:1@evil.example/cb",
        "http://127.0.0.1:x/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://x@127.0.0.1:1/cb",
        "http://[::1]:1:2/cb",
        "http://[0:0:0:0:0:0:0:1]/cb",
        "http://localhost/cb",
        "http://localhost:8001/cb",
    ],
)
def test_nothing_but_the_port_is_free(received: str) -> None:
    assert not uris.redirect_uri_allowed(received, NATIVE, public=True)


def test_the_two_loopback_literals_are_not_the_same() -> None:
    registered = ["http://127.0.0.1/cb"]

    assert not uris.redirect_uri_allowed("http://[::1]:1/cb", registered, public=True)


def test_a_query_after_a_loopback_host_is_compared_too() -> None:
    registered = ["http://127.0.0.1?a=1"]

    assert uris.redirect_uri_allowed("http://127.0.0.1:9?a=1", registered, public=True)
    assert not uris.redirect_uri_allowed("http://127.0.0.1:9", registered, public=True)


MALFORMED = "must be an address without"
NO_HTTPS = "must start with https"
NO_DOT = "needs a private-use scheme"
USER = "must not hold a user name"


@pytest.mark.parametrize(
    ("uri", "web", "native"),
    [
        (WEB, None, None),
        ("https://rp1.example:8443/cb?x=1", None, None),
        ("https://localhost.emobix.co.uk:8443/test/a/x/callback", None, None),
        ("https://localhost:8443/cb", None, None),
        ("http://127.0.0.1/cb", NO_HTTPS, None),
        ("http://[::1]:8250/cb", NO_HTTPS, None),
        ("http://localhost:8000/cb", NO_HTTPS, None),
        ("http://rp1.example/cb", NO_HTTPS, NO_HTTPS),
        ("http://localhost.evil.example/cb", NO_HTTPS, NO_HTTPS),
        ("app.immich:///oauth-callback", NO_HTTPS, None),
        ("com.example.app:/cb", NO_HTTPS, None),
        ("com.example.app://cb", NO_HTTPS, None),
        ("com.example.app://u@cb/", NO_HTTPS, USER),
        ("myapp:/cb", NO_HTTPS, NO_DOT),
        ("javascript:alert(1)", NO_HTTPS, NO_DOT),
        ("JavaScript://rp1.example/%0aalert(1)", NO_HTTPS, NO_DOT),
        ("data:text/html,x", NO_HTTPS, NO_DOT),
        ("file:///etc/passwd", NO_HTTPS, NO_DOT),
        ("vbscript:x", NO_HTTPS, NO_DOT),
        ("urn:ietf:wg:oauth:2.0:oob", NO_HTTPS, NO_DOT),
        ("https://user@rp1.example/cb", USER, USER),
        ("https://user:pw@rp1.example/cb", USER, USER),
        ("https://@rp1.example/cb", USER, USER),
        ("https:///cb", "needs a host", "needs a host"),
        ("https:cb", "needs a host", "needs a host"),
        ("https://:443/cb", "needs a host", "needs a host"),
        ("", MALFORMED, MALFORMED),
        ("rp1.example/cb", MALFORMED, MALFORMED),
        ("//rp1.example/cb", MALFORMED, MALFORMED),
        ("https://rp1.example/cb#f", MALFORMED, MALFORMED),
        ("https://rp1.example/cb#", MALFORMED, MALFORMED),
        ("https://rp1.example/a b", MALFORMED, MALFORMED),
        (" https://rp1.example/cb", MALFORMED, MALFORMED),
        ("https://rp1.example/cb\n", MALFORMED, MALFORMED),
        ("https://rp1.example/\t", MALFORMED, MALFORMED),
        ("https://rp1.example\\cb", MALFORMED, MALFORMED),
        ("https://r\u00e9.example/cb", MALFORMED, MALFORMED),
        ("https://rp1.example:0/cb", MALFORMED, MALFORMED),
        ("https://rp1.example:99999/cb", MALFORMED, MALFORMED),
        ("https://rp1.example:x/cb", MALFORMED, MALFORMED),
        ("https://[::1/cb", MALFORMED, MALFORMED),
        ("https://rp1.example/" + "x" * 2029, MALFORMED, MALFORMED),
    ],
)
def test_what_may_be_registered_to_return_to(
    uri: str, web: str | None, native: str | None
) -> None:
    for public, expected in ((False, web), (True, native)):
        said = uris.complaint_about_redirect_uri(
            uri, public=public, loopback_issuer=False
        )
        assert (said is None) == (expected is None)
        assert (said or "").startswith(expected or "")


@pytest.mark.parametrize(
    ("uri", "fine"),
    [
        ("http://127.0.0.1:8080/cb", True),
        ("http://localhost:8080/cb", True),
        ("http://rp1.example/cb", False),
        ("com.example.app:/cb", False),
    ],
)
def test_a_loopback_issuer_takes_loopback_from_everybody(
    *, uri: str, fine: bool
) -> None:
    redirect = uris.complaint_about_redirect_uri(
        uri, public=False, loopback_issuer=True
    )
    web = uris.complaint_about_web_uri(uri, loopback_issuer=True)

    assert (redirect is None) is fine
    assert (web is None) is fine


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("https://rp1.example/out", None),
        ("http://127.0.0.1/out", NO_HTTPS),
        ("com.example.app:/out", NO_HTTPS),
        ("javascript:alert(1)", NO_HTTPS),
        ("https://u@rp1.example", USER),
        ("https://rp1.example/#", MALFORMED),
    ],
)
def test_other_addresses_are_https_only(uri: str, said: str | None) -> None:
    complaint = uris.complaint_about_web_uri(uri, loopback_issuer=False)

    assert (complaint or "").startswith(said or "")
    assert (complaint is None) == (said is None)


@pytest.mark.parametrize(
    ("uri", "origin"),
    [
        ("https://spa.test/cb", "https://spa.test"),
        ("https://SPA.test:443/cb?x", "https://spa.test"),
        ("https://spa.test:8443", "https://spa.test:8443"),
        ("http://127.0.0.1:80/cb", "http://127.0.0.1"),
        ("http://[::1]:3000/cb", "http://[::1]:3000"),
        ("http://[::1]/cb", "http://[::1]"),
        ("https://u:p@spa.test/cb", "https://spa.test"),
        ("com.example.app:/cb", None),
        ("https:///cb", None),
        ("null", None),
        ("https://spa.test:x", None),
        ("", None),
    ],
)
def test_the_origin_is_what_browsers_say(uri: str, origin: str | None) -> None:
    assert uris.origin_of(uri) == origin


@pytest.mark.parametrize(
    ("uri", "named"),
    [
        ("https://api.example", True),
        ("https://api.example/v1?x=1", True),
        ("urn:example:api", True),
        ("https://api.example/#part", False),
        ("/v1", False),
        ("api.example", False),
        ("https://api.example/a b", False),
        ("", False),
    ],
)
def test_a_resource_is_named_by_an_absolute_address(*, uri: str, named: bool) -> None:
    assert uris.is_resource(uri) is named


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/settings",
        "/settings/mfa/disable",
        "/idp/settings",
        "/admin/users?query=ana@example.org&next=//x",
        "/admin/users?query=%2F%2F%5C%40",
        "/a%20b",
        "/%C3%A9t%C3%A9",
        "/a.b/.well-known/c..d",
    ],
)
def test_a_path_of_our_own_is_safe(path: str) -> None:
    assert uris.safe_path(path) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "settings",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "\\\\evil.example",
        "/settings\\..",
        "/?x=\\",
        "/\t/evil.example",
        "/%09/evil.example",
        "/%2f/evil.example",
        "/%2Fevil.example",
        "/%252Fevil.example",
        "/%5cevil.example",
        "/%25252525252Fevil.example",
        "/ok@evil",
        "/ok%40evil",
        "/a//b",
        "/./settings",
        "/..//evil.example",
        "/a/..",
        "/a/%2e%2e/b",
        "/a\r\nSet-Cookie: x",
        "/a%0d%0aSet-Cookie:x",
        "/a b",
        "/a#b",
        "/a?b#c",
        "/\u00e9t\u00e9",
        "/a%00",
        "/\ud800",
        " /settings",
        "/settings\n",
        "?next=/settings",
        "/" + "x" * 2048,
    ],
)
def test_what_could_leave_our_origin_is_not(text: str) -> None:
    assert uris.safe_path(text) is None


@given(st.text(st.sampled_from("/\\.:@%25f2Fce?#a \t\n"), max_size=12))
def test_no_safe_path_leads_to_another_host(text: str) -> None:
    base = "https://own.example"
    if uris.safe_path(text) is not None:
        assert urlsplit(urljoin(base, text)).netloc == "own.example"
        assert text.startswith("/")
        assert not text.startswith(("//", "/\\"))
