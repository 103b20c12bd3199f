"""German is complete, and the compiled file is the one of its source."""

import re
from typing import get_args

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo

from idp import templating
from idp.web import problems
from idp.web import wording
from idp.web.languages import LANGUAGES
from idp.web.problems import Problem
from tests.support.screens import LOOK
from tests.support.screens import create_app
from tests.support.translations import OTHERS
from tests.support.translations import catalogue
from tests.support.translations import sentences
from tests.support.translations import source_of


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_there_and_no_other(language: str) -> None:
    known = {message.id for message in catalogue(language)}

    assert known == {message.id for message in sentences()}


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated(language: str) -> None:
    for message in catalogue(language):
        strings = message.string
        parts = strings if isinstance(strings, tuple) else (strings,)
        assert all(parts), message.id
        assert not message.fuzzy or not message.id, message.id


@pytest.mark.parametrize("language", OTHERS)
def test_every_translation_keeps_the_names(language: str) -> None:
    for message in catalogue(language):
        if message.id:
            assert names(message.string) == names(message.id), message.id


def names(text: str | tuple[str, ...] | list[str]) -> set[str]:
    """Gives the names that a sentence fills in."""
    whole = text if isinstance(text, str) else " ".join(text)
    return set(re.findall(r"%\(\w+\)s", whole))


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "10,003 people: 1,000"), ("de", "10.003 Personen: 1.000")],
)
def test_many_are_written_as_the_language_does(language: str, written: str) -> None:
    sentence = (
        '{{ ngettext("%(num)s person", "%(num)s people", 10003) }}: {{ 1000|number }}'
    )

    assert templating.environment(language).from_string(sentence).render() == written


@pytest.mark.parametrize("language", OTHERS)
def test_the_compiled_file_is_that_of_its_source(language: str) -> None:
    with source_of(language).with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)

    assert spoken(compiled) == spoken(catalogue(language))  # or: make translations


def spoken(sentences: Catalog) -> dict[str, str]:
    """Gives the sentences and their translations, without the header."""
    return {str(list(one.id)): str(list(one.string)) for one in sentences if one.id}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", get_args(problems.ErrorCode))
def test_every_error_has_its_sentences(language: str, code: problems.ErrorCode) -> None:
    with create_app(LOOK, []).test_request_context(f"/?language={language}"):
        words = wording.problem(Problem(code=code))

    assert words.happened
    assert words.advice


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (Problem(code="clock", clock_offset_seconds=240), "4 minutes ahead"),
        (Problem(code="clock", clock_offset_seconds=-61), "1 minute behind"),
        (Problem(code="clock"), "another time"),
        (Problem(code="locked", wait_seconds=841), "Wait 15 minutes"),
        (Problem(code="too-many-attempts", wait_seconds=1), "Wait 1 second,"),
        (Problem(code="too-many-attempts", wait_seconds=0), "Wait 1 second,"),
        (Problem(code="wrong-code", hint="not-six-digits"), "exactly six digits"),
        (
            Problem(code="weak-password", complaints=("too-short",), minimum_length=8),
            "too short. It needs at least 8 characters.",
        ),
    ],
)
def test_an_error_says_as_much_as_is_known(problem: Problem, sentence: str) -> None:
    with create_app(LOOK, []).test_request_context("/"):
        words = wording.problem(problem)

    assert sentence in f"{words.happened} {words.advice}"


@pytest.mark.parametrize("word", get_args(problems.Reason))
def test_every_reason_has_a_sentence(word: problems.Reason) -> None:
    with create_app(LOOK, []).test_request_context("/"):
        assert wording.reason(word, named=True)
        assert wording.reason(word, named=False)


def test_unknown_words_do_not_break_a_page() -> None:
    with create_app(LOOK, []).test_request_context("/"):
        assert wording.event("some.day") == "Your account was changed."
        assert wording.scope("idp:none") == "idp:none"
