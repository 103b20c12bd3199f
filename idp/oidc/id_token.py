"""The ID token: its claims in a fixed order, from the grant only.

Claims about the person come last and never under a protocol name (SEC-103, SEC-220).
It hangs on Authlib's hook after a token answer; nothing else of Authlib's makes claims.
"""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from authlib.oidc.core.grants.code import OpenIDToken

from idp.actions.grants import GrantFacts
from idp.actions.work import Work
from idp.oidc.keys import KeyRing
from idp.oidc.userinfo import released

KIND = "JWT"


class IdToken(OpenIDToken):
    """Adds an ID token to token answers whose scope has ``openid``."""

    def __init__(self, keys: KeyRing, *, with_nonce: bool) -> None:
        """Takes the ring; a refreshed ID token has no nonce (Core 12.2)."""
        self._keys = keys
        self._with_nonce = with_nonce

    def encode_id_token(self, token: Any, request: Any) -> str:
        """Signs the claims with the algorithm that the client registered."""
        facts: GrantFacts = request.user
        work: Work = request.work
        alg = facts.client.id_token_alg
        said = claims(
            facts,
            work,
            nonce=facts.nonce if self._with_nonce else None,
            at_hash=half_hash(token["access_token"], alg),
        )
        return self._keys.sign(said, alg, kind=KIND)


def claims(
    facts: GrantFacts, work: Work, *, nonce: str | None, at_hash: str
) -> dict[str, Any]:
    """Builds the claims (OpenID Connect Core 2); absent ones are left out."""
    now = int(work.now.timestamp())
    protocol = {
        "iss": work.settings.issuer,
        "sub": facts.user_id,
        "aud": facts.client.client_id,
        "exp": now + int(work.settings.id_token_lifetime.total_seconds()),
        "iat": now,
        "auth_time": facts.auth_time,
        "nonce": nonce,
        "acr": facts.acr,
        "amr": list(facts.amr) or None,
        "sid": facts.sid,
        "at_hash": at_hash,
    }
    said = {name: value for name, value in protocol.items() if value is not None}
    return said | about_person(facts)


def about_person(facts: GrantFacts) -> dict[str, object]:
    """Returns the claims about the person that this client gets in ID tokens."""
    scopes = facts.scopes if facts.client.claims_in_id_token else ()
    return released(replace(facts, scopes=scopes), facts.id_token_claims)


@dataclass(frozen=True, slots=True)
class Hint:
    """One of our ID tokens, sent back as a hint, however old."""

    subject: str
    audience: tuple[str, ...]
    sid: str | None


def read_hint(text: str, work: Work, keys: KeyRing) -> Hint | None:
    """Verifies an ``id_token_hint``; its age is no fault (SEC-182, SEC-237)."""
    said = keys.open(text, kind=KIND)
    if said is None or said.get("iss") != work.settings.issuer:
        return None
    subject, audience, sid = said.get("sub"), said.get("aud"), said.get("sid")
    listed: list[Any] = audience if isinstance(audience, list) else [audience]
    if not all(isinstance(one, str) and one for one in (subject, *listed)):
        return None
    return Hint(str(subject), tuple(listed), sid if isinstance(sid, str) else None)


def half_hash(text: str, alg: str) -> str:
    """Computes ``at_hash`` for a signing algorithm (OpenID Connect Core 3.1.3.6)."""
    name = "sha512" if alg == "EdDSA" else f"sha{alg[2:]}"
    digest = hashlib.new(name, text.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
