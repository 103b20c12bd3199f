"""openid-client 6, the library that most Node.js applications sign in with.

It verifies signatures, `iss`, `nonce`, `at_hash` and types by itself and refuses what
it does not like, so each answer that comes back here has passed its checks.
"""

import contextlib
import json
import pathlib
import urllib.parse
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.conftest import NewPerson
from tests.clients.npm import Process
from tests.clients.npm import RefusedError
from tests.support.browser import Browser
from tests.support.client_keys import KeyPair
from tests.support.client_keys import key_set
from tests.support.client_keys import pair
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.provider import Provider
from tests.support.publisher import publishing
from tests.support.registrar import initial_token

pytestmark = [pytest.mark.foreign, pytest.mark.package_index]

CALLBACK = "http://localhost:3000/callback"
AFTER = "http://localhost:3000/bye"
EVERYTHING = "openid profile email groups"
# Letters that form encoding and Basic change, each its own way.
AWKWARD = 'plus+ percent% colon: slash/ amp& equals= quote" umlaut-ü'


class Application:
    """An application on this library, with its registration."""

    def __init__(self, registration: dict[str, Any]) -> None:
        self.registration = registration
        self.process = Process("openid_client.mjs")
        self.order = self.process.order

    def discover(self, issuer: str) -> dict[str, Any]:
        """Reads the metadata of the provider, as each start does."""
        known = self.registration
        found = self.order(
            "discover",
            issuer=issuer,
            id=known["client_id"],
            secret=known.get("client_secret"),
            method=known["token_endpoint_auth_method"],
        )
        return dict(found["metadata"])

    def ask(self, browser: Browser, **parameters: str) -> Browser:
        """Sends the browser to the provider."""
        return browser.visit(self.url(**parameters))

    def url(self, *, signed: bool = False, pushed: bool = False, **more: str) -> str:
        """Gives where the browser is sent, the request signed or pushed before."""
        asked = {"redirect_uri": CALLBACK, "scope": EVERYTHING, **more}
        how = {"signed": signed, "pushed": pushed}
        return str(self.order("begin", parameters=asked, **how)["url"])

    def finish(self, browser: Browser) -> dict[str, Any]:
        """Takes the answer that the browser brings, and redeems the code."""
        assert browser.left_for is not None, browser
        return self.order("finish", url=browser.left_for)


NewApplication = Callable[..., Application]


@pytest.fixture
def new_application(
    provider: Provider, packages: pathlib.Path
) -> Iterator[NewApplication]:
    running: list[Application] = []

    def make(
        *arguments: str, secret: str | None = None, key: KeyPair | None = None
    ) -> Application:
        addresses = ["--redirect-uri", CALLBACK, "--post-logout-redirect-uri", AFTER]
        create = ["client", "create", "Express", *addresses, *arguments, "--json"]
        if secret is not None:
            create.append("--secret-stdin")
        registration = provider.command(*create, stdin=secret)
        if secret is not None:
            registration["client_secret"] = secret
        running.append(Application(registration))
        if key is not None:
            running[-1].order("hold", jwk=key.private, alg=key.alg)
        running[-1].discover(provider.issuer)
        return running[-1]

    yield make
    for application in running:
        application.process.close()


def signed_in(
    application: Application, browser: Browser, mia: Person
) -> dict[str, Any]:
    """Goes through both pages, and gives what the application received."""
    mia.enter_code(mia.enter_password(application.ask(browser)))
    return application.finish(browser)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_it_signs_in_with_a_secret_sent_this_way(
    provider: Provider, new_application: NewApplication, mia: Person, method: str
) -> None:
    express = new_application("--auth-method", method)

    received = signed_in(express, provider.browser(), mia)

    assert received["claims"]["sub"] == mia.id
    assert received["claims"]["acr"] == "mfa"
    assert received["claims"]["amr"] == ["pwd", "otp", "mfa"]
    assert received["answer"]["token_type"].lower() == "bearer"
    assert set(received["answer"]["scope"].split()) == set(EVERYTHING.split())


def test_it_signs_in_without_a_secret(
    provider: Provider, new_application: NewApplication, mia: Person
) -> None:
    received = signed_in(new_application("--public"), provider.browser(), mia)
    assert received["claims"]["sub"] == mia.id


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_secret_may_hold_letters_that_encodings_change(
    provider: Provider, new_application: NewApplication, mia: Person, method: str
) -> None:
    express = new_application("--auth-method", method, secret=AWKWARD)
    received = signed_in(express, provider.browser(), mia)
    assert received["claims"]["sub"] == mia.id


def test_a_wrong_secret_is_told_apart_from_other_failures(
    provider: Provider, new_application: NewApplication, mia: Person
) -> None:
    express = new_application()
    right = express.registration["client_secret"]
    express.registration["client_secret"] = "wrong-" + right
    express.discover(provider.issuer)

    with pytest.raises(RefusedError) as refused:
        signed_in(express, provider.browser(), mia)

    # A refusal by Basic comes with a challenge, and the library reads that first.
    assert refused.value.code == "OAUTH_WWW_AUTHENTICATE_CHALLENGE"


def test_userinfo_says_who_it_is(
    provider: Provider,
    new_application: NewApplication,
    new_person: NewPerson,
) -> None:
    mia = new_person("--role", "auditor")
    express = new_application()
    signed_in(express, provider.browser(), mia)

    who = express.order("userinfo")

    assert who["sub"] == mia.id
    assert who["preferred_username"] == mia.username
    assert who["email"] == f"{mia.username}@example.org"
    assert (who["name"], who["given_name"]) == ("Mia Brandt", "Mia")
    assert who["groups"] == ["auditor"]


def test_a_refresh_gives_new_tokens_about_the_same_sign_in(
    provider: Provider, new_application: NewApplication, mia: Person
) -> None:
    express = new_application()
    first = signed_in(express, provider.browser(), mia)

    second = express.order("refresh", parameters={})

    assert second["answer"]["access_token"] != first["answer"]["access_token"]
    assert second["answer"]["refresh_token"] != first["answer"]["refresh_token"]
    for name in ("sub", "auth_time", "acr", "amr", "sid"):
        assert second["claims"][name] == first["claims"][name]
    assert express.order("userinfo")["sub"] == mia.id


def test_a_revoked_refresh_token_gives_nothing_more(
    provider: Provider, new_application: NewApplication, mia: Person
) -> None:
    express = new_application()
    signed_in(express, provider.browser(), mia)
    assert express.order("introspect")["username"] == mia.username

    express.order("revoke")

    with pytest.raises(RefusedError) as refused:
        express.order("refresh", parameters={})
    assert refused.value.oauth == "invalid_grant"
    assert express.order("introspect") == {"active": False}


@pytest.mark.parametrize("issuer", [None, "http://127.0.0.1:1"])
def test_it_refuses_an_answer_that_does_not_name_this_provider(
    provider: Provider, new_application: NewApplication, mia: Person, issuer: str | None
) -> None:
    express = new_application()
    browser = provider.browser()
    mia.enter_code(mia.enter_password(express.ask(browser)))
    browser.left_for = naming(browser.left_for or "", issuer)

    with pytest.raises(RefusedError) as refused:
        express.finish(browser)

    assert refused.value.code == "OAUTH_INVALID_RESPONSE"
    assert "(issuer)" in refused.value.reason


def naming(answer: str, issuer: str | None) -> str:
    """Gives the same answer with another `iss`, or without one."""
    address, _, query = answer.partition("?")
    fields = dict(urllib.parse.parse_qsl(query))
    del fields["iss"]
    fields |= {} if issuer is None else {"iss": issuer}
    return f"{address}?{urllib.parse.urlencode(fields)}"


def test_it_understands_that_nobody_is_signed_in(
    provider: Provider, new_application: NewApplication
) -> None:
    express = new_application()
    browser = express.ask(provider.browser(), prompt="none")

    with pytest.raises(RefusedError) as refused:
        express.finish(browser)

    assert refused.value.oauth == "login_required"


def test_its_own_check_of_max_age_is_content_after_asking_again(
    provider: Provider, new_application: NewApplication, mia: Person
) -> None:
    express = new_application()
    browser = provider.browser()
    signed_in(express, browser, mia)

    express.ask(browser, max_age="900", prompt="none")

    assert express.finish(browser)["claims"]["sub"] == mia.id


def test_signing_out_there_ends_the_session_here_and_leads_back(
    provider: Provider, new_application: NewApplication, mia: Person
) -> None:
    express = new_application()
    browser = provider.browser()
    signed_in(express, browser, mia)
    assert is_signed_in(browser)

    parameters = {"post_logout_redirect_uri": AFTER, "state": "s1"}
    browser.visit(express.order("sign_out", parameters=parameters)["url"])

    assert browser.left_for == f"{AFTER}?state=s1"
    assert not is_signed_in(browser)


def test_the_metadata_promises_what_it_relies_on(
    provider: Provider, new_application: NewApplication
) -> None:
    metadata = new_application().discover(provider.issuer)

    assert metadata["issuer"] == provider.issuer
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]


@pytest.mark.parametrize("alg", ["PS256", "EdDSA"])
def test_it_signs_in_by_a_key_with_a_signed_and_pushed_request(
    provider: Provider,
    new_application: NewApplication,
    mia: Person,
    tmp_path: pathlib.Path,
    alg: str,
) -> None:
    """RFC 7523, 9101, 9126, and step-up in the same way"""
    key, file = pair("node-1", alg), tmp_path / "jwks.json"
    file.write_text(json.dumps(key_set(key)))
    strict = ["--signed-requests-only", "--pushed-requests-only"]
    given = ["--auth-method", "private_key_jwt", "--jwks-file", str(file), *strict]
    express = new_application(*given, key=key)
    assert "client_secret" not in express.registration
    browser = provider.browser()

    mia.enter_code(
        mia.enter_password(browser.visit(express.url(signed=True, pushed=True)))
    )
    first = express.finish(browser)
    assert express.order("introspect")["username"] == mia.username
    again = express.url(signed=True, pushed=True, prompt="login", acr_values="mfa")
    mia.enter_backup_code(mia.enter_password(browser.visit(again)), mia.backup_codes[0])
    browser.fill("continue-as")
    second = express.finish(browser)

    assert first["claims"]["sub"] == second["claims"]["sub"] == mia.id
    assert "backup_code" in second["claims"]["amr"]
    assert second["claims"]["auth_time"] >= first["claims"]["auth_time"]
    browser.visit(express.url(signed=True, prompt="none"))
    with pytest.raises(RefusedError) as refused:
        express.finish(browser)
    assert refused.value.oauth == "invalid_request"


def test_it_publishes_its_keys_and_changes_them(
    provider: Provider, new_application: NewApplication, mia: Person
) -> None:
    old, new = pair("node-1"), pair("node-2", number=1)
    with publishing(key_set(new, old)) as published:
        given = ["--auth-method", "private_key_jwt", "--jwks-uri", published.url]
        express = new_application(*given, key=old)
        received = signed_in(express, provider.browser(), mia)
        assert received["claims"]["sub"] == mia.id
        express.order("hold", jwk=new.private, alg=new.alg)
        express.discover(provider.issuer)
        assert express.order("refresh", parameters={})["claims"]["sub"] == mia.id


def test_it_registers_itself_and_signs_in(
    provider: Provider, packages: pathlib.Path, mia: Person
) -> None:
    """RFC 7591: the library's own registration, with an initial access token"""
    with contextlib.closing(Process("openid_client.mjs")) as process:
        wish = {
            "client_name": "By itself",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "client_secret_post",
        }
        token = initial_token(provider)
        order = {"issuer": provider.issuer, "metadata": wish, "token": token}
        known = process.order("register", **order)["metadata"]
        asked = {"redirect_uri": CALLBACK, "scope": "openid email"}
        address = process.order("begin", parameters=asked)["url"]
        browser = mia.enter_password(provider.browser().visit(address))
        mia.enter_code(browser)
        assert browser.page == "consent"
        browser.fill("consent", decision="allow")
        received = process.order("finish", url=browser.left_for)
        assert received["claims"]["sub"] == mia.id
        assert process.order("refresh", parameters={})["claims"]["sub"] == mia.id
        assert known["registration_client_uri"].startswith(provider.issuer)
