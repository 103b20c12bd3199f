"""The words of authentication: what a factor is, what a proof is, which levels exist.

Values only. Nothing here decides anything (see ``assurance`` and ``policy``), and
nothing reads a clock: the moment of a proof is given by whoever checked the factor.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime


class Factor(enum.Enum):
    """Something a person can prove; the value is what the database keeps."""

    PASSWORD = "password"
    TOTP = "totp"
    BACKUP_CODE = "backup_code"


class Level(enum.IntEnum):
    """How much was proved, in rising order (``interface.md`` section 1)."""

    NONE = 0
    PWD = 1
    MFA = 2


SECOND_FACTORS = frozenset({Factor.TOTP, Factor.BACKUP_CODE})
"""Every factor that may stand second; a later kind (a passkey) is added here."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One factor, proved at one moment (aware, UTC)."""

    factor: Factor
    at: datetime


Proofs = tuple[Proof, ...]


def latest_first(proofs: Iterable[Proof]) -> Proofs:
    """Returns the proofs in order of time, the latest first.

    A password and a code of one instant were proved in that order: the code came after.
    """
    return tuple(sorted(proofs, key=_moment, reverse=True))


def _moment(proof: Proof) -> tuple[datetime, bool]:
    return proof.at, proof.factor is not Factor.PASSWORD


def as_stored(proofs: Iterable[Proof]) -> list[list[str]]:
    """Returns the JSON form of proofs: pairs of factor and ISO 8601 time."""
    return [[proof.factor.value, proof.at.isoformat()] for proof in proofs]


def from_stored(stored: object) -> Proofs:
    """Reads proofs back; anything undecodable reads as no proof at all (SEC-096)."""
    if not isinstance(stored, list):
        return ()
    try:
        return tuple(_proof(entry) for entry in stored)
    except (ValueError, TypeError, OverflowError):
        return ()


def _proof(entry: object) -> Proof:
    if not isinstance(entry, list) or len(entry) != 2:
        raise ValueError("a proof is a pair of factor and time")
    factor, at = entry
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError("the time of a proof has a zone")
    return Proof(Factor(factor), moment.astimezone(UTC))
