"""REL-067: what a stranger's request leaves in the database, address by address.

The addresses are those of the census, so that a new one is asked as well.
"""

from collections import Counter
from urllib.parse import parse_qsl
from urllib.parse import urlsplit

from sqlalchemy import func
from sqlalchemy import select

from idp.settings import Settings
from idp.store import tables
from idp.store.engines import make_engine
from idp.store.transactions import Database
from tests.support.providers import Maker
from tests.support.registrar import ON
from tests.support.registrar import initial_token
from tests.support.registrar import register
from tests.support.relying_party import RelyingParty
from tests.support.within import Within
from tests.web.routes import ROUTES
from tests.web.routes import at

BEGINS = {"/authorize", "/login"} | {
    rule for rule, route in ROUTES.items() if route.gate in ("demands", "administers")
}
"""Who comes here is sent to sign in, and a login that has begun is a row."""

KINDS = 8  # of refusals, each written down once for all
USES = 3
MOST = 50  # logins begun from one network, where one failure a minute is allowed


def rows(provider: Within) -> Counter[str]:
    """Counts the rows of each table."""
    url = Settings.load(provider.settings).database_url.get_secret_value()
    database = Database(make_engine(url))
    with database.reading() as db:
        found = {
            table.name: db.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
        }
    database.dispose()
    return Counter(found)


def shapes(wiki: RelyingParty) -> tuple[dict[str, str], ...]:
    """Gives what comes in a query or a form: nothing, nonsense, a good request."""
    asked = dict(parse_qsl(urlsplit(wiki.request().url).query))
    held = {"grant_type": "authorization_code", "code": "c" * 43, "token": "t" * 43}
    nonsense = {"client_id": "nobody", "username": "ada", "password": "x"}
    return ({}, nonsense, {**asked, **held})


def sent(provider: Within, rule: str, method: str, shape: dict[str, str]) -> int:
    if method == "POST":
        return provider.http.post(at(rule), shape).status
    return provider.http.get(at(rule), shape, method=method).status


def test_a_stranger_leaves_a_row_only_where_a_login_begins(
    new_provider: Maker, database_kind: str
) -> None:
    """Whatever is asked at any address, by any method; one row a request at most"""
    provider = new_provider(database_kind, IDP_SOURCE_RATE="10000/minute", **ON)
    wiki = provider.client("Wiki")
    before, left = rows(provider), {}
    for rule, route in ROUTES.items():
        asked = [
            sent(provider, rule, method, shape)
            for method in sorted(route.all_methods)
            for shape in shapes(wiki)
        ]
        assert max(asked) < 500, rule
        after = rows(provider)
        if after != before:
            left[rule] = after - before
            assert left[rule].total() <= len(asked), rule
        before = after
    assert left.keys() == BEGINS
    assert {table for found in left.values() for table in found} == {"logins"}


def test_one_source_leaves_so_many_rows_and_no_more(
    new_provider: Maker, database_kind: str
) -> None:
    """Names that are nobody's, logins begun, requests pushed, tokens guessed"""
    provider = new_provider(database_kind, IDP_SOURCE_RATE="1/minute", **ON)
    wiki = provider.client("Wiki")
    typing = provider.browser().visit("/login")
    before = rows(provider)
    for _ in range(MOST // 3):
        wiki.push()
        wiki.ask(provider.browser())
        provider.http.get("/login")
        provider.http.get("/settings")
    for turn in range(MOST // 5):
        name = f"nobody-{turn}"
        if typing.page == "login-password":
            typing.fill("sign-in", username=name, password="wrong")
        bearer = {"Authorization": f"Bearer {name}"}
        provider.http.post("/register", headers=bearer)
        provider.http.post("/token", {"client_id": name}, basic=(name, "x"))
    provider.restart()  # which writes down the refusals that were added up
    left = rows(provider) - before
    assert left["pushed_requests"] > 0
    assert left["logins"] + left["pushed_requests"] == MOST - 1
    assert (
        left["attempts"] == 1
    )  # of this name: from everywhere, and within it from here
    assert 0 < left["audit_records"] <= KINDS
    assert left.keys() == {"logins", "pushed_requests", "attempts", "audit_records"}


def test_a_token_leaves_as_many_applications_as_it_has_uses(
    new_provider: Maker, database_kind: str
) -> None:
    """Registration with a valid token: a row of each kind for a use, then no more"""
    provider = new_provider(database_kind, IDP_SOURCE_RATE="5/minute", **ON)
    token = initial_token(provider, "--uses", str(USES))
    before = rows(provider)
    answers = [register(provider, token).status for _ in range(3 * USES)]
    assert answers[:USES] == [201] * USES
    assert set(answers[USES:]) == {401, 429}
    provider.restart()
    left = rows(provider) - before
    refusals = left["audit_records"] - USES
    assert 0 < refusals <= KINDS
    kinds = ("clients", "client_secrets", "registrations", "audit_records")
    assert left.keys() - {"audit_totals"} == set(kinds)
    assert [left[kind] for kind in kinds] == [*[USES] * 3, USES + refusals]
