"""A3: backup codes.

Elsewhere: AC-034 and AC-035 in tests/races (need workers), AC-036 as a story of its own
in tests/journeys/test_settings_mfa.py.
"""

from collections.abc import Callable

import pytest

from tests.abuse.oracles import no_code
from tests.abuse.oracles import no_session
from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.within import Within


def try_code(provider: Within, person: Person, code: str) -> Browser:
    """BC(x): the password and then a backup code, in a new jar."""
    browser = person.enter_password(provider.browser().visit("/login"))
    return person.enter_backup_code(browser, code)


def accepted(provider: Within, person: Person, code: str) -> bool:
    """Tells whether a backup code opens a session."""
    return is_signed_in(try_code(provider, person, code))


def left(provider: Within, person: Person) -> int:
    """Gives how many unused codes the store holds."""
    return int(provider.mfa_of(person)["backup_codes_remaining"])


def test_a_code_works_once(provider: Within, mia: Person) -> None:
    """AC-033, SEC-045"""
    assert accepted(provider, mia, mia.backup_codes[0])
    assert not accepted(provider, mia, mia.backup_codes[0])
    assert left(provider, mia) == 9


def test_without_codes_the_phone_is_the_only_way(provider: Within, mia: Person) -> None:
    """AC-037, SEC-053"""
    for code in mia.backup_codes:
        last = try_code(provider, mia, code)
    assert last.html.mark("data-backup-codes-remaining") == "0"

    for code in (mia.backup_codes[0], mia.backup_codes[9], ""):
        assert not accepted(provider, mia, code)
    browser = mia.enter_password(provider.browser().visit("/login"))
    assert browser.page == "login-totp"
    mia.enter_code(browser, mia.phone.code())
    assert is_signed_in(browser)


def test_codes_are_shown_once_and_nowhere_else(provider: Within) -> None:
    """AC-038, SEC-049"""
    alice = provider.person("alice", enrolled=False)
    browser = alice.enter_password(provider.browser().visit("/login"))
    page, code = browser.at, alice.scan(browser).code()
    form = browser.html.form("register-device")
    browser.send(form, {"code": code})
    shown = browser.html.marks("data-backup-code")
    assert "no-store" in (browser.answer.header("Cache-Control") or "")

    later = [
        browser.tab().visit(address) for address in (browser.at, page, "/settings")
    ]
    later.append(browser.tab().post(page, [*form.fields, ("code", code)]))
    texts = [hop.text for tab in later for hop in tab.trail]
    texts.append(str(provider.command("user", "show", "alice", "--json")))
    for text in texts:
        assert not any(secret in text for secret in shown)


def test_anothers_code_is_refused_and_stays_unused(
    provider: Within, mia: Person
) -> None:
    """AC-040, SEC-008"""
    mallory = provider.person("mallory")
    assert not accepted(provider, mallory, mia.backup_codes[0])
    assert left(provider, mia) == 10
    assert accepted(provider, mia, mia.backup_codes[0])


@pytest.mark.parametrize(
    ("page", "action"),
    [("disable", "disable-mfa"), ("regenerate", "regenerate-codes")],
)
def test_a_code_changes_no_factor_and_stays_unused(
    provider: Within, mia: Person, page: str, action: str
) -> None:
    """AC-039, SEC-052: in whichever field it comes, and the failure counts"""
    provider.policy("optional")
    browser = mia.sign_in(provider.browser()).visit(f"/settings/mfa/{page}")
    form, code = browser.html.form(action), mia.backup_codes[5]
    for fields in ({"code": code}, {"code": "", "backup_code": code}):
        browser.send(form, fields)
        assert browser.error == "not-accepted-here", fields
    assert provider.mfa_of(mia)["state"] == "enrolled"
    assert left(provider, mia) == 10
    for _ in range(8):
        browser.send(form, {"code": code})
    assert browser.error == "locked"
    assert provider.mfa_of(mia)["state"] == "locked"
    assert left(provider, mia) == 10


@pytest.mark.parametrize(
    "again",
    [
        str.upper,
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: f"  {code}\r\n",
    ],
    ids=["upper", "lower", "joined", "with blanks", "as pasted"],
)
def test_all_spellings_are_the_same_code(
    provider: Within, mia: Person, again: Callable[[str], str]
) -> None:
    """AC-041, SEC-048"""
    code = mia.backup_codes[5]
    assert accepted(provider, mia, code.lower())
    assert not accepted(provider, mia, again(code))


def test_the_token_says_that_it_was_a_backup_code(
    provider: Within, mia: Person
) -> None:
    """AC-042, SEC-054, SEC-095"""
    wiki = provider.client("Wiki")
    browser = mia.enter_password(wiki.ask(provider.browser()))
    mia.enter_backup_code(browser, mia.backup_codes[6])
    assert browser.html.mark("data-backup-codes-remaining") == "9"
    tokens = wiki.collect(browser.fill("continue-as"))
    for claims in (tokens.claims, tokens.access_claims):
        assert claims["amr"] == ["pwd", "mfa", "backup_code"]
        assert claims["acr"] == "mfa"


def test_a_client_may_refuse_a_session_made_by_a_backup_code(
    provider: Within, mia: Person
) -> None:
    """AC-043, SEC-054"""
    bank = provider.client("Bank", "--no-backup-codes")
    browser = try_code(provider, mia, mia.backup_codes[7])
    assert bank.error(bank.ask(browser, prompt="none")) in (
        "interaction_required",
        "unmet_authentication_requirements",
    )
    assert bank.ask(browser).page == "login-totp"
    no_code(browser)


def test_a_client_may_refuse_a_backup_code_in_the_middle_of_a_login(
    provider: Within, mia: Person
) -> None:
    """AC-043, SEC-054"""
    bank = provider.client("Bank", "--no-backup-codes")
    browser = mia.enter_password(bank.ask(provider.browser()))
    target = browser.at.replace("/totp", "/backup-code")
    browser.visit(target)
    if browser.page == "login-backup-code":
        mia.enter_backup_code(browser, mia.backup_codes[0])
    no_code(browser)
    assert left(provider, mia) == 10 or browser.page == "login-totp"


def test_using_a_code_ends_the_other_sessions(provider: Within, mia: Person) -> None:
    """SEC-068"""
    other = mia.sign_in(provider.browser())
    assert is_signed_in(other)
    assert accepted(provider, mia, mia.backup_codes[0])
    no_session(other)
