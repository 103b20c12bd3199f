"""What a claim insists on besides being the first: order, date, owner, state."""

from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.engine import Connection

from idp.store import authenticators
from idp.store import backup_codes
from idp.store import codes
from idp.store import grants
from idp.store import logins
from idp.store import mfa
from idp.store import pushed_requests
from idp.store import refresh_tokens
from idp.store import registration_tokens
from idp.store import sessions
from idp.store import users
from idp.store.base import new_id
from idp.store.transactions import Database
from tests.store import samples
from tests.store.samples import NOW

SECOND = timedelta(seconds=1)


@pytest.fixture
def db(database: Database) -> Iterator[Connection]:
    """Gives a block with a person, a client, a session, a grant and a code in it."""
    with database.writing() as connection:
        samples.family(connection)
        yield connection


def test_a_step_is_never_taken_again_nor_an_older_one(db: Connection) -> None:
    """SEC-030, SEC-032: that of the set-up is spent too"""
    samples.authenticator(db, step=100)
    taken = [
        authenticators.claim_totp_step(db, "t1", step, now=NOW)
        for step in (100, 99, 102, 102, 101, 103)
    ]
    assert taken == [False, False, True, False, False, True]


@pytest.mark.parametrize("state", ["pending", "ended"])
def test_a_step_is_taken_of_an_active_authenticator_only(
    db: Connection, state: str
) -> None:
    """SEC-063, SEC-070"""
    if state == "pending":
        authenticators.put_pending(
            db, "u1", credential_id="t1", pending_for="l1", secret_sealed=b"", now=NOW
        )
    else:
        samples.authenticator(db)
        mfa.wipe(db, "u1", now=NOW, why="test", by="host")
    assert not authenticators.claim_totp_step(db, "t1", 999, now=NOW)
    assert authenticators.find_active(db, "u1") is None


def test_a_set_up_belongs_to_its_login_and_person(db: Connection) -> None:
    """SEC-062: and beginning again replaces it, never the active one"""
    samples.user(db, "u2")
    samples.authenticator(db)
    for credential_id in ("t2", "t3"):
        authenticators.put_pending(
            db,
            "u1",
            credential_id=credential_id,
            pending_for="l2",
            secret_sealed=b"sealed",
            now=NOW,
        )
    found = authenticators.find_pending(db, "u1", pending_for="l2")
    assert found is not None
    assert found.id == "t3"
    assert authenticators.find_pending(db, "u1", pending_for="l1") is None
    assert authenticators.find_pending(db, "u2", pending_for="l2") is None
    active = authenticators.find_active(db, "u1")
    assert active is not None
    assert active.id == "t1"


def test_wiping_leaves_history_without_a_secret(db: Connection) -> None:
    """SEC-070, SEC-072"""
    samples.authenticator(db)
    backup_codes.replace_codes(db, "u1", [b"one"], salt=b"salt", now=NOW)
    authenticators.put_pending(
        db, "u1", credential_id="t2", pending_for="l9", secret_sealed=b"x", now=NOW
    )
    mfa.wipe(db, "u1", now=NOW, why="lost", by="host")
    rows = db.exec_driver_sql(
        "SELECT state, secret_sealed, ended_why, ended_by FROM totp_credentials"
    ).all()
    assert [tuple(row) for row in rows] == [("ended", None, "lost", "host")] * 2
    assert backup_codes.count_unused(db, "u1") == 0
    assert not authenticators.activate(db, "t2", step=1, now=NOW, sealed=b"x")


def test_a_backup_code_is_that_of_its_owner(db: Connection) -> None:
    """SEC-008"""
    samples.user(db, "u2")
    backup_codes.replace_codes(db, "u1", [b"one"], salt=b"salt", now=NOW)
    (code,) = backup_codes.unused_codes(db, "u1")
    assert not backup_codes.claim_backup_code(db, code.id, user_id="u2", now=NOW)
    assert backup_codes.claim_backup_code(db, code.id, user_id="u1", now=NOW)


def test_a_new_set_of_codes_makes_the_old_one_void(db: Connection) -> None:
    """SEC-050"""
    backup_codes.replace_codes(db, "u1", [b"one", b"two"], salt=b"salt", now=NOW)
    old = backup_codes.unused_codes(db, "u1")
    backup_codes.replace_codes(db, "u1", [b"three"], salt=b"other", now=NOW)
    assert not any(
        backup_codes.claim_backup_code(db, code.id, user_id="u1", now=NOW)
        for code in old
    )
    assert backup_codes.count_unused(db, "u1") == 1


@pytest.mark.parametrize(
    ("changes", "later", "works"),
    [
        ({}, timedelta(seconds=60) - timedelta(microseconds=1), True),
        ({}, timedelta(seconds=60), False),
        ({"wrong_verifiers": 4}, SECOND, True),
        ({"wrong_verifiers": 5}, SECOND, False),
        ({"used_at": NOW}, SECOND, False),
    ],
)
def test_a_code_is_claimed_while_it_lives(
    db: Connection, changes: dict[str, object], later: timedelta, works: bool
) -> None:
    """SEC-190, SEC-194"""
    samples.code(db, "c2", **changes)
    assert codes.claim_code(db, "c2", now=NOW + later) is works


def test_a_clock_put_back_makes_no_used_code_new(db: Connection) -> None:
    """REL-030"""
    assert codes.claim_code(db, "c1", now=NOW)
    assert not codes.claim_code(db, "c1", now=NOW - timedelta(minutes=10))


def test_a_refresh_token_is_claimed_while_it_lives(db: Connection) -> None:
    samples.refresh(db, "r1", expires_at=NOW + SECOND)
    samples.refresh(db, "r2", expires_at=NOW + SECOND)
    assert not refresh_tokens.claim_refresh(db, "r1", now=NOW + SECOND)
    assert refresh_tokens.claim_refresh(db, "r2", now=NOW)


def test_a_session_token_that_was_replaced_raises_nothing(db: Connection) -> None:
    """SEC-140"""

    def raised(old: str, new: str) -> bool:
        return sessions.raise_session(
            db, "s1", old_token_hash=old, token_hash=new, proofs=(), now=NOW
        )

    assert raised("hash of s1", "second")
    assert not raised("hash of s1", "third")
    assert sessions.find_by_token(db, "hash of s1") is None
    sessions.end_sessions(db, ["s1"], now=NOW, why="test")
    assert not raised("second", "third")
    assert sessions.find_by_token(db, "second") is None


def test_an_ended_session_is_not_held_nor_ended_again(db: Connection) -> None:
    assert sessions.hold(db, "s1")
    ended = sessions.end_sessions(db, ["s1", "other"], now=NOW, why="first")
    assert list(ended) == ["s1"]
    assert not sessions.end_sessions(db, ["s1"], now=NOW + SECOND, why="second")
    assert not sessions.hold(db, "s1")
    found = sessions.find_by_sid(db, "s1")
    assert found is not None
    assert found.ended_at == NOW


@pytest.mark.parametrize("state", ["open", "finished", "refused", "dead"])
def test_only_an_authenticated_login_finishes(db: Connection, state: str) -> None:
    samples.login(db, state=state)
    assert not logins.finish_login(db, "l1")


def test_a_login_is_found_in_its_browser_only(db: Connection) -> None:
    """SEC-006"""
    samples.login(db)
    assert logins.find_login(db, "l1", browser_hash="browser") is not None
    assert logins.find_login(db, "l1", browser_hash="another") is None
    assert logins.lock_login(db, "l1", browser_hash="another") is None


def test_ending_logins_takes_their_codes_and_spares_one(db: Connection) -> None:
    """SEC-010, SEC-068"""
    for login_id in ("l1", "l2", "l3"):
        samples.login(db, login_id, user_id="u1", pending_codes_sealed=b"sealed")
    samples.login(db, "l4", user_id="u1", state="finished")
    assert logins.end_logins_of_user(db, "u1", except_id="l3") == 2
    states = {
        one: logins.find_login(db, one, browser_hash="browser")
        for one in ("l1", "l2", "l3", "l4")
    }
    assert {one: login.state for one, login in states.items() if login} == {
        "l1": "dead",
        "l2": "dead",
        "l3": "open",
        "l4": "finished",
    }
    assert logins.claim_codes(db, "l1") is None
    assert logins.claim_codes(db, "l3") == b"sealed"


@pytest.mark.parametrize("later", [timedelta(0), SECOND])
def test_an_initial_password_dies_with_its_date(
    db: Connection, later: timedelta
) -> None:
    """SEC-026"""
    samples.user(db, "u2", password_initial=True, password_expires_at=NOW)
    assert not users.claim_initial_password(db, "u2", now=NOW + later)
    assert users.claim_initial_password(db, "u2", now=NOW - SECOND)
    assert not users.claim_initial_password(db, "u2", now=NOW - SECOND)


def test_a_lasting_password_is_not_spent(db: Connection) -> None:
    samples.user(db, "u2", password_expires_at=NOW + SECOND)
    assert not users.claim_initial_password(db, "u2", now=NOW)


def test_a_name_is_taken_once_and_freed_by_deletion(db: Connection) -> None:
    """SEC-217: the id is not"""
    assert users.delete_user(db, "u1", now=NOW)
    samples.user(db, "u2", canonical="u1")
    found = users.find_by_canonical(db, "u1")
    assert found is not None
    assert found.id == "u2"
    gone = users.find_user(db, "u1")
    assert gone is not None
    assert gone.deleted
    assert (gone.email, gone.name, gone.password_hash, gone.profile) == (None,) * 3 + (
        {},
    )


def test_an_address_of_two_people_signs_nobody_in(db: Connection) -> None:
    samples.user(db, "u2", email_canonical="shared@example.org")
    found = users.find_by_sign_in_name(db, "shared@example.org")
    assert found is not None
    samples.user(db, "u3", email_canonical="shared@example.org")
    assert users.find_by_sign_in_name(db, "shared@example.org") is None
    users.delete_user(db, "u3", now=NOW)
    assert users.find_by_sign_in_name(db, "shared@example.org") is not None


def test_a_stale_version_changes_nothing(db: Connection) -> None:
    """REL-023"""
    assert users.change_user(db, "u1", version=1, name="first")
    assert not users.change_user(db, "u1", version=1, name="second")
    found = users.find_user(db, "u1")
    assert found is not None
    assert (found.name, found.version) == ("first", 2)


@pytest.mark.parametrize(
    ("offline", "redeemed", "kept"),
    [(False, True, False), (True, True, True), (True, False, False)],
)
def test_what_a_session_takes_with_it(
    db: Connection, offline: bool, redeemed: bool, kept: bool
) -> None:
    """SEC-145: an offline grant stays, a code that was not redeemed does not"""
    samples.grant(db, "g2", offline=offline)
    samples.code(db, "c2", "g2", used_at=NOW if redeemed else None)
    grants.revoke_grants(db, now=NOW, sids=["s1"], keep_offline=True)
    found = grants.lock_grant(db, "g2")
    assert found is not None
    assert (found.revoked_at is None) is kept


def test_revoking_needs_a_condition_and_obeys_all_of_them(db: Connection) -> None:
    samples.client(db, "other")
    samples.grant(db, "g2", client_id="other")
    with pytest.raises(ValueError, match="condition"):
        grants.revoke_grants(db, now=NOW)
    assert grants.revoke_grants(db, now=NOW, sids=[]) == 0
    assert grants.revoke_grants(db, now=NOW, user_id="u1", client_id="wiki") == 1
    assert grants.revoke_grants(db, now=NOW, user_id="u1") == 1


def test_purges_take_what_is_over_and_what_hangs_on_it(db: Connection) -> None:
    """REL-066: at most as many rows as asked, oldest facts only"""
    samples.refresh(db)
    sessions.add_participant(db, "s1", "wiki", now=NOW)
    samples.login(db)
    authenticators.put_pending(
        db, "u1", credential_id=new_id(), pending_for="l1", secret_sealed=b"", now=NOW
    )
    samples.authenticator(db, "t9")

    def purge(before: datetime) -> list[int]:
        return [
            logins.purge_logins(db, before=before, untouched_before=before, limit=9),
            grants.purge_grants(db, before=before, limit=9),
            sessions.purge_sessions(db, before=before, limit=9),
            authenticators.purge_pending(db, before=before, limit=9),
        ]

    assert purge(NOW) == [0, 0, 0, 0]
    assert purge(NOW + timedelta(days=2))[:3] == [1, 1, 1]
    assert grants.find_by_code(db, "c1") is None
    assert grants.find_by_refresh(db, "r1") is None
    assert sessions.participants(db, "s1") == ()
    assert authenticators.find_active(db, "u1") is not None
    assert not authenticators.is_pending(db, "u1")


def test_a_registration_token_is_used_so_often_and_in_time(db: Connection) -> None:
    """RFC 7591 section 3, SEC-247"""
    samples.registration_token(db, "two", uses=2)
    samples.registration_token(db, "revoked")
    registration_tokens.revoke_token(db, "revoked", now=NOW)
    claim = registration_tokens.claim_use
    late = samples.LATER
    assert not claim(db, "two", now=late)
    assert [claim(db, "two", now=late - SECOND) for _ in range(3)] == [
        True,
        True,
        False,
    ]
    assert not claim(db, "revoked", now=NOW)
    assert registration_tokens.find_usable(db, "hash of two", now=NOW) is None


def test_a_pushed_request_is_answered_once_however_late(db: Connection) -> None:
    """RFC 9126 section 7.3: also where two answers had found it unanswered"""
    values = {"client_id": "wiki", "request": {}, "expires_at": samples.LATER}
    for name in ("one", "other"):
        row = {"reference_hash": name, **values}
        db.execute(insert(pushed_requests.PushedRequestTable).values(row))
    at = (NOW, NOW, samples.LATER + SECOND)
    taken = [pushed_requests.claim_request(db, "one", now=now) for now in at]
    assert taken == [True, False, False]
    assert pushed_requests.claim_request(db, "other", now=samples.LATER + SECOND)
    assert not pushed_requests.claim_request(db, "none", now=NOW)
