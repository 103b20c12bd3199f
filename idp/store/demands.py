"""What a page of ours demands of a login, in the form in which the login keeps it.

Moments belong to authorization requests, which are kept themselves, and are not stored.
"""

from datetime import timedelta
from typing import Any

from idp.rules.factors import Factor
from idp.rules.factors import Level
from idp.rules.policy import Demand

MEMBERS = {"level", "max_age", "second_factor_age", "accepts", "may_enrol"}


def from_stored(stored: dict[str, Any]) -> Demand:
    """Reads a demand back.

    Raises ValueError for what a later version demands beyond that (REL-052).
    """
    if any(stored[name] for name in stored.keys() - MEMBERS):
        raise ValueError("a later version demands more")
    accepts = frozenset(one for one in Factor if one.value in stored["accepts"])
    if stored["accepts"] and not accepts:
        raise ValueError("a later version accepts other factors")
    age, factor_age = stored["max_age"], stored["second_factor_age"]
    return Demand(
        level=Level(stored["level"]),
        max_age=None if age is None else timedelta(seconds=age),
        second_factor_age=(
            None if factor_age is None else timedelta(seconds=factor_age)
        ),
        accepts=accepts,
        may_enrol=stored["may_enrol"],
    )


def as_stored(demand: Demand) -> dict[str, Any]:
    """Gives a demand as a value of JSON."""
    age, factor_age = demand.max_age, demand.second_factor_age
    return {
        "level": int(demand.level),
        "max_age": None if age is None else age.total_seconds(),
        "second_factor_age": None if factor_age is None else factor_age.total_seconds(),
        "accepts": sorted(factor.value for factor in demand.accepts),
        "may_enrol": demand.may_enrol,
    }
