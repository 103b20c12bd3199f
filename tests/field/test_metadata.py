"""Rows 1, 2, 3, 9 and 14: what programs read before and beside a login."""

import re

import pytest

from tests.support.exchange import Answer
from tests.support.providers import Maker
from tests.support.relying_party import RelyingParty
from tests.support.within import Within

OPENID = "/.well-known/openid-configuration"
OAUTH = "/.well-known/oauth-authorization-server"
SPA = "https://spa.test"


def test_both_documents_say_the_same_and_list_s256(provider: Within) -> None:
    """Row 1"""
    first, second = (provider.http.get(path).json() for path in (OPENID, OAUTH))
    assert first["code_challenge_methods_supported"] == ["S256"]
    for member in first.keys() & second.keys():
        assert first[member] == second[member], member
    assert first["issuer"] == provider.issuer
    assert first["authorization_response_iss_parameter_supported"] is True


def test_an_issuer_with_a_path_is_found_in_both_forms(new_provider: Maker) -> None:
    """Row 2, RFC 8414 section 3.1"""
    provider = new_provider(IDP_ISSUER="http://127.0.0.1:5000/idp")
    inserted = "http://127.0.0.1:5000/.well-known/oauth-authorization-server/idp"
    answers = [provider.http.get(address) for address in (OPENID, OAUTH, inserted)]
    for answer in answers:
        assert answer.status == 200
        assert answer.json()["issuer"] == "http://127.0.0.1:5000/idp"
        assert (answer.header("Content-Type") or "").startswith("application/json")


def test_a_login_works_below_a_path(new_provider: Maker) -> None:
    """Row 2"""
    provider = new_provider(IDP_ISSUER="http://127.0.0.1:5000/idp")
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    browser = mia.enter_code(mia.enter_password(wiki.ask(provider.browser())))
    assert wiki.collect(browser).claims["iss"] == "http://127.0.0.1:5000/idp"


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
@pytest.mark.parametrize(
    "name",
    ["oauth-protected-resource", "webfinger", "nonsense", "openid-configuration/"],
)
def test_what_is_not_there_is_not_there(
    provider: Within, name: str, accept: str
) -> None:
    """Row 2"""
    answer = provider.caller(Accept=accept).get(f"/.well-known/{name}")
    assert answer.status == 404, answer
    assert answer.header("Location") is None


def check_keys(provider: Within) -> set[str]:
    """Fails unless every published key says everything; gives their ids."""
    keys = provider.http.get("/.well-known/jwks.json").json()["keys"]
    for key in keys:
        assert key["use"] == "sig"
        assert {"kty", "kid", "alg"} <= key.keys()
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()
        assert re.fullmatch(r"[\w-]+", key.get("n", "x"))
    kids = {key["kid"] for key in keys}
    assert len(kids) == len(keys)
    return kids


def signed_with(provider: Within, client: RelyingParty, name: str) -> str:
    """Signs somebody in and gives the algorithm of the ID token."""
    browser = provider.person(name).sign_in(provider.browser())
    tokens = client.collect(client.ask(browser))
    keys = provider.http.get("/.well-known/jwks.json").json()["keys"]
    header = client.header(tokens.answer["id_token"])
    used = {key["kid"]: key for key in keys}[header["kid"]]
    assert header["alg"] == used["alg"]
    return str(header["alg"])


def test_keys_say_everything_and_each_client_gets_its_algorithm(
    provider: Within,
) -> None:
    """Row 3"""
    before = check_keys(provider)
    plain = provider.client("Plain")
    other = provider.client("Other", "--id-token-alg", "ES256")
    assert signed_with(provider, plain, "mia") == "RS256"
    assert signed_with(provider, other, "ben") == "ES256"

    provider.command("keys", "rotate", "--json")
    provider.move.advance(seconds=61)
    after = check_keys(provider)
    assert before < after
    assert signed_with(provider, plain, "ana") == "RS256"
    assert signed_with(provider, other, "eva") == "ES256"


def challenges(answer: Answer) -> str:
    """Gives what the answer asks a browser to show, or an empty text."""
    return answer.header("WWW-Authenticate") or ""


def test_a_browser_is_never_made_to_ask_for_a_password(provider: Within) -> None:
    """Row 9, RFC 6749 section 5.2"""
    form = {"grant_type": "authorization_code", "code": "x", "client_id": "nobody"}
    by_fetch = provider.caller(Origin=SPA).post("/token", form)
    assert by_fetch.json()["error"] == "invalid_client"
    assert "Basic" not in challenges(by_fetch)

    by_header = provider.http.post("/token", form, basic=("nobody", "wrong"))
    assert by_header.status == 401
    assert challenges(by_header).startswith("Basic")

    page = provider.browser().visit("/authorize", {"client_id": "nobody"})
    assert (page.status, page.error) == (400, "unknown-client")
    userinfo = provider.http.get("/userinfo")
    assert userinfo.status == 401
    assert challenges(userinfo).startswith("Bearer")


@pytest.mark.parametrize(
    ("path", "method", "header"),
    [
        ("/userinfo", "GET", "authorization"),
        ("/userinfo", "POST", "authorization"),
        ("/token", "POST", "content-type"),
    ],
)
def test_a_page_of_a_client_may_ask_first(
    provider: Within, path: str, method: str, header: str
) -> None:
    """Row 14"""
    provider.client("Spa", "--public", "--redirect-uri", f"{SPA}/cb")
    asked = {
        "Origin": SPA,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": header,
    }
    answer = provider.http.get(path, headers=asked, method="OPTIONS")
    assert answer.status in (200, 204)
    assert answer.header("Access-Control-Allow-Origin") == SPA
    allowed = (answer.header("Access-Control-Allow-Headers") or "").lower()
    assert header in allowed
    assert method in (answer.header("Access-Control-Allow-Methods") or "")
    assert "Origin" in (answer.header("Vary") or "")
    assert answer.header("Access-Control-Allow-Credentials") is None


@pytest.mark.parametrize("path", [OPENID, OAUTH, "/.well-known/jwks.json"])
def test_documents_can_be_read_from_everywhere(provider: Within, path: str) -> None:
    """Row 14"""
    answer = provider.caller(Origin="https://anybody.test").get(path)
    assert answer.header("Access-Control-Allow-Origin") == "*"
    assert answer.header("Access-Control-Allow-Credentials") is None
    tag = str(answer.header("ETag"))
    again = provider.http.get(path, headers={"If-None-Match": tag})
    assert (again.status, again.body, again.header("ETag")) == (304, b"", tag)
    other = provider.http.get(path, headers={"If-None-Match": '"other"'})
    assert (other.status, other.body) == (200, answer.body)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", f"{SPA}.evil.example"]
)
def test_a_foreign_page_may_not(provider: Within, origin: str) -> None:
    """Row 14, SEC-161"""
    provider.client("Spa", "--public", "--redirect-uri", f"{SPA}/cb")
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    answer = provider.http.get("/userinfo", headers=asked, method="OPTIONS")
    assert answer.header("Access-Control-Allow-Origin") is None
