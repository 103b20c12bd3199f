"""Faults, made on purpose and undone again, each while a secret is being sent."""

from collections.abc import Callable

from tests.support.browser import Browser
from tests.support.faults import away
from tests.support.faults import changed
from tests.support.people import Person
from tests.support.relying_party import RelyingParty
from tests.support.within import Within


def of_forms(provider: Within, browser: Browser) -> None:
    """Sends what no form of ours makes, with a code or a cookie in it."""
    browser.visit("/settings/mfa/disable")
    form = browser.html.form("disable-mfa")
    sent = [*form.fields, ("code", "000000")]
    browser.tab().post(form.target, [("code", "000000"), ("csrf_token", "f" * 64)])
    browser.tab().post(form.target, sent, headers={"Origin": "https://evil.example"})
    browser.tab().post(form.target, [*sent, ("code", "111111")])
    browser.tab().post(form.target, body=b"x" * 100_000)
    browser.tab().post(form.target, [*sent, ("more", "\0")])
    browser.tab().visit("/settings/nothing", {"code": "000000"})
    provider.http.post("/token", {"grant_type": "password", "code": "000000"})
    provider.http.get("/userinfo", headers={"Authorization": "Bearer of.bad.news"})


def of_the_database(
    url: str,
    provider: Within,
    person: Person,
    app: RelyingParty,
    code_of: Callable[[str], str],
) -> None:
    """Lets the database fail at the password, the code, the session and the tokens."""
    first = provider.browser().visit("/login")
    with away(url, "attempts"):
        assert person.enter_password(first).status == 503, first
    browser = person.enter_password(provider.browser().visit("/login"))
    with away(url, "sessions"):
        assert person.enter_code(browser, code_of("without sessions")).status == 503, (
            browser
        )
    done = person.enter_password(app.ask(provider.browser()))
    code = app.code(person.enter_code(done, code_of("without a trail")))
    with away(url, "audit_records"):
        assert app.redeem(code).status == 503
    answer = app.redeem(code).json()
    with away(url, "grants"):
        assert app.refresh(answer["refresh_token"]).status == 503
        assert app.userinfo(answer["access_token"]).status >= 500


def of_a_view(url: str, provider: Within, person: Person, code: str) -> None:
    """Makes views raise what nobody expected, with secrets in their hands."""
    browser = provider.browser().visit("/login")
    form, other = browser.html.form("sign-in"), browser.at.replace("/password", "/totp")
    spoilt = "UPDATE logins SET message = '[1]'"
    with changed(url, spoilt, "UPDATE logins SET message = NULL"):
        secrets = {"code": code, "password": person.password}
        fields = {**dict(form.fields), **secrets}
        assert browser.post(other, fields).status == 500, browser
        assert browser.visit(other).status == 500, browser
