"""REL-052: requests and applications of a later version keep their demands."""

import datetime
from typing import Any

import pytest
from hypothesis import given

from idp.rules import client_demands
from idp.rules.requests import AuthorizationRequest
from tests.support.later import SET
from tests.support.later import UNSET
from tests.support.later import WORDS
from tests.support.later import forget

NOW = datetime.datetime(2026, 3, 2, 10, 0, tzinfo=datetime.UTC)
REQUEST = AuthorizationRequest("wiki", "https://wiki.example/cb", NOW)
NAMES = set(AuthorizationRequest.__dataclass_fields__)


@given(WORDS, SET)
def test_a_request_with_an_unknown_member_is_not_read_without_it(
    name: str, value: Any
) -> None:
    with pytest.raises(ValueError, match="later version"):
        AuthorizationRequest.from_stored({**REQUEST.as_stored(), forget(name): value})


@given(WORDS, UNSET)
def test_an_unknown_member_that_says_nothing_changes_nothing(
    name: str, value: Any
) -> None:
    """A later version writes all of its members, also those that are not used"""
    stored = {**REQUEST.as_stored(), forget(name): value}
    assert AuthorizationRequest.from_stored(stored) == REQUEST
    assert REQUEST.as_stored().keys() == NAMES


@given(WORDS, UNSET | SET)
def test_an_unknown_demand_of_an_application_disables_it(name: str, value: Any) -> None:
    details = {f"require_x_{name}": value, "logo_uri": "https://wiki.example/logo"}
    assert client_demands.demands_more(details) is bool(value)
    assert not client_demands.demands_more(dict.fromkeys(client_demands.DEMANDS, True))
