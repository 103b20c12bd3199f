"""Access tokens: JWTs of RFC 9068 (``at+jwt``), made and read here and nowhere else.

All claims come from the grant, frozen when the code was issued. A token that verifies
may still be revoked: ``living`` checks what it rests on (SEC-193, SEC-226).
"""

import secrets
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any

from idp.actions import gate
from idp.actions import tokens
from idp.actions.grants import GrantFacts
from idp.actions.grants import may_name
from idp.actions.work import Work
from idp.oidc.keys import ACCESS_TOKEN_TYPE
from idp.oidc.keys import KeyRing
from idp.rules import consent

ALGORITHM = "ES256"
LEEWAY = 60
"""Seconds that the clock of another worker may be ahead (SEC-214, REL-032)."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token that we signed and whose time has not passed."""

    subject: str
    client_id: str
    audience: tuple[str, ...]
    scopes: tuple[str, ...]
    grant_id: str | None
    issued_at: int
    claims: dict[str, Any] = field(repr=False)


def issue(facts: GrantFacts, work: Work, keys: KeyRing) -> dict[str, Any]:
    """Makes a token answer (RFC 6749 section 5.1), without the ID token."""
    seconds = lifetime(facts, work)
    scope = " ".join(facts.scopes)
    answer: dict[str, Any] = {
        "access_token": keys.sign(
            _claims(facts, work, seconds), ALGORITHM, kind=ACCESS_TOKEN_TYPE
        ),
        "token_type": "Bearer",
        "expires_in": seconds,
    }
    if facts.refresh_token is not None:
        answer["refresh_token"] = facts.refresh_token
    if scope:
        answer["scope"] = scope
    return answer


def lifetime(facts: GrantFacts, work: Work) -> int:
    """Returns for how many seconds the client's access tokens are good."""
    of_client = facts.client.access_token_lifetime
    lasts = work.settings.access_token_lifetime if of_client is None else of_client
    return int(lasts.total_seconds())


def _claims(facts: GrantFacts, work: Work, seconds: int) -> dict[str, Any]:
    now = int(work.now.timestamp())
    claims = {
        "iss": work.settings.issuer,
        "sub": facts.user_id or facts.client.client_id,
        "aud": facts.audience or work.settings.issuer,
        "exp": now + seconds,
        "iat": now,
        "jti": secrets.token_urlsafe(16),
        "client_id": facts.client.client_id,
        "scope": " ".join(facts.scopes) or None,
        "auth_time": facts.auth_time,
        "acr": facts.acr,
        "amr": list(facts.amr) or None,
        "sid": facts.sid,
        "grant_id": facts.grant_id or None,
    }
    return {name: value for name, value in claims.items() if value is not None}


def read(text: str, work: Work, keys: KeyRing) -> AccessToken | None:
    """Reads one of our access tokens; None for anything else (SEC-210 to SEC-214)."""
    claims = keys.open(text, kind=ACCESS_TOKEN_TYPE)
    if claims is None or claims.get("iss") != work.settings.issuer:
        return None
    now = int(work.now.timestamp())
    exp, iat = claims.get("exp"), claims.get("iat")
    if not isinstance(exp, int) or not isinstance(iat, int):
        return None
    if exp <= now or iat > now + LEEWAY:
        return None
    return _token(claims)


def _token(claims: dict[str, Any]) -> AccessToken | None:
    subject, client_id = claims.get("sub"), claims.get("client_id")
    audience = claims.get("aud")
    grant_id = claims.get("grant_id")
    listed: list[Any] = audience if isinstance(audience, list) else [audience]
    texts = (subject, client_id, *listed)
    if not all(isinstance(text, str) and text for text in texts):
        return None
    return AccessToken(
        subject=str(subject),
        client_id=str(client_id),
        audience=tuple(listed),
        scopes=tuple(str(claims.get("scope", "")).split()),
        grant_id=grant_id if isinstance(grant_id, str) else None,
        issued_at=int(claims["iat"]),
        claims=claims,
    )


def living(token: AccessToken, work: Work) -> GrantFacts | None:
    """Returns what a token rests on, if all of it still holds; else None.

    A person's token rests on its grant, a service's on the client itself.
    """
    if token.grant_id is not None:
        facts = tokens.inspect(work, token.grant_id)
        if facts is None or facts.user_id != token.subject:
            return None
        return facts if facts.client.client_id == token.client_id else None
    client = gate.living_service(work, token.client_id, token.issued_at)
    audience = token.audience[0]
    if client is None or token.subject != token.client_id:
        return None
    if not may_name(work, client, audience):
        return None
    scopes = consent.granted_scopes(token.scopes, client.scopes)
    return GrantFacts("", client, scopes, audience=audience)


def narrowed(facts: GrantFacts, token: AccessToken) -> GrantFacts:
    """Reduces a grant to the scopes of one token: a refresh may have asked for less."""
    kept = tuple(scope for scope in facts.scopes if scope in token.scopes)
    return replace(facts, scopes=kept)
