"""What an entry of the directory says about a person, whatever order it comes in.

Attributes have many values, in no order, and some are no text. Pure: how the directory
is asked is ``idp.directory``, what follows is ``actions.directory_people``.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence

from idp.rules.names import canonical_username
from idp.rules.names import display_username
from idp.rules.profiles import canonical_email
from idp.rules.profiles import is_line

Attributes = Mapping[str, Sequence[bytes]]
"""Values by attribute, its name in small letters."""

ACCOUNT_DISABLED = 0x2
"""The bit of ``userAccountControl`` by which Active Directory disables somebody."""

FOR_EVER = b"000001010000Z"
"""The moment of ``pwdAccountLockedTime`` that stands for a lock without an end."""

SWITCHES = ("nsaccountlock", "logindisabled")
STATES = ("useraccountcontrol", "pwdaccountlockedtime", *SWITCHES)
"""Attributes by which directories disable somebody whose entry stays."""

ENOUGH_TO_DOUBT = 10
"""So many may be gone at once without a question; of more, no more than half."""


def is_switched_off(attributes: Attributes) -> bool:
    """Tells whether the directory has disabled the person of an entry."""
    for value in attributes.get("useraccountcontrol", ()):
        if value.isdigit() and int(value) & ACCOUNT_DISABLED:
            return True
    if FOR_EVER in attributes.get("pwdaccountlockedtime", ()):
        return True
    return any(
        value.strip().lower() == b"true"
        for name in SWITCHES
        for value in attributes.get(name, ())
    )


def details(
    attributes: Attributes,
    mapping: Mapping[str, str],
    held: Mapping[str, str | None],
) -> dict[str, str]:
    """Returns one text for each member that has any; impossible values are left out.

    Of several the one that is held stays, else it is the first in the order of the
    alphabet: the same each time, however the directory orders them.
    """
    found = {}
    for member, name in mapping.items():
        possible = _texts(
            attributes.get(name.lower(), ()), _CHECKS.get(member, is_line)
        )
        before = held.get(member)
        if before in possible:
            found[member] = before
        elif possible:
            found[member] = min(possible, key=lambda text: (text.casefold(), text))
    return found


def is_believable(gone: int, known: int) -> bool:
    """Tells whether it is plausible that so many known people left all at once.

    A directory that lost its data, or lets its reader see a part only, looks the same.
    """
    return gone <= ENOUGH_TO_DOUBT or 2 * gone <= known


def _texts(raw: Sequence[bytes], check: Callable[[str], bool]) -> list[str]:
    texts = []
    for value in raw:
        try:
            text = value.decode().strip()
        except UnicodeDecodeError:
            continue
        if check(text):
            texts.append(text)
    return texts


def _is_username(text: str) -> bool:
    return display_username(text) is not None and canonical_username(text) is not None


_CHECKS: dict[str, Callable[[str], bool]] = {
    "username": _is_username,
    "email": lambda text: canonical_email(text) is not None,
}
