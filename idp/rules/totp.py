"""Authenticator codes: new secrets, the key URI, and which step a code belongs to.

RFC 6238 with six digits, thirty seconds and SHA-1, the one profile that every app knows.
A code never passes here twice or once: spending steps is ``store.mfa``.
"""

import hmac
import re
from datetime import datetime
from urllib.parse import quote

import pyotp

PERIOD_SECONDS = 30
DIGITS = 6
SECRET_LENGTH = 32
"""Base32 characters: 160 bits (SEC-037)."""

_FILL = re.compile(r"[\s\u00a0\u2007\u202f\u2009\u200b-]+")
_CODE = re.compile(r"[0-9]{6}", re.ASCII)


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
    """Returns six ASCII digits; blanks of all kinds and hyphens are dropped (SEC-035)."""
    if len(text) > 64:
        return None
    digits = _FILL.sub("", text)
    return digits if _CODE.fullmatch(digits) else None


def step_of(now: datetime) -> int:
    """Returns the number of the time step of a moment, from UTC."""
    return int(now.timestamp()) // PERIOD_SECONDS


def code_at(secret: str, step: int) -> str:
    """Returns the code of a time step."""
    return pyotp.HOTP(secret, digits=DIGITS).at(step)


def matching_step(
    secret: str, code: str, now: datetime, *, window: int = 1
) -> int | None:
    """Finds the step within the window that a code belongs to (SEC-034, SEC-036)."""
    return _match(secret, code, step_of(now), reach=window)


def drift(secret: str, code: str, now: datetime, *, reach: int = 10) -> int | None:
    """Finds how many steps a phone is off; for help only, never to accept."""
    current = step_of(now)
    step = _match(secret, code, current, reach=reach)
    return None if step is None else step - current


def _match(secret: str, code: str, current: int, *, reach: int) -> int | None:
    """Compares with every step, always, so that time tells nothing."""
    found = None
    for step in range(max(0, current - reach), current + reach + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found
