"""Names that people sign in with: one canonical form, one form to show (SEC-119).

Pure text. Whether a name is taken, and whom an e-mail address belongs to, is asked of
the store by the canonical form made here; so are the words that people are found by.
"""

import re
import unicodedata

LONGEST = 128
LONGEST_WORD = 64
MOST_WORDS = 40

_WORD = re.compile(r"[^\W_]+")

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
    return display_username(_folded(shown))


def words_of(*texts: str | None) -> tuple[str, ...]:
    """Returns the words of texts in canonical form, each once, in alphabetical order.

    A word is a run of letters and digits; of a long one the beginning counts. Whoever
    is looked for by the beginnings of some of these words is found.
    """
    found = (_WORD.findall(_folded(text)) for text in texts if text)
    words = {word[:LONGEST_WORD] for listed in found for word in listed}
    return tuple(sorted(words)[:MOST_WORDS])


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)
