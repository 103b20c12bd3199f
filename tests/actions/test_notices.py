"""The queue of mails: who is written to, by which worker, how often, and until when."""

import datetime
from functools import partial

import pytest
import sqlalchemy

from idp.actions import notices
from idp.actions import user_mfa
from idp.actions import users
from idp.actions.notices import Letter
from idp.store.notices import SAME_IN_A_ROW
from idp.store.notices import NoticeTable
from tests.actions.conftest import Maker
from tests.actions.scene import Scene
from tests.support.barrier import at_once

WITH_MAIL = {"IDP_SMTP_URL": "smtp://127.0.0.1:25", "IDP_MAIL_FROM": "idp@a.example"}
ADDRESS = "mia@example.org"
EVENT = "mfa.requirement_changed"


@pytest.fixture
def mailing(new_scene: Maker, database_kind: str) -> Scene:
    """Gives a scene with a mail server, once on each database."""
    scene = new_scene(database_kind, **WITH_MAIL)
    scene.person("mia", email=ADDRESS)
    return scene


def tell(scene: Scene, username: str = "mia") -> None:
    """Does something that has to be told."""
    user_mfa.require_mfa(scene.administration(), username, required=True)


def take(scene: Scene) -> Letter:
    letter = notices.claim_letter(scene.work())
    assert letter is not None
    return letter


def given_up(scene: Scene) -> list[tuple[str, str, str]]:
    return scene.events("notice.failed")


def test_a_letter_says_what_happened_to_whom(mailing: Scene) -> None:
    """SEC-069"""
    tell(mailing)
    letter = take(mailing)
    assert (letter.address, letter.event) == (ADDRESS, EVENT)
    assert (letter.username, letter.by_other, letter.tries) == ("mia", True, 1)
    assert letter.at == mailing.clock()
    assert ADDRESS not in repr(letter)


def test_what_people_do_themselves_is_told_with_address_and_device(
    mailing: Scene,
) -> None:
    mailing.sign_in(enrol=True)
    assert take(mailing).by_other
    letter = take(mailing)
    assert (letter.event, letter.by_other) == ("mfa.enrolled", False)
    assert (letter.source, letter.user_agent) == ("192.0.2.1", "test")


@pytest.mark.parametrize("new", ["eve@example.org", None])
def test_a_change_of_the_address_is_told_to_the_old_one(
    mailing: Scene, new: str | None
) -> None:
    """SEC-069: whoever changes it must not be the only one to hear of it"""
    users.change_user(mailing.administration(), "mia", {"email": new})
    letter = take(mailing)
    assert (letter.event, letter.address) == ("user.changed", ADDRESS)


def test_a_first_address_is_told_where_it_is(mailing: Scene) -> None:
    mailing.person("noa")
    users.change_user(mailing.administration(), "noa", {"email": "noa@example.org"})
    assert take(mailing).address == "noa@example.org"


def test_whoever_is_deleted_is_told(mailing: Scene) -> None:
    users.delete_user(mailing.administration(), "mia")
    letter = take(mailing)
    assert (letter.event, letter.address) == ("user.deleted", ADDRESS)
    assert letter.username == "mia"
    notices.sent(mailing.work(), letter)
    assert mailing.one("SELECT count(address) FROM notices") == 0


def test_without_an_address_there_is_no_mail_but_the_page(mailing: Scene) -> None:
    mailing.person("noa")
    tell(mailing, "noa")
    assert notices.claim_letter(mailing.work()) is None
    assert mailing.one("SELECT count(*) FROM notices WHERE event = :e", e=EVENT) == 1


def test_without_a_server_nothing_waits_for_one(scene_on_each: Scene) -> None:
    scene_on_each.person("mia", email=ADDRESS)
    tell(scene_on_each)
    assert not notices.is_any_due(scene_on_each.work())
    assert scene_on_each.one("SELECT count(address) FROM notices") == 0


def test_a_letter_is_taken_once_until_its_time_comes_again(mailing: Scene) -> None:
    tell(mailing)
    take(mailing)
    assert notices.claim_letter(mailing.work()) is None
    mailing.clock.advance(minutes=5)
    assert notices.is_any_due(mailing.work())
    assert take(mailing).tries == 2


def test_what_was_sent_is_done_with_and_the_address_forgotten(mailing: Scene) -> None:
    tell(mailing)
    notices.sent(mailing.work(), take(mailing))
    mailing.clock.advance(days=30)
    assert notices.claim_letter(mailing.work()) is None
    assert mailing.one("SELECT count(address) FROM notices") == 0
    assert given_up(mailing) == []


def test_a_letter_is_tried_five_times_ever_later_then_given_up(mailing: Scene) -> None:
    """REL-061"""
    tell(mailing)
    for wait in notices.WAITS:
        letter = take(mailing)
        assert not notices.not_sent(mailing.work(), letter, "content 451", final=False)
        mailing.clock.advance(seconds=int(wait.total_seconds()) - 1)
        assert notices.claim_letter(mailing.work()) is None
        mailing.clock.advance(seconds=1)
    last = take(mailing)
    assert notices.not_sent(mailing.work(), last, "content 451", final=False)
    mailing.clock.advance(days=30)
    assert notices.claim_letter(mailing.work()) is None
    assert given_up(mailing) == [("notice.failed", "ok", "content 451")]


def test_a_final_refusal_is_not_tried_again(mailing: Scene) -> None:
    tell(mailing)
    assert notices.not_sent(mailing.work(), take(mailing), "recipient 550", final=True)
    mailing.clock.advance(days=30)
    assert notices.claim_letter(mailing.work()) is None
    assert given_up(mailing) == [("notice.failed", "ok", "recipient 550")]
    assert mailing.one("SELECT count(address) FROM notices") == 0


def test_a_worker_that_dies_each_time_does_not_go_on_for_ever(mailing: Scene) -> None:
    tell(mailing)
    for _ in range(notices.MOST_TRIES):
        take(mailing)
        mailing.clock.advance(days=1)
    assert notices.claim_letter(mailing.work()) is None
    assert given_up(mailing) == [("notice.failed", "ok", "no outcome")]


def test_a_letter_given_up_keeps_no_other_back(mailing: Scene) -> None:
    tell(mailing)
    for _ in range(notices.MOST_TRIES):
        take(mailing)
        mailing.clock.advance(days=1)
    mailing.person("noa", email="noa@example.org")
    tell(mailing, "noa")
    assert take(mailing).username == "noa"


def test_a_late_outcome_of_an_earlier_try_changes_nothing(mailing: Scene) -> None:
    tell(mailing)
    early = take(mailing)
    mailing.clock.advance(minutes=5)
    late = take(mailing)
    notices.not_sent(mailing.work(), early, "no answer", final=True)
    assert given_up(mailing) == []
    notices.sent(mailing.work(), late)
    assert not notices.is_any_due(mailing.work())


@pytest.mark.races
def test_each_letter_is_taken_by_one_of_all_workers(mailing: Scene) -> None:
    names = [f"mia-{number}" for number in range(4)]
    for name in names:
        mailing.person(name, email=f"{name}@example.org")
        tell(mailing, name)
    work = [mailing.work() for _ in range(16)]
    taken = at_once([partial(notices.claim_letter, one) for one in work])
    assert sorted(one.username for one in taken if one is not None) == names


def test_a_crowd_of_one_kind_is_mailed_in_part_and_hides_no_other(
    mailing: Scene,
) -> None:
    """SEC-124"""
    for _ in range(SAME_IN_A_ROW + 3):
        tell(mailing)
    user_mfa.unlock(mailing.administration(), "mia")
    waiting = "SELECT count(*) FROM notices WHERE mail_due_at IS NOT NULL"
    assert mailing.one(f"{waiting} AND event = :e", e=EVENT) == SAME_IN_A_ROW
    assert mailing.one(f"{waiting} AND event = 'mfa.unlocked'") == 1
    mailing.clock.advance(hours=1)
    tell(mailing)
    assert mailing.one(f"{waiting} AND event = :e", e=EVENT) == SAME_IN_A_ROW + 1


def test_a_row_whose_record_is_gone_is_told_all_the_same(mailing: Scene) -> None:
    tell(mailing)
    earlier = mailing.clock() - datetime.timedelta(seconds=1)
    with mailing.database.writing() as db:
        db.execute(sqlalchemy.update(NoticeTable).values(at=earlier))
    assert take(mailing).username == ""
