"""Fields of a person's record, checked before they are written (``rules.profiles``).

Refuses instead of complaining, and knows which fields there are (SEC-258).
"""

from collections.abc import Mapping
from typing import Any

from idp.errors import BadRequest
from idp.rules import profiles

FIELDS = ("email", "name", "profile")


def checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields as they are stored; raises BadRequest.

    An e-mail address or a name of None is taken away.
    """
    for field in changes:
        if field not in FIELDS:
            raise BadRequest(field, sentence=f"A person has no field {field!a}.")
    fields = dict(changes)
    if fields.get("email") is not None:
        fields["email"] = _email(fields["email"])
    if fields.get("name") is not None:
        fields["name"] = _name(fields["name"])
    if "profile" in fields:
        fields["profile"] = _profile(fields["profile"])
    return fields


def canonical_email(email: str | None) -> str | None:
    """Returns the form by which a checked address is found."""
    return None if email is None else profiles.canonical_email(email)


def _email(text: object) -> str:
    if not isinstance(text, str) or profiles.canonical_email(text) is None:
        raise BadRequest("email", sentence="This cannot be an e-mail address.")
    return text.strip()


def _name(text: object) -> str:
    if not isinstance(text, str) or not profiles.is_line(text):
        raise BadRequest("name", sentence="This cannot be a name.")
    return text.strip()


def _profile(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise BadRequest("profile", sentence="A profile is an object.")
    complaint = profiles.complaint_about_profile(value)
    if complaint is not None:
        raise BadRequest("profile", sentence=complaint)
    return dict(value)
