"""The words for what went wrong and why a page is shown.

Stable names only (`data-error` of the interface); their sentences are in `wording`.
"""

from dataclasses import dataclass
from typing import Literal

ErrorCode = Literal[
    "wrong-credentials",
    "wrong-code",
    "used-code",
    "used-ahead",
    "clock",
    "wrong-backup-code",
    "not-accepted-here",
    "too-many-attempts",
    "locked",
    "expired",
    "csrf",
    "policy",
    "weak-password",
    "password-mismatch",
    "stale",
    "not-found",
    "forbidden",
    "bad-request",
    "unavailable",
    "server-error",
    "unknown-client",
    "redirect-uri",
]
Hint = Literal[
    "empty",
    "not-six-digits",
    "looks-like-backup-code",
    "looks-like-code",
    "other-browser",
]
Complaint = Literal["too-short", "too-long", "common", "context", "unusable"]
Reason = Literal[
    "sign-in-again",
    "fresh-code",
    "second-factor",
    "code-from-app",
    "required",
    "initial-password",
    "account-change",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One error: its stable word, and what the sentence about it needs."""

    code: ErrorCode
    wait_seconds: int | None = None
    clock_offset_seconds: int | None = None
    hint: Hint | None = None
    complaints: tuple[Complaint, ...] = ()
    minimum_length: int | None = None
