"""Form Post OP: the page that carries an answer (conformance.md section 6).

That each module of Basic OP passes with ``response_mode=form_post``, too, is tested
beside that plan, by the same tests.
"""

import re

import pytest

from tests.oidc.conformance.suite import CALLBACK
from tests.oidc.conformance.suite import NOT_SIGNED_IN
from tests.oidc.conformance.suite import Suite

HOSTILE = "\"'><script>alert(1)</script>&amp;%41\\+ ;\u00e9"


def test_the_mode_is_published(by_form: Suite) -> None:
    assert "form_post" in by_form.metadata["response_modes_supported"]


@pytest.mark.parametrize("wish", [{}, {"prompt": "none"}])
def test_values_are_escaped_and_come_back_to_the_letter(
    by_form: Suite, wish: dict[str, str]
) -> None:
    done = by_form.ask(by_form.parameters(state=HOSTILE, **wish))
    assert ("error" in done.fields) == bool(wish)
    assert done.fields["state"] == HOSTILE
    assert "<script>alert" not in by_form.browser.answer.text


def test_the_page_sends_itself_under_our_policy(by_form: Suite) -> None:
    by_form.login()
    answer = by_form.browser.answer
    policy = answer.header("Content-Security-Policy") or ""
    scripts = re.search("script-src ([^;]*)", policy)
    assert scripts is not None
    assert scripts[1] == "'self'"
    assert re.findall(r"<script(?![^>]*\bsrc=)", answer.text) == []
    forms = re.search("form-action ([^;]*)", policy)
    assert forms is None or CALLBACK in forms[1]


def test_the_page_has_a_button_for_browsers_without_script(by_form: Suite) -> None:
    by_form.login()
    buttons = [one for one in by_form.browser.html.elements if one.tag == "button"]
    assert [one.attributes.get("type") for one in buttons] == ["submit"]
    assert "name" not in buttons[0].attributes, "the client would get one field more"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"prompt": "none"}, NOT_SIGNED_IN),
        ({"response_type": None}, ("invalid_request",)),
        ({"request": "e30.e30."}, ("request_not_supported",)),
        ({"prompt": "strange"}, ("invalid_request",)),
        ({"response_type": "token"}, ("unsupported_response_type",)),
    ],
)
def test_errors_travel_by_form_too(
    by_form: Suite, change: dict[str, str | None], error: tuple[str, ...]
) -> None:
    by_form.refused(*error, **change)


def test_a_mode_that_nobody_knows_is_told_in_the_query(by_query: Suite) -> None:
    by_query.refused("invalid_request", response_mode='strange"mode')


def test_query_may_be_named(by_query: Suite) -> None:
    by_query.tokens(by_query.login(response_mode="query"))
