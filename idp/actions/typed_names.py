"""The user name that was typed, kept for the next page of the same login.

Sealed, because people type passwords into that field by mistake (REL-076), and dropped
with the next message of the login. It is kept whether or not such a person exists, so
that the page does not reveal it (SEC-119).
"""

from collections.abc import Mapping
from typing import Any

from idp.actions.work import Work
from idp.errors import Unsealable

PURPOSE = "typed-name"
MEMBER = "typed"
SOMEBODY_ELSE = {"switched": True}
"""What a login notes where it is told that whoever is signed in is not meant."""
LONGEST = 128


def kept(work: Work, login_id: str, name: str) -> dict[str, object]:
    """Returns what a login notes of a name; nothing of what is too long for one."""
    if not name or len(name) > LONGEST:
        return {}
    plain = name.encode(errors="replace")
    return {MEMBER: work.vault.seal(plain, purpose=PURPOSE, row=login_id).hex()}


def read(work: Work, login_id: str, message: Mapping[str, Any]) -> str:
    """Returns the name that was noted; empty where none was or its key is gone."""
    try:
        sealed = bytes.fromhex(message.get(MEMBER, ""))
        return work.vault.unseal(sealed, purpose=PURPOSE, row=login_id).decode()
    except (Unsealable, ValueError):
        return ""
