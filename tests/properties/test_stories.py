"""Random stories: no token tells more than what the person really did (SEC-095, 096).

``OSTIARY_STORIES=2000`` plays that many, others at each run, instead of the same few,
and looks for the shortest story that fails.
"""

import os
from collections import Counter
from typing import Any

from hypothesis import HealthCheck
from hypothesis import Phase
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.stateful import initialize
from hypothesis.stateful import precondition
from hypothesis.stateful import rule
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.story import Story
from tests.properties.world import World

STORIES = int(os.environ.get("OSTIARY_STORIES", "0"))
THE_SAME_FEW = (Phase.explicit, Phase.generate)
PROFILE = settings(
    max_examples=STORIES or 25,
    stateful_step_count=40,
    derandomize=not STORIES,
    phases=tuple(Phase) if STORIES else THE_SAME_FEW,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)

TABS = st.integers(0, 2)
PEOPLE = st.integers(0, 1)
APPS = st.integers(0, 2)
POLICIES = st.sampled_from(["required", "optional", "optional", "disabled"])
RIGHT_MOSTLY = st.sampled_from([True, True, True, False])
CODES = st.sampled_from(["right", "right", "wrong", "replayed", "foreign", "lost"])
SFA, MFA = "https://refeds.org/profile/sfa", "https://refeds.org/profile/mfa"
WISHES = st.sampled_from(
    [
        {},
        {"offline": True},
        {"prompt": "login"},
        {"prompt": "login", "acr_values": ("mfa",)},
        {"prompt": "none"},
        {"prompt": "none", "acr_values": ("mfa",)},
        {"prompt": "none", "essential": (MFA,)},
        {"prompt": "select_account"},
        {"max_age": 0},
        {"max_age": 60},
        {"max_age": 600, "acr_values": (MFA,)},
        {"max_age": 600, "offline": True},
        {"acr_values": ("mfa",)},
        {"acr_values": ("mfa", "pwd")},
        {"acr_values": (SFA,)},
        {"essential": ("mfa",)},
    ]
)
PATHS = st.sampled_from(["/login", "/settings/mfa/enable", "/settings/mfa/replace"])
WAITS = st.sampled_from([1, 30, 61, 301, 601, 1_801, 1_801, 3_601, 43_201])
# What has to come about, or the stories prove nothing.
EVERYTHING = {"pwd", "pwd otp mfa", "pwd mfa backup_code", "active", "over"}


class Stories(RuleBasedStateMachine):
    """Plays one story after the other in one world."""

    world: World
    seen: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(self.world)

    def teardown(self) -> None:
        self.seen.update(self.story.seen)

    def gone_by(self) -> None:
        """No two events of a story share their instant."""
        self.world.clock.advance(seconds=0.37)

    # --- people

    @initialize(enrolled=st.sets(PEOPLE), mfa=POLICIES)
    def enrol(self, enrolled: set[int], mfa: str) -> None:
        for number in sorted(enrolled):
            self.story.open(self.story.tabs[number], "/login")
            self.answer_rightly(number, number)
            self.story.sign_out(self.story.tabs[number])
        self.story.change_policy(mfa, enrol_during_step_up=True)

    @rule(tab=TABS, app=APPS, wish=WISHES)
    def ask(self, tab: int, app: int, wish: Any) -> None:
        self.gone_by()
        self.story.ask(self.story.tabs[tab], self.story.apps[app], **wish)

    @rule(tab=TABS, app=APPS, wish=WISHES, who=PEOPLE, backup=st.booleans())
    def use(self, tab: int, app: int, wish: Any, who: int, backup: bool) -> None:
        """Goes the whole way to the tokens of an application."""
        before = len(self.story.grants)
        self.ask(tab, app, wish)
        self.answer(tab, who, True, "right")
        if backup:
            self.try_a_backup_code(tab, "right")
        self.answer_rightly(tab, who)
        for grant in self.story.grants[before:]:
            self.story.exchange(grant)
            self.story.look_at(grant)

    @rule(tab=TABS, app=APPS, who=PEOPLE)
    def use_as_usual(self, tab: int, app: int, who: int) -> None:
        self.use(tab, app, {}, who, False)

    @rule(tab=TABS, app=APPS, who=PEOPLE)
    def go_out_and_in_again(self, tab: int, app: int, who: int) -> None:
        self.sign_out(tab)
        self.story.enable(self.story.members[who])
        self.use(tab, app, {}, who, True)

    @rule(tab=TABS, who=PEOPLE, right=RIGHT_MOSTLY, code=CODES)
    def answer(self, tab: int, who: int, right: bool, code: str) -> None:
        self.gone_by()
        story, here = self.story, self.story.tabs[tab]
        page = here.browser.page if here.browser.trail else None
        if page == "login-password":
            story.enter_password(here, story.members[who], right=right)
        elif page in ("enrol-backup-codes", "select-account", "login-notice"):
            story.go_on(here, other=not right)
        elif here.login is None:
            return
        elif page == "login-totp":
            story.enter_code(here, code)
        elif page == "login-backup-code":
            story.enter_backup_code(here, code)
        elif page == "enrol-totp":
            story.enrol(here, right=right)

    def answer_rightly(self, tab: int, who: int) -> None:
        for _ in range(4):
            self.answer(tab, who, True, "right")

    @rule(tab=TABS, code=CODES)
    def try_a_backup_code(self, tab: int, code: str) -> None:
        self.gone_by()
        here = self.story.tabs[tab]
        pages = ("login-totp", "login-backup-code")
        if here.login and here.browser.page in pages:
            self.story.enter_backup_code(here, code)

    @rule(tab=TABS, who=PEOPLE, path=PATHS)
    def open_a_page(self, tab: int, who: int, path: str) -> None:
        self.gone_by()
        self.story.open(self.story.tabs[tab], path)
        self.answer(tab, who, True, "right")

    @rule(tab=TABS)
    def sign_out(self, tab: int) -> None:
        self.gone_by()
        self.story.sign_out(self.story.tabs[tab])
        self.what_was_given()

    @rule(tab=TABS, code=CODES)
    def turn_own_mfa_off(self, tab: int, code: str) -> None:
        self.gone_by()
        self.story.turn_mfa_off(self.story.tabs[tab], code)

    @rule(tab=TABS, app=APPS, who=PEOPLE)
    def hand_over(self, tab: int, app: int, who: int) -> None:
        """Somebody signs in where another person may be signed in."""
        self.use(tab, app, {"prompt": "login"}, who, False)
        self.what_was_given()

    @rule(tab=TABS, who=PEOPLE, code=CODES)
    def try_to_come_in(self, tab: int, who: int, code: str) -> None:
        """Signs out, and in again with a code or backup code that may be no good."""
        here = self.story.tabs[tab]
        self.sign_out(tab)
        self.story.open(here, "/login")
        self.answer(tab, who, True, code)
        self.answer(tab, who, True, code)
        self.try_a_backup_code(tab, code)

    # --- applications

    @precondition(lambda self: self.story.grants)
    @rule(
        number=st.integers(1, 4),
        how=st.sampled_from(["exchange", "refresh", "refresh_again", "look_at"]),
    )
    def come_back_to_a_grant(self, number: int, how: str) -> None:
        grants = self.story.grants
        grant = grants[-min(number, len(grants))]
        getattr(self.story, how)(grant)
        self.story.look_at(grant)

    def what_was_given(self) -> None:
        """Whatever has just changed binds what applications were given before."""
        for grant in self.story.grants[-3:]:
            self.story.refresh(grant)
            self.story.look_at(grant)

    # --- administrators

    @rule(mfa=POLICIES, enrol=st.booleans())
    def change_policy(self, mfa: str, enrol: bool) -> None:
        self.story.change_policy(mfa, enrol_during_step_up=enrol)
        self.what_was_given()

    @rule(
        who=PEOPLE,
        what=st.sampled_from(
            ["take_mfa_away", "require_mfa", "spare", "disable", "end_sessions"]
        ),
    )
    def administer(self, who: int, what: str) -> None:
        self.gone_by()
        getattr(self.story, what)(self.story.members[who])
        self.what_was_given()

    @rule(who=PEOPLE)
    def enable(self, who: int) -> None:
        self.story.enable(self.story.members[who])

    @rule(app=APPS, min_acr=st.sampled_from([None, "pwd", "mfa"]))
    def change_minimum(self, app: int, min_acr: str | None) -> None:
        self.story.change_minimum(self.story.apps[app], min_acr)
        self.what_was_given()

    # --- time

    @rule(seconds=WAITS)
    def wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds=seconds)

    @rule(seconds=WAITS, tab=TABS, app=APPS, wish=WISHES, who=PEOPLE)
    def wait_and_use(
        self, seconds: int, tab: int, app: int, wish: Any, who: int
    ) -> None:
        self.wait(seconds)
        self.use(tab, app, wish, who, False)


def test_no_token_tells_more_than_what_was_done(world: World) -> None:
    seen: Counter[str] = Counter()
    here = type("Here", (Stories,), {"world": world, "seen": seen})
    run_state_machine_as_test(here, settings=PROFILE)
    assert set(seen) >= EVERYTHING, f"never came about: {EVERYTHING - set(seen)}"
