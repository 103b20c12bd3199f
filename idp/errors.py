"""The tree of refusals: everything the product says no to on purpose.

No HTTP and no OAuth words live here; ``web.errors`` and ``oidc.server`` turn a refusal
into an answer. A wrong guess is not a refusal but a value, because it must be counted.

    Refusal
    ├── BadRequest            a request that no form of ours makes
    │   └── Conflict          it collides with something that exists
    ├── NotFound              no such thing, or not for this caller (SEC-134)
    ├── Forbidden             the caller lacks the right
    ├── CsrfFailed            the form was not ours or not of this session
    ├── TransactionGone       the login or consent has ended or expired
    │   └── GrantGone         so has what an application holds
    ├── TooManyAttempts       a budget is used up            (retry_after)
    │   └── Locked            the second factor is locked    (retry_after)
    ├── Unavailable           a store cannot be reached      (retry_after)
    │   ├── Crowded           more came than there is room for
    │   └── Contended         another writer came between
    ├── StaleVersion          somebody else changed it first
    ├── PolicyRefused         a rule of the organisation forbids it
    │   └── LastAdministrator nobody could administer afterwards
    ├── WeakPassword          the new password does not do   (complaints)
    ├── UnknownClient         no such application, or it is disabled
    ├── RedirectUriMismatch   the return address is not registered
    ├── Unsealable            a ciphertext does not open
    └── Misconfigured         the settings do not do         (findings)
"""

from collections.abc import Iterable


class Refusal(Exception):  # noqa: N818  a refusal is no error of the program
    """Something that may not or cannot be done, with a stable word and a sentence.

    ``code`` is a word of ``data-error`` (``interface.md`` section 2) where one fits,
    ``sentence`` is for people (English, translated at the edge), ``detail`` is for the
    log and never holds a secret.
    """

    code = "bad-request"
    sentence = "This request cannot be carried out."

    def __init__(self, detail: str = "", *, sentence: str | None = None) -> None:
        """Makes a refusal; ``sentence`` overrides the one of the kind."""
        super().__init__(detail or self.code)
        self.detail = detail
        if sentence is not None:
            self.sentence = sentence


class BadRequest(Refusal):
    """A request that none of our forms would make."""

    sentence = "This request is not one that we can understand."

    def __init__(
        self,
        detail: str = "",
        *,
        sentence: str | None = None,
        faults: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Makes the refusal; ``faults`` are fields of it, each with a sentence.

        Where there is one only, ``detail`` is the name of the field.
        """
        self.faults = tuple(faults)
        told = " ".join(dict.fromkeys(words for _, words in self.faults))
        super().__init__(detail, sentence=sentence or told or None)


class Conflict(BadRequest):
    """A request that collides with something that already exists."""

    sentence = "This already exists, or is in use."


class NotFound(Refusal):
    """No such thing, or none that this caller may know of (SEC-134)."""

    code = "not-found"
    sentence = "There is nothing here."


class Forbidden(Refusal):
    """The caller is known but lacks the right."""

    code = "forbidden"
    sentence = "You are not allowed to do this."


class CsrfFailed(Refusal):
    """The form did not come from one of our pages in this browser (SEC-155)."""

    code = "csrf"
    sentence = "This form is no longer valid. Please load the page again."


class TransactionGone(Refusal):
    """The login or consent under way has ended, expired or is another browser's."""

    code = "expired"
    sentence = "This sign-in has ended. Please start again."


class _Waits(Refusal):
    """A refusal that may be tried again after ``retry_after`` whole seconds."""

    def __init__(
        self, detail: str = "", *, retry_after: int, sentence: str | None = None
    ) -> None:
        super().__init__(detail, sentence=sentence)
        self.retry_after = max(1, retry_after)


class GrantGone(TransactionGone):
    """A code or refresh token that does not work, or not any more (SEC-190, 199)."""

    sentence = "What was allowed to this application has ended."


class TooManyAttempts(_Waits):
    """A budget of attempts is used up (SEC-115, 125)."""

    code = "too-many-attempts"
    sentence = "Too many attempts. Please wait a moment and try again."


class Locked(TooManyAttempts):
    """The second factor is locked (SEC-121); said only after the right password."""

    code = "locked"
    sentence = "Too many wrong codes. Your second factor is locked for now."


class Unavailable(_Waits):
    """A store is away or busy for too long (REL-001, 003)."""

    code = "unavailable"
    sentence = "The service is not available at the moment. Please try again shortly."

    def __init__(
        self,
        detail: str = "",
        *,
        retry_after: int = 5,
        sentence: str | None = None,
        reason: str = "",
    ) -> None:
        """Makes the refusal; callers may come back after ``retry_after`` seconds.

        ``reason`` is what the store said, for whoever runs it and for nobody else.
        """
        super().__init__(detail, retry_after=retry_after, sentence=sentence)
        self.reason = reason


class Crowded(Unavailable):
    """More came than there is room for; all is well, and no trace is worth a line."""


class Contended(Unavailable):
    """The database gave this transaction up for another's sake: a deadlock (REL-024).

    Nothing of it happened, so the whole unit of work may be tried again.
    """


class StaleVersion(Refusal):
    """Somebody else changed the thing since it was read (REL-023)."""

    code = "stale"
    sentence = "Somebody else has changed this in the meantime. Please look again."


class PolicyRefused(Refusal):
    """A rule of the organisation forbids it (SEC-066)."""

    code = "policy"
    sentence = "Your organisation's policy does not allow this."


class LastAdministrator(PolicyRefused):
    """Nobody would be left who can administer (SEC-262)."""

    sentence = "This is the last administrator who can sign in."


class WeakPassword(Refusal):
    """A new password was refused; ``complaints`` are codes of ``rules.passwords``."""

    code = "weak-password"
    sentence = "This password is too easy to guess."

    def __init__(self, complaints: Iterable[str]) -> None:
        """Makes the refusal from at least one complaint."""
        self.complaints = tuple(complaints)
        super().__init__(", ".join(self.complaints))


class UnknownClient(Refusal):
    """No such application, or it is disabled: a page here, never a redirect."""

    code = "unknown-client"
    sentence = "The application that sent you here is not known."


class RedirectUriMismatch(Refusal):
    """The return address is missing or not registered (SEC-170, 171)."""

    code = "redirect-uri"
    sentence = "The application gave a return address that is not registered for it."


class Unsealable(Refusal):
    """A ciphertext does not open: damaged, moved to another row, or key lost."""

    code = "server-error"
    sentence = "Something went wrong on our side."


class Misconfigured(Refusal):
    """The settings do not do; ``findings`` has one line per fault, without secrets."""

    code = "server-error"
    sentence = "The service is not set up correctly."

    def __init__(self, findings: Iterable[str]) -> None:
        """Makes the refusal from at least one finding."""
        self.findings = tuple(findings)
        super().__init__("; ".join(self.findings))
