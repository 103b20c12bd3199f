"""A7, first half: who asks, and where the answer goes (AC-087 to AC-091)."""

import urllib.parse

import pytest

from tests.abuse.oracles import local
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty
from tests.support.within import Within

CALLBACK = "https://rp1.example/cb"


@pytest.fixture
def client(provider: Within) -> RelyingParty:
    return provider.client("rp1")


@pytest.mark.parametrize(
    "address",
    [
        f"{CALLBACK}/",
        f"{CALLBACK}?x=1",
        "https://rp1.example/CB",
        f"{CALLBACK}#f",
        f"{CALLBACK}/../x",
        f"{CALLBACK}/%2e%2e/x",
        f"{CALLBACK};/x",
        "https://rp1.example/c%62",
        "https://rp1.example.evil.example/cb",
        "https://rp1.example@evil.example/cb",
        "https://user@rp1.example/cb",
        "https://evil.example\\@rp1.example/cb",
        "http://rp1.example/cb",
        "https://rp1.example:8443/cb",
        "https://rp1.example:443/cb",
        "https://RP1.example/cb",
        "HTTPS://rp1.example/cb",
        "https://rp1.example./cb",
        "//rp1.example/cb",
        "/cb",
        "javascript:alert(1)",
        urllib.parse.quote(CALLBACK, safe=""),
        f"{CALLBACK}\n",
        f" {CALLBACK}",
        "https://rp1.example/*",
    ],
)
def test_only_the_registered_address_is_ever_used(
    signed_in: Browser, client: RelyingParty, address: str
) -> None:
    """AC-087, SEC-170, SEC-171"""
    local(client.ask(signed_in, redirect_uri=address))
    assert signed_in.error == "redirect-uri"


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost.evil.example/cb",
        "http://localhost:80@evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.2/cb",
        "https://127.0.0.1:9999/cb",
        "http://127.0.0.1:9999/other",
        "http://127.0.0.1:9999/cb?x=1",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:8o/cb",
        "http://2130706433/cb",
    ],
)
def test_the_free_port_of_loopback_frees_nothing_else(
    provider: Within, signed_in: Browser, address: str
) -> None:
    """AC-088, SEC-172"""
    uris = ("http://127.0.0.1/cb", "http://localhost/cb")
    tool = provider.client(
        "tool", "--public", *(word for uri in uris for word in ("--redirect-uri", uri))
    )
    local(tool.ask(signed_in, redirect_uri=address))


@pytest.mark.parametrize("address", [None, ""])
def test_the_address_must_be_said(
    provider: Within, signed_in: Browser, address: str | None
) -> None:
    """AC-089, SEC-171"""
    arguments = ("--redirect-uri", CALLBACK, "--redirect-uri", f"{CALLBACK}2")
    both = provider.client("rp1", *arguments)
    local(both.ask(signed_in, redirect_uri=address))


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        "unknown",
        "nul\x00nul",
        "\"'><script>alert(1)</script>",
        "x" * 10_000,
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ],
)
def test_an_unknown_client_gets_a_page_here(
    signed_in: Browser, client: RelyingParty, name: str | None
) -> None:
    """AC-090, SEC-171, SEC-184"""
    local(client.ask(signed_in, client_id=name))
    assert "<script>alert" not in signed_in.answer.text


@pytest.mark.parametrize(
    "fault",
    [
        {"response_type": "token"},
        {"response_type": None},
        {"scope": "nonsense"},
        {"response_mode": "form_post"},
        {"response_mode": "nonsense"},
        {"prompt": "none login"},
        {"code_challenge": None},
        {"max_age": "-1"},
        {"request": "x.y.z"},
    ],
)
def test_a_wrong_address_is_the_first_fault_to_be_seen(
    signed_in: Browser, client: RelyingParty, fault: dict[str, str | None]
) -> None:
    """AC-091, SEC-171"""
    evil = "https://evil.example/cb"
    local(client.ask(signed_in, redirect_uri=evil, **fault))
