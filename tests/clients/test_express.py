"""express-openid-connect, which most Express applications sign in with, signs out.

Its callback, its return address and its notices are where the library puts them, and
it verifies the logout token by itself.
"""

import dataclasses
import pathlib
import secrets
from collections.abc import Iterator

import pytest

from tests.clients.npm import Process
from tests.support.browser import Browser
from tests.support.exchange import network
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.provider import Provider
from tests.support.valkey import free_port
from tests.support.waiting import until

pytestmark = [pytest.mark.foreign, pytest.mark.package_index]


@dataclasses.dataclass
class Application:
    """A running application and its registration."""

    origin: str
    client_id: str


@pytest.fixture(scope="module")
def shop(provider: Provider, packages: pathlib.Path) -> Iterator[Application]:
    assert packages.is_dir()
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    known = provider.command(
        *("client", "create", "Shop", "--redirect-uri", f"{origin}/callback"),
        *("--post-logout-redirect-uri", origin),
        *("--backchannel-logout-uri", f"{origin}/backchannel-logout", "--json"),
    )
    process = Process("express_app.mjs")
    process.order(
        "serve",
        issuer=provider.issuer,
        id=known["client_id"],
        secret=known["client_secret"],
        port=port,
        passphrase=secrets.token_urlsafe(32),
    )
    yield Application(origin, known["client_id"])
    process.close()


class Visitor:
    """Somebody's browser: one jar at the provider, one at the application."""

    def __init__(self, provider: Provider, shop: Application) -> None:
        self.there = provider.browser()
        self.here = Browser(shop.origin, network)

    def sign_in(self, person: Person) -> None:
        self.here.visit("/")
        self.there.visit(self.here.left_for or "")
        person.enter_code(person.enter_password(self.there))
        self.here.visit(self.there.left_for or "")


def test_signing_out_at_the_provider_signs_out_at_the_application(
    provider: Provider, shop: Application, mia: Person
) -> None:
    """Back-Channel Logout 1.0: the library answers 204"""
    visitor = Visitor(provider, shop)
    visitor.sign_in(mia)
    assert visitor.here.visit("/").answer.json()["sub"] == mia.id

    visitor.there.visit("/settings").fill("sign-out")

    until(lambda: visitor.here.visit("/").left_for is not None, "the shop forgets mia")
    until(
        lambda: "delivered" in visitor.there.visit("/logged-out").answer.text,
        "the page says so",
    )
    assert visitor.there.html.marks("data-logout") == ["delivered"]


def test_signing_out_at_the_application_signs_out_at_the_provider(
    provider: Provider, shop: Application, mia: Person
) -> None:
    visitor = Visitor(provider, shop)
    visitor.sign_in(mia)

    visitor.here.visit("/logout")
    visitor.there.visit(visitor.here.left_for or "")

    assert visitor.there.left_for == shop.origin
    assert not is_signed_in(visitor.there)
    command = ("client", "show", shop.client_id, "--json")
    until(
        lambda: provider.command(*command)["last_logout_notice"]["state"] != "pending",
        "the notice is done with",
    )
    assert provider.command(*command)["last_logout_notice"]["state"] == "delivered"
