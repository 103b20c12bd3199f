"""What is wrong with a form, field by field, and the way back to it with its values.

Values and sentences travel in the session's message, like every other word about a
failed attempt; secrets are never among them.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response

from idp import errors
from idp.actions.sessions import SessionFacts
from idp.web.admin import frame
from idp.web.admin import refusal_words

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """One field and what is wrong with it, in English as the actions say it."""

    field: str
    sentence: str

    @property
    def words(self) -> str:
        """Says what is wrong in the language of the request."""
        return refusal_words.words(self.sentence)


def send_back(
    session: SessionFacts, faults: Sequence[Fault], *, values: Values, to: str
) -> Response:
    """Goes back to a form that keeps what was entered and names each bad field."""
    pairs = [(fault.field, fault.sentence) for fault in faults]
    refusal = errors.BadRequest(pairs[0][0], faults=pairs)
    return refused(session, refusal, values=values, to=to)


def refused(
    session: SessionFacts, refusal: errors.Refusal, *, values: Values, to: str
) -> Response:
    """Goes back after a refusal of an action, with what was entered.

    Where somebody else was quicker the page shows the current state instead.
    """
    kept = {} if isinstance(refusal, errors.StaleVersion) else dict(values)
    told = {"values": kept, "faults": [list(pair) for pair in _pairs(refusal, values)]}
    return frame.again(session, refusal, to=to, told=told)


def _pairs(refusal: errors.Refusal, values: Values) -> Sequence[tuple[str, str]]:
    """Returns the bad fields; an action that objects to one names it in ``detail``."""
    if isinstance(refusal, errors.BadRequest) and refusal.faults:
        return refusal.faults
    field = refusal.detail
    return [(field, refusal.sentence)] if field in values else []


def found(carried: frame.Carried) -> tuple[Fault, ...]:
    """Returns the faults that the last attempt left."""
    told = carried["told"] or {}
    return tuple(Fault(field, sentence) for field, sentence in told.get("faults", ()))


def entered(carried: frame.Carried, current: Values) -> dict[str, Any]:
    """Returns what a form shows: what was entered last, else what is the case."""
    told = carried["told"] or {}
    return {**current, **told.get("values", {})}
