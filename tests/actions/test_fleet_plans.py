"""Lists of very many people and records read no table from end to end.

The database is asked how it would run what the actions send: a page is found through
an index in order, or through an index of those few whom the filter is about.
"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from idp.actions import audit_query
from idp.actions import fleet
from idp.actions import organisation
from idp.actions import people
from idp.actions import users
from idp.actions.audit_query import Asked
from idp.actions.fleet import Filter
from idp.actions.work import Work
from tests.actions.scene import Scene
from tests.support import masses
from tests.support.plans import Sent
from tests.support.plans import noting
from tests.support.plans import plan

PEOPLE = 8_000
RECORDS = 20_000
LARGE = "users|user_words|totp_credentials|backup_codes|audit_records"
WHOLE = re.compile(rf"^SCAN ({LARGE})$|Seq Scan on ({LARGE})\b")

FILTERS = (
    Filter(),
    *(Filter(mfa=state) for state in people.STATES),
    *(Filter(role=role) for role in ("helpdesk", "dept1", "unknown")),
    *(Filter(source=source) for source in ("local", "unknown")),
    *(Filter(active=active) for active in (True, False)),
    *(Filter(privileged=privileged) for privileged in (True, False)),
    Filter(privileged=True, mfa="required_not_enrolled"),
    Filter(not_seen_for=timedelta(days=90)),
    *(Filter(query=query) for query in ("mai", "maier77", "mia maier", "nobody")),
    Filter(query="maier77", mfa="none", active=True),
)
ASKED = (
    Asked(),
    Asked(user="id17"),
    Asked(actor="id17"),
    Asked(client="app7"),
    Asked(event="login.refused"),
)


class Plans:
    """The plans of what actions send."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def of(self, act: Callable[[Work], object]) -> list[str]:
        """Gives the lines of the plans of what one action reads."""
        sent = self._read_by(act)
        with self.scene.database.reading() as db:
            if db.dialect.name == "postgresql":
                db.execute(text("SET random_page_cost = 1.1"))  # no moving parts
            return [line for one in sent for line in plan(db, one)]

    def statements(self, act: Callable[[Work], object]) -> int:
        """Counts the statements with which one action reads."""
        return len(self._read_by(act))

    def _read_by(self, act: Callable[[Work], object]) -> list[Sent]:
        work = self.scene.administration()
        with noting(self.scene.database.engine) as sent:
            act(work)
        return [one for one in sent if one[0].startswith("SELECT")]


@pytest.fixture
def plans(scene_on_each: Scene) -> Plans:
    """Gives a database of many with statistics, as its own housekeeping makes them."""
    with scene_on_each.database.writing() as db:
        masses.people(db, PEOPLE, now=scene_on_each.clock())
        masses.records(db, RECORDS, people=PEOPLE, now=scene_on_each.clock())
        masses.analyse(db)
    return Plans(scene_on_each)


def test_no_page_of_people_or_records_reads_a_whole_table(plans: Plans) -> None:
    for policy in ("optional", "required"):
        organisation.set_policy(plans.scene.administration(), mfa=policy)
        for asked in FILTERS:
            lines = plans.of(lambda work, asked=asked: fleet.list_people(work, asked))
            assert not [one for one in lines if WHOLE.search(one)], (asked, lines)
    for sought in ASKED:
        lines = plans.of(
            lambda work, sought=sought: audit_query.list_records(work, sought)
        )
        assert not [one for one in lines if WHOLE.search(one)], (sought, lines)


def test_no_list_and_no_figure_takes_more_statements_for_more_people(
    plans: Plans,
) -> None:
    for asked in FILTERS:
        assert plans.statements(lambda work, a=asked: fleet.list_people(work, a)) <= 6
        assert plans.statements(lambda work, a=asked: fleet.counts(work, a)) == 3
    assert plans.statements(fleet.coverage) == 3
    assert plans.statements(lambda w: organisation.preview(w, mfa="required")) == 4


def test_pages_deep_in_the_list_cost_what_the_first_one_does(plans: Plans) -> None:
    """The place is found in the index, not counted from the beginning"""
    work = plans.scene.administration()
    cursor = None
    for _ in range(20):
        cursor = fleet.list_people(work, Filter(), limit=200, cursor=cursor).next_cursor
    lines = plans.of(lambda work: fleet.list_people(work, Filter(), cursor=cursor))
    assert not [one for one in lines if WHOLE.search(one)], lines
    sorting = ("Sort Key: users", "USE TEMP B-TREE FOR ORDER BY")
    assert not [one for one in lines if one.startswith(sorting)], lines


def test_people_are_found_by_beginnings_of_words(scene_on_each: Scene) -> None:
    """Of user name, name and address; changed with them, and gone with the person"""
    scene = scene_on_each
    work = scene.administration()
    scene.person("zoe", name="Zoë Müller-Lüdenscheidt", email="z.m@branch.example")
    scene.person("mia")

    def found(query: str) -> list[str]:
        items = fleet.list_people(work, Filter(query=query)).items
        return [one.username for one in items]

    for query in ("z", "zoe", "ZOË", "lüd müll", "z.m@branch", "branch.ex", " zoe "):
        assert found(query) == ["zoe"], query
    assert found("ller") == found("zoe mia") == found("@") == []
    assert found("") == found(" ") == ["mia", "zoe"]
    users.change_user(work, "zoe", {"name": "Zoë Adler", "email": None})
    assert (found("müller"), found("branch"), found("adl")) == ([], [], ["zoe"])
    users.delete_user(work, "zoe")
    assert found("zoe") == []
    with scene.database.reading() as db:
        left = "SELECT count(*) FROM user_words WHERE word <> 'mia'"
        assert db.execute(text(left)).scalar_one() == 0
