"""The version of what a form is about: hidden in it, checked by the action."""

from idp.errors import BadRequest
from idp.web.forms import Filled

LONGEST = 9


def of_form(form: Filled) -> int | None:
    """Returns the version that the form was shown with, None where it says none."""
    text = form.get("version")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST):
        raise BadRequest("version is no number")
    return int(text)
