"""SEC-082, SEC-085: a policy made stricter in the middle of five hundred logins."""

import dataclasses
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from idp.actions import organisation
from idp.oidc.wire import Answer
from tests.actions.scene import Scene
from tests.oidc.stage import PASSWORD
from tests.oidc.stage import App
from tests.oidc.stage import Redirect
from tests.oidc.stage import Session

LOGINS = 500
PEOPLE = 20
AT_ONCE = 8  # so many may wait for the hash of a password
BEFORE = 200  # logins that end before the policy is changed

Act = Callable[[], "Ended"]


@dataclasses.dataclass
class Ended:
    """How a login ended: what it was given, and whether it asked after the answer."""

    given: dict[str, Any] | None
    asked_late: bool


class Logins:
    """Password logins of an organisation that does not require MFA yet."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.app: App = scene.client(scope="openid offline_access")
        self.answered = threading.Event()
        self.sessions: list[Session] = []
        self.refresh_tokens: list[str] = []
        for number in range(PEOPLE):
            scene.person(f"p{number}")

    def prepare(self, number: int) -> Act:
        """Brings a login to one of four places; gives what is left to be done."""
        name = f"p{number % PEOPLE}"
        if number % 4 == 0:
            begun = self.scene.at_login()
            return lambda: self.type_password(begun, name)
        session = self.scene.sign_in(name)
        self.sessions.append(session)
        if number % 4 == 1:
            return lambda: self.authorize(session)
        if number % 4 == 2:
            code = self.scene.back(self.app, session)["code"]
            return lambda: self.redeem(code)
        token = self.scene.tokens(self.app, session)["refresh_token"]
        self.refresh_tokens.append(token)
        return lambda: self.refresh(token)

    def type_password(self, begun: Any, name: str) -> Ended:
        done = self.scene.enter(begun, PASSWORD, username=name)
        if done.session_token is None:
            return Ended(None, self.answered.is_set())
        return self.authorize(Session("", done.session_token, begun.browser_token))

    def authorize(self, session: Session) -> Ended:
        late = self.answered.is_set()
        sent = self.scene.authorize(self.app, session)
        if not isinstance(sent, Redirect):
            return Ended(None, late)
        assert not late, "a code was given after the answer"
        return self.redeem(sent.location.split("code=")[1].split("&")[0])

    def redeem(self, code: str) -> Ended:
        late = self.answered.is_set()
        return self._ended(self.scene.redeem(self.app, code), late)

    def refresh(self, token: str) -> Ended:
        late = self.answered.is_set()
        return self._ended(self.scene.refresh(self.app, token), late)

    def _ended(self, answer: Answer, late: bool) -> Ended:
        assert answer.status in (200, 400), answer.body
        given = None
        if answer.status == 200:
            self.refresh_tokens.append(answer.body["refresh_token"])
            given = self.scene.claims(answer.body["id_token"])
        return Ended(given, late)


@pytest.mark.races
def test_no_token_below_the_level_is_given_after_the_answer(
    scene_on_each: Scene,
) -> None:
    logins = Logins(scene_on_each)
    acts = [logins.prepare(number) for number in range(LOGINS)]
    begun = threading.Semaphore(0)

    def run(act: Act) -> Ended:
        try:
            return act()
        finally:
            begun.release()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = [pool.submit(run, act) for act in acts]
        for _ in range(BEFORE):
            begun.acquire()
        organisation.set_policy(scene_on_each.administration(), mfa="required")
        logins.answered.set()
        ended = [one.result() for one in running]

    given_late = [one for one in ended if one.given and one.asked_late]
    assert not given_late
    assert {one.given["acr"] for one in ended if one.given} == {"pwd"}
    late = [one for one in ended if one.asked_late]
    assert len(late) > 50
    assert sum(one.given is not None for one in ended) > BEFORE // 2
    for token in logins.refresh_tokens:
        assert scene_on_each.refresh(logins.app, token).status == 400
    for session in logins.sessions:
        assert logins.authorize(session).given is None


@pytest.mark.parametrize("back", ["optional", "disabled"])
def test_loosening_weakens_nobody_who_is_enrolled(scene: Scene, back: str) -> None:
    """SEC-081: and who must for a reason of their own still must"""
    phone, _ = scene.enrolled("mia")
    scene.person("flagged", mfa_required=True)
    organisation.set_policy(scene.administration(), mfa="required")
    organisation.set_policy(scene.administration(), mfa=back)
    assert scene.at_code("mia")
    assert scene.signed_in(phone, "mia").token
    for name, step in (("mia", "second_factor"), ("flagged", "enrol")):
        assert scene.enter(scene.at_login(), username=name).step.value == step


def test_the_last_administrator_is_never_locked_out_by_a_requirement(
    scene: Scene,
) -> None:
    """SEC-088, AC-073: warned of before, and led to the set-up after"""
    scene.person("ada", role_names=["administrator"])
    admin = scene.administration()
    told = organisation.preview(admin, mfa="required")
    assert (told.would_enrol, told.administrators, told.sample) == (1, 1, ("ada",))
    organisation.set_policy(admin, mfa="required")
    assert scene.sign_in("ada", enrol=True).token
    assert organisation.preview(admin, mfa="required").administrators == 0
