"""The registration endpoint (RFC 7591) and the configuration endpoint (RFC 7592).

JSON in, JSON out, a bearer token with each request; what may be said, and by whom, is
``actions.registrations``. Refusals become the error codes of these specifications.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from idp.actions import registration_metadata
from idp.actions import registrations
from idp.actions.registrations import Issued
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import Forbidden
from idp.errors import GrantGone
from idp.errors import StaleVersion
from idp.errors import TooManyAttempts
from idp.errors import Unavailable
from idp.oidc import refusals
from idp.oidc.exchange import error_answer
from idp.oidc.userinfo import token_in_header
from idp.oidc.wire import Answer
from idp.oidc.wire import HttpRequest
from idp.rules import names

PATH = "/register"
JSON = "application/json"
NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))


def create(http: HttpRequest, work: Work) -> Answer:
    """Registers an application (RFC 7591 section 3)."""

    read = partial(_document, http)

    def act() -> Answer:
        token = token_in_header(http.authorization)
        made = registrations.register(work, token, read)
        return Answer(201, _described(made, work), NO_STORE)

    return _answered(work, act)


def manage(http: HttpRequest, work: Work, client_id: str) -> Answer:
    """Shows, replaces or deletes a record at its application's wish (RFC 7592)."""
    token = token_in_header(http.authorization)
    read = partial(_document, http)

    def act() -> Answer:
        if http.method == "DELETE":
            registrations.remove(work, client_id, token)
            return Answer(204, {}, NO_STORE)
        if http.method == "PUT":
            found = registrations.update(work, client_id, token, read)
        else:
            found = registrations.read(work, client_id, token)
        return Answer(200, _described(found, work), NO_STORE)

    return _answered(work, act)


def _document(http: HttpRequest) -> dict[str, Any]:
    """Reads an object of JSON whose texts can be kept; raises BadRequest."""
    kind = http.content_type.partition(";")[0].strip().lower()
    try:
        found = json.loads(http.body.decode())
        kept = names.is_all_text(found)
    except (ValueError, RecursionError):
        raise BadRequest("body is not JSON") from None
    if kind != JSON or not isinstance(found, dict) or not kept:
        raise BadRequest("body is no object of JSON")
    return found


def _described(issued: Issued, work: Work) -> dict[str, Any]:
    """Says what is registered (RFC 7591 section 3.2.1, RFC 7592 section 3)."""
    client_id = issued.registration.client_id
    said: dict[str, Any] = {
        "client_id": client_id,
        "client_id_issued_at": issued.registration.client_id_issued_at,
    }
    if issued.client_secret is not None:
        said["client_secret"] = issued.client_secret
        said["client_secret_expires_at"] = 0
    configuration_uri = f"{work.settings.issuer}{PATH}/{quote(client_id, safe='')}"
    return {
        **said,
        "registration_client_uri": configuration_uri,
        "registration_access_token": issued.access_token,
        **registration_metadata.shown(issued.registration),
    }


def _answered(work: Work, act: Callable[[], Answer]) -> Answer:
    """Carries something out; every refusal becomes an answer."""
    try:
        return work.try_again(act)
    except GrantGone:
        return _unknown_token()
    except Forbidden as refusal:
        return _refused(403, "access_denied", refusal.sentence)
    except BadRequest as refusal:
        return _malformed(refusal)
    except StaleVersion:
        busy = refusals.BusyError(1, status_code=503)
        return error_answer(busy, None)
    except TooManyAttempts as refusal:
        busy = refusals.BusyError(refusal.retry_after, status_code=429)
        return error_answer(busy, None)
    except Unavailable as refusal:
        busy = refusals.BusyError(refusal.retry_after, status_code=503)
        return error_answer(busy, None)


def _unknown_token() -> Answer:
    words = "The token does not admit to this."
    challenge = (
        f'Bearer realm="registration", error="invalid_token", '
        f'error_description="{words}"'
    )
    answer = _refused(401, "invalid_token", words)
    return Answer(
        answer.status, answer.body, (*NO_STORE, ("WWW-Authenticate", challenge))
    )


def _malformed(refusal: BadRequest) -> Answer:
    """Names the error of RFC 7591 section 3.2.2, and every member at fault."""
    members = [name for name, _ in refusal.faults]
    error = "invalid_client_metadata"
    if registration_metadata.STATEMENT in members:
        error = "unapproved_software_statement"
    elif members and set(members) == {"redirect_uris"}:
        error = "invalid_redirect_uri"
    words = " ".join(dict.fromkeys(words for _, words in refusal.faults))
    return _refused(400, error, words or "The body has to be an object of JSON.")


def _refused(status: int, error: str, words: str) -> Answer:
    said = refusals.readable(words)
    return Answer(status, {"error": error, "error_description": said}, NO_STORE)
