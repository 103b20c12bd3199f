"""A11: administration by those who may not, or not this, and what it never shows.

Elsewhere: AC-140, AC-141, AC-144 and AC-146 are journeys of the page of a person and
stories of tests/api; AC-142 and AC-147 are in tests/api/test_requests.py. AC-148 needs
several organisations, and there is one.
"""

import base64

import pytest

from tests.abuse.oracles import no_code
from tests.abuse.oracles import no_server_error
from tests.abuse.oracles import no_session
from tests.journeys.administrators import USERS
from tests.journeys.administrators import administrator
from tests.support.providers import Maker
from tests.support.within import Within
from tests.web.routes import ROUTES
from tests.web.routes import at

PAGES = sorted(rule for rule, route in ROUTES.items() if route.gate == "administers")

ODD_FILTERS: tuple[dict[str, str], ...] = (
    {"query": "' OR 1=1 --"},
    {"query": "%_\\"},
    {"query": "\u202e" * 300},
    {"query": "x" * 5000},
    {"mfa": "password_hash"},
    {"role": "'; DROP TABLE users; --"},
    {"privileged": "1"},
    {"unseen": "9" * 30},
    {"unseen": "-1"},
    {"cursor": "bm9wZQ"},
)


@pytest.fixture
def provider(new_provider: Maker, database_kind: str) -> Within:
    return new_provider(database_kind)


def test_nobody_and_half_of_somebody_find_no_administration(provider: Within) -> None:
    """AC-139, SEC-255"""
    mia = provider.person("mia", "--role", "administrator")
    half = mia.enter_password(provider.browser().visit("/login"))
    before = provider.command("user", "list", "--json")
    for rule in PAGES:
        route = ROUTES[rule]
        for browser in (provider.browser(), half.tab()):
            if route.get:
                assert browser.visit(at(rule)).page == "login-password", rule
            if route.form:
                browser.post(at(rule), [("mfa_required", "on"), ("mfa", "optional")])
                assert browser.page == "login-password", rule
            no_code(browser)
    no_session(half)
    assert provider.command("user", "list", "--json") == before


def test_no_page_and_no_file_shows_a_secret(provider: Within) -> None:
    """AC-143, SEC-259"""
    mia, wiki = provider.person("mia"), provider.client("Wiki", "--id", "wiki")
    hers = provider.browser()
    held = wiki.collect(mia.enter_code(mia.enter_password(wiki.ask(hers))))
    key = base64.b32encode(mia.phone._key).decode().rstrip("=")
    secrets = {mia.password, key, *mia.backup_codes, *hers.cookies.values()}
    secrets |= {held.access, held.refresh, str(wiki.secret)}
    root = administrator(provider)
    read = []
    for rule in (rule for rule in PAGES if ROUTES[rule].get):
        path = rule.replace("<user_id>", mia.id).replace("<client_id>", "wiki")
        read.append(root.visit(path).answer)
        assert root.status == 200, path
    root.visit("/admin/audit").fill("export-audit", format="jsonl")
    read.append(root.answer)
    for answer in read:
        shown = answer.text.replace(" ", "")
        assert not [one for one in secrets if one.replace(" ", "") in shown], answer
        assert "$2b$" not in shown, answer


def test_odd_filters_are_bounded(provider: Within) -> None:
    """AC-145, SEC-260: each finds nobody or is refused"""
    root = administrator(provider)
    for query in ODD_FILTERS:
        root.visit(USERS, query)
        no_server_error(root.answer)
        found = root.html.marks("data-user-id")
        assert root.status == 400 or (root.status, found) == (200, []), query
    unknown = {"sort": "password_hash", "limit": "100000000", "offset": "-1"}
    assert root.visit(USERS, unknown).html.marks("data-username") == ["root"]


def test_a_cursor_of_one_list_is_none_of_another(provider: Within) -> None:
    """AC-145, SEC-260"""
    for number in range(51):
        provider.command(
            "user", "create", f"p{number:02}", "--password-stdin", stdin="x" * 20
        )
    root = administrator(provider).visit(USERS)
    assert len(root.html.marks("data-user-id")) == 50
    following = next(h for h in root.html.marks("href") if "cursor=" in h)
    assert root.visit(following).html.marks("data-username") == ["p50", "root"]
    assert root.visit(f"{following}&mfa=none").status == 400
    broken = following[:-1] + ("A" if following[-1] != "A" else "B")
    assert root.visit(broken).status == 400
