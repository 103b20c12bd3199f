"""A2: one-time codes of the phone.

Elsewhere: AC-018 and AC-026 in tests/races (need workers).
"""

import json

import pytest

from tests.abuse.oracles import like_any_failure
from tests.abuse.oracles import no_server_error
from tests.abuse.oracles import no_session
from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.providers import Maker
from tests.support.within import Within

TRIES_PER_LOGIN = 5
TRIES = 10
LOCK = 15  # minutes


@pytest.fixture
def mia(provider: Within) -> Person:
    mia = provider.person("mia")
    provider.move.advance(minutes=5)  # far from the code of the enrolment
    return mia


def after_password(provider: Within, person: Person) -> Browser:
    """PW(u): a new jar that waits at the second factor."""
    browser = person.enter_password(provider.browser().visit("/login"))
    assert browser.page == "login-totp", browser
    return browser


def try_codes(provider: Within, person: Person, *codes: str) -> Browser:
    """Gives the password and then each code, in one login."""
    browser = after_password(provider, person)
    for code in codes:
        person.enter_code(browser, code)
    return browser


def accepted(provider: Within, person: Person, code: str) -> bool:
    """Tells whether a code opens a session in a login of its own."""
    return is_signed_in(try_codes(provider, person, code))


def test_a_code_opens_one_session_only(provider: Within, mia: Person) -> None:
    """AC-017, SEC-030"""
    code = mia.phone.code()
    assert accepted(provider, mia, code)
    second = try_codes(provider, mia, code)
    assert (second.page, second.error) == ("login-totp", "used-code")
    no_session(second)
    trail = map(json.loads, provider.command("audit", "export").splitlines())
    refused = [one for one in trail if one["event"] == "mfa.refused"]
    told = [(one["outcome"], one["reason"], one["subject"]["id"]) for one in refused]
    assert told == [("refused", "replay", mia.id)]
    assert refused[0]["request_id"] == second.trail[0].header("X-Request-Id")


def test_the_code_of_the_enrolment_is_spent_by_it(provider: Within) -> None:
    """AC-019, SEC-032"""
    alice = provider.person("alice", enrolled=False)
    browser = alice.enter_password(provider.browser().visit("/login"))
    code = alice.scan(browser).code()
    browser.fill("register-device", code=code)
    alice.keep_codes(browser)

    assert not accepted(provider, alice, code)
    assert accepted(provider, alice, alice.phone.code(+1))


def test_an_older_code_is_refused_although_unused(
    provider: Within, mia: Person
) -> None:
    """AC-020, SEC-030"""
    assert accepted(provider, mia, mia.phone.code())
    assert not accepted(provider, mia, mia.phone.code(-1))


@pytest.mark.parametrize(
    ("offset", "taken"),
    [
        (-3, False),
        (-2, False),
        (-1, True),
        (0, True),
        (1, True),
        (2, False),
        (3, False),
    ],
)
def test_one_step_to_each_side_is_taken(
    provider: Within, mia: Person, offset: int, taken: bool
) -> None:
    """AC-021, SEC-034"""
    assert accepted(provider, mia, mia.phone.code(offset)) == taken


def misspelt(code: str) -> list[str]:
    """Gives texts that are not the six digits, though some contain them."""
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    embedded = [code + "0", "0" + code, code + "\x00", "+" + code, code + "=" * 40]
    texts = [
        "+12345",
        "1e5",
        "0x1F40",
        "abcdef",
        "🙂" * 6,
        "-12345",
        "12345.",
    ]
    return [code[:5], *embedded, *texts, wide, code * 2, "1" * 100_000]


def test_nothing_but_six_digits_is_a_code(provider: Within, mia: Person) -> None:
    """AC-022, SEC-035"""
    for text in misspelt(mia.phone.code()):
        browser = after_password(provider, mia)
        form, action = browser.html.form("sign-in"), browser.at
        browser.post(action, [*form.fields, ("code", text)])
        no_server_error(*browser.trail)
        no_session(browser)
    assert accepted(provider, mia, mia.phone.code())


@pytest.mark.parametrize("right_first", [True, False])
def test_two_codes_in_one_form_are_not_any_of_them(
    provider: Within, mia: Person, right_first: bool
) -> None:
    """AC-023, SEC-035, SEC-175"""
    browser = after_password(provider, mia)
    form = browser.html.form("sign-in")
    pairs = [("code", mia.phone.code()), ("code", mia.phone.wrong_code())]
    browser.post(browser.at, [*form.fields, *(pairs if right_first else pairs[::-1])])
    assert browser.status == 400, browser
    no_session(browser)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"code": ["%s"]}'),
        ("application/json", b'{"code": %s}'),
        ("application/json", b'{"code": null}'),
        ("application/json", b'{"code": {"$ne": ""}}'),
        ("text/plain", b"code=%s"),
        ("multipart/form-data; boundary=x", b"--x\r\nrubbish %s"),
        ("application/x-www-form-urlencoded", b"code[]=%s&" * 180),
    ],
)
def test_a_code_in_another_wrapping_is_refused(
    provider: Within, mia: Person, kind: str, body: bytes
) -> None:
    """AC-024, SEC-035, SEC-289"""
    browser = after_password(provider, mia)
    content = body.replace(b"%s", mia.phone.code().encode())
    browser.post(browser.at, headers={"Content-Type": kind}, body=content)
    assert 400 <= browser.status < 500, browser
    no_session(browser)


def test_a_login_ends_after_five_wrong_codes(provider: Within, mia: Person) -> None:
    """AC-025, SEC-115"""
    browser = after_password(provider, mia)
    form, action = browser.html.form("sign-in"), browser.at
    for _ in range(TRIES_PER_LOGIN):
        browser.post(action, [*form.fields, ("code", mia.phone.wrong_code())])
    browser.post(action, [*form.fields, ("code", mia.phone.code())])
    no_session(browser)
    assert accepted(provider, mia, mia.phone.code())


def lock(provider: Within, person: Person) -> None:
    """Uses up all tries, a new login each time before the old one would end."""
    left = TRIES
    while left:
        count = min(left, TRIES_PER_LOGIN - 1)
        wrong = person.phone.wrong_code()
        try_codes(provider, person, *[wrong] * count)
        left -= count


def test_a_right_password_does_not_reset_the_count(
    provider: Within, mia: Person
) -> None:
    """AC-027, SEC-118"""
    lock(provider, mia)
    assert not accepted(provider, mia, mia.phone.code())

    provider.move.advance(minutes=LOCK, seconds=1)
    assert accepted(provider, mia, mia.phone.code())


def test_one_try_less_does_not_lock(provider: Within, mia: Person) -> None:
    """AC-027: the limit is where it is said to be"""
    wrong = mia.phone.wrong_code()
    for count in (4, 4, 1):
        try_codes(provider, mia, *[wrong] * count)
    assert accepted(provider, mia, mia.phone.code())


def test_codes_and_backup_codes_share_one_count(provider: Within, mia: Person) -> None:
    """AC-028, SEC-051, SEC-115"""
    for _ in range(TRIES // 2):
        browser = try_codes(provider, mia, mia.phone.wrong_code())
        mia.enter_backup_code(browser, "0000-0000-0000-0000")
    assert not accepted(provider, mia, mia.phone.code())
    assert provider.mfa_of(mia)["state"] == "locked"


def test_a_lock_outlives_a_restart_and_can_be_seen(
    provider: Within, mia: Person
) -> None:
    """AC-029, SEC-117, REL-055"""
    lock(provider, mia)
    seen = provider.mfa_of(mia)
    assert (seen["state"], seen["locked_until"] is None) == ("locked", False)
    provider.restart()
    assert not accepted(provider, mia, mia.phone.code())


def test_wrong_passwords_from_elsewhere_do_not_lock_the_owner_out(
    new_provider: Maker,
) -> None:
    """AC-030, SEC-120"""
    provider = new_provider(IDP_TRUSTED_PROXIES="1")
    mia = provider.person("mia")
    attacker = provider.browser(source="198.51.100.7").visit("/login")
    form, action = attacker.html.form("sign-in"), attacker.at
    wrong = [*form.fields, ("username", "mia"), ("password", "wrong")]
    for _ in range(200):
        attacker.post(action, wrong)

    provider.move.advance(seconds=5)
    owner = provider.browser(source="203.0.113.9").visit("/login")
    mia.enter_code(mia.enter_password(owner), mia.phone.code())
    assert is_signed_in(owner)


def test_the_page_says_what_was_wrong_only_after_the_right_password(
    provider: Within, mia: Person
) -> None:
    """AC-031, SEC-125, SEC-132"""
    used = mia.phone.code()
    assert accepted(provider, mia, used)
    told = {
        "wrong-code": try_codes(provider, mia, mia.phone.wrong_code()).error,
        "used-code": try_codes(provider, mia, used).error,
        "clock": try_codes(provider, mia, mia.phone.code(+6)).error,
    }
    assert list(told) == list(told.values())

    failed = [provider.browser().visit("/login") for _ in range(3)]
    names = ["mia", "nobody-of-this-name", "mia"]
    for browser, name in zip(failed, names, strict=True):
        browser.fill("sign-in", username=name, password="wrong")
    pages = [like_any_failure(browser) for browser in failed]
    masked = [str(page).replace("nobody-of-this-name", "mia") for page in pages]
    assert masked[0] == masked[1] == masked[2]


def test_a_locked_factor_is_told_only_after_the_right_password(
    provider: Within, mia: Person
) -> None:
    """AC-031, SEC-121, SEC-132"""
    other = provider.person("other")
    provider.move.advance(minutes=5)
    lock(provider, mia)
    knows = mia.enter_password(provider.browser().visit("/login"))
    assert knows.error == "locked"

    guesses = [provider.browser().visit("/login") for _ in range(2)]
    for browser, person in zip(guesses, (mia, other), strict=True):
        browser.fill("sign-in", username=person.username, password="wrong")
    locked, free = (str(like_any_failure(browser)) for browser in guesses)
    assert locked.replace("mia", "other") == free


def test_many_right_logins_are_never_throttled(provider: Within, mia: Person) -> None:
    """AC-032, SEC-122"""
    jars = [after_password(provider, mia) for _ in range(15)]
    for browser in jars:
        mia.enter_code(browser, mia.phone.code())
        assert is_signed_in(browser)
        provider.move.advance(seconds=30)
