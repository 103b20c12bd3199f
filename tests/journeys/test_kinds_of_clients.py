"""Programs on a machine, apps on a phone and pages in a browser sign people in too."""

import pytest

from tests.support.exchange import basic_credentials
from tests.support.within import Within

SPA = "https://spa.example"


@pytest.mark.parametrize("port", [49152, 8250])
def test_a_program_takes_any_free_port_on_loopback(provider: Within, port: int) -> None:
    mia = provider.person("mia")
    tool = provider.client("Tool", "--public", "--redirect-uri", "http://127.0.0.1/cb")
    chosen = f"http://127.0.0.1:{port}/cb"
    browser = tool.ask(mia.sign_in(provider.browser()), redirect_uri=chosen)
    code = tool.code(browser)

    other = tool.redeem(code, redirect_uri="http://127.0.0.1:1/cb")
    assert other.json()["error"] == "invalid_grant"
    assert tool.verified(tool.redeem(code)).claims["sub"] == mia.id


def test_a_page_in_a_browser_reads_every_answer(provider: Within) -> None:
    mia = provider.person("mia")
    spa = provider.client("Spa", "--public", "--redirect-uri", f"{SPA}/cb")
    spa.http = provider.caller(Origin=SPA)
    code = spa.code(spa.ask(mia.sign_in(provider.browser())))

    refused = spa.redeem("nonsense")
    granted = spa.redeem(code)
    token = granted.json()["access_token"]
    answers = [refused, granted, spa.userinfo(token), spa.userinfo("nonsense")]
    assert [answer.status for answer in answers] == [400, 200, 200, 401]
    for answer in answers:
        assert answer.header("Access-Control-Allow-Origin") == SPA
        assert "Origin" in (answer.header("Vary") or "")


def test_a_foreign_page_reads_no_answer(provider: Within) -> None:
    mia = provider.person("mia")
    spa = provider.client("Spa", "--public", "--redirect-uri", f"{SPA}/cb")
    spa.http = provider.caller(Origin="https://evil.example")
    code = spa.code(spa.ask(mia.sign_in(provider.browser())))
    assert spa.redeem(code).header("Access-Control-Allow-Origin") is None


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_secret_is_taken_in_the_registered_way_only(
    provider: Within, method: str
) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki", "--auth-method", method)
    code = wiki.code(wiki.ask(mia.sign_in(provider.browser())))
    ways = {"client_secret_basic", "client_secret_post"}
    right, wiki.method = wiki.method, (ways - {method}).pop()
    assert wiki.redeem(code).json()["error"] == "invalid_client"

    wiki.method = right
    assert wiki.redeem(code).status == 200


def test_a_given_secret_may_hold_anything(provider: Within) -> None:
    mia = provider.person("mia")
    secret = "a:b+c d%20é&=ü"
    arguments = ("client", "create", "Wiki", "--id", "wiki", "--secret-stdin")
    callback = ("--redirect-uri", "https://wiki.example/cb")
    provider.command(*arguments, *callback, "--json", stdin=secret)
    assert basic_credentials("wiki", secret).startswith("Basic ")

    other = provider.client("Other")
    other.id, other.secret = "wiki", secret
    browser = mia.sign_in(provider.browser())
    other.ask(browser, redirect_uri="https://wiki.example/cb")
    assert other.collect(browser).claims["aud"] == "wiki"


def test_a_service_gets_a_token_of_its_own(provider: Within) -> None:
    service = provider.client("Sync", "--service", "--scope", "idp:users:read")
    answer = service.token(
        grant_type="client_credentials", scope="idp:users:read"
    ).json()
    assert answer["scope"] == "idp:users:read"
    assert "refresh_token" not in answer
    assert "id_token" not in answer


def test_userinfo_is_given_by_get_and_by_post(provider: Within) -> None:
    mia = provider.person("mia", "--email", "mia@example.org", "--name", "Mia M")
    wiki = provider.client("Wiki")
    browser = wiki.ask(mia.sign_in(provider.browser()), scope="openid profile email")
    token = wiki.collect(browser).access
    bearer = {"Authorization": f"Bearer {token}"}

    answers = [
        wiki.userinfo(token),
        wiki.http.post("/userinfo", headers=bearer),
        wiki.http.post("/userinfo", {"access_token": token}),
    ]
    for answer in answers:
        claims = answer.json()
        assert claims["sub"] == mia.id
        assert claims["email"] == "mia@example.org"
        assert claims["preferred_username"] == "mia"
