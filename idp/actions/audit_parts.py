"""Totals of audit events broken down by a part: the factors of sign-ins, the grants.

The total of a part is kept beside the total of the event, under a name with a slash.
"""

from collections import Counter
from collections.abc import Iterable

from idp.store.audit import AuditRecord

LOGINS = "login"
TOKENS = "tokens"


def tally(records: Iterable[AuditRecord]) -> Counter[tuple[str, str]]:
    """Counts records by event and outcome, and by part and outcome."""
    counted: Counter[tuple[str, str]] = Counter()
    for record in records:
        counted[record.event, record.outcome] += 1
        part = _part(record)
        if part is not None:
            counted[part, record.outcome] += 1
    return counted


def events(totals: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Returns the totals of whole events."""
    return {key: number for key, number in totals.items() if "/" not in key[0]}


def parts(totals: dict[tuple[str, str], int], of: str) -> dict[tuple[str, str], int]:
    """Returns the totals of parts: by factor or grant, and outcome."""
    return {
        (name.removeprefix(f"{of}/"), outcome): number
        for (name, outcome), number in totals.items()
        if name.startswith(f"{of}/")
    }


def _part(record: AuditRecord) -> str | None:
    match record.event:
        case "login.succeeded":
            amr = record.changes.get("amr", ())
            found = [one for one in ("backup_code", "otp") if one in amr]
            return f"{LOGINS}/{found[0] if found else 'pwd'}"
        case "password.refused":
            return f"{LOGINS}/pwd"
        case "mfa.refused" if record.reason != "policy":
            factor = "backup_code" if "backup" in record.reason else "otp"
            return f"{LOGINS}/{factor}"
        case "tokens.issued":
            of_service = record.subject_type == "client"
            grant = "client_credentials" if of_service else "authorization_code"
            return f"{TOKENS}/{grant}"
        case "tokens.refreshed":
            return f"{TOKENS}/refresh_token"
        case _:
            return None
