"""REL-052: what a later version wrote and this one does not know weakens nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies
from sqlalchemy import text
from sqlalchemy import update

from idp.errors import Unavailable
from idp.rules.factors import SECOND_FACTORS
from idp.rules.policy import Demand
from idp.store import clients
from idp.store import logins
from idp.store import organisation
from idp.store import roles
from idp.store.logins import LoginTable
from idp.store.transactions import Database
from tests.store import samples
from tests.support.later import SET
from tests.support.later import UNSET
from tests.support.later import WORDS
from tests.support.later import forget

PLAIN = {
    "level": 1,
    "max_age": None,
    "second_factor_age": None,
    "accepts": ["backup_code", "totp"],
    "may_enrol": True,
}


@given(WORDS, strategies.booleans(), strategies.integers(0, 9))
def test_an_unknown_policy_is_the_strictest_and_the_rest_stays(
    word: str, enrol: bool, warning: int
) -> None:
    read = organisation.policy_of((forget(word), enrol, warning, 7))
    assert read == organisation.Policy("required", enrol, warning, 7)
    assert organisation.policy_of((None,) * 4) == organisation.Policy()


@given(UNSET | SET)
def test_a_role_whose_rights_cannot_be_read_gives_none_and_requires_mfa(
    stored: Any,
) -> None:
    role = roles.role_of(("r", "", stored, False, False))
    assert isinstance(stored, list) or (role.mfa_required and not role.permissions)


@pytest.mark.parametrize(
    "beyond",
    [
        {"level": 3},
        {"level": "phishing-resistant"},
        {"accepts": ["passkey"]},
        {"attested": True},
        {"younger_than": 30},
    ],
    ids=str,
)
def test_a_login_that_demands_more_is_answered_by_another_host(
    database: Database, beyond: dict[str, Any]
) -> None:
    """503, so that it is tried again, and never finished with less"""
    with database.writing() as db:
        samples.login(db)
        stored = update(LoginTable).values(demand={**PLAIN, **beyond})
        db.execute(stored.execution_options(synchronize_session=False))
        for find in (logins.find_login, logins.lock_login):
            with pytest.raises(Unavailable):
                find(db, "l1", browser_hash="browser")


def test_a_login_that_demands_what_is_known_is_read(database: Database) -> None:
    """Of the factors that will do, those that are known here"""
    with database.writing() as db:
        samples.login(db)
        more = {"accepts": ["backup_code", "passkey", "totp"], "attested": None}
        stored = {**PLAIN, **more, "kinds": []}
        db.execute(text("UPDATE logins SET demand = :it"), {"it": json.dumps(stored)})
        found = logins.find_login(db, "l1", browser_hash="browser")
    assert found is not None
    assert found.demand == Demand()
    assert found.demand.accepts == SECOND_FACTORS


def test_an_application_that_demands_more_is_not_served_and_not_written(
    database: Database,
) -> None:
    with database.writing() as db:
        samples.client(db, details={"require_proof_of_possession": True})
        found = clients.find_client(db, "wiki")
        assert found is not None
        assert not found.enabled
        with pytest.raises(Unavailable):
            clients.change_client(db, found)
