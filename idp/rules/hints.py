"""What somebody probably meant who typed something that is no code.

Such a slip is not a guess: it gets a helpful message and is not counted
(``interface.md`` section 2). The words are those of the page; their sentences are not
here.
"""

from idp.rules import backup_codes
from idp.rules import totp

EMPTY = "empty"
NOT_SIX_DIGITS = "not-six-digits"
LOOKS_LIKE_BACKUP_CODE = "looks-like-backup-code"
LOOKS_LIKE_CODE = "looks-like-code"


def of_code(text: str) -> str | None:
    """Says what is wrong in the field for six digits; None where there are six."""
    if totp.clean(text) is not None:
        return None
    if not text.strip():
        return EMPTY
    if backup_codes.normalise(text) is not None:
        return LOOKS_LIKE_BACKUP_CODE
    return NOT_SIX_DIGITS


def of_backup_code(text: str) -> str | None:
    """Says what is wrong in the field for a backup code; None for a guess."""
    if not text.strip():
        return EMPTY
    return None if totp.clean(text) is None else LOOKS_LIKE_CODE
