"""REL-016, REL-017: a worker dies by SIGKILL around the commit that uses something up.

Before it nothing has happened and the same try succeeds; after it the thing is spent,
though nobody got an answer, and what it would have opened is nobody's. The way to die
is tests/support/killing, which the product knows nothing of.
"""

import dataclasses
import http.client
import pathlib
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from tests.races.conftest import Shared
from tests.support.browser import Browser
from tests.support.databases import KINDS
from tests.support.people import is_signed_in
from tests.support.postgres import Server
from tests.support.provider import serving
from tests.support.relying_party import RelyingParty
from tests.support.waiting import until

pytestmark = pytest.mark.races

ROOT = pathlib.Path(__file__).parents[2]
BEFORE_AND_AFTER = pytest.mark.parametrize("when", ["before", "after"])
CUT_OFF = (OSError, http.client.HTTPException)


@dataclasses.dataclass
class Mortal(Shared):
    """A provider one of whose workers dies when told so."""

    armed: pathlib.Path = dataclasses.field(kw_only=True)

    def kill(self, when: str, beginning: str, act: Callable[[], object]) -> None:
        """Does something whose answer never comes, because its worker is dead."""
        self.wait()
        self.armed.write_text(f"{when} {beginning}")
        with pytest.raises(CUT_OFF):
            act()
        assert not self.armed.exists(), "somebody else hung up"
        self.wait()

    def wait(self) -> None:
        """Waits until a worker answers; dead ones come back by themselves."""
        until(self._answers, "a worker answers")

    def _answers(self) -> bool:
        try:
            return self.http.get("/healthz").status == 200
        except CUT_OFF:
            return False


@pytest.fixture(scope="module", params=KINDS)
def mortal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mortal]:
    folder, url = tmp_path_factory.mktemp("mortal"), None
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        url = server.fresh_database()
    armed = folder / "armed"
    hooks = {
        "PYTHONPATH": f"{ROOT / 'tests/support/killing'}:{ROOT}",
        "OSTIARY_KILL_AT": str(armed),
    }
    with serving(folder, database_url=url, workers=3, **hooks) as running:
        parts = dataclasses.fields(running)
        made = {one.name: getattr(running, one.name) for one in parts}
        yield Mortal(**made, armed=armed)


@pytest.fixture(scope="module")
def signed_in(mortal: Mortal) -> Browser:
    """Gives the browser of somebody who has signed in before all this."""
    return mortal.person("mia").sign_in(mortal.browser())


@pytest.fixture(scope="module")
def wiki(mortal: Mortal) -> RelyingParty:
    return mortal.client("Wiki", "--ask-consent")


def sent(browser: Browser, action: str, **fields: str) -> Callable[[], Browser]:
    """Gives the sending of a form that is open, as often as it is called."""
    form, trail = browser.html.form(action), list(browser.trail)

    def send() -> Browser:
        browser.trail = list(trail)
        return browser.send(form, fields)

    return send


def asked(wiki: RelyingParty, browser: Browser) -> Callable[[], Browser]:
    """Gives the saying yes to a new request, and what comes back."""
    wiki.ask(browser, prompt="consent")
    return sent(browser, "consent", decision="allow")


@BEFORE_AND_AFTER
def test_a_code_is_fresh_or_spent(
    mortal: Mortal, wiki: RelyingParty, signed_in: Browser, when: str
) -> None:
    """REL-016, SEC-190"""
    code = wiki.code(asked(wiki, signed_in)())
    mortal.kill(when, "UPDATE codes", lambda: wiki.redeem(code))
    answer = wiki.redeem(code)
    if when == "before":
        assert wiki.verified(answer).claims["acr"] == "mfa"
    else:
        assert answer.json()["error"] == "invalid_grant"
    assert wiki.redeem(code).json()["error"] == "invalid_grant"


@BEFORE_AND_AFTER
def test_a_refresh_token_is_fresh_or_spent(
    mortal: Mortal, wiki: RelyingParty, signed_in: Browser, when: str
) -> None:
    """REL-016, SEC-199, SEC-204"""
    tokens = wiki.collect(asked(wiki, signed_in)())
    mortal.kill(when, "UPDATE refresh_tokens", lambda: wiki.refresh(tokens.refresh))
    answer = wiki.refresh(tokens.refresh)
    if when == "before":
        assert wiki.userinfo(wiki.verified(answer).access).status == 200
    else:
        assert answer.json()["error"] == "invalid_grant"
    assert wiki.refresh(tokens.refresh).json()["error"] == "invalid_grant"


@BEFORE_AND_AFTER
def test_a_waiting_request_is_answered_once_or_begun_again(
    mortal: Mortal, wiki: RelyingParty, signed_in: Browser, when: str
) -> None:
    """REL-016: the code that was made is known to nobody"""
    send = asked(wiki, signed_in)
    mortal.kill(when, "INSERT INTO codes", send)
    send()
    assert (signed_in.left_for is not None) is (when == "before")
    assert wiki.collect(asked(wiki, signed_in)()).claims["acr"] == "mfa"


@BEFORE_AND_AFTER
def test_a_pushed_request_is_fresh_or_answered(
    mortal: Mortal, wiki: RelyingParty, signed_in: Browser, when: str
) -> None:
    """REL-016, RFC 9126 section 7.3"""
    asked(wiki, signed_in)()
    wiki.push()
    mortal.kill(when, "INSERT INTO codes", lambda: wiki.follow(signed_in))
    wiki.follow(signed_in)
    assert (signed_in.left_for is not None) is (when == "before")


@BEFORE_AND_AFTER
def test_a_code_of_the_phone_is_fresh_or_spent(mortal: Mortal, when: str) -> None:
    """REL-015, REL-016, SEC-031: no session that nobody was told of"""
    ben = mortal.person("ben")
    browser = ben.enter_password(mortal.browser().visit("/login"))
    code = ben.phone.unused_code()
    send = sent(browser, "sign-in", code=code)
    mortal.kill(when, "UPDATE totp_credentials", send)
    assert not is_signed_in(browser)
    send()
    assert is_signed_in(browser) is (when == "before")

    again = ben.enter_password(mortal.browser().visit("/login"))
    ben.enter_code(again, code)
    assert not is_signed_in(again), "no code works twice"


def test_a_backup_code_is_fresh_or_spent(mortal: Mortal) -> None:
    """REL-016, SEC-045"""
    ben = mortal.person("ben")
    for when, left in (("before", 10), ("after", 8)):
        browser = ben.enter_password(mortal.browser().visit("/login"))
        code = ben.backup_codes.pop()
        send = sent(browser.click("use-backup-code"), "sign-in", backup_code=code)
        mortal.kill(when, "UPDATE backup_codes", send)
        assert mortal.mfa_of(ben)["backup_codes_remaining"] == left
        assert not is_signed_in(browser)
        send()
        assert is_signed_in(browser) is (when == "before")


@BEFORE_AND_AFTER
def test_a_set_up_is_done_or_not_begun(mortal: Mortal, when: str) -> None:
    """REL-017, AC-182: never a factor that nobody can use"""
    rob = mortal.person("rob", enrolled=False)
    browser = rob.enter_password(mortal.browser().visit("/login"))
    code = rob.scan(browser).unused_code()
    send = sent(browser, "register-device", code=code)
    mortal.kill(when, "INSERT INTO backup_codes", send)
    state = mortal.mfa_of(rob)["state"]
    assert state == ("pending" if when == "before" else "enrolled")
    assert not is_signed_in(browser)

    send()
    if when == "before":
        rob.keep_codes(browser)
        assert is_signed_in(browser)
    again = rob.enter_password(mortal.browser().visit("/login"))
    rob.enter_code(again)
    assert is_signed_in(again), "the phone works"
