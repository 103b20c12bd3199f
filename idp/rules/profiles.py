"""What may stand in a person's record: e-mail address, name, other standard claims.

Pure checks of values that an administrator or an import gives. Which of them a client
gets is ``rules.consent``; protocol claims can never be among them (SEC-220, SEC-258).
"""

from collections.abc import Mapping

from idp.rules.names import canonical_username
from idp.rules.names import has_control_characters

LONGEST_EMAIL = 254
LONGEST_TEXT = 1024

TEXTS = (
    *("given_name", "family_name", "middle_name", "nickname", "profile", "picture"),
    *("website", "gender", "birthdate", "zoneinfo", "locale", "phone_number"),
)
SWITCHES = ("phone_number_verified",)
ADDRESS = "address"
MEMBERS_OF_ADDRESS = (
    *("formatted", "street_address", "locality", "region", "postal_code", "country"),
)


def canonical_email(text: str) -> str | None:
    """Returns the form by which addresses are compared; None for an impossible one."""
    canonical = canonical_username(text)
    if canonical is None or len(canonical) > LONGEST_EMAIL:
        return None
    name, at, host = canonical.rpartition("@")
    usable = name and at and host and not set(canonical) & set(" <>,;\t")
    return canonical if usable else None


def is_line(value: object) -> bool:
    """Tells whether a value is text of one line, not empty and not endless."""
    return (
        isinstance(value, str)
        and len(value.strip()) >= 1
        and len(value) <= LONGEST_TEXT
        and not has_control_characters(value)
    )


def complaint_about_profile(profile: Mapping[str, object]) -> str | None:
    """Says what is wrong with a profile, in a sentence; None when it will do.

    A profile holds the standard claims of OpenID Connect Core 5.1 that have no field of
    their own, under their names.
    """
    for name, value in profile.items():
        if name == ADDRESS:
            fine = _is_address(value)
        elif name in SWITCHES:
            fine = isinstance(value, bool)
        elif name in TEXTS:
            fine = is_line(value)
        else:
            return f"The profile cannot hold {name!a}."
        if not fine:
            return f"The value of {name} in the profile does not do."
    return None


def _is_address(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    return all(
        name in MEMBERS_OF_ADDRESS
        and isinstance(text, str)
        and is_line(text.replace("\r\n", "\n").replace("\n", " "))
        for name, text in value.items()
    )
