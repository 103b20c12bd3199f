"""What a mail says, in whose language, and to which addresses one can be written."""

import dataclasses
import datetime
import email
import email.policy
import re
from email.message import EmailMessage
from typing import Any

import pytest

from idp import mail
from idp.actions.notices import Letter
from idp.event_words import CHANGED
from idp.event_words import EVENTS
from idp.settings import Settings
from idp.store.notices import TOLD
from idp.web import wording
from idp.web.languages import LANGUAGES
from tests.support.screens import LOOK
from tests.support.screens import create_app

NOW = datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LETTER = Letter(
    id=7,
    user_id="u1",
    address="mia@example.org",
    language="en",
    event="password.changed",
    at=NOW - datetime.timedelta(minutes=5),
    by_other=False,
    username="mia",
    source="192.0.2.1",
    user_agent=FIREFOX,
    tries=1,
)
SETTINGS = {
    "IDP_ISSUER": "https://sso.example.org/idp",
    "IDP_ORGANISATION": "Bücher & Söhne",
    "IDP_HELP_TEXT": "Call 4711, any time",
    "IDP_SMTP_URL": "smtps://idp:hunter2@mx.example.org",
    "IDP_MAIL_FROM": "idp@example.org",
}


def written(letter: Letter = LETTER, **settings: str) -> EmailMessage:
    """Writes a mail and reads it again, as whoever gets it does."""
    made = mail.compose(letter, Settings.load(SETTINGS | settings), now=NOW)
    return email.message_from_bytes(made.as_bytes(), policy=email.policy.default)


def text(letter: Letter = LETTER, **settings: str) -> str:
    return body(written(letter, **settings))


def body(made: EmailMessage) -> str:
    return str(made.get_content()).replace("\r\n", "\n")


def about(**changes: Any) -> Letter:
    return dataclasses.replace(LETTER, **changes)


def test_it_says_what_when_from_where_and_what_to_do() -> None:
    said = text()
    assert said.startswith("Your password was changed.\n")
    for line in (
        "Account: mia",
        "When: 2 March 2026, 09:25 UTC",
        "From the IP address: 192.0.2.1",
        "Device: Firefox on Linux",
        "Call 4711, any time",
        "-- \nBücher & Söhne",
    ):
        assert line in said
    assert "“This was not me”" in " ".join(said.split())


def test_the_only_address_in_it_is_that_of_ones_own_activity() -> None:
    """SEC-285"""
    for letter in (LETTER, about(by_other=True)):
        found = re.findall(r"\w+://\S*|www\.\S*", text(letter))
        assert found == ["https://sso.example.org/idp/settings/activity"]


def test_it_speaks_the_language_of_the_person() -> None:
    german = written(about(language="de"))
    said = body(german)
    assert german["Content-Language"] == "de"
    assert german["Subject"] == "Bücher & Söhne: Ihr Passwort wurde geändert."
    assert "Wann: 2. März 2026, 09:25 UTC" in said
    assert "Gerät: Firefox" in said
    assert "„Das war ich nicht“" in " ".join(said.split())


@pytest.mark.parametrize("language", [None, "", "en", "fr", "../de", "xx-YY"])
def test_whoever_speaks_another_language_gets_english(language: str | None) -> None:
    assert written(about(language=language))["Content-Language"] == "en"
    assert "Your password was changed." in text(about(language=language))


def test_what_an_administrator_did_tells_nothing_about_the_administrator() -> None:
    said = text(about(by_other=True, event="mfa.disabled"))
    assert "Done by: an administrator" in said
    assert "192.0.2.1" not in said
    assert "Firefox" not in said


def test_what_is_not_known_has_no_line() -> None:
    said = text(about(username="", user_agent="", source=""))
    assert not re.search(r":\s*$", said.split("If this")[0], re.MULTILINE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", sorted(TOLD))
def test_every_event_that_is_told_has_words_on_page_and_in_mail(
    event: str, language: str
) -> None:
    """SEC-069"""
    with create_app(LOOK, []).test_request_context(f"/?language={language}"):
        page = wording.event(event)
    mailed = written(about(event=event, language=language))
    assert EVENTS[event] != CHANGED
    assert body(mailed).startswith(f"{page}\n")
    assert mailed["Subject"] == f"Bücher & Söhne: {page}"
    assert (page == EVENTS[event]) == (language == "en")


def test_every_sentence_of_the_mail_is_translated() -> None:
    english, german = text(about(by_other=True)), text(about(language="de"))
    assert "Nobody will ever ask you" in english
    assert not set(english.splitlines()) & set(german.splitlines()) - {
        "",
        "-- ",
        "Bücher & Söhne",
        "Call 4711, any time",
        "  https://sso.example.org/idp/settings/activity",
    }


def test_a_repeat_can_be_told_from_a_second_event() -> None:
    again, second = about(tries=2), about(id=8)
    assert written(again)["Message-ID"] == written()["Message-ID"]
    assert written(second)["Message-ID"] != written()["Message-ID"]


def test_no_holiday_answers_it_and_the_organisation_sends_it() -> None:
    """RFC 3834"""
    made = written()
    assert made["Auto-Submitted"] == "auto-generated"
    assert made["From"] == "Bücher & Söhne <idp@example.org>"
    named = written(IDP_MAIL_FROM="Prüfstelle <idp@example.org>")
    assert named["From"] == "Prüfstelle <idp@example.org>"


def test_on_the_way_it_is_ascii_in_lines_of_a_size_that_every_server_takes() -> None:
    """RFC 5322 section 2.1.1"""
    letter = about(language="de", username="ü" * 128)
    made = mail.compose(letter, Settings.load(SETTINGS), now=NOW).as_bytes()
    assert made.isascii()
    assert max(map(len, made.split(b"\r\n"))) <= 78
    assert b"\n" not in made.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "username",
    [
        "mia\r\nBcc: eve@example.org",
        "{{ 7*7 }} {% raw %}",
        "%(organisation)s %s",
        '"><img src=x onerror=alert(1)>',
        "mia &amp; co",
        "\u202eaim",
    ],
)
def test_a_name_is_text_and_nothing_else(username: str) -> None:
    """SEC-246, SEC-292"""
    made = written(about(username=username))
    assert "Bcc" not in made
    assert f"Account: {username}".splitlines()[0] in body(made)
    assert made["To"] == "mia@example.org"
    assert made.get_content_type() == "text/plain"


def test_it_holds_no_secret_of_the_settings() -> None:
    assert "hunter2" not in written().as_string()


@pytest.mark.parametrize(
    ("address", "on_the_way"),
    [
        ("Mia.O'Hara+x@Example.org", "Mia.O'Hara+x@Example.org"),
        ("mia@müller.example", "mia@xn--mller-kva.example"),
        ("mia@MÜLLER.example", "mia@xn--mller-kva.example"),
        ("mia@xn--mller-kva.example", "mia@xn--mller-kva.example"),
        ("müller@example.org", "müller@example.org"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_an_address_goes_as_servers_know_it(address: str, on_the_way: str) -> None:
    assert mail.recipient(address).addr_spec == on_the_way


@pytest.mark.parametrize(
    "address",
    [
        "",
        "mia",
        "@example.org",
        "mia@",
        "mia@example.org\r\nBcc: eve@example.org",
        "mia@example.org\r\nDATA",
        "mia@example.org>, <eve@example.org",
        "mia@example.org,eve@example.org",
        "mia@example.org SIZE=1",
        '"mia eve"@example.org',
        "mia..eve@example.org",
        ".mia@example.org",
        "mia@example..org",
        "mia@-example.org",
        "mia@[127.0.0.1]",
        "mia@evil.example#@example.org",
        "mia\u202e@example.org",
        "mia\u2028@example.org",
        "mia\x00@example.org",
        "mia@straße.example",
        "mia@\u2100.example",
        "mia@" + "ü" * 64 + ".example",
        "m" * 250 + "@example.org",
    ],
)
def test_an_address_that_could_be_read_two_ways_is_none(address: str) -> None:
    with pytest.raises(mail.Unwritable):
        mail.compose(about(address=address), Settings.load(SETTINGS), now=NOW)
