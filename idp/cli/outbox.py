"""Sends waiting mails to the mail server, in a thread beside the other job.

No transaction is open while the server is talked to, and a server that is away or slow
delays nothing but mails. Who is written to, and how often a mail is tried, is decided
in ``actions.notices``.
"""

import logging
import threading

from idp import clock
from idp import logs
from idp import mail
from idp import smtp
from idp.actions import notices
from idp.actions.notices import Letter
from idp.actions.work import Work
from idp.cli.outages import Outage
from idp.setting_mail import mail_server
from idp.setting_mail import sender
from idp.settings import Settings

EVERY_SECONDS = 10.0
LONGEST_PAUSE = 15 * 60.0
"""Seconds between two looks at a server that stays away; doubled up to this."""

TRYING = smtp.Patience(opening=5.0, farewell=1.0)

log = logging.getLogger("idp.mail")


class Outbox(threading.Thread):
    """Sends what is due again and again, until told to stop."""

    def __init__(self, work: Work, stop: threading.Event) -> None:
        """Takes a work of its own, whose moment it moves on."""
        super().__init__(name="outbox", daemon=True)
        self._work = work
        self._told_to_stop = stop
        self._outage = Outage(log)

    def run(self) -> None:
        """Works until told to stop; never raises."""
        pause = 0.0
        while not self._told_to_stop.wait(pause):
            usable = self._round()
            pause = EVERY_SECONDS if usable else min(2 * pause + 1, LONGEST_PAUSE)

    def _round(self) -> bool:
        try:
            deliver(self._work, self._told_to_stop)
            self._outage.is_over()
        except smtp.Unusable as fault:
            facts = {"reason": fault.reason}
            log.warning("the mail server cannot be used", extra={logs.FACTS: facts})
            return False
        except Exception as fault:
            self._outage.tell("mails could not be looked after", fault)
        return True


def deliver(
    work: Work, stop: threading.Event, *, patience: smtp.Patience | None = None
) -> None:
    """Sends the mails that are due over one connection.

    A server that cannot be used costs no mail a try. Raises ``smtp.Unusable``.
    """
    url, sent_by = work.settings.smtp_url, work.settings.mail_from
    work.now = clock.now()
    if url is None or sent_by is None or not notices.is_any_due(work):
        return
    name = sender(sent_by).domain
    with smtp.opened(mail_server(url), name=name, patience=patience) as connection:
        while connection.is_open and not stop.is_set():
            work.now = clock.now()
            letter = notices.claim_letter(work)
            if letter is None:
                return
            _send(work, connection, letter)


def complaint(settings: Settings) -> str | None:
    """Says what is wrong with the mail server, if there is one; sends nothing."""
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    name = sender(settings.mail_from).domain
    try:
        with smtp.opened(mail_server(settings.smtp_url), name=name, patience=TRYING):
            return None
    except smtp.Unusable as fault:
        return fault.reason


def _send(work: Work, connection: smtp.Connection, letter: Letter) -> None:
    try:
        connection.send(mail.compose(letter, work.settings, now=work.now))
    except mail.Unwritable:
        _failed(work, letter, "address", final=True)
    except smtp.NotSent as fault:
        _failed(work, letter, fault.reason, final=fault.final)
    else:
        notices.sent(work, letter)


def _failed(work: Work, letter: Letter, reason: str, *, final: bool) -> None:
    work.now = clock.now()
    given_up = notices.not_sent(work, letter, reason, final=final)
    facts = {
        "notice": letter.id,
        "reason": reason,
        "tries": letter.tries,
        "given_up": given_up,
    }
    log.warning("a mail was not sent", extra={logs.FACTS: facts})
