"""The logout token: tells one application that one session ended.

Back-Channel Logout 1.0 section 2.4. A new one for each try (SEC-238).
"""

import secrets
from datetime import timedelta

from idp.actions.logout_notices import Delivery
from idp.actions.work import Work
from idp.oidc.keys import KeyRing

KIND = "logout+jwt"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFETIME = timedelta(seconds=120)


def logout_token(delivery: Delivery, work: Work, keys: KeyRing) -> str:
    """Signs a fresh token with the algorithm of the application's ID tokens."""
    now = int(work.now.timestamp())
    claims = {
        "iss": work.settings.issuer,
        "sub": delivery.user_id,
        "aud": delivery.client_id,
        "iat": now,
        "exp": now + int(LIFETIME.total_seconds()),
        "jti": secrets.token_urlsafe(16),
        "events": {EVENT: {}},
        "sid": delivery.sid,
    }
    return keys.sign(claims, delivery.algorithm, kind=KIND)
