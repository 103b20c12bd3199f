"""Authenticator codes: new secrets, the key URI, and which step a code belongs to.

RFC 6238 with six digits, thirty seconds and SHA-1, the one profile every app knows.
That a step is spent only once is ``store.authenticators``. Time comes in as an aware
moment, because pyotp itself would take the local one (SEC-034, REL-033).
"""

import hmac
import re
from datetime import UTC
from datetime import datetime
from urllib.parse import quote

import pyotp

PERIOD_SECONDS = 30
DIGITS = 6
SECRET_LENGTH = 32
"""Base32 characters: 160 bits (SEC-037)."""

WINDOW = 1
STEPS_BETWEEN_CLOCKS = 2
"""How far the clocks of two machines may be apart and nobody is told (REL-032)."""

LONGEST_INPUT = 64

_FILL = re.compile(r"[\s\u200b\u2010-\u2015\u2212-]+")
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """Makes a secret of 160 random bits, in base32 without padding."""
    return pyotp.random_base32(SECRET_LENGTH)


def provisioning_uri(secret: str, *, account: str, issuer: str) -> str:
    """Builds the key URI; names can add or change no parameter (SEC-040).

    Blanks are ``%20``, because apps show a ``+`` as it is. A colon separates issuer and
    account, so the issuer loses its own.
    """
    shown = quote(issuer.replace(":", ""), safe="")
    label = f"{shown}:{quote(account, safe='')}"
    profile = f"algorithm=SHA1&digits={DIGITS}&period={PERIOD_SECONDS}"
    return f"otpauth://totp/{label}?secret={secret}&issuer={shown}&{profile}"


def clean(text: str) -> str | None:
    """Returns six ASCII digits, or None for what is no code (SEC-035).

    Blanks of all kinds (U+00A0 and U+202F too), line breaks and hyphens are dropped,
    because apps show and copy ``123 456``.
    """
    if len(text) > LONGEST_INPUT:
        return None
    digits = _FILL.sub("", text)
    return digits if _CODE.fullmatch(digits) else None


def step_of(now: datetime) -> int:
    """Returns the number of the time step of an aware moment (RFC 6238 section 4.2)."""
    return int(now.timestamp()) // PERIOD_SECONDS


def code_at(secret: str, step: int) -> str:
    """Returns the code of a time step."""
    return pyotp.HOTP(secret, digits=DIGITS).at(step)


def matching_step(
    secret: str, code: str, now: datetime, *, window: int = WINDOW
) -> int | None:
    """Finds the step within the window that a code belongs to (SEC-034, SEC-036).

    Where two steps share a code the later one is meant, which spends both.
    """
    return max(_steps_of(secret, code, step_of(now), reach=window), default=None)


def drift(secret: str, code: str, now: datetime, *, reach: int = 10) -> int | None:
    """Finds by how many steps a phone is off; for help only, never to accept.

    None inside the window: a code from there is wrong for another reason.
    """
    current = step_of(now)
    offsets = (step - current for step in _steps_of(secret, code, current, reach=reach))
    return min((off for off in offsets if abs(off) > WINDOW), key=abs, default=None)


def used_until(last_step: int, now: datetime) -> datetime | None:
    """Returns until when codes count as used because a clock was ahead.

    None as a rule. A clock that was ahead and was put back leaves codes used for days
    or years to come (REL-031).
    """
    if last_step <= step_of(now) + WINDOW + STEPS_BETWEEN_CLOCKS:
        return None
    return datetime.fromtimestamp((last_step - WINDOW + 1) * PERIOD_SECONDS, UTC)


def _steps_of(secret: str, code: str, current: int, *, reach: int) -> list[int]:
    """Compares with every step, always, so that time tells nothing."""
    given = code.encode() if _CODE.fullmatch(code) else b""
    steps = range(max(0, current - reach), current + reach + 1)
    return [
        step
        for step in steps
        if hmac.compare_digest(code_at(secret, step).encode(), given)
    ]
