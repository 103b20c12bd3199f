"""Members that a later version may have written and this one does not know."""

from hypothesis import strategies

WORDS = strategies.text(min_size=1, max_size=20)
SET = strategies.one_of(
    strategies.just(True),
    strategies.integers(min_value=1),
    WORDS,
    strategies.lists(WORDS, min_size=1),
)
UNSET = strategies.sampled_from([None, False, 0, "", [], {}])


def forget(name: str) -> str:
    """Makes a name that this version does not know."""
    return f"x_{name}"
