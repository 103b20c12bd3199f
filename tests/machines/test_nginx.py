"""nginx with its own sizes of buffers, in front of an issuer with a path."""

import itertools
import pathlib
from collections.abc import Iterator

import pytest

from tests.machines.stage import Host
from tests.machines.stage import proxying
from tests.support.certificates import Authority
from tests.support.clock import real_clock
from tests.support.exchange import over_tls
from tests.support.provider import Provider
from tests.support.provider import settings_for
from tests.support.valkey import free_port
from tests.support.within import inside_commander

ROLES = 300


@pytest.fixture
def behind_nginx(tmp_path: pathlib.Path, authority: Authority) -> Iterator[Provider]:
    """Gives one whose issuer has the path /idp, behind the sample."""
    port = free_port()
    issuer = f"https://127.0.0.1:{port}/idp"
    settings = settings_for(tmp_path, IDP_ISSUER=issuer, IDP_TRUSTED_PROXIES="1")
    command = inside_commander(settings)
    command("init")
    host = Host(tmp_path / "host", settings)
    certificate = authority.pem("127.0.0.1")
    try:
        host.start()
        with proxying(tmp_path, port, certificate, host.port):
            wire = over_tls(authority.file)
            yield Provider(issuer, wire, real_clock, command, lambda: host.log)
    finally:
        host.stop()


def test_somebody_in_very_many_groups_signs_in_through_nginx(
    behind_nginx: Provider,
) -> None:
    """Field report 13"""
    sign_in(behind_nginx)


def test_all_that_an_issuer_with_a_path_promises_is_behind_nginx(
    behind_nginx: Provider,
) -> None:
    """Field report 2"""
    http, issuer = behind_nginx.http, behind_nginx.issuer
    inserted = issuer.replace("/idp", "/.well-known/oauth-authorization-server/idp")
    for address in (inserted, "/.well-known/oauth-authorization-server"):
        assert http.get(address).json()["issuer"] == issuer, address
    assert http.get("/readyz").json()["status"] == "ok"
    for address in ("", "/"):
        assert http.get(address).header("Location") == "/idp/settings", address
    for neighbour in ("x", "/../healthz"):
        answer = http.get(issuer + neighbour)
        assert answer.header("X-Request-Id") is None, answer


def sign_in(provider: Provider) -> None:
    """Signs somebody with many roles in and weighs what travels."""
    names = [f"{number:03}-{'x' * 36}" for number in range(ROLES)]
    for name in names:
        provider.command("role", "create", name)
    roles = itertools.chain.from_iterable(("--role", name) for name in names)
    mia = provider.person("mia", *roles)
    wiki = provider.client("Wiki", "--no-claims-in-id-token")
    browser = wiki.ask(provider.browser(), scope="openid profile groups")
    browser = mia.enter_code(mia.enter_password(browser))
    assert all(weight(answer.headers) < 4096 for answer in browser.trail)
    assert len(wiki.code(browser)) < 100
    tokens = wiki.collect(browser)
    assert len(tokens.answer["id_token"]) < 2048
    assert len(tokens.access) < 2048
    assert wiki.userinfo(tokens.access).json()["groups"] == names


def weight(headers: list[tuple[str, str]]) -> int:
    """Gives the size of a head in bytes."""
    return sum(len(name) + len(value) + 4 for name, value in headers)
