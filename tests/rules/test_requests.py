"""An authorization request, kept while pages are due, is the same afterwards."""

import dataclasses
import json
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest

from idp.rules.requests import AuthorizationRequest

ARRIVED = datetime(2026, 3, 29, 12, 0, 0, 123_456, tzinfo=UTC)
BARE = AuthorizationRequest("wiki", "https://rp.example/cb", ARRIVED)
FULL = AuthorizationRequest(
    client_id="wiki",
    redirect_uri="https://rp.example/cb?a=1",
    arrived_at=ARRIVED,
    scopes=("openid", "email"),
    response_mode="form_post",
    state="\u00e4 b&c",
    nonce="n",
    code_challenge="c" * 43,
    prompt=("login", "consent"),
    max_age=0,
    acr_values=("mfa", "pwd"),
    acr_essential=True,
    subject="u1",
    login_hint="mia",
    ui_locales=("de", "en"),
    id_token_claims=("email",),
    userinfo_claims=("name",),
    audience="https://api.example",
    pushed="hash of a reference",
)


@pytest.mark.parametrize("request_", [BARE, FULL], ids=["bare", "full"])
def test_what_is_stored_reads_back_as_it_was(request_: AuthorizationRequest) -> None:
    through_json = json.loads(json.dumps(request_.as_stored()))
    assert AuthorizationRequest.from_stored(through_json) == request_


def test_the_full_example_sets_every_field() -> None:
    same = [
        field.name
        for field in dataclasses.fields(AuthorizationRequest)
        if getattr(FULL, field.name) == field.default
    ]
    assert same == []


def test_a_request_asks_for_nothing_that_was_not_said() -> None:
    assert (BARE.prompt, BARE.max_age, BARE.acr_values) == ((), None, ())
    assert (BARE.scopes, BARE.subject, BARE.acr_essential) == ((), None, False)
    assert BARE.response_mode == "query"


def test_the_moment_is_kept_whatever_zone_it_was_written_in() -> None:
    tokyo = timezone(timedelta(hours=9))
    elsewhere = dataclasses.replace(BARE, arrived_at=ARRIVED.astimezone(tokyo))
    read = AuthorizationRequest.from_stored(elsewhere.as_stored())
    assert read.arrived_at == ARRIVED
    assert read.arrived_at.tzinfo is UTC
