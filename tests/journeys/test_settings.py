"""The rest of the settings: password, sessions, applications, activity, notices."""

from urllib.parse import quote

from tests.support.people import is_signed_in
from tests.support.within import Within

NEW = "seven unlikely herons"


def test_a_changed_password_ends_everything_but_this_session(provider: Within) -> None:
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    elsewhere = provider.browser()
    mia.enter_code(mia.enter_password(wiki.ask(elsewhere)))
    held = wiki.collect(elsewhere)
    provider.move.advance(seconds=60)
    browser = mia.sign_in(provider.browser())
    before = browser.copy()
    provider.move.advance(seconds=60)
    browser.visit("/settings/password").fill(
        "change-password",
        current_password=mia.password,
        new_password=NEW,
        new_password_again=NEW,
        code=mia.phone.unused_code(),
    )
    assert browser.page == "settings"
    assert is_signed_in(browser)
    assert not is_signed_in(elsewhere)
    assert not is_signed_in(before), "the session has a new cookie"
    assert wiki.refresh(held.refresh).json()["error"] == "invalid_grant"
    assert mia.enter_password(provider.browser().visit("/login")).error
    mia.password = NEW
    assert mia.enter_password(provider.browser().visit("/login")).page == "login-totp"


def test_a_password_needs_the_old_one_and_a_code(provider: Within) -> None:
    mia = provider.person("mia")
    browser = mia.sign_in(provider.browser())
    provider.move.advance(seconds=60)
    page = browser.visit("/settings/password")
    new = {"new_password": NEW, "new_password_again": NEW}
    page.fill("change-password", current_password="wrong", code="123456", **new)
    assert browser.error == "wrong-credentials"
    page.fill("change-password", current_password=mia.password, code="", **new)
    assert browser.error == "wrong-code"
    assert is_signed_in(mia.sign_in(provider.browser()))


def test_a_weak_or_mistyped_password_is_told_before_anything_counts(
    provider: Within,
) -> None:
    mia = provider.person("mia")
    browser = mia.sign_in(provider.browser()).visit("/settings/password")
    old = {"current_password": mia.password, "code": "000000"}
    browser.fill("change-password", new_password="mia", new_password_again="mia", **old)
    assert browser.error == "weak-password"
    browser.fill("change-password", new_password=NEW, new_password_again="x", **old)
    assert browser.error == "password-mismatch"
    assert provider.mfa_of(mia)["state"] == "enrolled"


def test_a_password_alone_is_longer_than_one_with_a_second_factor(
    provider: Within,
) -> None:
    provider.policy("optional")
    ben = provider.person("ben", enrolled=False)
    browser = ben.enter_password(provider.browser().visit("/login"))
    short = {"new_password": "9wq!tZe7", "new_password_again": "9wq!tZe7"}
    browser.visit("/settings/password").fill(
        "change-password", current_password=ben.password, **short
    )
    assert browser.error == "weak-password"
    assert "at least 15 characters" in browser.text


def test_somebody_signs_another_browser_out(provider: Within) -> None:
    mia = provider.person("mia")
    elsewhere = mia.sign_in(provider.browser())
    provider.move.advance(seconds=60)
    browser = mia.sign_in(provider.browser()).visit("/settings/sessions")
    assert len(browser.html.marks("data-session")) > 1
    browser.fill("end-other-sessions")
    assert len(browser.html.marks("data-session")) == 1
    assert not is_signed_in(elsewhere)
    assert is_signed_in(browser)


def test_nobody_ends_the_session_of_somebody_else(provider: Within) -> None:
    mia, eve = provider.person("mia"), provider.person("eve")
    hers = mia.sign_in(provider.browser()).visit("/settings/sessions")
    sid = hers.html.mark("data-session")
    browser = eve.sign_in(provider.browser()).visit("/settings/sessions")
    browser.fill("end-session", sid=sid)
    assert (browser.status, browser.error) == (404, "not-found")
    assert is_signed_in(hers)


def test_an_application_loses_what_it_held(provider: Within) -> None:
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    browser = provider.browser()
    mia.enter_code(mia.enter_password(wiki.ask(browser)))
    held = wiki.collect(browser)
    browser.visit("/settings/applications").fill("remove-application")
    assert browser.html.marks("data-application") == []
    assert wiki.refresh(held.refresh).json()["error"] == "invalid_grant"


def test_an_application_is_opened_where_it_has_a_way_in(provider: Within) -> None:
    """OpenID Connect Core section 4"""
    start = "https://wiki.example/start?from=sso"
    wiki = provider.client("Wiki", "--initiate-login-uri", start)
    mia, browser = provider.person("mia"), provider.browser()
    mia.enter_code(mia.enter_password(wiki.ask(browser)))
    wiki.collect(browser)
    link = browser.visit("/settings/applications").html.link("open-application")
    assert link == f"{start}&iss={quote(browser.issuer, safe='')}"
    provider.command("client", "disable", wiki.id)
    browser.visit("/settings/applications")
    assert "open-application" not in browser.html.marks("data-action")


def test_activity_tells_how_somebody_signed_in(provider: Within) -> None:
    mia = provider.person("mia")
    browser = mia.sign_in(provider.browser()).visit("/settings/activity")
    assert browser.html.marks("data-event")[0] == "login.succeeded"
    assert "password and app code" in browser.text


def test_activity_tells_which_sessions_and_tokens_ended(provider: Within) -> None:
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    elsewhere = provider.browser()
    mia.enter_code(mia.enter_password(wiki.ask(elsewhere)))
    wiki.revoke(wiki.collect(elsewhere).refresh)
    provider.move.advance(seconds=60)
    browser = mia.sign_in(provider.browser()).visit("/settings/sessions")
    browser.fill("end-other-sessions").visit("/settings/activity")
    told = browser.html.marks("data-event")
    assert told.index("session.ended") < told.index("tokens.revoked")


def test_this_was_not_me_ends_every_session(provider: Within) -> None:
    mia = provider.person("mia")
    elsewhere = mia.sign_in(provider.browser())
    provider.move.advance(seconds=60)
    browser = mia.sign_in(provider.browser()).visit("/settings/activity")
    browser.fill("not-me")
    assert browser.page == "logged-out"
    assert not is_signed_in(browser)
    assert not is_signed_in(elsewhere)


def test_what_happened_is_told_at_the_next_sign_in_once(provider: Within) -> None:
    mia = provider.person("mia")
    mia.sign_in(provider.browser()).visit("/settings")
    provider.move.advance(seconds=60)
    provider.command("user", "require-mfa", "mia")
    provider.move.advance(seconds=60)
    browser = mia.sign_in(provider.browser())
    assert "mfa.requirement_changed" in browser.html.marks("data-notice")
    assert browser.visit("/settings").html.marks("data-notice") == []


def test_every_form_of_the_settings_needs_its_token(provider: Within) -> None:
    mia = provider.person("mia")
    browser = mia.sign_in(provider.browser())
    for path in ("mfa/disable", "mfa/regenerate", "password", "sessions", "activity"):
        browser.post(f"/settings/{path}", [("code", "123456")])
        assert (browser.status, browser.error) == (403, "csrf"), path
    assert is_signed_in(browser)
