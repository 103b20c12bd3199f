"""``idp after-restore``: what a backup brought back is revoked (REL-057)."""

from tests.cli.terminal import Terminal

FACTS = {
    "sessions": 0,
    "grants": 0,
    "logins": 0,
    "authenticators": 0,
    "initial_passwords": 1,
    "registration_tokens": 0,
    "people_without_codes": 0,
}


def test_it_says_what_was_revoked(idp_on_each: Terminal) -> None:
    idp_on_each("user", "create", "mia")
    assert idp_on_each("after-restore", "--json").json == FACTS
    said = idp_on_each("after-restore", "--keep-backup-codes")
    assert "initial passwords: 1" in said.out.splitlines()


def test_it_takes_no_argument(idp: Terminal) -> None:
    assert idp("after-restore", "everything").wrong_usage
