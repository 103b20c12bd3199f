"""An application registers itself, is used, keeps its record and goes away again."""

import pytest

from tests.support.browser import Browser
from tests.support.providers import Maker
from tests.support.registrar import GOOD
from tests.support.registrar import ON
from tests.support.registrar import changed
from tests.support.registrar import initial_token
from tests.support.registrar import managed
from tests.support.registrar import party
from tests.support.registrar import register
from tests.support.registrar import registered
from tests.support.within import Within

HOME = "/admin/registrations"
BOTH = ["authorization_code", "refresh_token"]


@pytest.fixture
def provider(new_provider: Maker, database_kind: str) -> Within:
    """Gives a provider that takes registrations."""
    return new_provider(database_kind, **ON)


def administrator(provider: Within) -> Browser:
    ada = provider.person("ada", "--role", "administrator")
    return ada.sign_in(provider.browser())


def test_a_token_of_the_page_registers_an_application(provider: Within) -> None:
    browser = administrator(provider)
    browser.visit("/admin/applications")
    assert HOME in browser.html.marks("href")
    page = browser.visit(HOME)
    page.fill("create-registration-token", name="build farm", uses="2")
    token = browser.html.mark("data-registration-token")
    assert (browser.page, browser.answer.header("Cache-Control")) == (
        *("admin-registrations", "no-store"),
    )
    assert str(token) not in browser.visit(HOME).text
    answer = register(provider, token)
    assert (answer.status, answer.header("Cache-Control")) == (201, "no-store")
    made = answer.json()["client_id"]
    assert made in browser.visit(HOME).text
    browser.visit(f"/admin/applications/{made}")
    assert browser.html.marks("data-registered-with")
    browser.visit(HOME).fill("revoke-registration-token")
    assert browser.html.marks("data-state") == ["revoked"]
    assert register(provider, token).status == 401


def test_a_name_that_only_looks_like_a_sign_that_is_none_is_kept(
    provider: Within,
) -> None:
    name = r"C:\u0000"
    assert registered(provider, client_name=name)["client_name"] == name


def test_people_are_asked_and_sign_in_to_it(provider: Within) -> None:
    """The whole life: register, sign in, refresh, read, change, delete"""
    known = registered(provider, grant_types=BOTH, scope="openid email")
    assert known["client_secret_expires_at"] == 0
    guest = party(provider, known)
    browser = provider.person("mia").sign_in(provider.browser())
    assert guest.ask(browser).page == "consent"
    tokens = guest.collect(browser.fill("consent", decision="allow"))
    guest.refreshed(tokens)
    read = managed(provider, known).json()
    assert "client_secret" not in read
    assert read["registration_access_token"] == known["registration_access_token"]
    wish = changed(read, client_name="Visitor", redirect_uris=["https://rp.example/2"])
    after = managed(provider, known, "PUT", wish)
    assert (after.status, after.json()["client_name"]) == (200, "Visitor")
    shown = provider.command("client", "show", known["client_id"], "--json")
    assert shown["redirect_uris"] == ["https://rp.example/2"]
    assert shown["first_party"] is False
    gone = managed(provider, known, "DELETE")
    assert (gone.status, gone.body) == (204, b"")
    assert managed(provider, known).status == 401
    assert guest.refresh(tokens.refresh).status == 401


def test_the_answer_says_what_is_registered(provider: Within) -> None:
    """RFC 7591 section 3.2.1: defaults, and what was left out"""
    known = registered(provider, unknown_member="x", contacts=["a@rp.example"])
    where = f"{provider.issuer}/register/{known['client_id']}"
    assert known["registration_client_uri"] == where
    assert known["token_endpoint_auth_method"] == "client_secret_basic"
    assert (known["grant_types"], known["response_types"]) == (
        *(["authorization_code"], ["code"]),
    )
    assert "offline_access" not in known["scope"].split()
    assert not {"unknown_member", "contacts", "first_party"} & set(known)
    discovery = provider.http.get("/.well-known/openid-configuration").json()
    assert discovery["registration_endpoint"] == f"{provider.issuer}/register"


def test_a_public_application_gets_a_secret_when_it_asks_for_one(
    provider: Within,
) -> None:
    known = registered(provider, token_endpoint_auth_method="none")
    assert not {"client_secret", "client_secret_expires_at"} & set(known)
    wish = changed(known, token_endpoint_auth_method="client_secret_post")
    after = managed(provider, known, "PUT", wish).json()
    assert after["client_secret_expires_at"] == 0
    assert party(provider, after).introspect("x").json() == {"active": False}
    again = managed(provider, known, "PUT", changed(after)).json()
    assert "client_secret" not in again
    right = changed(after, client_secret=after["client_secret"])
    assert managed(provider, known, "PUT", right).status == 200
    wrong = changed(after, client_secret="wrong")
    assert managed(provider, known, "PUT", wrong).status == 400


def test_what_an_administrator_said_stays(provider: Within) -> None:
    """RFC 7592 section 2.2 replaces what the application said of itself"""
    known = registered(provider)
    mine = ("--min-acr", "mfa", "--max-factor-age", "15m", "--no-backup-codes")
    provider.command("client", "update", known["client_id"], *mine)
    assert managed(provider, known, "PUT", changed(known)).status == 200
    shown = provider.command("client", "show", known["client_id"], "--json")
    assert (shown["min_acr"], shown["max_factor_age"]) == ("mfa", 900)
    assert shown["accept_backup_codes"] is False


def test_each_step_is_in_the_trail(provider: Within) -> None:
    known = registered(provider)
    managed(provider, known, "PUT", changed(known, client_name="Visitor"))
    managed(provider, known, "DELETE")
    trail = provider.command("audit", "export", "--client", known["client_id"])
    said = [line for line in trail.splitlines() if known["client_id"] in line]
    assert len(said) == 3
    assert '"type": "registration"' in said[0].replace('":"', '": "')
    assert "build farm" in said[0]
    secrets = (known["client_secret"], known["registration_access_token"])
    assert not any(secret in line for line in said for secret in secrets)


def test_a_token_counts_its_uses_and_ends(provider: Within) -> None:
    two = initial_token(provider, "--uses", "2")
    bad = {"redirect_uris": ["http://rp.example/"]}
    statuses = [register(provider, two, wish).status for wish in (bad, {}, {}, {})]
    assert statuses == [400, 201, 201, 401]
    short = initial_token(provider, "--expires-in", "1h")
    provider.move.advance(hours=2)
    assert register(provider, short).status == 401
    states = provider.command("client", "registration-token", "list", "--json")
    assert {one["uses_left"] for one in states["items"]} == {0, 1}


def test_wrong_fields_come_back_to_the_form(provider: Within) -> None:
    browser = administrator(provider)
    fields = {"name": GOOD["client_name"], "uses": "many", "expires_in": "soon"}
    browser.visit(HOME).fill("create-registration-token", **fields)
    assert (browser.page, browser.error) == ("admin-registrations", "bad-request")
    fields.update(uses="0", expires_in="91d")
    browser.fill("create-registration-token", **fields)
    assert browser.answer.text.count('aria-invalid="true"') == 2
