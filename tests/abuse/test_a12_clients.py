"""A12: applications whose record would lead astray, run a script or help itself.

AC-151 is where addresses are fetched: ``tests/test_outbound.py``, and the notices of
``tests/cli/test_deliveries.py``.
"""

import pytest

from tests.abuse.oracles import no_server_error
from tests.api.stage import Stage
from tests.support.providers import Maker
from tests.support.within import Within

CALLBACK = "https://rp.example/cb"
GOOD = {"client_name": "Wiki", "client_id": "wiki", "redirect_uris": [CALLBACK]}
LISTS = ("redirect_uris", "post_logout_redirect_uris")
SINGLE = (
    *("backchannel_logout_uri", "frontchannel_logout_uri"),
    *("initiate_login_uri", "jwks_uri"),
)
ASTRAY = (
    "javascript:alert(1)",
    "JavaScript://rp.example/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "http://rp.example/cb",
    "https://rp.example/a b",
    "https://user:word@rp.example/",
    "https://rp.example/#fragment",
    "https://rp.example\\@evil.example/",
    "https://rp.example/\r\nSet-Cookie: a=b",
    "https://rp.example/\x7f",
    "https:///cb",
    "https://rp.example;script-src/cb",
    "https:rp.example",
    "",
)
SCRIPT = '"><img src=x onerror=alert(1)>'
ODD_NAMES = (SCRIPT, "{{7*7}}", "{% raw %}")
WEAKER: tuple[dict[str, object], ...] = (
    {"consent": "skip"},
    {"skip_consent": True},
    {"grant_types": ["password"]},
    {"grant_types": ["authorization_code", "implicit"]},
    {"response_types": ["token"]},
    {"default_acr_values": ["none"]},
    {"client_secret_expires_at": 0},
    {"token_endpoint_auth_signing_alg": "none"},
    {"id_token_signed_response_alg": "none"},
    {"userinfo_signed_response_alg": "none"},
)


@pytest.fixture
def stage(new_provider: Maker, database_kind: str) -> Stage:
    return Stage(new_provider(database_kind))


def test_no_address_leads_astray_at_creation_or_by_a_change(stage: Stage) -> None:
    """AC-149, SEC-245"""
    robot = stage.service()
    before = robot("POST", "/clients", GOOD).json()["client_id"]
    shown = robot.got(f"/clients/{before}")
    for uri in ASTRAY:
        for member in (*LISTS, *SINGLE):
            bad = {member: [CALLBACK, uri] if member in LISTS else uri}
            created = robot("POST", "/clients", {**GOOD, **bad, "client_id": "new"})
            changed = robot("PATCH", "/clients/wiki", bad)
            for answer in (created, changed):
                assert answer.status == 400, (member, uri, answer)
                named = answer.json()["errors"][0]["field"]
                assert named.partition(".")[0] == member
    assert robot.got("/clients/wiki") == shown
    assert robot("GET", "/clients/new").status == 404


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_is_text_wherever_a_person_reads_it(provider: Within, name: str) -> None:
    """AC-150, SEC-246; the pages of administration are journeys of their own"""
    stage = Stage(provider)
    mia = provider.person("mia", "--name", name)
    guest = provider.client("guest", "--id", "guest", "--ask-consent")
    stage.service()("PATCH", "/clients/guest", {"client_name": name})
    browser = guest.ask(mia.sign_in(provider.browser()))
    assert browser.page == "consent"
    assert name in browser.text
    answers = [browser.answer]
    guest.collect(browser.fill("consent", decision="allow"))
    for path in ("applications", "sessions", "activity"):
        answers.append(browser.visit(f"/settings/{path}").answer)
    for answer in answers:
        assert answer.status == 200
        assert "<img src=x" not in answer.text, answer
        assert ">49<" not in answer.text, answer


def test_a_name_that_turns_lines_around_is_refused(stage: Stage) -> None:
    """AC-150"""
    robot = stage.service()
    for name in ("\u202egnp.exe", "a\nb", "\u2066x", "a\x00", "\ud800"):
        refused = robot("POST", "/clients", {**GOOD, "client_name": name})
        assert refused.status == 400, ascii(name)


def test_no_other_token_registers_an_application(stage: Stage) -> None:
    """AC-152, SEC-210, SEC-248"""
    other = stage.service("idp:clients:read", name="other")
    unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0."
    for caller, status in (
        (stage.bare(), 401),
        (stage.bare(unsigned), 401),
        (stage.bare(stage.console.secret), 401),
        (other, 403),
    ):
        answer = caller("POST", "/clients", GOOD)
        no_server_error(answer)
        assert answer.status == status, answer
    assert other("GET", "/clients/wiki").status == 404


def test_what_weakens_an_application_is_not_overlooked_but_refused(
    stage: Stage,
) -> None:
    """AC-152, SEC-258"""
    robot = stage.service()
    for wish in WEAKER:
        assert robot("POST", "/clients", {**GOOD, **wish}).status == 400, wish
    assert robot("GET", "/clients/wiki").status == 404
