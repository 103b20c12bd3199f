"""REL-076, SEC-039, SEC-049, SEC-302: a secret is seen where it belongs, or nowhere.

One story for each database; every test looks for all of its secrets in one place.
"""

import pytest

from tests.canaries.markers import Marker
from tests.canaries.story import Story
from tests.support.contents import everything_in
from tests.support.people import password_of


def found_in(story: Story, places: dict[str, bytes]) -> list[tuple[str, str]]:
    """Names every secret that lies somewhere, the master key too."""
    every = [*(kept.marker for kept in story.kept.values()), story.master]
    return [
        (marker.what, where)
        for where, content in places.items()
        for marker in every
        if marker.is_in(content)
    ]


def test_every_secret_has_been_seen_once(story: Story) -> None:
    """Otherwise nothing would be proved by not finding it"""
    heard = [part for one in story.exchanges for part in (one.asked, one.told)]
    everything = b"\n".join([*heard, *story.commands])
    unseen = [
        what for what, kept in story.kept.items() if not kept.marker.is_in(everything)
    ]
    assert unseen == []
    assert len(story.kept) > 150
    assert len(story.exchanges) > 200


def test_no_log_holds_one(story: Story) -> None:
    places = story.log.places
    assert b"idp.access" in places["log"]
    assert b"sqlalchemy.engine.Engine DEBUG" in places["careless log"]
    assert b"unexpected fault" in places["log"]
    assert b"Traceback" in places["careless log"]
    assert found_in(story, places) == []


def test_the_audit_trail_holds_none(story: Story) -> None:
    assert story.export.count(b"mfa.replaced") == 2
    assert found_in(story, {"export": story.export}) == []


def test_no_mail_holds_one(story: Story) -> None:
    mails = "\n".join(story.mails).encode()
    assert len(story.mails) > 10
    assert b"Backup codes" in mails or b"backup code" in mails
    assert found_in(story, {"mails": mails}) == []


def test_no_answer_shows_one_again(story: Story) -> None:
    """What was shown once is on no page after that, and typed passwords on none"""
    again = [
        (what, one.shown[:80])
        for what, kept in story.kept.items()
        for one in story.exchanges[kept.exchanges :]
        if kept.marker.is_in(one.shown) and not belongs(what, one.shown)
    ]
    assert again == []


def belongs(what: str, shown: bytes) -> bool:
    """Tells what a page has to carry: the token of its form, the proof it was sent.

    And, after a wrong password, what was typed where the name belongs.
    """
    if what.startswith("form token"):
        return b"<form" in shown
    if what == "password as a name":
        return b'data-page="login-password"' in shown and b"wrong-credentials" in shown
    return "id_token" in what and b'data-page="logout-confirm"' in shown


def test_no_command_tells_one_again(story: Story) -> None:
    again = [
        (what, number)
        for what, kept in story.kept.items()
        for number, told in enumerate(story.commands)
        if number >= kept.commands and kept.marker.is_in(told)
    ]
    assert again == []


def test_no_byte_of_the_database_holds_one(story: Story) -> None:
    contents = everything_in(story.url)
    assert b"mia" in contents["users.username"]
    assert contents["notices.event"].count(b"mfa.enrolled") >= 2
    assert contents["logins.id"]
    assert found_in(story, contents) == []


@pytest.mark.parametrize(
    "place",
    [
        "password={value}",
        "%(password)s {{'p': '{value}'}}",
        "{upper}",
        "{hex}",
        "begins with {begin}…",
    ],
)
def test_a_secret_that_leaked_would_be_found(place: str) -> None:
    value = password_of("anybody")
    shown = place.format(
        value=value,
        upper=value.upper(),
        hex=value.encode().hex(),
        begin=value[:16],
    )
    marker = Marker("planted", value)
    assert marker.is_in(b"before " + shown.encode() + b" after")
    assert not marker.is_in(b"before pw- after")
