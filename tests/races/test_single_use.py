"""REL-020: what works once works once, however many try at the same moment.

AC-018, AC-034, AC-035, AC-058, AC-103 and AC-111. Every try is a connection of its own
to one of four worker processes.
"""

import functools
import json
import pathlib
from collections.abc import Callable

import pytest

from idp.oidc.client_assertion import TYPE
from tests.support.barrier import at_once
from tests.support.browser import Browser
from tests.support.client_keys import key_set
from tests.support.client_keys import pair
from tests.support.exchange import Answer
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.provider import Provider

pytestmark = pytest.mark.races

ROUNDS, WORKERS = 100, 4
MANY = pytest.mark.parametrize("tries", [50])


def waiting(provider: Provider, person: Person, jars: int) -> list[Browser]:
    """Gives jars that all wait at the second factor of one person."""

    def one() -> Browser:
        return person.enter_password(provider.browser().visit("/login"))

    browsers = [one() for _ in range(jars)]
    assert {browser.page for browser in browsers} == {"login-totp"}
    return browsers


def sending(browser: Browser, field: str, value: str) -> Callable[[], Browser]:
    """Gives the sending of a form that is already open."""
    form = browser.html.form("sign-in")
    return lambda: browser.send(form, {field: value})


def successes(answers: list[Answer]) -> list[Answer]:
    """Gives the answers with tokens; all others must be plain refusals."""
    good = [answer for answer in answers if answer.status == 200]
    for answer in answers:
        assert answer in good or answer.status == 400, answer
        assert answer in good or answer.json()["error"] == "invalid_grant", answer
    return good


@MANY
def test_one_code_of_the_phone_opens_one_session(served: Provider, tries: int) -> None:
    """AC-018, SEC-031"""
    mia = served.person("mia")
    browsers = waiting(served, mia, tries)
    code = mia.phone.unused_code()
    at_once([sending(browser, "code", code) for browser in browsers])
    assert {browser.status for browser in browsers} <= {200, 429}
    assert sum(map(is_signed_in, browsers)) == 1


@MANY
def test_one_backup_code_opens_one_session(served: Provider, tries: int) -> None:
    """AC-034, SEC-045"""
    mia = served.person("mia")
    browsers = waiting(served, mia, tries)
    for browser in browsers:
        browser.click("use-backup-code")
    code = mia.backup_codes[1]
    at_once([sending(browser, "backup_code", code) for browser in browsers])
    assert sum(browser.page == "login-notice" for browser in browsers) == 1
    assert served.mfa_of(mia)["backup_codes_remaining"] == 9


def test_two_different_backup_codes_are_both_used(served: Provider) -> None:
    """AC-035, SEC-046"""
    mia = served.person("mia")
    for used in range(0, 10, 2):
        pair = waiting(served, mia, 2)
        for browser in pair:
            browser.click("use-backup-code")
        codes = mia.backup_codes[used : used + 2]
        tries = zip(pair, codes, strict=True)
        at_once([sending(browser, "backup_code", code) for browser, code in tries])
        # Using a code ends every login under way; the slower one may have to start
        # again, with its code untouched.
        opened = sum(browser.page == "login-notice" for browser in pair)
        left = served.mfa_of(mia)["backup_codes_remaining"]
        assert left == 10 - used - 2, (opened, left)


@MANY
def test_one_authorization_code_gives_tokens_once(served: Provider, tries: int) -> None:
    """AC-103, SEC-190"""
    wiki = served.client("Wiki")
    browser = served.person("mia").sign_in(served.browser())
    code = wiki.code(wiki.ask(browser))
    good = successes(at_once([lambda: wiki.redeem(code)] * tries))
    assert len(good) <= 1
    for answer in good:
        body = answer.json()
        # The others were second redemptions, which take everything back.
        assert wiki.userinfo(body["access_token"]).status == 401
        assert wiki.refresh(body["refresh_token"]).status == 400


def test_of_a_hundred_codes_each_gives_tokens_once(served: Provider) -> None:
    """AC-103, SEC-190: a few at a time, and often, with one try for each worker"""
    wiki = served.client("Wiki")
    browser = served.person("mia").sign_in(served.browser())
    won: list[Answer] = []
    for _ in range(ROUNDS):
        code = wiki.code(wiki.ask(browser))
        good = successes(at_once([lambda code=code: wiki.redeem(code)] * WORKERS))
        assert len(good) <= 1
        won += good
    assert won, "somebody is first, mostly"
    for answer in won[::10]:
        assert wiki.introspect(answer.json()["access_token"]).json()["active"] is False


def test_of_a_hundred_refresh_tokens_each_is_spent_once(served: Provider) -> None:
    """AC-111, SEC-199, SEC-204: one family, whose line never forks"""
    wiki = served.client("Wiki")
    browser = served.person("mia").sign_in(served.browser())
    tokens = wiki.collect(wiki.ask(browser))
    line = [tokens.refresh]
    for _ in range(ROUNDS):
        spent = line[-1]
        good = successes(at_once([lambda spent=spent: wiki.refresh(spent)] * WORKERS))
        assert len(good) == 1, "the others came within the grace of ten seconds"
        line.append(good[0].json()["refresh_token"])
    assert len(set(line)) == ROUNDS + 1
    alive = [wiki.introspect(token).json()["active"] for token in line[-5:]]
    assert alive == [False] * 4 + [True]


@pytest.mark.parametrize("kind", ["--public", "--auth-method=client_secret_basic"])
@MANY
def test_one_refresh_token_is_spent_once(
    served: Provider, tries: int, kind: str
) -> None:
    """AC-111, SEC-199, SEC-204"""
    app = served.client("App", kind)
    browser = served.person("mia").sign_in(served.browser())
    tokens = app.collect(app.ask(browser))
    good = successes(at_once([lambda: app.refresh(tokens.refresh)] * tries))
    assert len(good) <= 1
    alive = [app.refresh(answer.json()["refresh_token"]).status for answer in good]
    assert alive in ([], [400]) or (alive == [200] and app.secret is not None)


@MANY
def test_one_confirmation_sets_up_one_device(served: Provider, tries: int) -> None:
    """AC-058, SEC-064"""
    rob = served.person("rob", enrolled=False)
    first = rob.enter_password(served.browser().visit("/login"))
    form, code = first.html.form("register-device"), rob.scan(first).unused_code()
    tabs = [first.tab() for _ in range(tries)]
    for tab in tabs:
        tab.trail = list(first.trail)
    at_once([functools.partial(tab.send, form, {"code": code}) for tab in tabs])

    shown = [tab.html.marks("data-backup-code") for tab in tabs]
    sets = [codes for codes in shown if codes]
    assert len(sets) == 1, [tab.page for tab in tabs]
    # Nobody waits for codes to be made: all others are led to the page of the codes.
    assert {(tab.status, tab.page) for tab in tabs} == {(200, "enrol-backup-codes")}
    (again,) = waiting(served, rob, 1)
    rob.enter_backup_code(again, sets[0][0])
    assert is_signed_in(again)


def test_two_set_ups_of_one_person_leave_one_device(served: Provider) -> None:
    """SEC-064: two browsers, two secrets, one account"""
    rob = served.person("rob", enrolled=False)
    browsers = [served.browser().visit("/login") for _ in range(8)]
    phones = [rob.scan(rob.enter_password(browser)) for browser in browsers]

    def confirm(number: int) -> None:
        code = phones[number].unused_code()
        browsers[number].fill("register-device", code=code)

    at_once([functools.partial(confirm, number) for number in range(8)])
    winners = [n for n, browser in enumerate(browsers) if is_signed_in(browser)]
    assert len(winners) == 1
    rob.phone_or_none = phones[winners[0]]
    (again,) = waiting(served, rob, 1)
    rob.enter_code(again)
    assert is_signed_in(again)


@MANY
def test_one_pushed_request_is_answered_with_one_code(
    served: Provider, tries: int
) -> None:
    """RFC 9126 section 7.3"""
    wiki, mia = served.client("Wiki"), served.person("mia")
    browser = mia.sign_in(served.browser())
    wiki.push()
    assert wiki.pending is not None
    address = wiki.pending.url
    jars = [browser.copy() for _ in range(tries)]
    at_once([functools.partial(jar.visit, address) for jar in jars])
    assert sum(jar.left_for is not None for jar in jars) == 1
    assert {jar.error for jar in jars if jar.left_for is None} == {"expired"}


@MANY
def test_one_assertion_proves_a_client_once(
    served: Provider, tries: int, tmp_path: pathlib.Path
) -> None:
    """SEC-196"""
    key, file = pair(), tmp_path / "jwks.json"
    file.write_text(json.dumps(key_set(key)))
    by_key = ("--auth-method", "private_key_jwt", "--jwks-file", str(file))
    robot = served.client("Robot", *by_key).id
    said = {"iss": robot, "sub": robot, "aud": served.issuer, "jti": "j"}
    assertion = key.sign({**said, "exp": int(served.clock().timestamp()) + 60})
    form = {"token": "x", "client_assertion": assertion, "client_assertion_type": TYPE}
    answers = at_once([lambda: served.http.post("/revoke", form)] * tries)
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [200] + [401] * (tries - 1)
