"""Stories that once went wrong: a session goes on, and what it may give changes.

Nearly all that is checked is checked inside ``Story``, after each step.
"""

import pytest

from tests.properties.notes import Tab
from tests.properties.story import Story
from tests.properties.world import World


@pytest.fixture
def story(world: World) -> Story:
    """Gives a story in which Mia has just enrolled, by choice."""
    story = Story(world)
    tab = story.tabs[0]
    story.open(tab, "/login")
    story.enter_password(tab, story.members[0], right=True)
    story.enrol(tab, right=True)
    story.go_on(tab)
    story.change_policy("optional", enrol_during_step_up=True)
    return story


def tokens(story: Story, tab: Tab) -> None:
    story.exchange(story.grants[-1])
    assert story.grants[-1].latest is not None
    assert tab.browser.left_for is not None


def test_a_token_of_a_password_is_not_refreshed_once_mfa_is_required(
    story: Story,
) -> None:
    tab, wiki = story.tabs[0], story.apps[0]
    story.world.clock.advance(minutes=31)
    story.ask(tab, wiki)
    tokens(story, tab)
    assert story.grants[-1].told[:2] == ("pwd", ["pwd"])

    story.refresh(story.grants[-1])
    assert not story.grants[-1].dead
    story.change_policy("required", enrol_during_step_up=True)
    story.refresh(story.grants[-1])
    assert story.grants[-1].dead


def test_who_turned_mfa_off_enrols_again_once_it_is_required(story: Story) -> None:
    tab, wiki = story.tabs[0], story.apps[0]
    story.turn_mfa_off(tab, "right")
    assert story.members[0].phone is None
    story.ask(tab, wiki)
    tokens(story, tab)

    story.change_policy("required", enrol_during_step_up=True)
    story.ask(tab, wiki)
    assert tab.browser.page == "enrol-totp"


def test_an_old_code_beside_a_new_backup_code_is_old_where_only_codes_count(
    story: Story,
) -> None:
    tab, (_, payroll, vault) = story.tabs[0], story.apps
    story.world.clock.advance(minutes=6)
    story.ask(tab, payroll)
    story.enter_backup_code(tab, "right")
    story.go_on(tab)
    tokens(story, tab)
    assert story.grants[-1].told[1] == ["pwd", "mfa", "backup_code"]

    story.ask(tab, vault)
    tokens(story, tab)
    assert story.grants[-1].told[1] == ["pwd", "otp", "mfa"]
    story.ask(tab, vault, max_age=60)
    assert tab.browser.page == "login-password"
