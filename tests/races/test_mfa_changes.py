"""REL-022: opposing changes of one second factor end as some order would end them."""

import urllib.parse
from collections.abc import Callable

import pytest

from tests.support.barrier import at_once
from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.provider import Provider

pytestmark = pytest.mark.races

MANY = pytest.mark.parametrize("tries", [50])
SPENT = {"used-code", "locked", "too-many-attempts", "expired"}


def at_settings(provider: Provider, person: Person, page: str) -> Browser:
    """Gives a browser of somebody signed in, at a page of the second factor.

    Signed in by a backup code, so that the phone's code of this moment is unused.
    """
    browser = person.enter_password(provider.browser().visit("/login"))
    person.enter_backup_code(browser, person.backup_codes.pop())
    return browser.visit(f"/settings/mfa/{page}")


def sending(browser: Browser, action: str, code: str) -> Callable[[], Browser]:
    """Gives the sending of a form that is already open, in a copy of the jar."""
    form, jar = browser.html.form(action), browser.copy()
    kept = [(name, value) for name, value in form.fields if name != "code"]
    target = urllib.parse.urljoin(browser.at, form.target)
    return lambda: jar.post(target, [*kept, ("code", code)])


@MANY
def test_one_code_makes_one_new_set(served: Provider, tries: int) -> None:
    """REL-020, SEC-050: the set that was shown is the one that counts."""
    mia = served.person("mia")
    browser = at_settings(served, mia, "regenerate")
    code = mia.phone.unused_code()
    ended = at_once([sending(browser, "regenerate-codes", code) for _ in range(tries)])
    shown = [one for one in ended if one.page == "enrol-backup-codes"]
    assert len(shown) == 1
    # Whoever finds no room for a hash is told so before the code is looked at.
    others = {one.error for one in ended if one not in shown}
    assert others <= {*SPENT, "unavailable", None}
    new = shown[0].html.marks("data-backup-code")
    # So many spent codes at once have locked the factor, and rightly so.
    served.command("user", "unlock", mia.username)
    fresh = mia.enter_password(served.browser().visit("/login"))
    assert mia.enter_backup_code(fresh, new[0]).page == "login-notice"


@MANY
def test_one_code_disables_or_opens_but_never_both(
    served: Provider, tries: int
) -> None:
    """The same code at the sign-in and at *Disable*: it is one code (SEC-032)."""
    mia = served.person("mia")
    served.policy("optional")
    browser = at_settings(served, mia, "disable")
    logins = [
        mia.enter_password(served.browser().visit("/login")) for _ in range(tries // 2)
    ]
    code = mia.phone.unused_code()
    disabling = [sending(browser, "disable-mfa", code) for _ in range(tries // 2)]
    opening = [sending(login, "sign-in", code) for login in logins]
    ended = at_once([*disabling, *opening])
    off = served.mfa_of(mia)["state"] == "none"
    opened = sum(is_signed_in(one) for one in ended[len(disabling) :])
    assert (off, opened) in ((True, 0), (False, 1))
