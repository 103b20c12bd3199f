"""REL-020, SEC-031, 045, 190, 199: fifty at once, and exactly one gets it.

Each try is a block of its own on a connection of its own; whoever does not get the
thing is told so by the row count, and by nothing else.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.engine import Connection

from idp.errors import Unavailable
from idp.store import attempts
from idp.store import authenticators
from idp.store import backup_codes
from idp.store import codes
from idp.store import consents
from idp.store import grants
from idp.store import logins
from idp.store import notices
from idp.store import refresh_tokens
from idp.store import registration_tokens
from idp.store import sessions
from idp.store import users
from idp.store.base import new_id
from idp.store.transactions import Database
from tests.store import samples
from tests.store.samples import NOW
from tests.support.barrier import at_once

TRIES = 50
pytestmark = pytest.mark.races

Claim = Callable[[Connection], object]


def race(database: Database, claim: Claim, *, tries: int = TRIES) -> list[object]:
    """Runs the claim in parallel blocks; gives what each of them said.

    The pool is smaller than the crowd, so a try may have to ask twice for a place.
    """

    def one_try() -> object:
        while True:
            try:
                with database.writing() as db:
                    return claim(db)
            except Unavailable as refused:
                if refused.detail != "TimeoutError":
                    raise

    return at_once([one_try] * tries)


def won(answers: list[object]) -> list[object]:
    return [answer for answer in answers if answer]


def prepare(database: Database) -> None:
    with database.writing() as db:
        samples.family(db)
        samples.refresh(db)
        samples.authenticator(db, step=100)
        backup_codes.replace_codes(db, "u1", [b"one", b"two"], salt=b"salt", now=NOW)
        samples.login(db, user_id="u1", state="authenticated", codes_due=True)


CLAIMS: dict[str, Claim] = {
    "TOTP step": lambda db: authenticators.claim_totp_step(db, "t1", 101, now=NOW),
    "authorization code": lambda db: codes.claim_code(db, "c1", now=NOW),
    "refresh token": lambda db: refresh_tokens.claim_refresh(db, "r1", now=NOW),
    "login": lambda db: logins.finish_login(db, "l1"),
    "session token": lambda db: sessions.raise_session(
        db,
        "s1",
        old_token_hash="hash of s1",
        token_hash=new_id(),
        proofs=samples.PROOFS,
        now=NOW,
    ),
}


@pytest.mark.parametrize("thing", CLAIMS)
def test_what_works_once_is_given_to_one_of_fifty(
    database: Database, thing: str
) -> None:
    prepare(database)
    assert len(won(race(database, CLAIMS[thing]))) == 1
    with database.writing() as db:
        assert not CLAIMS[thing](db)


def test_a_backup_code_is_given_to_one_and_its_neighbour_stays(
    database: Database,
) -> None:
    """SEC-045, SEC-046"""
    prepare(database)
    with database.reading() as db:
        first, second = backup_codes.unused_codes(db, "u1")

    def claim(db: Connection) -> bool:
        return backup_codes.claim_backup_code(db, first.id, user_id="u1", now=NOW)

    assert len(won(race(database, claim))) == 1
    with database.reading() as db:
        assert backup_codes.unused_codes(db, "u1") == (second,)


def test_two_backup_codes_used_at_once_are_both_spent(database: Database) -> None:
    """SEC-046: rows of their own, so that nothing is lost"""
    prepare(database)
    with database.reading() as db:
        ids = [code.id for code in backup_codes.unused_codes(db, "u1")]

    def claiming(code_id: str) -> Callable[[], bool]:
        def claim() -> bool:
            with database.writing() as db:
                return backup_codes.claim_backup_code(
                    db, code_id, user_id="u1", now=NOW
                )

        return claim

    assert at_once([claiming(one) for one in ids * 4]).count(True) == 2
    with database.reading() as db:
        assert backup_codes.count_unused(db, "u1") == 0


def test_the_steps_of_a_phone_are_taken_in_order_and_once(database: Database) -> None:
    """SEC-030: of all who try the same few steps no two get one, and none an older"""
    prepare(database)
    given: list[int] = []

    def claim(step: int) -> Callable[[], None]:
        def run() -> None:
            with database.writing() as db:
                if authenticators.claim_totp_step(db, "t1", step, now=NOW):
                    given.append(step)

        return run

    at_once([claim(step) for step in (101, 102, 103) * 6])
    assert len(set(given)) == len(given) >= 1
    assert 103 in given


def test_new_codes_of_a_login_are_shown_to_one_visit(database: Database) -> None:
    """SEC-049"""
    prepare(database)
    with database.writing() as db:
        logins.change_login(db, "l1", pending_codes_sealed=b"sealed")
    answers = race(database, lambda db: logins.claim_codes(db, "l1"))
    assert won(answers) == [b"sealed"]


def test_an_initial_password_is_spent_once(database: Database) -> None:
    """SEC-026"""
    with database.writing() as db:
        samples.user(db, password_initial=True, password_expires_at=samples.LATER)
    answers = race(database, lambda db: users.claim_initial_password(db, "u1", now=NOW))
    assert len(won(answers)) == 1


def test_a_mail_is_taken_by_one_of_all_workers(database: Database) -> None:
    with database.writing() as db:
        samples.user(db, email="u1@example.org")
        notices.add_notice(
            db, "u1", "mfa.locked", now=NOW, source="", by_other=False, mailed=True
        )
        (mail,) = notices.list_due(db, now=NOW, limit=9)
    again = NOW + timedelta(minutes=1)
    answers = race(
        database, lambda db: notices.claim_mail(db, mail, now=NOW, again_at=again)
    )
    assert len(won(answers)) == 1


def test_of_many_set_ups_one_authenticator_becomes_active(database: Database) -> None:
    """SEC-064: the caller holds the budget of the person's second factor"""
    with database.writing() as db:
        samples.user(db)
        for number in range(TRIES):
            authenticators.put_pending(
                db,
                "u1",
                credential_id=f"t{number}",
                pending_for=f"l{number}",
                secret_sealed=b"sealed",
                now=NOW,
            )
    numbers = iter(range(TRIES))

    def activate(db: Connection) -> bool:
        attempts.lock(db, "factor:u1", now=NOW)
        return authenticators.activate(
            db, f"t{next(numbers)}", step=1, now=NOW, sealed=b"x"
        )

    assert len(won(race(database, activate))) == 1


def test_no_second_authenticator_is_active_even_without_the_lock(
    database: Database,
) -> None:
    """SEC-064: the index guards where a caller forgot"""
    with database.writing() as db:
        samples.user(db)
        samples.authenticator(db)
        authenticators.put_pending(
            db, "u1", credential_id="t2", pending_for="l2", secret_sealed=b"", now=NOW
        )
        assert not authenticators.activate(db, "t2", step=1, now=NOW, sealed=b"x")


def test_of_fifty_failures_none_is_lost(database: Database) -> None:
    """SEC-116, REL-021"""

    def fail(db: Connection) -> int:
        counted = attempts.lock(db, "factor:u1", now=NOW)
        failed = attempts.Attempts(
            counted.key, counted.failures + 1, counted.total + 1, NOW
        )
        attempts.save(db, failed)
        return failed.total

    assert sorted(map(str, race(database, fail)), key=int) == [
        str(number) for number in range(1, TRIES + 1)
    ]


def test_a_wrong_verifier_is_counted_each_time(database: Database) -> None:
    """SEC-194"""
    prepare(database)
    race(database, lambda db: codes.count_wrong_verifier(db, "c1"))
    with database.reading() as db:
        found = grants.find_by_code(db, "c1")
    assert found is not None
    assert found[0].wrong_verifiers == TRIES


def test_a_client_takes_part_once_however_many_codes_it_gets(
    database: Database,
) -> None:
    prepare(database)
    race(database, lambda db: sessions.add_participant(db, "s1", "wiki", now=NOW))
    with database.reading() as db:
        assert sessions.participants(db, "s1") == ("wiki",)


def test_applications_that_came_at_one_moment_have_an_order(
    database: Database,
) -> None:
    prepare(database)
    with database.writing() as db:
        for client_id in ("zeta", "alpha", "mid"):
            samples.client(db, client_id)
            sessions.add_participant(db, "s1", client_id, now=NOW)
        assert sessions.participants(db, "s1") == ("alpha", "mid", "zeta")


def test_a_budget_survives_a_purge_between_its_lock_and_its_count(
    database: Database,
) -> None:
    """The row that a block has locked is never gone under its feet"""
    old = NOW - timedelta(days=9)

    def use(db: Connection) -> bool:
        attempts.lock(db, "signing-keys", now=old)
        return True

    def purge(db: Connection) -> bool:
        attempts.purge_attempts(db, before=NOW, limit=9, keep="factor:")
        return True

    turns = iter([use, purge] * TRIES)
    assert len(won(race(database, lambda db: next(turns)(db)))) == TRIES


def test_consent_given_twice_at_once_is_kept(database: Database) -> None:
    """A double click on *Allow* is no collision"""
    prepare(database)

    def allow(db: Connection) -> bool:
        consents.put_consent(db, "u1", "wiki", ("openid",), now=NOW)
        return True

    assert len(won(race(database, allow, tries=16))) == 16
    with database.reading() as db:
        assert consents.find_consent(db, "u1", "wiki") == ("openid",)


@pytest.mark.parametrize("uses", [1, 3])
def test_a_registration_token_is_used_as_often_as_it_says(
    database: Database, uses: int
) -> None:
    """RFC 7591 section 3, SEC-247"""
    with database.writing() as db:
        samples.registration_token(db, uses=uses)
    answers = race(
        database, lambda db: registration_tokens.claim_use(db, "r1", now=NOW)
    )
    assert won(answers) == [True] * uses
