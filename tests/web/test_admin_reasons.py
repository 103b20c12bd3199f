"""Why something was refused, in words: each reason that the program itself gives."""

import pytest

from idp.actions.verdicts import Fault
from idp.web.admin import event_words

# A used code is recorded as a replay, a wrong password as wrong.
RECORDED = {Fault.USED_CODE: "replay", Fault.WRONG_CREDENTIALS: "wrong"}


@pytest.mark.parametrize("fault", Fault)
def test_a_refused_factor_says_why(fault: Fault) -> None:
    recorded = RECORDED.get(fault, fault.value)
    said = event_words.why(recorded)
    assert said != recorded or fault is Fault.LOCKED
    assert "-" not in said


def test_what_somebody_wrote_is_shown_as_it_is() -> None:
    assert event_words.why("phone left on the train") == "phone left on the train"
