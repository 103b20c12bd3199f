"""What each audit event is called for whoever reads the whole trail.

``wording.event`` speaks to the person whose account it is; here it is about anybody.
"""

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

_EVENTS: dict[str, LazyString] = {
    "login.started": _l("Sign-in begun"),
    "login.succeeded": _l("Signed in"),
    "login.refused": _l("Sign-in refused"),
    "mfa.enrolment_started": _l("Set-up of MFA begun"),
    "mfa.enrolled": _l("MFA enabled"),
    "mfa.replaced": _l("Authenticator app replaced"),
    "mfa.disabled": _l("MFA disabled"),
    "mfa.codes_regenerated": _l("New backup codes made"),
    "mfa.codes_voided": _l("Backup codes voided"),
    "mfa.backup_code_used": _l("Backup code used"),
    "mfa.refused": _l("Code refused"),
    "mfa.locked": _l("Codes blocked"),
    "mfa.unlocked": _l("Block on codes lifted"),
    "mfa.requirement_changed": _l("MFA requirement of a person changed"),
    "password.changed": _l("Password changed"),
    "password.initial_set": _l("Initial password set"),
    "password.refused": _l("Password refused"),
    "session.started": _l("Session started"),
    "session.raised": _l("Session raised to a higher level"),
    "session.ended": _l("Session ended"),
    "consent.granted": _l("Consent given"),
    "consent.revoked": _l("Consent withdrawn"),
    "code.issued": _l("Signed in to an application"),
    "code.reused": _l("Authorization code used twice"),
    "tokens.issued": _l("Tokens issued"),
    "tokens.refreshed": _l("Tokens refreshed"),
    "tokens.revoked": _l("Tokens revoked"),
    "refresh.reused": _l("Refresh token used twice"),
    "client.refused": _l("Application refused"),
    "client.created": _l("Application created"),
    "client.changed": _l("Application changed"),
    "client.disabled": _l("Application disabled"),
    "client.deleted": _l("Application deleted"),
    "client.secret_added": _l("Secret of an application added"),
    "client.secret_removed": _l("Secret of an application removed"),
    "registration_token.created": _l("Registration token made"),
    "registration_token.revoked": _l("Registration token revoked"),
    "logout.requested": _l("Sign-out requested"),
    "logout.delivered": _l("Sign-out delivered to an application"),
    "logout.failed": _l("Sign-out not delivered to an application"),
    "notice.failed": _l("Mail not delivered to a person"),
    "user.created": _l("Person created"),
    "user.changed": _l("Person changed"),
    "user.disabled": _l("Person disabled"),
    "user.enabled": _l("Person enabled"),
    "user.deleted": _l("Person deleted"),
    "role.created": _l("Role created"),
    "role.changed": _l("Role changed"),
    "role.deleted": _l("Role deleted"),
    "policy.changed": _l("Policy changed"),
    "key.created": _l("Signing key created"),
    "key.activated": _l("Signing key in use from here on"),
    "key.retired": _l("Signing key retired"),
    "key.revoked": _l("Signing key revoked"),
    "key.rewrapped": _l("Signing keys sealed with the new master key"),
    "audit.exported": _l("Audit trail exported"),
    "audit.read": _l("Audit trail looked through"),
    "audit.purged": _l("Old audit records deleted, as the settings say"),
    "backup.restored": _l("Backup restored"),
    "database.copied": _l("Database copied"),
    "admin.refused": _l("Administrative action refused"),
    "throttle.hit": _l("Limit of attempts reached"),
}

_REASONS: dict[str, LazyString] = {
    "wrong": _l("wrong password"),
    "throttled": _l("too many attempts"),
    "wrong-code": _l("wrong code"),
    "replay": _l("the code was used already"),
    "used-ahead": _l("codes were used up by a clock that was ahead"),
    "clock": _l("the clock of the phone is off"),
    "wrong-backup-code": _l("wrong backup code"),
    "not-accepted-here": _l("a backup code does not do there"),
    "locked": _l("locked"),
    "too-many-attempts": _l("too many attempts"),
    "policy": _l("required by a rule"),
    "denied": _l("the person said no"),
}


def words(event: str) -> str:
    """Returns what an event is called; a new one without words keeps its name."""
    return str(_EVENTS.get(event) or event)


def why(reason: str) -> str:
    """Returns why something was refused; what has no words stays as it was written."""
    return str(_REASONS.get(reason) or reason)
