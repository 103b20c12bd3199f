"""Which hashes are computed: the work that must be the same for everybody."""

import bcrypt
import pytest


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Notes the cost of each bcrypt that is computed, in order."""
    costs: list[bytes] = []
    computing = bcrypt.hashpw

    def noting(password: bytes, salt: bytes) -> bytes:
        costs.append(salt[:7])
        return computing(password, salt)

    monkeypatch.setattr(bcrypt, "hashpw", noting)
    return costs
