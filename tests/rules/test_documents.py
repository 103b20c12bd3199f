"""JSON that is handed in: one way to say a thing and no other."""

import pytest

from idp.rules.documents import read_json


def test_a_document_is_read() -> None:
    assert read_json('{"a": {"b": [1, "c", null]}}') == {"a": {"b": [1, "c", None]}}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("{", id="a beginning"),
        pytest.param('{"a": 1, "a": 2}', id="a name twice"),
        pytest.param('{"a": {"b": 1, "b": 1}}', id="a name twice, further in"),
        pytest.param('{"a": NaN}', id="no number"),
        pytest.param('{"a": -Infinity}', id="an endless number"),
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param("9" * 5000, id="too many digits"),
    ],
)
def test_what_two_readers_might_read_differently_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(text)
