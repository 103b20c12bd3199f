"""SEC-130, SEC-131: no answer and no amount of work tells one account from another."""

import pytest

from idp.actions import factors
from idp.actions import users
from idp.store import audit
from tests.actions.scene import Scene

CASES = {
    "right name": "mia",
    "other spelling": "MIA ",
    "unknown": "nobody",
    "disabled": "off",
    "deleted": "gone",
    "address of two people": "shared@example.org",
    "no name at all": "\0",
    "empty": "",
    "endless": "x" * 5000,
    "surrogate": "\ud800",
}
TYPED = {
    "wrong": "wrong-wrong-wrong",
    "empty": "",
    "long": "x" * 1024,
    "too long": "x" * 100_000,
    "surrogate": "\ud800",
    "NUL": "a\0b",
}


@pytest.fixture
def people(scene: Scene) -> Scene:
    admin = scene.administration()
    for name in ("mia", "off", "gone"):
        scene.person(name)
    for name in ("one", "two"):
        scene.person(name, email="shared@example.org")
    users.set_active(admin, "off", active=False)
    users.delete_user(admin, "gone")
    return scene


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("typed", TYPED)
def test_each_failure_costs_one_hash_of_one_cost(
    people: Scene, hashes: list[bytes], case: str, typed: str
) -> None:
    begun = people.at_login()
    with people.counting() as counted:
        done = people.enter(begun, TYPED[typed], username=CASES[case])
    assert (done.error, done.session_token) == ("wrong-credentials", None)
    assert hashes == [b"$2b$04$"]
    assert counted.commits == 1


def test_the_right_password_of_a_disabled_account_is_wrong(
    people: Scene, hashes: list[bytes]
) -> None:
    """Same words, same hash"""
    assert people.enter(people.at_login(), username="off").error == "wrong-credentials"
    assert hashes == [b"$2b$04$"]


def test_failures_run_the_same_statements(people: Scene) -> None:
    """A statement more or less is time that can be measured"""
    seen = {}
    for case in ("right name", "disabled", "unknown"):
        begun = people.at_login()
        with people.counting() as counted:
            people.enter(begun, "wrong", username=CASES[case])
        seen[case] = len(counted.statements)
    assert max(seen.values()) - min(seen.values()) <= 1, seen


def test_a_refused_try_is_not_hashed_for_anybody(
    people: Scene, hashes: list[bytes]
) -> None:
    """The wait is told to known and unknown names alike, without work"""
    for name in ("mia", "nobody"):
        for _ in range(5):
            people.enter(people.at_login(), "wrong", username=name)
        hashes.clear()
        done = people.enter(people.at_login(), "wrong", username=name)
        assert done.error == "too-many-attempts"
        assert hashes == []


def test_a_wrong_backup_code_costs_one_digest(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-047: however many codes there are"""
    scene.enrolled()
    digested = []
    computing = factors.backup_codes.digest

    def noting(code: str, salt: bytes) -> bytes:
        digested.append(salt)
        return computing(code, salt)

    monkeypatch.setattr(factors.backup_codes, "digest", noting)
    scene.type_backup(scene.at_code(), "0000-0000-0000-0000")
    assert len(digested) == 1


def test_nothing_of_an_account_is_shown_before_its_password(people: Scene) -> None:
    """SEC-132: enrolled or not, the answers of failures are equal"""
    people.enrolled("ada")
    answers = {
        name: people.enter(people.at_login(), "wrong", username=name)
        for name in ("ada", "mia", "nobody")
    }
    seen = {(a.step, a.error, a.retry_after, a.return_to) for a in answers.values()}
    assert len(seen) == 1


def test_an_unknown_name_is_not_written_down(people: Scene) -> None:
    """REL-076: people type passwords there"""
    people.enter(people.at_login(), "wrong", username="s3cret")
    records = people.one(
        "SELECT count(*) FROM audit_records WHERE subject_name = :n", n="s3cret"
    )
    assert records == 0
    assert people.events("password.refused") == [
        ("password.refused", "refused", "wrong")
    ]


@pytest.mark.parametrize(
    ("typed", "account"),
    [
        ("mia", "mia"),
        (" MIA", "mia"),
        ("mia@example.org", "mia"),
        ("off", "off"),
        ("gone", None),
        ("nobody", None),
        ("shared@example.org", None),
    ],
)
def test_a_refused_password_is_recorded_with_the_account_it_was_for(
    people: Scene, typed: str, account: str | None
) -> None:
    """REL-083: an administrator finds it by the person; the answer tells nobody"""
    users.change_user(people.administration(), "mia", {"email": "mia@example.org"})
    for _ in range(6):
        people.enter(people.at_login(), "wrong", username=typed)
    with people.database.reading() as db:
        found = [row for _, row in audit.list_records(db, event="password.refused")]
    whom = (people.user(account).id, account) if account else (None, None)
    assert [(row.subject_id, row.subject_name) for row in found] == [whom] * 6
    assert {row.reason for row in found} == {"wrong", "throttled"}
