"""Applications are made, changed and ended on their pages, and it works outside."""

import json
import re

import pytest

from tests.support.browser import Browser
from tests.support.client_keys import key_set
from tests.support.client_keys import pair
from tests.support.people import Person
from tests.support.relying_party import RelyingParty
from tests.support.within import Within

HOME = "/admin/applications"
CALLBACK = "https://wiki.example/cb"
ALGORITHMS = {
    "token_endpoint_auth_signing_alg": "PS384",
    "request_object_signing_alg": "ES256",
    "introspection_signed_response_alg": "ES256",
    "id_token_signed_response_alg": "PS256",
}


def administrator(provider: Within) -> tuple[Person, Browser]:
    """Gives an administrator who has just signed in."""
    ada = provider.person("ada", "--role", "administrator")
    return ada, ada.sign_in(provider.browser())


def party(provider: Within, browser: Browser, **changes: str) -> RelyingParty:
    """Gives the application of the page that shows its secret."""
    facts = {
        "client_id": browser.html.mark("data-client"),
        "client_secret": browser.html.mark("data-client-secret"),
        "token_endpoint_auth_method": "client_secret_basic",
        "redirect_uris": [CALLBACK],
        **changes,
    }
    return RelyingParty(provider.http, facts, provider.clock)


def make(browser: Browser, **fields: str) -> Browser:
    """Fills the form for a new application."""
    page = browser.visit(HOME)
    return page.fill(
        "save-application", client_name="Wiki", redirect_uris=CALLBACK, **fields
    )


def test_somebody_signs_in_to_an_application_made_on_the_page(
    provider: Within,
) -> None:
    ada, browser = administrator(provider)
    wiki = party(provider, make(browser))
    assert browser.page == "admin-application"
    provider.move.advance(seconds=60)
    assert wiki.collect(wiki.ask(browser)).claims["sub"] == ada.id
    browser.visit(HOME)
    assert browser.html.marks("data-client") == [wiki.id]
    assert browser.html.marks("data-acr") == ["mfa"]


def test_the_secret_is_on_one_page_only(provider: Within) -> None:
    _, browser = administrator(provider)
    secret = make(browser).html.mark("data-client-secret")
    client_id = browser.html.mark("data-client")
    assert browser.answer.header("Cache-Control") == "no-store"
    assert browser.text.count(str(secret)) > 1, "the configurations hold it too"
    for path in (HOME, f"{HOME}/{client_id}", "/admin/audit"):
        assert str(secret) not in browser.visit(path).answer.text


def test_two_secrets_work_while_one_is_replaced(provider: Within) -> None:
    _, browser = administrator(provider)
    before = party(provider, make(browser))
    page = browser.visit(f"{HOME}/{before.id}")
    after = party(provider, page.fill("rotate-secret", expire_others_in="1h"))
    assert after.secret != before.secret
    for old_or_new in (before, after):
        assert old_or_new.introspect("x").json() == {"active": False}
    provider.move.advance(seconds=3601)
    assert before.introspect("x").status == 401
    assert after.introspect("x").status == 200


def test_a_secret_is_taken_away_at_once_but_not_the_last(provider: Within) -> None:
    _, browser = administrator(provider)
    before = party(provider, make(browser))
    path = f"{HOME}/{before.id}"
    after = party(provider, browser.visit(path).fill("rotate-secret"))
    browser.visit(path).fill("remove-secret")
    assert before.introspect("x").status == 401
    assert after.introspect("x").status == 200
    assert len(browser.html.marks("data-secret")) == 1
    assert "remove-secret" not in browser.html.marks("data-action")


def test_a_bad_address_is_named_and_nothing_that_was_typed_is_lost(
    provider: Within,
) -> None:
    _, browser = administrator(provider)
    addresses = f"{CALLBACK}\r\njavascript:alert(1)"
    browser.visit(HOME).fill(
        "save-application", client_name="Wiki", redirect_uris=addresses, min_acr="mfa"
    )
    assert (browser.page, browser.error) == ("admin-applications", "bad-request")
    assert "'javascript:alert(1)' must start with https" in browser.text
    kept = dict(browser.html.form("save-application").fields)
    assert kept["client_name"] == "Wiki"
    assert kept["min_acr"] == "mfa"
    assert kept["redirect_uris"].splitlines() == addresses.splitlines()
    assert browser.visit(HOME).html.marks("data-client") == []


def test_a_single_page_application_has_no_secret(provider: Within) -> None:
    _, browser = administrator(provider)
    make(browser, kind="public")
    assert browser.html.marks("data-client-secret") == []
    public = party(provider, browser, token_endpoint_auth_method="none")
    provider.move.advance(seconds=60)
    assert public.collect(public.ask(browser)).access


def test_a_secret_is_given_up_for_a_key(provider: Within) -> None:
    _, browser = administrator(provider)
    wiki = party(provider, make(browser))
    page, keys = browser.visit(f"{HOME}/{wiki.id}"), json.dumps(key_set(pair()))
    by_key = {"token_endpoint_auth_method": "private_key_jwt"}
    page = page.fill("save-application", **by_key)
    assert "The application needs a key" in page.text
    page = page.fill("save-application", **by_key, jwks="{")
    assert "jwks must be an object." in page.text
    sign = {"require_signed_request_object": "on"}
    page = page.fill("save-application", **by_key, **sign, jwks=keys)
    assert page.html.marks("data-secret") == []
    assert "PrivateKeyJwt" in page.text
    assert wiki.introspect("x").status == 401
    answer = wiki.ask(provider.browser())
    assert "error=invalid_request" in str(answer.left_for)


def test_a_service_gets_the_rights_that_were_ticked(provider: Within) -> None:
    _, browser = administrator(provider)
    browser.visit(HOME).fill(
        "save-application", client_name="Report", kind="service", scope="idp:users:read"
    )
    report = party(provider, browser)
    form = {"grant_type": "client_credentials", "scope": "idp:users:read"}
    assert report.token(**form).json()["scope"] == "idp:users:read"


def test_a_minimum_level_holds_for_the_next_request(provider: Within) -> None:
    provider.policy("optional")
    _, browser = administrator(provider)
    wiki = party(provider, make(browser))
    ben = provider.person("ben", enrolled=False)
    his = ben.sign_in(provider.browser())
    assert wiki.ask(his).left_for
    browser.visit(f"{HOME}/{wiki.id}").fill("save-application", min_acr="mfa")
    assert browser.html.mark("data-done") == "application-saved"
    assert wiki.ask(his).page == "enrol-totp"


def test_levels_and_an_age_for_requests_that_say_none(provider: Within) -> None:
    _, browser = administrator(provider)
    wiki = provider.client("Wiki")
    asked = {"default_acr_values": " mfa  pwd ", "default_max_age": "0"}
    browser.visit(f"{HOME}/{wiki.id}").fill("save-application", **asked)
    shown = provider.command("client", "show", wiki.id, "--json")
    assert (shown["default_acr_values"], shown["default_max_age"]) == (
        ["mfa", "pwd"],
        0,
    )
    page = browser.visit(f"{HOME}/{wiki.id}")
    kept = dict(page.html.form("save-application").fields)
    assert [kept[name] for name in asked] == ["mfa pwd", "0"]


def test_algorithms_are_chosen_and_given_up_again(provider: Within) -> None:
    _, browser = administrator(provider)
    wiki = provider.client("Wiki")
    path = f"{HOME}/{wiki.id}"
    kept = dict(browser.visit(path).html.form("save-application").fields)
    assert [kept[name] for name in ALGORITHMS] == ["", "", "RS256", "RS256"]
    keys = json.dumps(key_set(pair()))
    browser.fill("save-application", jwks=keys, **ALGORITHMS)
    assert browser.html.mark("data-done") == "application-saved"
    shown = provider.command("client", "show", wiki.id, "--json")
    assert {name: shown[name] for name in ALGORITHMS} == ALGORITHMS
    kept = dict(browser.visit(path).html.form("save-application").fields)
    assert {name: kept[name] for name in ALGORITHMS} == ALGORITHMS
    browser.fill("save-application", client_name="Lexicon")
    changed = provider.command("client", "show", wiki.id, "--json")
    assert {name for name in shown if shown[name] != changed[name]} == {"client_name"}
    browser.fill(
        "save-application",
        token_endpoint_auth_signing_alg="",
        request_object_signing_alg="",
    )
    free = provider.command("client", "show", wiki.id, "--json")
    assert [free[name] for name in ALGORITHMS] == [None, None, "ES256", "PS256"]


def test_the_old_form_of_somebody_else_changes_nothing(provider: Within) -> None:
    _, browser = administrator(provider)
    path = f"{HOME}/{make(browser).html.mark('data-client')}"
    old = browser.tab().visit(path)
    browser.visit(path).fill("save-application", client_name="Encyclopaedia")
    old.fill("save-application", client_name="Lexicon")
    assert (old.page, old.error) == ("admin-application", "stale")
    assert dict(old.html.form("save-application").fields)["client_name"] == (
        "Encyclopaedia"
    )


def test_a_disabled_application_is_a_page_here_until_it_is_enabled(
    provider: Within,
) -> None:
    _, browser = administrator(provider)
    wiki = party(provider, make(browser))
    path = f"{HOME}/{wiki.id}"
    browser.visit(path).fill("disable-application")
    assert wiki.ask(browser.tab()).error == "unknown-client"
    browser.visit(path).fill("enable-application")
    assert wiki.ask(browser.tab()).left_for


def test_an_application_is_deleted_by_its_typed_id(provider: Within) -> None:
    _, browser = administrator(provider)
    client_id = str(make(browser).html.mark("data-client"))
    page = browser.visit(f"{HOME}/{client_id}")
    page.fill("delete-application", confirm_client_id="wiki")
    assert (browser.page, browser.error) == ("admin-application", "bad-request")
    browser.fill("delete-application", confirm_client_id=client_id)
    assert browser.page == "admin-applications"
    assert browser.html.marks("data-client") == []


def test_configurations_are_filled_in(provider: Within) -> None:
    _, browser = administrator(provider)
    client_id = make(browser).html.mark("data-client")
    text = browser.visit(f"{HOME}/{client_id}").answer.text
    blocks = re.findall(r"<pre[^>]*>(.*?)</pre>", text, re.DOTALL)
    assert len(blocks) == len(browser.html.marks("data-configuration")) > 5
    for block in blocks:
        assert str(client_id) in block
        assert provider.issuer in block
        assert not re.search(r"@\w+@", block)


def test_writing_wants_a_fresh_code_and_comes_back_with_nothing_done(
    provider: Within,
) -> None:
    ada, browser = administrator(provider)
    provider.move.advance(seconds=600)
    browser.visit(HOME).fill(
        "save-application", client_name="Wiki", redirect_uris=CALLBACK
    )
    assert browser.page == "login-password"
    ada.enter_code(ada.enter_password(browser))
    assert browser.page == "admin-applications"
    assert browser.html.marks("data-client") == []
    make(browser)
    assert browser.html.mark("data-client-secret")


def test_an_auditor_looks_and_changes_nothing(provider: Within) -> None:
    wiki = provider.client("Wiki")
    olga = provider.person("olga", "--role", "auditor")
    browser = olga.sign_in(provider.browser()).visit(f"{HOME}/{wiki.id}")
    assert browser.page == "admin-application"
    assert {f.name for f in browser.html.forms if f.method == "post"} <= {
        "save-application",
        "set-language",
        "sign-out",
    }
    token = dict(browser.html.form("save-application").fields)["csrf_token"]
    for path in (HOME, f"{HOME}/{wiki.id}", f"{HOME}/{wiki.id}/secrets"):
        browser.post(path, [("csrf_token", token), ("client_name", "Mine")])
        assert (browser.status, browser.error) == (403, "forbidden"), path
    assert wiki.introspect("x").status == 200


ODD_NAMES = ('"><img src=x onerror=alert(1)>', "{{7*7}}", "\u202egnp.exe")


@pytest.mark.parametrize("name", ODD_NAMES[:2])
def test_an_application_called_like_a_script_is_shown_as_text(
    provider: Within, name: str
) -> None:
    """AC-150, SEC-246"""
    _, browser = administrator(provider)
    browser.visit(HOME).fill(
        "save-application", client_name=name, redirect_uris=CALLBACK
    )
    client_id = browser.html.mark("data-client")
    for path in ("", HOME, f"{HOME}/{client_id}", "/admin/audit"):
        page = browser.visit(path) if path else browser
        assert name in page.text, path
        assert "<img src=x" not in page.answer.text, path


def test_a_name_that_turns_the_line_around_is_refused(provider: Within) -> None:
    _, browser = administrator(provider)
    browser.visit(HOME).fill(
        "save-application", client_name=ODD_NAMES[2], redirect_uris=CALLBACK
    )
    assert (browser.page, browser.error) == ("admin-applications", "bad-request")
    assert "client_name-error" in str(browser.html.marks("aria-describedby"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("jwks_uri", "http://wiki.example/keys"),
        ("jwks", "{"),
        ("jwks", '{"keys": [{"kty": "oct", "k": "AAAA"}]}'),
        ("redirect_uris", "javascript:alert(1)"),
        ("redirect_uris", "data:text/html,x"),
        ("redirect_uris", "https://mia@wiki.example/cb"),
        ("redirect_uris", "https://wiki.example/cb#here"),
        ("redirect_uris", "https://wiki.example/c b"),
        ("redirect_uris", ""),
        ("post_logout_redirect_uris", "vbscript:x"),
        ("backchannel_logout_uri", "file:///etc/passwd"),
        ("allowed_origins", "https://wiki.example/path"),
        ("allowed_resources", "#here"),
        ("max_factor_age", "soon"),
        ("default_max_age", "soon"),
        ("default_acr_values", "gold"),
        ("access_token_lifetime", "2h"),
        ("more_scopes", "idp:everything"),
        ("token_endpoint_auth_signing_alg", "HS256"),
        ("request_object_signing_alg", "none"),
        ("introspection_signed_response_alg", "none"),
    ],
)
def test_a_change_that_will_not_do_is_refused_in_words(
    provider: Within, field: str, value: str
) -> None:
    """AC-149, SEC-245"""
    wiki = provider.client("Wiki")
    ada = provider.person("ada", "--role", "administrator")
    browser = ada.sign_in(provider.browser(Accept_Language="de"))
    page = browser.visit(f"{HOME}/{wiki.id}")
    page.fill("save-application", **{field: value})
    assert (browser.page, browser.error) == ("admin-application", "bad-request")
    said = " ".join(browser.html.marks("lang")[:1])
    assert said == "de"
    assert not re.search(r"\b(must|is not|is no|There is|needs)\b", browser.text)
    kept = dict(browser.html.form("save-application").fields)
    assert kept[field] == value or field in ALGORITHMS, "what is typed stays"
    shown = provider.command("client", "show", wiki.id, "--json")
    assert shown["redirect_uris"] == ["https://wiki.example/cb"]
