"""The one place where factors are checked: password, authenticator code, backup code.

Each check has two halves. ``weigh_…`` reads and hashes outside any transaction and
changes nothing; ``judge_…`` runs inside the caller's block, under the lock of the
counter, decides, claims and counts. Login, step-up, enrolment and every later use come
here (SEC-032, 051).
"""

from contextlib import suppress

from sqlalchemy.engine import Connection

from idp.actions import directory
from idp.actions import directory_people
from idp.actions import throttle
from idp.actions import totp_secrets
from idp.actions.facts import Person
from idp.actions.facts import factor_key
from idp.actions.facts import factor_state
from idp.actions.facts import lock_person
from idp.actions.guesses import HeldPassword
from idp.actions.guesses import WeighedBackupCode
from idp.actions.guesses import WeighedPassword
from idp.actions.verdicts import Fault
from idp.actions.verdicts import Verdict
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import Crowded
from idp.errors import Unsealable
from idp.rules import backup_codes
from idp.rules import hints
from idp.rules import passwords
from idp.rules import totp
from idp.rules.names import canonical_username
from idp.store import attempts
from idp.store import authenticators
from idp.store import backup_codes as backup_code_rows
from idp.store import password_attempts
from idp.store import users
from idp.store.users import UserRow

PEPPER_PURPOSE = "password-pepper"


def weigh_password(work: Work, username: str, password: str) -> WeighedPassword:
    """Looks the account up and compares; the same work for every kind of failure.

    Unknown, disabled, deleted and passwordless accounts are compared with a decoy, so
    that neither time nor answer tells them apart (SEC-130, SEC-131).
    """
    name = canonical_username(username)
    with work.reading() as db:
        user = users.find_by_sign_in_name(db, name) if name else None
        keys = throttle.password_keys(work, user.id if user else name or "")
        own, every = password_attempts.find_two(db, keys)
    if throttle.password_wait(work, own, every):
        return WeighedPassword(False, None, keys, _subject(user))
    if (asked := directory.asked_about(work, user, name)) is None:
        return _compare(work, user, password, keys)
    decoy = passwords.decoy(work.settings.password_hash_cost)
    peppers = work.vault.macs(b"pepper", purpose=PEPPER_PURPOSE)
    # From a place only, so that a silent directory fills no queue of local people's.
    with directory.place(asked):
        # Meanwhile, so that people of the directory take no longer than others.
        hashed = work.hashing.start(passwords.verify, password, decoy, peppers=peppers)
        answer = directory.ask(asked, work, username, password, user, keys)
    if not answer.waits:
        hashed.result()
    right, about = answer.member is not None, answer.about or _subject(user)
    return WeighedPassword(right, answer.user, answer.keys, about, answer.member)


def _compare(
    work: Work, user: UserRow | None, password: str, keys: tuple[str, str]
) -> WeighedPassword:
    """Compares with the hash that is kept here, with a decoy where there is none."""
    usable = user is not None and user.active and not user.deleted
    stored = user.password_hash if usable and user else None
    cost = work.settings.password_hash_cost
    peppers = work.vault.macs(b"pepper", purpose=PEPPER_PURPOSE)
    right = work.hashing.run(
        passwords.verify, password, stored or passwords.decoy(cost), peppers=peppers
    )
    right = right and stored is not None
    new_hash = None
    if (
        right
        and stored
        and passwords.needs_rehash(stored, cost=cost, pepper=peppers[0])
    ):
        # The old hash still counts: a right password is not refused for want of room.
        with suppress(Crowded):
            new_hash = work.hashing.run(
                passwords.hash_password, password, cost=cost, pepper=peppers[0]
            )
    tried = user if right else None
    return WeighedPassword(right, tried, keys, _subject(user), new_hash=new_hash)


def hold_password(db: Connection, work: Work, weighed: WeighedPassword) -> HeldPassword:
    """Locks the counters and the account, in the order that every writer keeps."""
    own, every = password_attempts.lock_two(db, weighed.keys, now=work.now)
    user, person = weighed.user, None
    if user is not None and weighed.member is not None:
        users.hold_user(db, user.id)
    elif user is not None:
        person = lock_person(db, work, user.id)
    return HeldPassword(weighed, own, every, person)


def hold_second_factor(db: Connection, work: Work, user_id: str) -> attempts.Attempts:
    """Locks the second-factor budget of an account, before any other row of theirs."""
    return attempts.lock(db, factor_key(user_id), now=work.now)


def judge_password(db: Connection, work: Work, held: HeldPassword) -> Verdict:
    """Decides on a weighed password under the locks of its counters (SEC-116, 117)."""
    weighed, own, every = held.weighed, held.own, held.every
    wait = throttle.password_wait(work, own, every)
    if wait:
        _audit_password(db, work, weighed, reason="throttled")
        return Verdict(Fault.TOO_MANY, retry_after=wait)
    user = _still_right(db, work, held)
    if user is None:
        throttle.count_failure(db, work, own)
        throttle.count_failure(db, work, every)
        _audit_password(db, work, weighed, reason="wrong")
        return Verdict(Fault.WRONG_CREDENTIALS)
    password_attempts.forget(db, own)
    password_attempts.forget(db, every)
    if weighed.new_hash and user.password_hash:
        users.upgrade_hash(db, user.id, old=user.password_hash, new=weighed.new_hash)
    return Verdict(None, user)


def _still_right(db: Connection, work: Work, held: HeldPassword) -> UserRow | None:
    """Looks at the account under its lock; what changed meanwhile does not count.

    An initial password is spent by its first use and dies with its date (SEC-026).
    """
    weighed, user = held.weighed, held.person.user if held.person else None
    if weighed.member is not None:
        return directory_people.admit(db, work, weighed.member)
    if not weighed.right or weighed.user is None:
        return None
    if user is None or not user.active or user.deleted:
        return None
    if user.password_hash != weighed.user.password_hash:
        return None
    if user.password_initial and not users.claim_initial_password(
        db, user.id, now=work.now
    ):
        return None
    return user


def judge_totp(
    db: Connection, work: Work, person: Person, counted: attempts.Attempts, code: str
) -> Verdict:
    """Decides on an authenticator code: match, claim of the step, count.

    ``counted`` is what ``hold_second_factor`` gave, ``person`` was read after it. What
    is not six digits is no guess and is not counted (``interface.md`` section 2).
    """
    user, credential = person.user, person.totp
    digits = totp.clean(code)
    if digits is None:
        hint = hints.of_code(code)
        return Verdict(Fault.WRONG_CODE, user, counted=False, hint=hint)
    if factor_state(work, counted).locked:
        return _wrong(db, work, user, counted, Fault.LOCKED)
    if credential is None:
        return _wrong(db, work, user, counted, Fault.WRONG_CODE)
    try:
        secret = totp_secrets.unseal(work, credential.id, credential.secret_sealed)
    except Unsealable:
        return _wrong(db, work, user, counted, Fault.WRONG_CODE)
    step = totp.matching_step(secret, digits, work.now)
    if step is None:
        return _no_match(db, work, user, counted, secret, digits)
    if not authenticators.claim_totp_step(db, credential.id, step, now=work.now):
        ahead = totp.used_until(credential.last_step, work.now)
        fault = Fault.USED_AHEAD if ahead else Fault.USED_CODE
        return _wrong(db, work, user, counted, fault)
    attempts.forget(db, counted)
    return Verdict(None, user)


def judge_change_code(
    db: Connection, work: Work, person: Person, counted: attempts.Attempts, code: str
) -> Verdict:
    """Decides on the code that a change of one's own MFA asks for in that very request.

    Only an authenticator code will do; a backup code is told so, counts as a failure
    and stays unspent (SEC-052, SEC-065).
    """
    if totp.clean(code) is not None or backup_codes.normalise(code) is None:
        return judge_totp(db, work, person, counted, code)
    return _wrong(db, work, person.user, counted, Fault.NOT_ACCEPTED)


def weigh_backup_code(work: Work, user_id: str, code: str) -> WeighedBackupCode:
    """Hashes a backup code with the salt of the person's set; one hash a guess."""
    written = backup_codes.normalise(code)
    if written is None:
        return WeighedBackupCode(None)
    with work.reading() as db:
        unused = backup_code_rows.unused_codes(db, user_id)
    cost = work.settings.password_hash_cost
    salt = unused[0].salt if unused else backup_codes.new_salt(cost)
    digest = work.hashing.run(backup_codes.digest, written, salt)
    return WeighedBackupCode(digest)


def judge_backup_code(
    db: Connection,
    work: Work,
    person: Person,
    counted: attempts.Attempts,
    weighed: WeighedBackupCode,
) -> Verdict:
    """Decides on a backup code in the same budget; claims it by row count (SEC-045)."""
    user = person.user
    if factor_state(work, counted).locked:
        return _wrong(db, work, user, counted, Fault.LOCKED)
    unused = backup_code_rows.unused_codes(db, user.id)
    found = None
    if weighed.digest is not None and person.totp is not None:
        digests = [(code.id, code.digest) for code in unused]
        found = backup_codes.matching(weighed.digest, digests)
    if found is None or not backup_code_rows.claim_backup_code(
        db, found, user_id=user.id, now=work.now
    ):
        return _wrong(db, work, user, counted, Fault.WRONG_BACKUP_CODE)
    attempts.forget(db, counted)
    subject = _subject(user)
    left = {"backup_codes_remaining": len(unused) - 1}
    work.audit(db, "mfa.backup_code_used", subject=subject, changes=left)
    return Verdict(None, user)


def _no_match(
    db: Connection,
    work: Work,
    user: UserRow,
    counted: attempts.Attempts,
    secret: str,
    digits: str,
) -> Verdict:
    """Tells a phone whose clock is off from a wrong code; accepts neither."""
    drift = totp.drift(secret, digits, work.now)
    fault = Fault.WRONG_CODE if drift is None else Fault.CLOCK
    verdict = _wrong(db, work, user, counted, fault)
    return Verdict(verdict.fault, user, verdict.retry_after, drift)


def _wrong(
    db: Connection,
    work: Work,
    user: UserRow,
    counted: attempts.Attempts,
    fault: Fault,
) -> Verdict:
    """Counts a failure of the second factor; says so when that locks it (SEC-118)."""
    before = factor_state(work, counted)
    after = factor_state(work, throttle.count_factor_failure(db, work, counted))
    subject = _subject(user)
    reason = "replay" if fault is Fault.USED_CODE else fault.value
    work.audit(db, "mfa.refused", outcome="refused", reason=reason, subject=subject)
    if after.locked and not before.locked:
        work.audit(db, "mfa.locked", subject=subject)
    if before.locked or after.locked:
        return Verdict(
            Fault.LOCKED, user, retry_after=throttle.seconds_until(work, after.until)
        )
    return Verdict(fault, user)


def _audit_password(
    db: Connection, work: Work, weighed: WeighedPassword, *, reason: str
) -> None:
    """Records a refused password of whom the name stands for, known or not."""
    work.audit(
        db,
        "password.refused",
        outcome="refused",
        reason=reason,
        subject=weighed.about,
    )


def _subject(user: UserRow | None) -> Subject:
    """Names an account; a name that is nobody's is not written down (REL-076)."""
    return Subject("user", user.id, user.username) if user else Subject("user")
