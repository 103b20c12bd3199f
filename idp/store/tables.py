"""Every table in one place: imported by the migrations, so that none is forgotten."""

from idp.store import attempts
from idp.store import audit
from idp.store import audit_chain
from idp.store import audit_tail
from idp.store import audit_use
from idp.store import authenticators
from idp.store import backup_codes
from idp.store import client_assertions
from idp.store import clients
from idp.store import codes
from idp.store import consents
from idp.store import directory_links
from idp.store import fleet_indexes
from idp.store import grants
from idp.store import keys
from idp.store import logins
from idp.store import logout_notices
from idp.store import notices
from idp.store import organisation
from idp.store import pushed_requests
from idp.store import refresh_tokens
from idp.store import registration_tokens
from idp.store import registrations
from idp.store import roles
from idp.store import sessions
from idp.store import users
from idp.store import words
from idp.store.base import Base

MODULES = (
    attempts,
    audit,
    audit_chain,
    audit_tail,
    audit_use,
    authenticators,
    backup_codes,
    client_assertions,
    clients,
    codes,
    consents,
    directory_links,
    fleet_indexes,
    grants,
    keys,
    logins,
    logout_notices,
    notices,
    organisation,
    pushed_requests,
    refresh_tokens,
    registration_tokens,
    registrations,
    roles,
    sessions,
    users,
    words,
)
metadata = Base.metadata
