"""refusals: which error each refusal is, and what its description may hold."""

from datetime import UTC
from datetime import datetime

import pytest
from authlib.oauth2 import OAuth2Error

from idp.actions.authorize import Blocked
from idp.oidc import refusals
from idp.oidc.refusals import UnmetError
from idp.rules.policy import Reason
from idp.rules.policy import Step
from idp.rules.requests import AuthorizationRequest

REQUEST = AuthorizationRequest("rp", "https://rp.example/cb", datetime.now(UTC))


def error_of(step: Step, *, unmet: bool = False) -> str:
    blocked = Blocked(REQUEST, "Wiki", step, Reason.ASKED, unmet=unmet)
    return str(refusals.of_blocked(blocked).error)


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (Step.PASSWORD, "login_required"),
        (Step.SECOND_FACTOR, "interaction_required"),
        (Step.ENROL, "interaction_required"),
        (Step.NEW_PASSWORD, "interaction_required"),
        (Step.CONSENT, "consent_required"),
        (Step.REFUSED, "login_required"),
    ],
)
def test_each_step_that_would_need_a_page_has_its_error(step: Step, error: str) -> None:
    """interface.md section 1, SEC-099"""
    assert error_of(step) == error


@pytest.mark.parametrize("step", [Step.SECOND_FACTOR, Step.ENROL, Step.REFUSED])
def test_a_level_that_was_insisted_on_has_its_own_error(step: Step) -> None:
    """OpenID Connect Core Error Code unmet_authentication_requirements"""
    assert error_of(step, unmet=True) == "unmet_authentication_requirements"


def test_every_step_has_an_error() -> None:
    assert set(refusals.OF_STEP) == set(Step)


def test_no_description_holds_a_forbidden_character() -> None:
    """RFC 6749 section 5.2, conformance.md section 3"""
    error = OAuth2Error()
    error.description = "a\"b\\c\td\ne\x7fé'f"
    assert refusals.description_of(error) == "abcde'f"


def test_every_description_of_ours_is_printable_without_quotes() -> None:
    for text in (*refusals.SAID.values(), UnmetError.description):
        assert text.isascii()
        assert text.isprintable()
        assert not set('"\\') & set(text)


def test_waiting_is_said_in_seconds() -> None:
    busy = refusals.BusyError(7, status_code=503)
    assert ("Retry-After", "7") in busy.get_headers()
    assert busy.status_code == 503
