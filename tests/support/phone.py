"""A telephone with an authenticator app: a secret, a clock, six digits.

Counts with the standard library only (RFC 6238), so that the provider's own code
is checked against something else.
"""

import base64
import datetime
import hashlib
import hmac
import struct
from collections.abc import Callable

STEP = 30  # seconds


class Phone:
    """An authenticator app that holds one secret."""

    def __init__(self, secret: str, clock: Callable[[], datetime.datetime]) -> None:
        self._key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        self._clock = clock
        self._last = -1

    @property
    def step(self) -> int:
        """Gives the number of the current time step."""
        return int(self._clock().timestamp()) // STEP

    def code(self, offset: int = 0) -> str:
        """Gives the code of the current step, or of one `offset` steps away."""
        return code_of_step(self._key, self.step + offset)

    def unused_code(self) -> str:
        """Gives a code that this phone has not given yet, from this step or the next.

        A provider takes each step once and none before it. A person would wait; a
        test may use the one step of tolerance, once.
        """
        step = max(self.step, self._last + 1)
        if step > self.step + 1:
            raise RuntimeError(
                "both codes of this half minute are used: move the clock"
            )
        self._last = step
        return code_of_step(self._key, step)

    def wrong_code(self) -> str:
        """Gives six digits that no step close to now has."""
        near = {self.code(offset) for offset in range(-20, 21)}
        return next(
            code for code in map("{:06}".format, range(100)) if code not in near
        )


def code_of_step(key: bytes, step: int) -> str:
    """Computes HOTP over the step number, six digits (RFC 4226 section 5.3)."""
    digest = hmac.digest(key, struct.pack(">Q", step), hashlib.sha1)
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
