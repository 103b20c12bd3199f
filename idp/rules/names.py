"""Names that people sign in with: one canonical form, one form to show (SEC-119).

Pure text. Whether a name is taken, and whom an e-mail address belongs to, is asked of
the store by the canonical form made here; so are the words that people are found by.
"""

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 128
LONGEST_WORD = 64
DEEPEST = 10
"""Levels of a value of JSON from outside."""

MOST_WORDS = 40

_WORD = re.compile(r"[^\W_]+")

_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_JOINED = re.compile(f"(?<=[^{_JOINERS}\\s\\d])[{_JOINERS}](?=[^{_JOINERS}\\s\\d])")
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e007a]+\U000e007f")
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Signs that are drawn as nothing although they are letters or marks to Unicode."""


def is_text(text: str) -> bool:
    """Tells whether text can be kept: neither NUL nor half a sign in it (SEC-287)."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def is_all_text(value: object) -> bool:
    """Tells whether every name and text in a value of JSON can be kept (SEC-287).

    Raises ValueError for one that is nested too deeply.
    """
    return all(map(is_text, texts_within(value, deepest=DEEPEST)))


def texts_within(value: object, *, deepest: int) -> Iterator[str]:
    """Yields every name and text in a value of JSON; ValueError if it is too deep."""
    if isinstance(value, str):
        yield value
    if not isinstance(value, dict | list):
        return
    if not deepest:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        yield from value
    for member in value.values() if isinstance(value, dict) else value:
        yield from texts_within(member, deepest=deepest - 1)


def has_control_characters(text: str) -> bool:
    """Tells whether text holds control characters, line separators or surrogates."""
    return any(unicodedata.category(sign) in _FORBIDDEN_CATEGORIES for sign in text)


def display_username(text: str) -> str | None:
    """Returns a user name as it is shown: typed blanks at either end dropped.

    None for a name that cannot be one: nothing to be seen, more than 128 characters,
    or within it control characters (``interface.md`` section 2) or invisible signs
    that turn the direction of writing or part what looks whole. Joiners between
    letters or pictures stay: Persian and families of emoji are written with them.
    """
    shown = text.strip()
    if not _possible(shown) or not _visible(shown).strip():
        return None
    plain = _FLAG.sub("", _JOINED.sub("", shown))
    return None if any(map(_is_format, plain)) else shown


def canonical_username(text: str) -> str | None:
    """Returns the form by which names are compared, or None for an impossible name.

    NFKC, then case folding, then NFKC again: folding may undo the normal form, and the
    result must be the same when it is canonicalised once more. What nobody can see
    makes no difference, wherever it was pasted from.
    """
    shown = text.strip()
    if not _possible(shown):
        return None
    canonical = _folded(_visible(_folded(shown))).strip()
    return canonical if _possible(canonical) else None


def _possible(text: str) -> bool:
    return 1 <= len(text) <= LONGEST and not has_control_characters(text)


def _is_format(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf"


def _visible(text: str) -> str:
    return "".join(sign for sign in _UNSEEN.sub("", text) if not _is_format(sign))


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
