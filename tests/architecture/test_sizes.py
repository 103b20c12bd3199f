"""Files and functions stay short enough to be read in one go."""

from tests.architecture.tree import modules

LONGEST_FILE = 300
# A table of cases is read by the row, so tests may go on for longer. A migration is
# written once and never edited, so nobody gains by splitting it.
LONGEST_TEST_FILE = 600
LONGEST_FUNCTION = 40

FILE_ADVICE = f"""
A file holds one noun and at most {LONGEST_FILE} lines. A longer one usually holds two
nouns, or a decision that belongs into rules/. Split it by meaning, not by size."""

FUNCTION_ADVICE = f"""
A function is at most {LONGEST_FUNCTION} lines, on one level of abstraction. Give each
paragraph of a longer one a name: the names are what the next reader reads first."""


def test_no_file_is_longer_than_one_sitting():
    long = [
        f"{module.where}: {module.length} lines"
        for folder, limit in (("idp", LONGEST_FILE), ("tests", LONGEST_TEST_FILE))
        for module in modules(folder)
        if module.length > limit
    ]

    assert not long, "\n".join(long) + FILE_ADVICE


def test_no_function_is_longer_than_one_screen():
    long = [
        f"{module.where}:{function.lineno} {function.name}: {length} lines"
        for module in modules()
        for function in module.functions()
        if (length := (function.end_lineno or 0) - function.lineno + 1)
        > LONGEST_FUNCTION
    ]

    assert not long, "\n".join(long) + FUNCTION_ADVICE
