"""origins: whose pages may read an answer (SEC-161, field report 14)."""

import pytest

from idp.actions import clients
from idp.oidc import origins
from tests.oidc.stage import Stage

SPA = "https://spa.test"


def public(stage: Stage, *addresses: str, client_id: str = "spa") -> None:
    stage.client(
        client_id,
        token_endpoint_auth_method="none",
        redirect_uris=list(addresses),
    )


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        (f"{SPA}/cb", SPA),
        (f"{SPA}:443/cb", SPA),
        (f"{SPA}:8443/cb", f"{SPA}:8443"),
        ("http://127.0.0.1:3000/cb", "http://127.0.0.1:3000"),
        ("http://[::1]:3000/cb", "http://[::1]:3000"),
        ("http://localhost/cb", "http://localhost"),
    ],
)
def test_the_return_addresses_of_a_public_client_name_its_origins(
    stage: Stage, address: str, origin: str
) -> None:
    public(stage, address)
    assert origins.allowed(stage.work(), origin, "spa")
    assert origins.allowed(stage.work(), origin, None)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "*",
        "https://evil.example",
        f"{SPA}.evil.example",
        f"{SPA}/",
        f"{SPA}:444",
        "http://spa.test",
        SPA.upper(),
        "https://" + "x" * 400,
    ],
)
def test_no_other_origin_is_let_in(stage: Stage, origin: str) -> None:
    public(stage, f"{SPA}/cb", "app.example:/cb")
    assert not origins.allowed(stage.work(), origin, "spa")
    assert not origins.allowed(stage.work(), origin, None)


def test_an_apps_scheme_is_no_origin(stage: Stage) -> None:
    public(stage, "com.example.app:/cb")
    record = clients.list_clients(stage.work())[0]
    assert set(origins.of(record)) == set()


def test_a_client_with_a_secret_has_no_origins_unless_listed(stage: Stage) -> None:
    stage.client(redirect_uris=[f"{SPA}/cb"])
    assert not origins.allowed(stage.work(), SPA, "rp")
    stage.client("other", allowed_origins=[SPA])
    assert origins.allowed(stage.work(), SPA, "other")
    assert not origins.allowed(stage.work(), SPA, "rp")


def test_an_origin_of_one_client_is_none_of_another(stage: Stage) -> None:
    public(stage, f"{SPA}/cb")
    public(stage, "https://other.test/cb", client_id="other")
    assert not origins.allowed(stage.work(), SPA, "other")
    assert not origins.allowed(stage.work(), SPA, "nobody")


def test_a_disabled_client_has_none(stage: Stage) -> None:
    public(stage, f"{SPA}/cb")
    clients.set_enabled(stage.administration(), "spa", enabled=False)
    assert not origins.allowed(stage.work(), SPA, None)
