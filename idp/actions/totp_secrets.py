"""TOTP secrets at rest: sealed, and each opens only in its own row (SEC-038)."""

from idp.actions.work import Work
from idp.errors import Unsealable

TOTP_PURPOSE = "totp-secret"


def unseal(work: Work, credential_id: str, sealed: bytes | None) -> str:
    """Opens a TOTP secret; it opens in its own row only (SEC-038)."""
    if sealed is None:
        raise Unsealable("no secret in the row")
    opened = work.vault.unseal(sealed, purpose=TOTP_PURPOSE, row=credential_id)
    return opened.decode("ascii")


def seal(work: Work, credential_id: str, secret: str) -> bytes:
    """Seals a TOTP secret for its row."""
    return work.vault.seal(
        secret.encode("ascii"), purpose=TOTP_PURPOSE, row=credential_id
    )
