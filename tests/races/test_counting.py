"""REL-021 and SEC-014: parallel guesses are all counted, parallel people never mixed.

AC-026 and AC-016.
"""

import functools

import pytest

from tests.support.barrier import at_once
from tests.support.browser import Browser
from tests.support.people import is_signed_in
from tests.support.provider import Provider
from tests.support.relying_party import Tokens

pytestmark = pytest.mark.races


@pytest.mark.parametrize("tries", [16, 50])
def test_parallel_wrong_codes_in_one_login_end_it(served: Provider, tries: int) -> None:
    """AC-026, SEC-116"""
    mia = served.person("mia")
    browser = mia.enter_password(served.browser().visit("/login"))
    form, address = browser.html.form("sign-in"), browser.at
    wrong = [*form.fields, ("code", mia.phone.wrong_code())]
    tabs = [browser.tab() for _ in range(tries)]
    at_once([functools.partial(tab.post, address, wrong) for tab in tabs])
    assert all(tab.status < 500 for tab in tabs)

    browser.post(address, [*form.fields, ("code", mia.phone.unused_code())])
    assert not is_signed_in(browser)


@pytest.mark.parametrize("tries", [16, 50])
def test_parallel_wrong_codes_in_many_logins_lock_the_factor(
    served: Provider, tries: int
) -> None:
    """AC-026, SEC-116: one guess in each of many logins"""
    mia = served.person("mia")
    browsers = [
        mia.enter_password(served.browser().visit("/login")) for _ in range(tries)
    ]
    last = mia.enter_password(served.browser().visit("/login"))
    wrong = mia.phone.wrong_code()
    forms = [(browser, browser.html.form("sign-in")) for browser in browsers]
    at_once([functools.partial(b.send, f, {"code": wrong}) for b, f in forms])
    assert all(browser.status < 500 for browser in browsers)

    assert served.mfa_of(mia)["state"] == "locked"
    mia.enter_code(last)
    assert not is_signed_in(last)


def test_forty_logins_at_once_never_show_somebody_else(served: Provider) -> None:
    """AC-016, SEC-014: two people on all workers"""
    people = [served.person("mia"), served.person("ben")]
    wiki = served.client("Wiki")
    sessions = [person.sign_in(served.browser()) for person in people]

    def ask(number: int) -> tuple[str, Tokens, Browser]:
        person = people[number % 2]
        browser = sessions[number % 2].copy()
        app = wiki.twin()
        tokens = app.collect(app.ask(browser, scope="openid profile"))
        return person.username, tokens, browser.visit("/settings")

    for name, tokens, browser in at_once(
        [functools.partial(ask, n) for n in range(40)]
    ):
        assert tokens.claims["preferred_username"] == name
        assert tokens.claims["amr"] == ["pwd", "otp", "mfa"]
        others = {person.username for person in people} - {name}
        assert not [other for other in others if other in browser.text]


def test_ten_people_sign_in_at_once(served: Provider) -> None:
    """AC-016: whole logins, each person in a jar of their own"""
    people = [served.person(f"person-{number}") for number in range(10)]
    wiki = served.client("Wiki")

    def sign_in(number: int) -> str:
        app = wiki.twin()
        browser = people[number].enter_password(app.ask(served.browser()))
        people[number].enter_code(browser)
        return str(app.collect(browser).claims["sub"])

    subjects = at_once([functools.partial(sign_in, n) for n in range(10)])
    assert subjects == [person.id for person in people]
