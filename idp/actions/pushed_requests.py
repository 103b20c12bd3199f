"""Authorization requests that a client pushed beforehand (RFC 9126).

A request is checked when it is pushed, and found again by its own client only, until a
code was issued for it (``authorize.issue_code`` claims it) or it has expired.
"""

from dataclasses import replace
from datetime import timedelta

from idp.actions import throttle
from idp.actions.work import Work
from idp.errors import TransactionGone
from idp.rules.requests import AuthorizationRequest
from idp.store import pushed_requests
from idp.store.base import hash_token
from idp.store.base import new_token

LIFETIME = timedelta(seconds=90)
"""For the way through the browser only; pages that follow have their own time."""


def push(work: Work, request: AuthorizationRequest) -> str:
    """Keeps a checked request and returns the secret part of its reference.

    Raises TooManyAttempts for a source that begins too many (SEC-125).
    """
    throttle.count_start(work)
    reference = new_token()
    hashed = hash_token(reference)
    with work.writing() as db:
        pushed_requests.add_request(
            db,
            hashed,
            replace(request, pushed=hashed),
            expires_at=work.now + LIFETIME,
        )
    return reference


def find(work: Work, reference: str, client_id: str) -> AuthorizationRequest:
    """Returns a client's own request; raises TransactionGone for any other.

    It counts as arrived now, when the person comes with it.
    """
    with work.reading() as db:
        found = pushed_requests.find_request(
            db, hash_token(reference), client_id, now=work.now
        )
    if found is None:
        raise TransactionGone("pushed request is unknown, used, expired or another's")
    return replace(found, arrived_at=work.now)
