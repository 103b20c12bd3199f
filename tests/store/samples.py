"""Rows as tests need them: one person, one client, and what hangs on them.

Each maker adds a row with harmless values; a test says only what it is about.
"""

import dataclasses
from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any

from sqlalchemy.engine import Connection

from idp.rules.factors import Factor
from idp.rules.factors import Proof
from idp.rules.policy import Demand
from idp.store import audit
from idp.store import authenticators
from idp.store import clients
from idp.store import codes
from idp.store import grants
from idp.store import logins
from idp.store import refresh_tokens
from idp.store import registration_tokens
from idp.store import sessions
from idp.store import users
from idp.store.transactions import Database
from idp.store.transactions import OneConnection

NOW = datetime(2026, 3, 2, 10, 0, 15, 123456, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PROOFS = (
    Proof(Factor.PASSWORD, NOW - timedelta(seconds=5)),
    Proof(Factor.TOTP, NOW),
)


def user(db: Connection, user_id: str = "u1", **changes: Any) -> users.UserRow:
    """Adds a person; the user name is the id unless said otherwise."""
    email_canonical = changes.pop("email_canonical", None)
    row = users.UserRow(
        id=user_id,
        username=user_id,
        canonical=user_id,
        email=None,
        email_verified=False,
        name=None,
        profile={},
        password_hash="b1$x",
        password_initial=False,
        password_expires_at=None,
        must_change_password=False,
        active=True,
        deleted=False,
        mfa_required=False,
        source="local",
        language=None,
        version=1,
        created_at=NOW,
        updated_at=NOW,
        last_login_at=None,
    )
    row = dataclasses.replace(row, **changes)
    users.add_user(db, row, email_canonical=email_canonical)
    return row


def client(db: Connection, client_id: str = "wiki", **changes: Any) -> clients.Client:
    """Adds an application with a secret."""
    row = clients.Client(
        client_id=client_id,
        name=client_id.title(),
        redirect_uris=("https://wiki.example/cb",),
        post_logout_redirect_uris=(),
        scopes=("openid", "profile"),
        grant_types=("authorization_code", "refresh_token"),
        auth_method="client_secret_basic",
        min_acr=None,
        max_factor_age=None,
        accept_backup_codes=True,
        first_party=True,
        claims_in_id_token=True,
        require_pkce=True,
        access_token_lifetime=None,
        allowed_origins=None,
        resource=None,
        allowed_resources=(),
        id_token_alg="RS256",
        enabled=True,
        details={},
        version=1,
        created_at=NOW,
    )
    row = dataclasses.replace(row, **changes)
    clients.add_client(db, row)
    return row


def session(
    db: Connection, sid: str = "s1", user_id: str = "u1", **changes: Any
) -> sessions.Session:
    """Adds a living session whose token hash is ``hash of`` and its sid."""
    row = sessions.Session(
        sid=sid,
        token_hash=f"hash of {sid}",
        user_id=user_id,
        proofs=PROOFS,
        browser_hash="browser",
        created_at=NOW,
        last_seen_at=NOW,
        expires_at=NOW + timedelta(hours=12),
        ended_at=None,
        source="192.0.2.1",
        user_agent="test",
    )
    row = dataclasses.replace(row, **changes)
    sessions.add_session(db, row)
    return row


def login(db: Connection, login_id: str = "l1", **changes: Any) -> logins.Login:
    """Adds an open login of the browser ``browser``."""
    row = logins.Login(
        id=login_id,
        browser_hash="browser",
        request=None,
        return_to="/settings",
        demand=Demand(),
        forced=False,
        subject=None,
        user_id=None,
        proofs=(),
        session_sid=None,
        state="open",
        account_chosen=True,
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=10),
    )
    row = dataclasses.replace(row, **changes)
    logins.add_login(db, row)
    return row


def grant(
    db: Connection,
    grant_id: str = "g1",
    user_id: str = "u1",
    client_id: str = "wiki",
    **changes: Any,
) -> grants.Grant:
    """Adds a grant of the session ``s1``."""
    row = grants.Grant(
        id=grant_id,
        user_id=user_id,
        client_id=client_id,
        sid="s1",
        scopes=("openid", "profile"),
        acr="mfa",
        amr=("pwd", "otp", "mfa"),
        auth_time=NOW.replace(microsecond=0),
        proofs=PROOFS,
        offline=False,
        nonce="n-0S6_WzA2Mj",
        id_token_claims=("email",),
        userinfo_claims=(),
        audience="https://sso.example",
        created_at=NOW,
        expires_at=NOW + timedelta(hours=24),
        revoked_at=None,
    )
    row = dataclasses.replace(row, **changes)
    grants.add_grant(db, row)
    return row


def code(
    db: Connection, code_hash: str = "c1", grant_id: str = "g1", **changes: Any
) -> codes.Code:
    """Adds an unused code that lives for a minute."""
    row = codes.Code(
        code_hash=code_hash,
        grant_id=grant_id,
        client_id="wiki",
        redirect_uri="https://wiki.example/cb",
        code_challenge="challenge",
        expires_at=NOW + timedelta(seconds=60),
        used_at=None,
        wrong_verifiers=0,
    )
    row = dataclasses.replace(row, **changes)
    codes.add_code(db, row)
    return row


def refresh(
    db: Connection, token_hash: str = "r1", grant_id: str = "g1", **changes: Any
) -> refresh_tokens.RefreshToken:
    """Adds an unused refresh token that lives for eight hours."""
    row = refresh_tokens.RefreshToken(
        token_hash=token_hash,
        grant_id=grant_id,
        generation=0,
        expires_at=NOW + timedelta(hours=8),
        used_at=None,
    )
    row = dataclasses.replace(row, **changes)
    refresh_tokens.add_refresh(db, row)
    return row


def authenticator(
    db: Connection, credential_id: str = "t1", user_id: str = "u1", *, step: int = 100
) -> None:
    """Adds an active authenticator whose set-up spent ``step``."""
    authenticators.put_pending(
        db,
        user_id,
        credential_id=credential_id,
        pending_for="l1",
        secret_sealed=b"sealed",
        now=NOW,
    )
    assert authenticators.activate(
        db, credential_id, step=step, now=NOW, sealed=b"resealed"
    )


def record(event: str = "login.succeeded", **changes: Any) -> audit.AuditRecord:
    """Makes an audit record; nothing is written."""
    row = audit.AuditRecord(
        at=NOW,
        event=event,
        outcome="ok",
        reason="",
        actor_type="user",
        actor_id="u1",
        actor_name="u1",
        actor_acr="mfa",
        subject_type="user",
        subject_id="u1",
        subject_name="u1",
        client_id="wiki",
        sid="s1",
        source="192.0.2.1",
        user_agent="test",
        request_id="request",
        changes={"amr": ["pwd"]},
    )
    return dataclasses.replace(row, **changes)


def family(db: Connection) -> None:
    """Adds a person, a client, a session and a grant with a code."""
    user(db)
    client(db)
    session(db)
    grant(db)
    code(db)


def break_after(
    database: Database | OneConnection, act: Callable[[Connection], object]
) -> None:
    """Does something in a block that then raises a ``KeyError``."""
    with database.writing() as db:
        act(db)
        raise KeyError


def registration_token(db: Connection, token_id: str = "r1", *, uses: int = 1) -> None:
    """Adds an initial access token that ends at ``LATER``."""
    row = registration_tokens.RegistrationToken(
        id=token_id,
        name="build farm",
        uses=uses,
        uses_left=uses,
        created_at=NOW,
        created_by="alice",
        expires_at=LATER,
        last_used_at=None,
        revoked_at=None,
    )
    registration_tokens.add_token(db, row, token_hash=f"hash of {token_id}")
