"""REL-015 to REL-017: a worker dies around the commit that uses a factor up.

After it the factor is spent, and what it would have opened is nobody's; a set-up is
done or has not begun. Codes and tokens: test_killed.py.
"""

import pytest

from tests.races.mortal import BEFORE_AND_AFTER
from tests.races.mortal import Mortal
from tests.races.mortal import sent
from tests.support.people import is_signed_in

pytestmark = pytest.mark.races


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
