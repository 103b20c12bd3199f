"""Where the next page of a list begins, as text that only this provider can make.

A cursor holds a position and is bound to its list and filter, so that it cannot be used
with another (SEC-260). It is neither a secret nor a session.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping

from idp.actions.work import Work
from idp.errors import BadRequest

PURPOSE = "cursor"
LONGEST = 2000
_MAC_BYTES = 16


def made(work: Work, position: str, *, of: str, asked: Mapping[str, object]) -> str:
    """Returns the cursor of a position in the list ``of`` that ``asked`` filters."""
    mac = work.vault.mac(_bound(position, of, asked), purpose=PURPOSE)
    data = mac[:_MAC_BYTES] + position.encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def position(work: Work, cursor: str, *, of: str, asked: Mapping[str, object]) -> str:
    """Returns the position that a cursor holds; raises BadRequest for any other text.

    One made under an older master key still works (REL-042).
    """
    try:
        if len(cursor) > LONGEST:
            raise ValueError("too long")
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        data = base64.b64decode(padded, altchars=b"-_", validate=True)
        found = data[_MAC_BYTES:].decode()
    except (ValueError, binascii.Error):
        raise _stranger() from None
    macs = work.vault.macs(_bound(found, of, asked), purpose=PURPOSE)
    given = data[:_MAC_BYTES]
    if not any(hmac.compare_digest(mac[:_MAC_BYTES], given) for mac in macs):
        raise _stranger()
    return found


def _stranger() -> BadRequest:
    return BadRequest("cursor", sentence="This list has no such place to go on from.")


def _bound(position: str, of: str, asked: Mapping[str, object]) -> bytes:
    """Joins what a cursor stands for, unambiguously, whatever the texts hold."""
    parts = [of, position, *(f"{name}={asked[name]!r}" for name in sorted(asked))]
    return b"".join(
        len(part).to_bytes(4, "big") + part
        for part in (text.encode("utf-8", "surrogatepass") for text in parts)
    )
