"""*Payroll API*, a resource server that believes only what a token proves.

Checks the token as RFC 9068 section 4 says, and answers a challenge of RFC 9470 until
it proves the level `mfa` with a factor checked lately.
"""

from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from typing import Any

import flask
import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from werkzeug.wrappers import Response

ALGORITHMS = ["ES256", "RS256", "PS256", "EdDSA"]
LEVEL = "mfa"
FRESHNESS = 300  # seconds
LEEWAY = 60  # seconds that two clocks may differ
TIMEOUT = 10  # seconds

Clock = Callable[[], datetime]


def _wall_clock() -> datetime:
    return datetime.now(UTC)


def create(
    issuer: str, *, clock: Clock = _wall_clock, freshness: int = FRESHNESS
) -> flask.Flask:
    """Makes the API; `freshness` is the age of a factor in seconds that still does."""
    application = flask.Flask(__name__, static_folder=None)

    @application.get("/payslip")
    def payslip() -> Response:
        kind, _, token = flask.request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            return challenge()
        claims = verified(issuer, token, int(clock().timestamp()))
        if claims is None:
            return challenge(error="invalid_token")
        age = clock().timestamp() - claims.get("auth_time", 0)
        if claims.get("acr") != LEVEL or age > freshness:
            return challenge(
                error="insufficient_user_authentication",
                error_description="a fresh second factor is needed",
                acr_values=LEVEL,
                max_age=str(freshness),
            )
        return flask.jsonify(person=claims["sub"], payslip=_PAYSLIP)

    return application


_PAYSLIP = {"Month": "March", "Gross": "4 200.00", "Net": "2 733.10"}


def challenge(**parameters: str) -> Response:
    """Answers 401 with a challenge of RFC 6750 section 3."""
    said = ", ".join(f'{name}="{value}"' for name, value in parameters.items())
    answer = flask.jsonify(**parameters)
    answer.status_code = 401
    answer.headers["WWW-Authenticate"] = f"Bearer {said}".strip()
    return answer


def verified(issuer: str, token: str, now: int) -> dict[str, Any] | None:
    """Gives the claims of an access token meant for this API, or None."""
    try:
        decoded = jwt.decode(token, _keys(issuer), algorithms=ALGORITHMS)
    except (JoseError, ValueError):
        return None
    claims: dict[str, Any] = dict(decoded.claims)
    audience = claims.get("aud")
    right = (
        decoded.header.get("typ") == "at+jwt",
        claims.get("iss") == issuer,
        issuer in (audience if isinstance(audience, list) else [audience]),
        now < claims.get("exp", 0) + LEEWAY,
    )
    return claims if all(right) else None


def _keys(issuer: str) -> KeySet:
    """Fetches the keys each time: a demo has no load, and rotation needs no thought."""
    metadata = requests.get(
        f"{issuer}/.well-known/openid-configuration", timeout=TIMEOUT
    ).json()
    document = requests.get(metadata["jwks_uri"], timeout=TIMEOUT).json()
    return KeySet.import_key_set(document)
