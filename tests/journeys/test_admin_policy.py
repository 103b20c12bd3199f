"""The policy on its page: counted before it is saved, in force at once."""

import pytest

from tests.support.browser import Browser
from tests.support.people import is_signed_in
from tests.support.within import Within

HOME = "/admin/policy"


@pytest.fixture
def browser(provider: Within) -> Browser:
    """Gives the browser of an administrator; two people have no MFA."""
    for name in ("ben", "ben-two"):
        provider.person(name, enrolled=False)
    provider.policy("optional")
    ada = provider.person("ada", "--role", "administrator")
    return ada.sign_in(provider.browser()).visit(HOME)


def effect(browser: Browser, word: str) -> tuple[str, str, str]:
    """Reads what one value of the rule would mean, as the page counts it."""
    found = next(
        one.attributes
        for one in browser.html.elements
        if one.attributes.get("data-effect") == word
    )
    names = ("data-people", "data-would-enrol", "data-administrators")
    people, would_enrol, administrators = (found[name] for name in names)
    return people, would_enrol, administrators


def test_each_choice_is_counted_before_it_is_saved(
    provider: Within, browser: Browser
) -> None:
    provider.person("bare", "--role", "auditor", enrolled=False)
    browser.visit(HOME)
    assert effect(browser, "required") == ("4", "3", "1")
    assert effect(browser, "optional") == ("4", "1", "1")
    assert "3 of 4 people would be asked to enrol" in browser.text
    assert dict(browser.html.form("save-policy").fields)["mfa"] == "optional"


def test_a_stricter_policy_reaches_a_live_session(
    provider: Within, browser: Browser
) -> None:
    wiki = provider.client("Wiki")
    eve = provider.person("eve", enrolled=False)
    hers = provider.browser()
    eve.enter_password(wiki.ask(hers))
    held = wiki.collect(hers)
    assert is_signed_in(hers)
    browser.fill("save-policy", mfa="required")
    assert browser.html.mark("data-done") == "policy-saved"
    assert hers.tab().visit("/settings").page == "enrol-totp"
    assert wiki.refresh(held.refresh).json()["error"] == "invalid_grant"


def test_trying_a_rule_out_counts_it_and_saves_nothing(browser: Browser) -> None:
    browser.fill(
        "save-policy", mfa="required", backup_code_warning="10", **{"try": "y"}
    )
    assert browser.html.mark("data-changed") == "mfa backup_code_warning"
    assert browser.html.mark("data-few") == "1", "ten codes are no more than ten"
    assert "ben-two" in browser.text, "the first of those concerned are named"
    browser.visit(HOME)
    assert browser.html.mark("data-changed") is None
    assert browser.html.mark("data-few") == "0"
    assert dict(browser.html.form("save-policy").fields)["mfa"] == "optional"


def test_what_was_tried_out_is_saved_from_there(
    provider: Within, browser: Browser
) -> None:
    browser.fill("save-policy", enrol_during_step_up="off", **{"try": "yes"})
    browser.fill("save-policy")
    policy = provider.command("policy", "show", "--json")
    assert policy["enrol_during_step_up"] is False
    assert policy["mfa"] == "optional"


def test_the_older_of_two_forms_changes_nothing(
    provider: Within, browser: Browser
) -> None:
    old = browser.tab().visit(HOME)
    browser.fill("save-policy", backup_code_warning="4")
    old.fill("save-policy", mfa="disabled")
    assert (old.page, old.error) == ("admin-policy", "stale")
    policy = provider.command("policy", "show", "--json")
    assert (policy["mfa"], policy["backup_code_warning"]) == ("optional", 4)


@pytest.mark.parametrize("number", ["", "many", "-1", "11", "1e1", "٣"])
def test_a_number_that_will_not_do_names_its_field(
    browser: Browser, number: str
) -> None:
    browser.fill("save-policy", mfa="disabled", backup_code_warning=number)
    assert (browser.page, browser.error) == ("admin-policy", "bad-request")
    assert "backup_code_warning-error" in str(browser.html.marks("aria-describedby"))
    kept = dict(browser.html.form("save-policy").fields)
    assert (kept["mfa"], kept["backup_code_warning"]) == ("disabled", number)


def test_whoever_may_only_read_has_nothing_to_press(provider: Within) -> None:
    olga = provider.person("olga", "--role", "auditor")
    browser = olga.sign_in(provider.browser()).visit(HOME)
    assert browser.page == "admin-policy"
    form = browser.html.form("save-policy")
    assert {name for name, _ in form.fields} == {"csrf_token", "version"}
    browser.send(form, {"mfa": "disabled"})
    assert (browser.status, browser.error) == (403, "forbidden")
    assert provider.command("policy", "show", "--json")["mfa"] == "required"
