"""SEC-155, SEC-156: a form that is not ours or this browser's changes nothing."""

from urllib.parse import urlencode

import pytest

from tests.support.browser import Browser
from tests.support.exchange import FORM
from tests.support.exchange import Answer
from tests.support.within import Within
from tests.web.conftest import Dump
from tests.web.routes import Form
from tests.web.routes import at
from tests.web.routes import forms

FIELDS = {
    "username": "mia",
    "password": "wrong horse battery",
    "code": "123456",
    "backup_code": "0123-4567-89ab-cdef",
    "current_password": "wrong horse battery",
    "new_password": "an entirely new sentence",
    "new_password_again": "an entirely new sentence",
    "saved": "yes",
    "decision": "allow",
    "language": "de",
    "session": "x",
    "application": "x",
}
# Who may do everything is refused for the token's sake alone.
RIGHTS = ("--role", "administrator")
OURS = {"Sec-Fetch-Site": "same-origin"}
WRONG = ("", "0" * 64, "é" * 64, "\ud800", "a" * 5000)
FOREIGN: tuple[dict[str, str], ...] = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
)


def cookies(browser: Browser) -> dict[str, str]:
    jar = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return {"Cookie": jar}


def token(browser: Browser) -> str:
    for form in browser.html.forms:
        for name, value in form.fields:
            if name == "csrf_token":
                return value
    raise AssertionError(f"no token at {browser}")


class Stage:
    """Two people's browsers, each with a login under way in a second tab."""

    def __init__(self, provider: Within) -> None:
        self.provider = provider
        self.mia = provider.person("mia", *RIGHTS).sign_in(provider.browser())
        self.ben = provider.person("ben", *RIGHTS).sign_in(provider.browser())
        self.begun = provider.client("Wiki").ask(self.mia.tab(), prompt="login")
        self.login_id = self.begun.at.split("/")[-2]
        self.other = provider.client("Payroll").ask(self.mia.tab(), prompt="login")
        self.theirs = self.ben.tab().visit("/settings/password")
        self.mine = self.mia.tab().visit("/settings/password")

    def tokens(self, bound_to: Form) -> tuple[str, tuple[str, ...]]:
        """Gives the right token, and tokens that are right somewhere else."""
        login, session = token(self.begun), token(self.mine)
        elsewhere = (token(self.other), token(self.theirs))
        if bound_to == "login":
            return login, (session, *elsewhere)
        return session, (login, *elsewhere)

    def post(
        self, rule: str, given: str | None, headers: dict[str, str], query: str = ""
    ) -> Answer:
        """Posts every field that any form has."""
        fields = dict(FIELDS) if given is None else {**FIELDS, "csrf_token": given}
        body = urlencode(fields, errors="surrogatepass").encode()
        sent = {"Content-Type": FORM, **cookies(self.mia), **headers}
        path = at(rule, self.login_id) + query
        return self.provider.http.post(path, headers=sent, body=body)


@pytest.fixture
def stage(provider: Within) -> Stage:
    made = Stage(provider)
    provider.policy("optional")
    return made


@pytest.mark.parametrize("bound_to", ["login", "session"])
def test_a_form_without_its_token_changes_nothing(
    stage: Stage, dump: Dump, bound_to: Form
) -> None:
    right, elsewhere = stage.tokens(bound_to)
    before = dump()
    for rule in forms(bound_to):
        for given in (None, *WRONG, *elsewhere, right[:-1], right.upper()):
            answer = stage.post(rule, given, OURS)
            assert answer.status in (400, 403), (given, answer)
            assert answer.status == 403 or given == "\ud800"
            assert answer.all_headers("Set-Cookie") == []
        in_query = stage.post(rule, None, OURS, query=f"?csrf_token={right}")
        assert in_query.status == 403
    assert dump() == before


@pytest.mark.parametrize("bound_to", ["login", "session"])
def test_a_form_of_another_site_changes_nothing(
    stage: Stage, dump: Dump, bound_to: Form
) -> None:
    right, _ = stage.tokens(bound_to)
    before = dump()
    for rule in forms(bound_to):
        for headers in FOREIGN:
            answer = stage.post(rule, right, headers)
            assert answer.status == 403, (headers, answer)
            assert "csrf" in answer.text
    assert dump() == before


def test_a_form_of_ours_is_taken(stage: Stage) -> None:
    """The same requests with the right token: the tests above can fail."""
    for bound_to in ("login", "session"):
        right, _ = stage.tokens(bound_to)  # type: ignore[arg-type]
        taken = [
            rule
            for rule in forms(bound_to)  # type: ignore[arg-type]
            if rule not in ("/logout", "/login/<login_id>/switch")
            and stage.post(rule, right, OURS).status != 403
        ]
        assert len(taken) >= len(forms(bound_to)) - 2, taken  # type: ignore[arg-type]


def test_other_kinds_of_bodies_are_no_forms(stage: Stage, dump: Dump) -> None:
    right, _ = stage.tokens("session")
    before = dump()
    kinds = ("application/json", "text/plain", "multipart/form-data; boundary=x", "")
    for rule in forms("session"):
        for kind in kinds:
            answer = stage.post(rule, right, {**OURS, "Content-Type": kind})
            assert answer.status == 415, (kind, answer)
    assert dump() == before


def test_signing_out_by_the_page_of_an_application_needs_it_too(
    stage: Stage, dump: Dump
) -> None:
    """``/end_session``: asked by anybody, confirmed only by our own page"""
    before = dump()
    for fields in ({"confirm": "yes"}, {"confirm": "yes", "csrf_token": "0" * 64}):
        sent = {**cookies(stage.mia), **OURS, "Content-Type": FORM}
        answer = stage.provider.http.post("/end_session", fields, headers=sent)
        assert answer.status == 403
    assert dump() == before
