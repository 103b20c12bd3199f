"""The refusals: the drawn tree is the real one, and none says more than it should."""

import re

import pytest

from idp import errors
from idp.errors import Refusal

DATA_ERRORS = {
    "bad-request",
    "not-found",
    "forbidden",
    "csrf",
    "expired",
    "too-many-attempts",
    "locked",
    "unavailable",
    "stale",
    "policy",
    "weak-password",
    "unknown-client",
    "redirect-uri",
    "server-error",
}


def all_kinds(kind: type[Refusal] = Refusal) -> list[type[Refusal]]:
    below = [one for child in kind.__subclasses__() for one in all_kinds(child)]
    return [kind, *below]


PUBLIC = [kind for kind in all_kinds() if not kind.__name__.startswith("_")]


def test_the_tree_in_the_docstring_names_every_kind() -> None:
    drawn = re.findall(r"^ +(?:│ +)?(?:[├└]── )?([A-Z]\w+)", errors.__doc__ or "", re.M)

    assert set(drawn) == {kind.__name__ for kind in PUBLIC}


@pytest.mark.parametrize("kind", PUBLIC)
def test_every_kind_has_a_stable_word_and_a_sentence(kind: type[Refusal]) -> None:
    assert kind.code in DATA_ERRORS
    assert kind.sentence.endswith(".")


def test_a_refusal_keeps_its_detail_for_the_log() -> None:
    refusal = errors.NotFound("client x")

    assert refusal.detail == str(refusal) == "client x"
    assert str(errors.NotFound()) == "not-found"
    assert refusal.sentence == errors.NotFound.sentence


def test_a_sentence_can_be_given_for_one_refusal() -> None:
    refusal = errors.Conflict(sentence="This name is taken.")

    assert refusal.sentence == "This name is taken."
    assert errors.Conflict().sentence != "This name is taken."


@pytest.mark.parametrize(("given", "said"), [(30, 30), (1, 1), (0, 1), (-5, 1)])
def test_whoever_has_to_wait_waits_a_second_at_least(given: int, said: int) -> None:
    assert errors.TooManyAttempts(retry_after=given).retry_after == said
    assert errors.Locked("factor", retry_after=given).retry_after == said
    assert errors.Unavailable(retry_after=given).retry_after == said


def test_an_unavailable_store_says_five_seconds_unless_told() -> None:
    assert errors.Unavailable("database").retry_after == 5


def test_complaints_and_findings_are_kept_one_by_one() -> None:
    assert errors.WeakPassword(["common", "context"]).complaints == (
        "common",
        "context",
    )
    misconfigured = errors.Misconfigured(line for line in ("a: x", "b: y"))
    assert misconfigured.findings == ("a: x", "b: y")
    assert str(misconfigured) == "a: x; b: y"
