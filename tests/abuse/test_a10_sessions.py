"""A10: sessions, the browser, sign-out.

Elsewhere: AC-126 and AC-134 in tests/web/test_headers.py for every route, AC-128 in
tests/journeys/test_settings.py, AC-135 for every form in tests/web/test_csrf.py,
AC-138 as row 14 in tests/field/test_metadata.py.
"""

import pytest

from tests.abuse.oracles import no_code
from tests.abuse.oracles import no_session
from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.phone import STEP
from tests.support.relying_party import RelyingParty
from tests.support.within import Within

SESSION = "idp_session"
OUT = "https://wiki.example/out"
EVIL = "https://evil.example"


@pytest.fixture
def wiki(provider: Within) -> RelyingParty:
    """Gives an application that people may come back to after signing out."""
    return provider.client("Wiki", "--post-logout-redirect-uri", OUT)


@pytest.fixture
def inside(provider: Within, mia: Person) -> Browser:
    """Gives a browser in which Mia is signed in."""
    return mia.sign_in(provider.browser())


def holding(provider: Within, **cookies: str) -> Browser:
    """Gives a jar into which somebody put these cookies."""
    browser = provider.browser()
    browser.cookies.update(cookies)
    return browser


def test_a_cookie_that_was_put_there_is_never_signed_in(
    provider: Within, mia: Person
) -> None:
    """AC-125, SEC-140: neither one made up nor one that the server itself gave"""
    given = provider.browser().visit("/login")
    jar = holding(provider, **given.cookies, **{SESSION: "x" * 43})
    browser = mia.enter_password(jar.visit("/login"))
    assert SESSION not in browser.cookies or browser.cookies[SESSION] == "x" * 43
    mia.enter_code(browser)
    assert is_signed_in(browser)
    assert browser.cookies[SESSION] != "x" * 43
    no_session(holding(provider, **{SESSION: "x" * 43}), given)


def test_every_proof_changes_the_cookie(
    provider: Within, mia: Person, inside: Browser, wiki: RelyingParty
) -> None:
    """AC-125, SEC-140: at a step-up too, and the one before is nobody's"""
    before = inside.copy()
    provider.move.advance(seconds=2 * STEP)
    again = wiki.ask(inside, prompt="login")
    mia.enter_code(mia.enter_password(again))
    wiki.collect(inside)
    assert inside.cookies[SESSION] != before.cookies[SESSION]
    assert is_signed_in(inside)
    no_session(before)


def test_a_copied_cookie_ends_with_the_session(
    provider: Within, inside: Browser, wiki: RelyingParty
) -> None:
    """AC-127, SEC-142"""
    thief = inside.copy()
    assert is_signed_in(thief)
    inside.visit("/settings").fill("sign-out")
    no_session(thief, inside)
    assert wiki.error(wiki.ask(thief, prompt="none")) == "login_required"
    provider.restart()
    no_session(thief)


def spoilt(token: str) -> list[str]:
    """Gives what is nearly a cookie, and what is nothing like one."""
    flipped = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    near = [token[:-1], f"{token}A", token[: len(token) // 2], flipped]
    quoted = [f'"{token}x"', f"{token}%00", f"={token}", f"\u00e9\u4e2d{token}"]
    return ["", "garbage", "A" * 8000, token.swapcase(), *near, *quoted]


def test_a_spoilt_cookie_is_nobodys(
    provider: Within, inside: Browser, wiki: RelyingParty
) -> None:
    """AC-129, SEC-146"""
    for value in spoilt(inside.cookies[SESSION]):
        sent = {"Cookie": f"{SESSION}={value}"}
        for path in ("/settings", "/settings/mfa", "/login"):
            answer = provider.http.get(path, headers=sent)
            assert answer.status == 303, (value, answer)
            assert "/login/" in (answer.header("Location") or ""), (value, answer)
        asked = provider.http.get(wiki.request(prompt="none").url, headers=sent)
        assert "error=login_required" in (asked.header("Location") or ""), value
    assert is_signed_in(inside)


def test_the_cookie_of_a_login_opens_nothing(
    provider: Within, mia: Person, inside: Browser
) -> None:
    """AC-129: what binds a browser is no session, nor the other way round"""
    login, session = inside.cookies["idp_browser"], inside.cookies[SESSION]
    no_session(holding(provider, **{SESSION: login}))
    no_session(holding(provider, idp_browser=session))
    nameless = provider.http.get("/settings", headers={"Cookie": f"={session}"})
    assert nameless.status == 303


def test_use_does_not_prolong_the_overall_limit(
    provider: Within, mia: Person, inside: Browser, wiki: RelyingParty
) -> None:
    """AC-130, SEC-143: twelve hours, however busy"""
    for _ in range(23):
        provider.move.advance(minutes=30)
        assert is_signed_in(inside)
    provider.move.advance(minutes=31)
    no_session(inside)
    assert wiki.ask(inside).page == "login-password"
    no_code(inside)


def test_an_hour_without_use_ends_a_session(
    provider: Within, inside: Browser, wiki: RelyingParty
) -> None:
    """AC-130, SEC-143: nor does the cookie know better"""
    held = wiki.collect(wiki.ask(inside.tab()))
    provider.move.advance(minutes=59)
    assert is_signed_in(inside)
    provider.move.advance(minutes=61)
    assert wiki.refresh(held.refresh).json()["error"] == "invalid_grant"
    assert wiki.error(wiki.ask(inside, prompt="none")) == "login_required"
    no_session(inside)


CROSS_SITE = {"Sec-Fetch-Site": "cross-site", "Origin": EVIL}


def test_nobody_is_signed_out_from_another_site(
    provider: Within, inside: Browser
) -> None:
    """AC-131, SEC-235: asked, and asked again where the form is not ours"""
    jar = "; ".join(f"{name}={value}" for name, value in inside.cookies.items())
    for destination in ("document", "image", "iframe", "empty"):
        sent = {**CROSS_SITE, "Sec-Fetch-Dest": destination, "Cookie": jar}
        provider.http.get("/end_session", headers=sent)
        provider.http.post("/end_session", {"confirm": "yes"}, headers=sent)
        assert is_signed_in(inside), destination
    page = inside.visit("/end_session")
    assert page.page == "logout-confirm"
    right = dict(page.html.form("sign-out").fields)["csrf_token"]
    stolen = {"confirm": "yes", "csrf_token": right}
    provider.http.post("/end_session", stolen, headers=sent)
    assert is_signed_in(inside)
    page.fill("sign-out", confirm="yes")
    no_session(inside)


ADDRESSES = [
    f"{EVIL}/out",
    f"{OUT}/",
    f"{OUT}x",
    f"{OUT}?x=1",
    f"{OUT}#x",
    f"{OUT}.evil.example",
    "https://wiki.example@evil.example/out",
    "https://payroll.example/out",
    "https://wiki.example/cb",
    "//wiki.example/out",
    "javascript:alert(1)",
    "data:text/html,x",
    "",
]


@pytest.mark.parametrize("with_hint", [True, False])
def test_after_signing_out_nobody_is_sent_elsewhere(
    provider: Within, mia: Person, wiki: RelyingParty, with_hint: bool
) -> None:
    """AC-132, SEC-236: not even to an address of another client"""
    theirs = "https://payroll.example/out"
    provider.client("Payroll", "--post-logout-redirect-uri", theirs)
    state = '"><script>alert(1)</script>'
    for address in ADDRESSES:
        provider.move.advance(seconds=2 * STEP)
        inside = mia.sign_in(provider.browser())
        sent = {"post_logout_redirect_uri": address, "state": state}
        sent["client_id"] = wiki.id
        if with_hint:
            sent["id_token_hint"] = wiki.collect(wiki.ask(inside)).answer["id_token"]
        seen = [*inside.visit("/end_session", sent).trail]
        if inside.page == "logout-confirm":
            seen += inside.fill("sign-out", confirm="yes").trail
        assert inside.left_for is None, (address, inside)
        assert not any("<script>alert" in answer.text for answer in seen), address


def test_a_registered_address_needs_a_proof_or_a_yes(
    inside: Browser, wiki: RelyingParty
) -> None:
    """AC-132: without a hint only the person's own word leads there"""
    inside.visit(
        "/end_session", {"post_logout_redirect_uri": OUT, "client_id": wiki.id}
    )
    assert (inside.left_for, inside.page) == (None, "logout-confirm")
    assert is_signed_in(inside)
    inside.fill("sign-out", confirm="yes")
    assert inside.left_for == OUT


def test_the_proof_of_somebody_else_signs_nobody_out(
    provider: Within, inside: Browser, wiki: RelyingParty
) -> None:
    """AC-133, SEC-240"""
    alice = provider.person("alice")
    hers = wiki.collect(wiki.ask(alice.sign_in(provider.browser())))
    sent = {"id_token_hint": hers.answer["id_token"], "post_logout_redirect_uri": OUT}
    inside.visit("/end_session", sent)
    assert inside.left_for is None
    assert is_signed_in(inside)


def test_nobody_is_signed_in_by_a_form_of_another_site(
    provider: Within, mia: Person
) -> None:
    """AC-135, SEC-156: with the attacker's own password, and with no cookie at all"""
    attacker = provider.browser().visit("/login")
    form, address = attacker.html.form("sign-in"), attacker.at
    fields = {**dict(form.fields), "username": "mia", "password": mia.password}
    victim = provider.browser()
    for headers in (CROSS_SITE, {"Origin": "null"}, {}):
        answer = provider.http.post(address, fields, headers=headers)
        assert answer.status in (400, 403), answer
        assert answer.all_headers("Set-Cookie") == []
    no_session(victim, attacker)


WAYS_BACK = [
    EVIL,
    "//evil.example",
    "/\\evil.example",
    "/%09/evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/ok@evil.example",
    "/x\r\nLocation: https://evil.example",
]


def test_no_parameter_says_where_a_sign_in_leads(provider: Within, mia: Person) -> None:
    """AC-136, SEC-162: there is none, at no step"""
    for name in ("next", "return_to", "redirect_uri", "continue"):
        for way in WAYS_BACK:
            browser = provider.browser().visit("/login", {name: way})
            known = {"username": "mia", "password": mia.password, name: way}
            browser.send(browser.html.form("sign-in"), known)
            assert browser.left_for is None, (name, way)
            assert "evil" not in str([hop.headers for hop in browser.trail]), way
    browser = mia.enter_password(provider.browser().visit("/login", {"next": EVIL}))
    browser.send(browser.html.form("sign-in"), {"code": mia.phone.unused_code()})
    assert browser.page == "settings"


FOREIGN_HOSTS = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "host=evil.example;proto=https",
    "X-Original-URL": "/evil",
    "X-Rewrite-URL": "/evil",
    "X-Host": "evil.example",
}
PLACES = ("/.well-known/openid-configuration", "/login", "/end_session", "/settings")


@pytest.mark.parametrize("path", PLACES)
def test_no_header_says_where_we_are(provider: Within, path: str) -> None:
    """AC-137, SEC-285, SEC-286: issuer, links and cookies come from the settings"""
    plain = provider.http.get(path)
    for name, value in FOREIGN_HOSTS.items():
        answer = provider.http.get(path, headers={name: value})
        assert answer.status == plain.status, (name, answer)
        assert "evil" not in answer.text + str(answer.headers), name
    for host in ("evil.example", "127.0.0.1:5000.evil.example", "evil.example:5000"):
        answer = provider.http.get(path, headers={"Host": host})
        assert answer.status == 400, host
        assert "evil" not in answer.text + str(answer.headers)


NAMED = ("/register/", "/admin/users/", "/admin/applications/", "/api/v1/roles/")


@pytest.mark.parametrize("name", ["healthz", "readyz", "metrics"])
def test_who_is_called_like_a_health_page_is_asked_for_here_only(
    provider: Within, name: str
) -> None:
    """SEC-285: the three answer to any Host, and nothing that only ends like them"""
    foreign = {"Host": "evil.example"}
    for place in NAMED:
        assert provider.http.get(f"{place}{name}", headers=foreign).status == 400
    assert provider.http.get(f"/{name}", headers=foreign).status in (200, 404)
