"""``private_key_jwt``: what a client's assertion must say (RFC 7523 section 3).

The client gets the same error for every fault (SEC-195); for existing clients the log
says which it was. Accepted audiences are decided in ``docs/decisions/0010``.
"""

import logging
from datetime import datetime
from datetime import timedelta

from idp import logs
from idp.actions import client_assertions
from idp.actions.client_metadata import AUTH_ALG
from idp.actions.client_metadata import PUSHED_ONLY
from idp.actions.grants import Client
from idp.actions.work import Work
from idp.oidc import client_jwt
from idp.oidc.client_jwt import LEEWAY
from idp.oidc.client_jwt import Signed
from idp.oidc.client_keys import ClientKeys

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KINDS = ("", "jwt", "client-authentication+jwt")
LONGEST_LIFE = timedelta(minutes=5)
LONGEST_JTI = 256

log = logging.getLogger("idp.oidc")


class _WrongError(ValueError):
    """What is wrong with an assertion, in words of ours."""


def client_named_by(text: str) -> str | None:
    """Says whom an assertion names, before anything of it is verified."""
    token = client_jwt.read(text)
    named = token.claims.get("sub") if token else None
    return named if isinstance(named, str) else None


def authenticate(
    work: Work, text: str, client_id: str, keys: ClientKeys, *, endpoint: str
) -> Client:
    """Checks an assertion and spends it.

    Raises Forbidden for every kind of failure, TooManyAttempts and Unavailable.
    """
    client = client_assertions.find_client(work, client_id)
    token = client_jwt.read(text)
    try:
        if token is None:
            raise _WrongError("not a signed token of the expected form")
        jti, expires_at = _checked(token, client, work, endpoint)
        only = client.details.get(AUTH_ALG)
        if "jwks_uri" in client.details:
            work.let_go()  # keys may have to be fetched
        if not client_jwt.is_signed_by(token, client, keys, only=only):
            raise _WrongError("signature, key or algorithm")
    except ValueError as fault:
        facts = {"client_id": client.client_id, "reason": str(fault)}
        log.info("client assertion refused", extra={logs.FACTS: facts})
        client_assertions.refuse(work, client)
    client_assertions.spend(work, client, jti, expires_at=expires_at + LEEWAY)
    return client


def _checked(
    token: Signed, client: Client, work: Work, endpoint: str
) -> tuple[str, datetime]:
    """Checks the claims; returns the id and the end of the assertion."""
    said = token.claims
    if token.kind not in KINDS:
        raise _WrongError("typ")
    if not said.get("iss") == said.get("sub") == client.client_id:
        raise _WrongError("iss and sub must be the client id")
    if said.get("aud") not in _audiences(client, work.settings.issuer, endpoint):
        raise _WrongError("aud must be the issuer, as a single text")
    jti = said.get("jti")
    if not isinstance(jti, str) or not jti.isprintable() or not jti:
        raise _WrongError("jti is missing")
    if len(jti) > LONGEST_JTI:
        raise _WrongError("jti is too long")
    return jti, _end(token, work.now)


def _end(token: Signed, now: datetime) -> datetime:
    expires_at = client_jwt.moment(token.claims, "exp")
    if expires_at is None or expires_at <= now:
        raise _WrongError("exp is missing or has passed")
    if expires_at > now + LONGEST_LIFE:
        raise _WrongError("exp is more than five minutes ahead")
    for name in ("nbf", "iat"):
        begins = client_jwt.moment(token.claims, name)
        if begins is not None and begins > now + LEEWAY:
            raise _WrongError(f"{name} lies ahead")
    return expires_at


def _audiences(client: Client, issuer: str, endpoint: str) -> tuple[str, ...]:
    """Lists what may be said: the issuer, and what older clients say instead.

    A client whose requests have to be pushed is a recent one (FAPI 2.0) and is held to
    the issuer.
    """
    if client.details.get(PUSHED_ONLY):
        return (issuer,)
    also = (f"{issuer}/par",) if endpoint == "par" else ()
    return (issuer, f"{issuer}/token", *also)
