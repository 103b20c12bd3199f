"""Lets in whose access token proves a second factor of the last five minutes."""

import sys
import time

import requests
from joserfc import jwt
from joserfc.jwk import KeySet

ISSUER, API = sys.argv[1], sys.argv[2]
FRESH, LEEWAY = 300, 60

ANSWER = requests.get(f"{ISSUER}/.well-known/jwks.json", timeout=5)
KEYS = KeySet.import_key_set(ANSWER.json())  # fetch again when a `kid` is unknown


def check(token: str) -> tuple[int, str]:
    try:
        decoded = jwt.decode(token, KEYS, algorithms=["ES256"])
        claims, now = decoded.claims, time.time()
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        right = decoded.header["typ"] == "at+jwt" and claims["iss"] == ISSUER
        if not right or API not in audience or claims["exp"] < now - LEEWAY:
            raise ValueError
    except Exception:
        return 401, 'Bearer error="invalid_token"'
    if claims.get("acr") != "mfa" or now - claims.get("auth_time", 0) > FRESH:
        error = 'error="insufficient_user_authentication"'
        return 401, f'Bearer {error}, acr_values="mfa", max_age="{FRESH}"'
    return 200, claims["sub"]


print(*check(sys.stdin.read().strip()))
