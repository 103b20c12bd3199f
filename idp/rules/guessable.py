"""Whether a password is one that attackers try first (SEC-023).

A list of words and of whole passwords, and the habits by which people vary them: leet
letters, digits and signs at the ends, repetition, two words in a row, walks over the
keyboard. Length and words of the person's own are looked at in ``passwords``.
"""

import re
from importlib.resources import files

_LISTED = frozenset(
    line
    for line in files("idp.rules")
    .joinpath("common_passwords.txt")
    .read_text("utf-8")
    .splitlines()
    if line and not line.startswith("#")
)
_BETWEEN = re.compile(r"[\s_.,-]+")
_LEET = str.maketrans("@4310!5$7", "aaeioisst")
_NO_LETTERS = "0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~§°€£ "
_LONGEST_ENDS = 8
_SHORTEST_UNIT = 5
_SHORTEST_STEP = 3
_FEWEST_SIGNS = 4
_WALKS = tuple(
    walk
    for row in (
        "abcdefghijklmnopqrstuvwxyz",
        "12345678901234567890",
        "qwertyuiopasdfghjklzxcvbnm",
        "qwertzuiopasdfghjklyxcvbnm",
        "azertyuiopqsdfghjklmwxcvbn",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
        "1q2w3e4r5t6y7u8i9o0p",
    )
    for walk in (row, row[::-1])
)


def is_guessable(folded: str) -> bool:
    """Tells whether a case-folded password is listed, or a usual variant of that."""
    compact = _BETWEEN.sub("", folded)
    if folded in _LISTED or len(set(compact)) < _FEWEST_SIGNS:
        return True
    unit = _repeated_unit(compact)
    return len(unit) < _SHORTEST_UNIT or _is_walk(unit) or _is_listed(unit)


def _repeated_unit(text: str) -> str:
    """Returns what a text repeats, at least twice, or the text itself."""
    for length in range(1, len(text) // 2 + 1):
        if text.startswith(text[length:]):
            return text[:length]
    return text


def _is_walk(text: str) -> bool:
    """Tells whether nothing but steps along a keyboard or the alphabet make a text."""
    at = 0
    while at < len(text):
        reached = at + _SHORTEST_STEP
        if not any(text[at:reached] in walk for walk in _WALKS):
            return False
        while reached < len(text) and any(
            text[at : reached + 1] in walk for walk in _WALKS
        ):
            reached += 1
        at = reached
    return True


def _is_listed(text: str) -> bool:
    """Tells whether a text is listed, less its ends and read without leet letters."""
    ended = text.rstrip(_NO_LETTERS)
    core = ended.lstrip(_NO_LETTERS)
    if len(text) - len(core) > _LONGEST_ENDS:
        return text in _LISTED
    forms = {text, core} | {form.translate(_LEET) for form in (text, ended, core)}
    return any(form in _LISTED or _is_two_words(form) for form in forms)


def _is_two_words(text: str) -> bool:
    return any(
        text[:at] in _LISTED and text[at:] in _LISTED for at in range(3, len(text) - 2)
    )
