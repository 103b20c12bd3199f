"""SEC-287, SEC-288: forms with ticks, where only what may repeat may."""

import pytest
from flask import Flask

from idp.errors import BadRequest
from idp.web import forms
from idp.web.forms import Filled


def filled(body: str, *lists: str) -> Filled:
    """Reads a form that was sent with this body."""
    with Flask("forms").test_request_context(
        method="POST", data=body, content_type=forms.TYPE
    ):
        return forms.read_lists(*lists)


def test_ticks_are_a_list_and_the_rest_comes_once() -> None:
    form = filled("roles=&roles=a&roles=b&name=Mia", "roles")
    assert form.lists == {"roles": ("a", "b")}
    assert (form.get("name"), form.get("email", "none")) == ("Mia", "none")


def test_no_tick_is_told_from_a_list_that_does_not_come() -> None:
    assert filled("roles=", "roles").lists == {"roles": ()}
    assert filled("name=Mia", "roles").lists == {}


@pytest.mark.parametrize(
    "body",
    ["name=a&name=b", "roles=a%00", "roles=" + "x" * 9000, "&".join(["roles=a"] * 300)],
)
def test_what_no_form_of_ours_sends_is_refused(body: str) -> None:
    with pytest.raises(BadRequest):
        filled(body, "roles")


def test_a_form_shows_nothing_of_itself() -> None:
    assert "secret" not in repr(filled("code=secret"))
