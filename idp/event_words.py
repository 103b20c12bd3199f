"""What an audit event is called when its person is told: on pages and by mail.

English sentences, which are the keys of the translations; whoever shows one translates
it. Nothing is imported, so that the worker tells the same without the web.
"""

# ruff: noqa: RUF001 - people read these, so an apostrophe is an apostrophe


def _l(sentence: str) -> str:
    """Marks a sentence for translators."""
    return sentence


EVENTS: dict[str, str] = {
    "mfa.enrolled": _l("Multi-factor authentication was enabled."),
    "mfa.replaced": _l("Your authenticator app was replaced."),
    "mfa.disabled": _l("Multi-factor authentication was disabled."),
    "mfa.codes_regenerated": _l("New backup codes were made; the old ones are void."),
    "mfa.codes_voided": _l("Your backup codes are void; please make new ones."),
    "mfa.backup_code_used": _l("A backup code was used to sign in."),
    "mfa.locked": _l("Codes were blocked after too many wrong ones."),
    "mfa.unlocked": _l("An administrator lifted the block on your codes."),
    "mfa.requirement_changed": _l("The rule about multi-factor sign-in changed."),
    "password.changed": _l("Your password was changed."),
    "password.initial_set": _l("An administrator set a new first password."),
    "user.changed": _l("An administrator changed your account."),
    "login.succeeded": _l("Signed in."),
    "mfa.refused": _l("A wrong code was entered."),
    "password.refused": _l("A wrong password was entered."),
    "consent.granted": _l("An application was allowed to see your details."),
    "consent.revoked": _l("An application’s access was removed."),
    "session.ended": _l("A session ended."),
    "tokens.revoked": _l("An application gave its access back."),
    "user.deleted": _l("An administrator deleted your account."),
    "user.disabled": _l("An administrator disabled your account."),
    "user.enabled": _l("An administrator enabled your account again."),
}

CHANGED = _l("Your account was changed.")
"""For an event without a sentence of its own."""
