"""Faults of the API as problem documents (RFC 9457): a status, a code, a sentence.

The codes are those of ``data-error`` where they fit. Nothing internal is said, and no
value that was sent comes back (SEC-184).
"""

from collections.abc import Iterable
from http import HTTPStatus

from flask import Response
from flask import request
from pydantic import BaseModel
from pydantic import ConfigDict
from werkzeug.exceptions import HTTPException

from idp import errors
from idp.oidc.api_access import TokenRefused
from idp.rules.permissions import API_PATH
from idp.web import statuses
from idp.web.work import parts
from idp.web.work import request_id

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api"

MEANING = {
    "bad-request": "The request is not one that can be understood.",
    "no-token": "No access token came with the request.",
    "invalid-token": "The access token is not valid here, or not any more.",
    "step-up": "A second factor, or a younger one, is needed.",
    "insufficient-scope": "The access token lacks a scope.",
    "forbidden": "Whoever calls lacks the right, at all or over this target.",
    "policy": "A rule of the organisation forbids it.",
    "not-found": "There is no such thing.",
    "method-not-allowed": "This address answers other methods only.",
    "conflict": "It collides with something that exists.",
    "stale": "Somebody else has changed it since it was read.",
    "too-large": "The body is too large.",
    "media-type": "The body has to be JSON.",
    "weak-password": "The password is too easy to guess.",
    "too-many-attempts": "Too many attempts; try again later.",
    "unavailable": "The service is not available at the moment.",
    "server-error": "Something went wrong on our side.",
}
"""Every word that ``code`` may be, and what it means."""

OF_STATUS = {
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "media-type",
    500: "server-error",
    503: "unavailable",
}
OF_TOKEN = {
    None: "no-token",
    "invalid_token": "invalid-token",
    "insufficient_scope": "insufficient-scope",
}


class FieldFault(BaseModel):
    """One thing that is wrong, and where: a member, a parameter, a header."""

    model_config = ConfigDict(extra="forbid")

    field: str
    message: str


class Problem(BaseModel):
    """A problem document."""

    model_config = ConfigDict(extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldFault] | None = None


class Unusable(Exception):  # noqa: N818  a refusal, as those of idp.errors
    """A request that this API refuses from anybody."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        faults: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Takes the word of the table above and what is wrong with which field."""
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)


def due() -> bool:
    """Tells whether this request is the API's, so that it wants no page."""
    root = parts().settings.base_path + PREFIX
    return request.path == root or request.path.startswith(f"{root}/")


def of_unusable(fault: Unusable) -> Response:
    """Answers a request that cannot be used."""
    return _answer(fault.status, fault.code, fault.detail, fault.faults)


def of_token(refused: TokenRefused) -> Response:
    """Answers a request that its token does not carry, with the challenge."""
    code = OF_TOKEN.get(refused.error, "step-up")
    response = _answer(refused.status, code, refused.description)
    response.headers["WWW-Authenticate"] = refused.challenge
    return response


def of_refusal(refusal: errors.Refusal) -> Response:
    """Answers what the product says no to."""
    status, code = statuses.of_refusal(refusal), refusal.code
    if isinstance(refusal, errors.LastAdministrator):
        status = 409
    if isinstance(refusal, errors.Conflict):
        status, code = 409, "conflict"
    response = _answer(status, code, refusal.sentence, _faults(refusal))
    wait = getattr(refusal, "retry_after", None)
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    return response


def _faults(refusal: errors.Refusal) -> Iterable[tuple[str, str]]:
    """Names the fields that are wrong: as listed, or the one of the detail."""
    if isinstance(refusal, errors.WeakPassword):
        return [("password", word) for word in refusal.complaints]
    if not isinstance(refusal, errors.BadRequest):
        return ()
    listed: tuple[tuple[str, str], ...] = getattr(refusal, "faults", ())
    named = refusal.detail.replace(" ", "_")
    return listed or ([(named, refusal.sentence)] if named else ())


def of_http(fault: HTTPException) -> Response:
    """Answers what the framework refuses: unknown paths, methods, sizes."""
    status = fault.code or 500
    code = OF_STATUS.get(status, "bad-request")
    response = _answer(status, code, MEANING[code])
    allowed = getattr(fault, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def of_fault() -> Response:
    """Answers a fault of ours."""
    return _answer(500, "server-error", MEANING["server-error"])


def _answer(
    status: int, code: str, detail: str, faults: Iterable[tuple[str, str]] = ()
) -> Response:
    listed = [FieldFault(field=name, message=words) for name, words in faults]
    problem = Problem(
        type=f"{parts().settings.issuer}{API_PATH}/docs#{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        request_id=request_id(),
        errors=listed or None,
    )
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, status, content_type=MEDIA_TYPE)
