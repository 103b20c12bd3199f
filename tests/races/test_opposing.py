"""REL-022: two changes that exclude each other, fifty tries at once, in real processes.

Whatever the end is, some order of single changes explains it, and nothing that one of
them granted outlives the other that took it away. Nobody sees a fault.
"""

import functools
import urllib.parse
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.barrier import at_once
from tests.support.browser import Browser
from tests.support.databases import KINDS
from tests.support.exchange import Answer
from tests.support.faults import changed
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.postgres import Server
from tests.support.provider import Provider
from tests.support.provider import serving
from tests.support.relying_party import RelyingParty
from tests.support.relying_party import Tokens

pytestmark = pytest.mark.races

EACH = 25
NEW_PASSWORD = "seven-unlikely-herons-in-a-row"


@pytest.fixture(scope="module", params=KINDS)
def address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """Gives the URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('crowd') / 'idp.db'}"
    server: Server = request.getfixturevalue("postgres")
    return server.fresh_database()


@pytest.fixture(scope="module")
def crowd(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """Gives one provider with four workers for all of these, where MFA is optional."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder, database_url=address, workers=4) as provider:
        provider.policy("optional")
        yield provider


@pytest.fixture
def mia(crowd: Provider, address: str, request: pytest.FixtureRequest) -> Person:
    """Gives somebody who enrolled some minutes ago, so that no code is used up."""
    person = crowd.person(f"mia of {request.node.name}", enrolled=False)
    browser = person.sign_in(crowd.browser()).visit("/settings/mfa")
    person.enrol(browser.fill("enable-mfa"))
    ago = f"UPDATE totp_credentials SET last_step = 0 WHERE user_id = '{person.id}'"
    with changed(address, ago):
        person.phone._last = -1
    return person


def waiting(provider: Provider, person: Person) -> Browser:
    """Gives a browser after the password."""
    return person.enter_password(provider.browser().visit("/login"))


def inside(provider: Provider, person: Person) -> Browser:
    """Gives a browser signed in by a backup code; it ends the sessions before it."""
    browser = waiting(provider, person)
    person.enter_backup_code(browser, person.backup_codes.pop())
    assert browser.page == "login-notice", browser
    return browser


def sending(
    browser: Browser, action: str, times: int = 1, **fields: str
) -> list[Callable[[], Browser]]:
    """Gives the sending of a form that is open, each time from a jar of its own."""
    form, jars = browser.html.form(action), [browser.copy() for _ in range(times)]
    filled = {**dict(form.fields), **fields}
    target = urllib.parse.urljoin(browser.at, form.target)
    return [functools.partial(jar.post, target, filled) for jar in jars]


def entering(jars: Sequence[Browser], **fields: str) -> list[Callable[[], Browser]]:
    """Gives the sending of the same in many jars that wait at a login."""
    return [one for jar in jars for one in sending(jar, "sign-in", 1, **fields)]


def without_fault(browsers: Sequence[Browser], *, busy: bool = False) -> None:
    """Nobody saw a fault; where hashes queue up, a busy server says for how long."""
    for one in browsers:
        told = busy and one.status == 503 and one.answer.header("Retry-After")
        assert one.status < 500 or told, one


def living(app: RelyingParty, answers: Sequence[Answer]) -> list[Answer]:
    """Gives the token answers of which anything still works."""
    for answer in answers:
        assert answer.status in (200, 400), answer
    good = [answer.json() for answer in answers if answer.status == 200]
    return [
        one
        for one in good
        if app.userinfo(one["access_token"]).status == 200
        or app.refresh(one["refresh_token"]).status == 200
    ]


def held(app: RelyingParty, browser: Browser) -> Tokens:
    """Gives tokens of somebody who is signed in."""
    return app.collect(app.ask(browser.tab()))


@pytest.mark.parametrize("first", ["the code of the sign-in", "the code of disable"])
def test_sign_in_and_disable(crowd: Provider, mia: Person, first: str) -> None:
    """Two good codes: who came in before is out again, who comes after not in"""
    browser = inside(crowd, mia).visit("/settings/mfa/disable")
    codes = [mia.phone.unused_code() for _ in range(2)]
    login, off = codes if first == "the code of the sign-in" else reversed(codes)
    opening = entering([waiting(crowd, mia) for _ in range(EACH)], code=login)
    ended = at_once([*opening, *sending(browser, "disable-mfa", EACH, code=off)])
    without_fault(ended)
    state = crowd.mfa_of(mia)["state"]
    alive = sum(map(is_signed_in, ended[:EACH]))
    assert (state == "none", alive) in ((True, 0), (False, 1)), state


def test_new_codes_and_use_of_an_old_one(crowd: Provider, mia: Person) -> None:
    browser = inside(crowd, mia).visit("/settings/mfa/regenerate")
    code, old = mia.phone.unused_code(), mia.backup_codes
    jars = [waiting(crowd, mia).click("use-backup-code") for _ in range(EACH)]
    making = sending(browser, "regenerate-codes", EACH, code=code)
    ended = at_once([*making, *entering(jars, backup_code=old[0])])
    without_fault(ended, busy=True)
    shown = [one for one in ended[:EACH] if one.html.marks("data-backup-code")]
    opened = [one for one in ended[EACH:] if is_signed_in(one)]
    assert (len(shown), len(opened)) in ((1, 0), (0, 1))
    crowd.command("user", "unlock", mia.username)
    good = shown[0].html.marks("data-backup-code")[0] if shown else old[1]
    bad = old[1] if shown else old[0]
    later = waiting(crowd, mia)
    assert mia.enter_backup_code(later, bad).error == "wrong-backup-code"
    assert mia.enter_backup_code(later, good).page == "login-notice"


def test_a_new_device_and_disable(crowd: Provider, mia: Person) -> None:
    """Two sessions, each of which ends the other"""
    replacing, old = inside(crowd, mia), mia.phone
    disabling = mia.enter_code(waiting(crowd, mia)).visit("/settings/mfa/disable")
    replacing.visit("/settings/mfa").click("replace-device")
    fresh, off = mia.scan(replacing).unused_code(), old.unused_code()
    confirming = sending(replacing, "register-device", EACH, code=fresh)
    ended = at_once([*confirming, *sending(disabling, "disable-mfa", EACH, code=off)])
    without_fault(ended)
    replaced = crowd.mfa_of(mia)["state"] != "none"
    assert any(map(is_signed_in, ended[:EACH])) is replaced
    assert any(map(is_signed_in, ended[EACH:])) is not replaced
    if replaced:
        crowd.command("user", "unlock", mia.username)
        later = waiting(crowd, mia)
        assert mia.enter_code(later, old.code(1)).page == "login-totp"
        assert is_signed_in(mia.enter_code(later))


def test_fifty_first_visits_of_a_set_up_show_one_key(crowd: Provider) -> None:
    """SEC-062: whichever of them the telephone scans"""
    rob = crowd.person("rob of the many tabs", enrolled=False)
    browser = rob.sign_in(crowd.browser())
    jar = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    begun = crowd.http.get("/settings/mfa/enable", headers={"Cookie": jar})
    page = begun.header("Location") or ""
    tabs = [browser.copy() for _ in range(2 * EACH)]
    at_once([functools.partial(tab.visit, page) for tab in tabs])
    without_fault(tabs)
    assert len({tab.html.mark("data-totp-secret") for tab in tabs}) == 1
    rob.register_device(tabs[-1])
    assert len(tabs[-1].html.marks("data-backup-code")) == 10


def changing(
    browser: Browser, person: Person, times: int = 1, **code: str
) -> list[Callable[[], Browser]]:
    """Gives the change of a password, whose page is open."""
    return sending(
        browser,
        "change-password",
        times,
        current_password=person.password,
        new_password=NEW_PASSWORD,
        new_password_again=NEW_PASSWORD,
        **code,
    )


def test_a_new_password_and_sign_in(crowd: Provider) -> None:
    """Each who got in by the old one is out again"""
    name = "ben of the new password"
    ben = crowd.person(name, enrolled=False)
    browser = ben.sign_in(crowd.browser()).visit("/settings/password")
    jars = [crowd.browser().visit("/login") for _ in range(EACH)]
    opening = entering(jars, username=name, password=ben.password)
    ended = at_once([*opening, *changing(browser, ben, EACH)])
    without_fault(ended, busy=True)
    assert sum(one.page == "settings" for one in ended[EACH:]) == 1
    assert not any(map(is_signed_in, ended[:EACH]))


def test_a_new_password_and_refresh(crowd: Provider, mia: Person) -> None:
    """What was refreshed before the change has ended with it (SEC-025)"""
    app = crowd.client("Refreshing", "--public")
    browser = inside(crowd, mia)
    tokens = [held(app, browser).refresh for _ in range(EACH)]
    page = browser.visit("/settings/password")
    (change,) = changing(page, mia, code=mia.phone.unused_code())
    refreshing = [functools.partial(app.refresh, token) for token in tokens]
    everything: list[Callable[[], Any]] = [*refreshing, change]
    *answers, done = at_once(everything)
    assert done.page == "settings", done
    assert living(app, answers) == []


def test_the_end_of_other_sessions_and_what_they_ask_for(
    crowd: Provider, mia: Person
) -> None:
    """Neither a code nor a token of a session outlives its end (SEC-145)"""
    app = crowd.client("Asking", "--public")
    other = inside(crowd, mia)
    tokens = [held(app, other).refresh for _ in range(EACH - 1)]
    here = mia.enter_code(waiting(crowd, mia)).visit("/settings/sessions")
    requests = [(other.copy(), app.request()) for _ in range(EACH)]
    refreshing = [functools.partial(app.refresh, token) for token in tokens]
    asking = [functools.partial(jar.visit, one.url) for jar, one in requests]
    ending = sending(here, "end-other-sessions")
    everything: list[Callable[[], Any]] = [*refreshing, *asking, *ending]
    *answers, done = at_once(everything)
    assert (done.page, is_signed_in(here)) == ("settings-sessions", True)
    assert not is_signed_in(other)
    assert living(app, answers[: len(tokens)]) == []
    for jar, asked in requests:
        without_fault([jar])
        if jar.left_for:
            app.pending = asked
            assert app.redeem(app.code(jar)).json()["error"] == "invalid_grant"


def test_refresh_and_revoke(crowd: Provider, mia: Person) -> None:
    """SEC-200: after a revocation was answered no member of the family works"""
    app = crowd.client("Revoking")
    first = held(app, inside(crowd, mia)).refresh
    refreshing = [lambda: app.refresh(first)] * EACH
    answers = at_once([*refreshing, *[lambda: app.revoke(first)] * EACH])
    assert {one.status for one in answers[EACH:]} == {200}
    assert living(app, answers[:EACH]) == []


def test_disabling_somebody_and_redeeming_their_codes(
    crowd: Provider, mia: Person
) -> None:
    """SEC-193, REL-022: a command of the host against what applications do"""
    app = crowd.client("Redeeming")
    browser = inside(crowd, mia)
    apps = [app.twin() for _ in range(EACH)]
    codes = [one.code(one.ask(browser.tab())) for one in apps]
    redeeming = [
        lambda one=one, code=code: one.redeem(code)
        for one, code in zip(apps, codes, strict=True)
    ]
    disable = ("user", "disable", mia.username)
    *answers, _ = at_once([*redeeming, lambda: crowd.command(*disable)])
    assert living(app, answers) == []
    assert not is_signed_in(browser)


def test_the_end_of_a_session_and_going_on_from_it(
    crowd: Provider, mia: Person
) -> None:
    """SEC-142: no page that a session had begun opens another one after its end"""
    app = crowd.client("Continuing", "--public")
    other = inside(crowd, mia)
    listed = crowd.command("user", "sessions", mia.username, "--json")["items"]
    (sid,) = [one["sid"] for one in listed]
    tabs = [app.twin().ask(other.tab(), prompt="select_account") for _ in range(EACH)]
    here = mia.enter_code(waiting(crowd, mia)).visit("/settings/sessions")
    going = [one for tab in tabs for one in sending(tab, "continue-as")]
    *gone, done = at_once([*going, *sending(here, "end-session", sid=sid)])
    assert (done.page, is_signed_in(here)) == ("settings-sessions", True)
    without_fault(gone)
    assert [one for one in gone if is_signed_in(one)] == []


def test_a_new_password_and_requests_of_the_same_session(
    crowd: Provider, mia: Person
) -> None:
    """SEC-025: a copied cookie asks all the while, and is left with nothing"""
    app = crowd.client("Copied", "--public")
    browser = inside(crowd, mia)
    app.code(app.ask(browser.tab()))

    def ask_on(copied: Browser) -> list[tuple[RelyingParty, str]]:
        got = []
        for one in (app.twin() for _ in range(12)):
            without_fault([one.ask(copied)])
            if copied.left_for:
                got.append((one, one.code(copied)))
        return got

    page = browser.visit("/settings/password")
    (change,) = changing(page, mia, code=mia.phone.unused_code())
    asking = [functools.partial(ask_on, page.copy()) for _ in range(8)]
    everything: list[Callable[[], Any]] = [*asking, change]
    *told, done = at_once(everything)
    assert done.page == "settings", done
    codes = [pair for pairs in told for pair in pairs]
    assert codes
    for one, code in codes:
        assert one.redeem(code).status == 400


def test_a_new_password_and_pages_that_the_same_session_opens(
    crowd: Provider, mia: Person
) -> None:
    """SEC-025: nor does a page that a copied cookie opened meanwhile lead back in"""
    app = crowd.client("Opened", "--public")
    browser = inside(crowd, mia)

    def open_pages(copied: Browser) -> list[Browser]:
        tabs = [copied.copy() for _ in range(6)]
        return [app.twin().ask(tab, prompt="select_account") for tab in tabs]

    page = browser.visit("/settings/password")
    (change,) = changing(page, mia, code=mia.phone.unused_code())
    opening = [functools.partial(open_pages, page.copy()) for _ in range(6)]
    everything: list[Callable[[], Any]] = [*opening, change]
    *told, done = at_once(everything)
    assert done.page == "settings", done
    opened = [one for tabs in told for one in tabs if one.page == "select-account"]
    assert opened
    for one in opened:
        assert not is_signed_in(one.fill("continue-as")), one
    assert is_signed_in(done)
