"""Names that people sign in with: one canonical form, one form to show (SEC-119).

Pure text. Whether a name is taken, and whom an e-mail address belongs to, is asked of
the store by the canonical form made here.
"""

import unicodedata

LONGEST = 128

_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


def has_control_characters(text: str) -> bool:
    """Tells whether text holds control characters, line separators or surrogates."""
    return any(unicodedata.category(sign) in _FORBIDDEN_CATEGORIES for sign in text)


def display_username(text: str) -> str | None:
    """Returns a user name as it is shown: typed blanks at either end dropped.

    None for a name that cannot be one: nothing left, more than 128 characters, or
    control characters within (``interface.md`` section 2).
    """
    shown = text.strip()
    if not 1 <= len(shown) <= LONGEST or has_control_characters(shown):
        return None
    return shown


def canonical_username(text: str) -> str | None:
    """Returns the form by which names are compared, or None for an impossible name.

    NFKC, then case folding, then NFKC again: folding may undo the normal form, and the
    result must be the same when it is canonicalised once more.
    """
    shown = display_username(text)
    if shown is None:
        return None
    folded = unicodedata.normalize("NFKC", shown).casefold()
    return display_username(unicodedata.normalize("NFKC", folded))
