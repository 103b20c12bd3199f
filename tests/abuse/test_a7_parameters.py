"""A7, second half: everything else in a request (AC-092 to AC-101)."""

import socket
import urllib.parse

import pytest

from tests.abuse.oracles import local
from tests.abuse.oracles import no_code
from tests.abuse.oracles import no_server_error
from tests.support.browser import Browser
from tests.support.exchange import with_query
from tests.support.people import Person
from tests.support.relying_party import RelyingParty
from tests.support.within import Within

CALLBACK = "https://rp1.example/cb"


@pytest.fixture
def client(provider: Within) -> RelyingParty:
    return provider.client("rp1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", "other"),
        ("redirect_uri", "https://evil.example/cb"),
        ("state", "other"),
        ("nonce", "other"),
        ("scope", "openid profile"),
        ("code_challenge", "x" * 43),
        ("prompt", "login"),
        ("max_age", "5"),
        ("response_type", "code"),
    ],
)
def test_a_repeated_parameter_is_refused(
    signed_in: Browser, client: RelyingParty, name: str, value: str
) -> None:
    """AC-092, SEC-175"""
    client.pending = client.request(prompt="consent", max_age="99999")
    signed_in.visit(with_query(client.pending.url, [(name, value)]))
    if name in ("client_id", "redirect_uri"):
        local(signed_in)
    elif signed_in.left_for:
        query = urllib.parse.urlsplit(signed_in.left_for).query
        assert dict(urllib.parse.parse_qsl(query))["error"] == "invalid_request"
        assert signed_in.left_for.startswith(CALLBACK + "?")
    no_code(signed_in)
    assert signed_in.left_for or signed_in.status == 400


def test_query_and_body_may_not_disagree(
    signed_in: Browser, client: RelyingParty
) -> None:
    """AC-092, SEC-175"""
    client.pending = client.request()
    evil = {"redirect_uri": "https://evil.example/cb"}
    signed_in.post(client.pending.url, evil)
    local(signed_in)


@pytest.mark.parametrize("kind", ["--public", "--auth-method=client_secret_basic"])
@pytest.mark.parametrize(
    "sent",
    [
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge_method": "s256"},
        {"code_challenge": "x" * 42},
        {"code_challenge": "x" * 129},
        {"code_challenge": "x" * 42 + "="},
        {"code_challenge": "x" * 42 + "ü"},
    ],
)
def test_a_challenge_by_s256_is_needed(
    provider: Within, signed_in: Browser, kind: str, sent: dict[str, str | None]
) -> None:
    """AC-093, SEC-173"""
    client = provider.client("rp1", kind)
    client.ask(signed_in, **sent)
    assert client.error(signed_in) == "invalid_request"
    assert "code_challenge" in client.received(signed_in)["error_description"]


def test_a_challenge_is_enforced(provider: Within, signed_in: Browser) -> None:
    """AC-094 (a) and (c), SEC-174"""
    for verifier in (None, "", "x" * 43):
        client = provider.client("rp1", "--public")
        code = client.code(client.ask(signed_in))
        answer = client.redeem(code, code_verifier=verifier)
        assert answer.status == 400
        assert answer.json()["error"] in ("invalid_grant", "invalid_request")


def test_a_verifier_without_a_challenge_is_refused(
    provider: Within, signed_in: Browser
) -> None:
    """AC-094 (b), SEC-174"""
    client = provider.client("rp1", "--no-pkce")
    away = {"code_challenge": None, "code_challenge_method": None}
    code = client.code(client.ask(signed_in, **away))
    assert client.redeem(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "mode", ["fragment", "web_message", "query.jwt", "form_post.jwt", "nonsense", ""]
)
def test_answers_come_in_the_query_only(
    signed_in: Browser, client: RelyingParty, mode: str
) -> None:
    """AC-095, SEC-176"""
    client.ask(signed_in, response_mode=mode)
    if mode == "" and signed_in.left_for and "code=" in signed_in.left_for:
        return  # RFC 6749 section 3.1: an empty parameter is an absent one
    no_code(signed_in)
    assert signed_in.left_for or signed_in.status == 400


@pytest.mark.parametrize("length", [1, 64, 4096])
def test_state_comes_back_to_the_letter(
    signed_in: Browser, client: RelyingParty, length: int
) -> None:
    """AC-096, SEC-178"""
    state = "<script>\"'%0d%0aSet-Cookie:x=1&+ é 語#;"
    state = (state * (length // len(state) + 1))[:length]
    while len(state.encode()) > length:
        state = state[:-1]
    nonce = state[::-1] or "n"
    client.ask(signed_in, state=state, nonce=nonce)
    assert client.received(signed_in)["state"] == state
    assert len(signed_in.answer.all_headers("Location")) == 1
    assert client.collect(signed_in).claims["nonce"] == nonce


@pytest.mark.parametrize("name", ["state", "nonce", "scope", "login_hint"])
def test_what_is_too_long_is_refused(
    signed_in: Browser, client: RelyingParty, name: str
) -> None:
    """AC-096, SEC-178"""
    client.ask(signed_in, **{name: "openid " + "x" * 100_000})
    no_code(signed_in)
    no_server_error(signed_in.answer)


def test_pages_on_the_way_escape_what_was_sent(
    provider: Within, mia: Person, client: RelyingParty
) -> None:
    """AC-096, SEC-184"""
    mark = "\"'><img src=x onerror=alert(1)>"
    browser = client.ask(provider.browser(), state=mark, nonce=mark, login_hint=mark)
    assert "<img src=x" not in browser.answer.text
    client.ask(browser, client_id=mark, state=mark)
    assert "<img src=x" not in browser.answer.text


def test_the_issuer_is_in_every_answer(provider: Within, mia: Person) -> None:
    """AC-097, SEC-177"""
    guest = provider.client("rp1", "--ask-consent")
    browser = mia.sign_in(provider.browser())
    told = provider.http.get("/.well-known/openid-configuration").json()["issuer"]

    refused = guest.ask(browser).fill("consent", decision="deny")
    answers = [guest.received(refused)]
    answers.append(guest.received(guest.ask(browser, prompt="none")))
    allowed = guest.ask(browser).fill("consent", decision="allow")
    answers.append(guest.received(allowed))
    assert [answer["iss"] for answer in answers] == [told] * 3
    assert ["code" in answer for answer in answers] == [False, False, True]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("request", "eyJhbGciOiJub25lIn0.e30."),
        ("request_uri", "http://127.0.0.1:{port}/r"),
        ("request_uri", "urn:ietf:params:oauth:request_uri:unknown"),
        ("request_uri", "file:///etc/passwd"),
    ],
)
def test_requests_by_reference_are_refused_without_a_look(
    signed_in: Browser, client: RelyingParty, name: str, value: str
) -> None:
    """AC-098, SEC-180"""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        client.ask(signed_in, **{name: value.format(port=port)})
        if signed_in.left_for:
            assert client.error(signed_in) in (
                f"{name}_not_supported",
                "invalid_request",
            )
        no_code(signed_in)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_credentials_never_travel_on(
    provider: Within, mia: Person, client: RelyingParty
) -> None:
    """AC-099, SEC-160, SEC-179"""
    browser = client.ask(provider.browser())
    trail = list(browser.trail)
    trail += mia.enter_password(browser).trail
    code = mia.phone.code()
    trail += mia.enter_code(browser, code).trail

    for answer in trail:
        assert answer.status in (200, 303)
        assert mia.password not in (answer.header("Location") or "")
        assert code not in (answer.header("Location") or "")
        if answer.status == 200:
            assert answer.header("Referrer-Policy") == "no-referrer"


def test_a_hint_of_somebody_else_never_switches(
    provider: Within, signed_in: Browser, client: RelyingParty
) -> None:
    """AC-100, SEC-182"""
    ben = provider.person("ben")
    of_ben = client.ask(ben.sign_in(provider.browser()))
    hint = client.collect(of_ben).answer["id_token"]

    silent = client.ask(signed_in, id_token_hint=hint, prompt="none")
    assert client.error(silent) == "login_required"
    client.ask(signed_in, id_token_hint=hint)
    assert signed_in.page in ("login-password", "select-account")


def test_a_hint_that_is_not_ours_never_switches(
    mia: Person, signed_in: Browser, client: RelyingParty
) -> None:
    """AC-100, SEC-182"""
    tokens = client.collect(client.ask(signed_in))
    hint = tokens.answer["id_token"]
    head, body, signature = hint.split(".")
    unsigned = f"eyJhbGciOiJub25lIn0.{body}."
    swapped = signature[:-8] + "AAAAAAAA"
    forged = [f"{head}.{body}.{swapped}", unsigned, tokens.access, "rubbish", "a.b.c"]
    for text in forged:
        client.ask(signed_in, id_token_hint=text, prompt="none")
        answer = client.received(signed_in)
        if "code" in answer:
            assert client.collect(signed_in).claims["sub"] == mia.id
        else:
            assert answer["error"] in ("invalid_request", "login_required")


def test_an_old_hint_of_the_same_person_is_a_hint(
    provider: Within, mia: Person, signed_in: Browser, client: RelyingParty
) -> None:
    """AC-100: expired is no fault of a hint"""
    hint = client.collect(client.ask(signed_in)).answer["id_token"]
    provider.move.advance(minutes=30)
    client.ask(signed_in, id_token_hint=hint, prompt="none")
    assert client.collect(signed_in).claims["sub"] == mia.id


def test_consent_cannot_be_given_by_the_request(
    provider: Within, signed_in: Browser
) -> None:
    """AC-101, SEC-181, SEC-183"""
    guest = provider.client("Guestbook", "--ask-consent", "--scope", "openid email")
    given = {"consent": "true", "approve": "1", "decision": "allow"}
    guest.ask(signed_in, scope="openid email admin", client_name="Bank", **given)
    assert signed_in.page == "consent"
    assert "Guestbook" in signed_in.text
    assert "Bank" not in signed_in.text

    tokens = guest.collect(signed_in.fill("consent", decision="allow"))
    assert tokens.scope == {"openid", "email"}
