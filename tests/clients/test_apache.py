"""Apache's mod_auth_openidc guards an application that knows nothing of sign-ins.

It verifies tokens by itself, reads userinfo, and refuses what has no `sub`; what it
passes on to the application in headers is what people in charge authorise by.
"""

import contextlib
import urllib.parse
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from tests.clients import apache
from tests.clients.apache import CALLBACK
from tests.clients.apache import Apache
from tests.clients.apache import told
from tests.clients.conftest import NewPerson
from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.provider import Provider
from tests.support.waiting import until

pytestmark = pytest.mark.foreign

WITH_PKCE = "OIDCPKCEMethod S256"
# Who may not enter is sent to sign in again, with what that place asks for.
STEP_UP = """
<Location /secret>
  OIDCUnAutzAction auth
  OIDCPathAuthRequestParams acr_values=mfa
  Require claim acr:mfa
</Location>
<Location /fresh>
  OIDCUnAutzAction auth
  OIDCPathAuthRequestParams max_age=0&acr_values={encoded}
  Require claim acr:{alias}
</Location>
"""
ALIAS = "https://refeds.org/profile/mfa"
AFTER = "http://127.0.0.1:1/bye"
NewApache = Callable[..., Apache]


@pytest.fixture(scope="module")
def new_apache(
    provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NewApache]:
    """Gives a maker of servers, each registered with the provider."""
    with contextlib.ExitStack() as stack:

        def make(*arguments: str, more: str = WITH_PKCE, places: str = "") -> Apache:
            port, callback = apache.address()
            addresses = ["--redirect-uri", callback]
            addresses += ["--post-logout-redirect-uri", AFTER]
            addresses += ["--backchannel-logout-uri", f"{callback}?logout=backchannel"]
            registration = provider.command(
                "client", "create", "Intranet", *addresses, *arguments, "--json"
            )
            folder = tmp_path_factory.mktemp("apache")
            running = apache.running(
                folder,
                provider.issuer,
                registration,
                port=port,
                more=more,
                places=places,
            )
            return stack.enter_context(running)

        yield make


@pytest.fixture(scope="module")
def intranet(new_apache: NewApache) -> Apache:
    """Gives a server that is set up as its manual and ours say."""
    return new_apache()


class Visitor:
    """Somebody's browser: one jar at the provider, one at Apache."""

    def __init__(self, provider: Provider, intranet: Apache) -> None:
        self.there = provider.browser()
        self.here = intranet.browser()

    def open(self, path: str) -> Browser:
        """Opens a page at Apache and goes wherever that leads without a person."""
        self.here.visit(path)
        while (onward := self.onward) and self.there.visit(onward).left_for:
            self.here.visit(self.there.left_for or "")
        return self.here

    @property
    def onward(self) -> str | None:
        """Gives where Apache sends the browser: by status, or by a page that leads on.

        A step-up begins too late in a request for another status than 200.
        """
        return self.here.left_for or self.here.answer.header("Location")

    def sign_in(self, person: Person, path: str = "/") -> Browser:
        """Opens a page at Apache as this person, who is asked for both factors."""
        self.open(path)
        person.enter_code(person.enter_password(self.there))
        assert self.there.left_for is not None, self.there
        return self.here.visit(self.there.left_for)


def test_the_application_behind_learns_who_it_is(
    provider: Provider, intranet: Apache, new_person: NewPerson
) -> None:
    mia = new_person("--role", "auditor")

    page = Visitor(provider, intranet).sign_in(mia, "/reports?year=2026")

    assert page.at == f"{intranet.origin}/reports?year=2026"
    headers = told(page)
    assert headers["x-remote-user"] == mia.username
    assert headers["oidc_claim_sub"] == mia.id
    assert headers["oidc_claim_email"] == f"{mia.username}@example.org"
    assert headers["oidc_claim_name"] == "Mia Brandt"
    assert headers["oidc_claim_groups"] == "auditor"


def test_what_was_asked_of_the_sign_in_can_be_required(
    provider: Provider, intranet: Apache, mia: Person
) -> None:
    page = Visitor(provider, intranet).sign_in(mia, "/payslips")
    assert told(page)["oidc_claim_acr"] == "mfa"


def test_who_lacks_the_group_is_kept_out_of_its_part(
    provider: Provider, intranet: Apache, mia: Person, new_person: NewPerson
) -> None:
    visitor = Visitor(provider, intranet)
    visitor.sign_in(mia)
    assert visitor.open("/auditors").status == 401

    other = Visitor(provider, intranet)
    other.sign_in(new_person("--role", "auditor"))
    assert other.open("/auditors").status == 200


def test_a_refresh_keeps_the_visitor_signed_in(
    provider: Provider, intranet: Apache, mia: Person
) -> None:
    visitor = Visitor(provider, intranet)
    first = told(visitor.sign_in(mia))["oidc_access_token"]

    refresh = {"refresh": f"{intranet.origin}/after", "access_token": first}
    page = visitor.here.visit(CALLBACK, refresh)

    assert page.at == f"{intranet.origin}/after"
    second = told(page)["oidc_access_token"]
    assert second != first
    known = provider.caller(Authorization=f"Bearer {second}").get("/userinfo")
    assert known.json()["sub"] == mia.id


def test_signing_out_at_apache_signs_out_at_the_provider(
    provider: Provider, intranet: Apache, mia: Person
) -> None:
    visitor = Visitor(provider, intranet)
    visitor.sign_in(mia)
    assert is_signed_in(visitor.there)

    visitor.here.visit(CALLBACK, {"logout": AFTER})
    visitor.there.visit(visitor.here.left_for or "")

    assert visitor.there.left_for == AFTER
    assert not is_signed_in(visitor.there)
    assert visitor.open("/").left_for is not None, "Apache asks the provider again"
    assert visitor.there.page == "login-password"


def test_signing_out_at_the_provider_signs_out_at_apache(
    provider: Provider, intranet: Apache, mia: Person
) -> None:
    """Back-Channel Logout 1.0: Apache's own session is gone soon after"""
    visitor = Visitor(provider, intranet)
    visitor.sign_in(mia)
    assert visitor.here.visit("/").status == 200

    visitor.there.visit("/settings").fill("sign-out")

    assert visitor.there.page == "logged-out"
    until(lambda: visitor.here.visit("/").left_for is not None, "Apache forgets mia")


@pytest.fixture(scope="module")
def stepping(new_apache: NewApache) -> Apache:
    """Gives a server with places that ask for more than others."""
    encoded = urllib.parse.quote(ALIAS, safe="")
    return new_apache(places=STEP_UP.format(encoded=encoded, alias=ALIAS))


@pytest.fixture
def password_will_do(provider: Provider) -> Iterator[None]:
    provider.policy("optional")
    yield
    provider.policy("required")


@pytest.mark.usefixtures("password_will_do")
def test_a_place_may_ask_for_a_second_factor_of_who_has_none_yet(
    provider: Provider, stepping: Apache
) -> None:
    """OIDCPathAuthRequestParams and OIDCUnAutzAction: step-up at Apache"""
    ada = provider.person("ada", enrolled=False)
    visitor = Visitor(provider, stepping)
    visitor.open("/")
    ada.enter_password(visitor.there)
    page = visitor.here.visit(visitor.there.left_for or "")
    assert told(page)["oidc_claim_acr"] == "pwd"

    visitor.open("/secret/plans")
    ada.enrol(visitor.there)
    page = visitor.here.visit(visitor.there.left_for or "")
    assert page.at == f"{stepping.origin}/secret/plans"
    assert told(page)["oidc_claim_acr"] == "mfa"
    assert told(visitor.open("/"))["oidc_claim_acr"] == "mfa"


def test_a_place_may_ask_for_a_sign_in_of_this_minute(
    provider: Provider, stepping: Apache, new_person: NewPerson
) -> None:
    """max_age=0 asks for everything; the level comes back as it was asked for"""
    mia = new_person()
    visitor = Visitor(provider, stepping)
    page = visitor.open("/")
    mia.enter_backup_code(mia.enter_password(visitor.there), mia.backup_codes[0])
    visitor.there.fill("continue-as")
    page = visitor.here.visit(visitor.there.left_for or "")
    first = int(told(page)["oidc_claim_auth_time"])

    visitor.open("/fresh/air")
    mia.enter_code(mia.enter_password(visitor.there))
    page = visitor.here.visit(visitor.there.left_for or "")
    assert page.at == f"{stepping.origin}/fresh/air"
    assert told(page)["oidc_claim_acr"] == ALIAS
    assert int(told(page)["oidc_claim_auth_time"]) >= first
    assert visitor.open("/fresh/air").status == 200, "and is not asked in a circle"


def test_secret_and_token_may_travel_in_the_body(
    provider: Provider, new_apache: NewApache, mia: Person
) -> None:
    body = (
        "OIDCProviderTokenEndpointAuth client_secret_post",
        "OIDCUserInfoTokenMethod post_param",
    )
    intranet = new_apache(
        "--auth-method", "client_secret_post", more="\n".join((WITH_PKCE, *body))
    )

    headers = told(Visitor(provider, intranet).sign_in(mia))

    assert headers["oidc_claim_family_name"] == "Brandt"


def test_a_server_that_sends_no_challenge_needs_a_client_without(
    provider: Provider, new_apache: NewApache, mia: Person
) -> None:
    intranet = new_apache("--no-pkce", more="")
    headers = told(Visitor(provider, intranet).sign_in(mia))
    assert headers["oidc_claim_sub"] == mia.id


def test_otherwise_the_answer_names_what_to_change(
    provider: Provider, new_apache: NewApache
) -> None:
    visitor = Visitor(provider, new_apache(more=""))

    visitor.here.visit("/")
    visitor.there.visit(visitor.here.left_for or "")

    query = urllib.parse.urlsplit(visitor.there.left_for or "").query
    answer = dict(urllib.parse.parse_qsl(query))
    assert answer["error"] == "invalid_request"
    assert "code_challenge" in answer["error_description"]
    assert "require_pkce" in answer["error_description"]


def test_the_answer_may_come_as_a_form(
    provider: Provider, new_apache: NewApache, mia: Person
) -> None:
    intranet = new_apache(more=f"{WITH_PKCE}\nOIDCResponseMode form_post")
    visitor = Visitor(provider, intranet)
    visitor.open("/")
    mia.enter_code(mia.enter_password(visitor.there))

    (form,) = visitor.there.html.forms
    page = visitor.here.post(form.target, form.fields)

    assert told(page)["oidc_claim_sub"] == mia.id
