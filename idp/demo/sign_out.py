"""What a notice of the provider says about a session that ended.

OpenID Connect Back-Channel Logout 1.0 section 2.6; whose visit it ends is elsewhere.
"""

from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ["RS256"]
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LEEWAY = 60  # seconds that two clocks may differ


def ended_session(
    token: str, keys: Any, *, issuer: str, client_id: str, now: float
) -> str | None:
    """Gives the `sid` that a logout token names, or None where it is not for us."""
    try:
        found = jwt.decode(token, KeySet.import_key_set(keys), ALGORITHMS)
    except (JoseError, ValueError):
        return None
    claims: dict[str, Any] = dict(found.claims)
    audience = claims.get("aud")
    right = (
        found.header.get("typ") == "logout+jwt",
        claims.get("iss") == issuer,
        client_id in (audience if isinstance(audience, list) else [audience]),
        now < claims.get("exp", 0) + LEEWAY,
        EVENT in claims.get("events", {}),
        "nonce" not in claims,
    )
    return claims.get("sid") if all(right) else None
