"""Delivers logout notices, in threads beside the other job.

A few at a time, and one under way for each application, so that a receiver that is slow
or hostile keeps nobody back but itself (REL-062). No transaction is open meanwhile. Who
is told and how often is decided in ``actions.logout_notices``.
"""

import copy
import logging
import threading
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor

from idp import clock
from idp import logs
from idp import outbound
from idp.actions import keys as key_rows
from idp.actions import logout_notices
from idp.actions.logout_notices import LogoutNotice
from idp.actions.work import Work
from idp.cli.outages import Outage
from idp.oidc.keys import KeyRing
from idp.oidc.logout_token import logout_token

EVERY_SECONDS = 0.5
AT_ONCE = 32
"""Receivers that are talked to at the same time."""

log = logging.getLogger("idp.logout")


class Deliveries(threading.Thread):
    """Delivers what is due again and again, until told to stop."""

    def __init__(
        self, work: Work, stop: threading.Event, *, ways: outbound.Ways | None = None
    ) -> None:
        """Takes a work of its own, which each delivery copies."""
        super().__init__(name="deliveries", daemon=True)
        self._work = work
        self._told_to_stop = stop
        self._ways = ways or outbound.ways(work.settings)
        self._keys = KeyRing(lambda: key_rows.load_keys(self._copy()), clock.now)
        self._busy: dict[str, Future[None]] = {}
        self._one_is_done = threading.Event()
        self._outage = Outage(log)

    def run(self) -> None:
        """Works until told to stop; never raises."""
        with ThreadPoolExecutor(AT_ONCE, "delivery") as pool:
            while not self._told_to_stop.is_set():
                self._one_is_done.clear()
                try:
                    self.start_due(pool)
                    self._outage.is_over()
                except Exception as fault:
                    self._outage.tell("logout notices wait", fault)
                self._one_is_done.wait(EVERY_SECONDS)

    def start_due(self, pool: ThreadPoolExecutor) -> int:
        """Starts as many deliveries as there is room for; returns how many."""
        self._busy = {name: one for name, one in self._busy.items() if not one.done()}
        room = AT_ONCE - len(self._busy)
        if room <= 0:
            return 0
        found = logout_notices.list_due(self._copy(), but_not=tuple(self._busy))
        for notice in found[:room]:
            begun = pool.submit(self._deliver, notice)
            self._busy[notice.client_id] = begun
            begun.add_done_callback(lambda _: self._one_is_done.set())
        return len(found[:room])

    def _copy(self) -> Work:
        work = copy.copy(self._work)
        work.now = clock.now()
        return work

    def _deliver(self, notice: LogoutNotice) -> None:
        """Delivers one notice; what goes wrong here comes up again by itself."""
        try:
            self._try(notice)
        except Exception as fault:
            self._outage.tell("a logout notice is not looked after", fault)
            self._told_to_stop.wait(EVERY_SECONDS)

    def _try(self, notice: LogoutNotice) -> None:
        work = self._copy()
        delivery = logout_notices.claim_delivery(work, notice)
        if delivery is None:
            return
        fields = {"logout_token": logout_token(delivery, work, self._keys)}
        try:
            status = outbound.post_form(delivery.address, fields, self._ways)
        except outbound.NotDelivered as fault:
            reason = fault.reason
            state = logout_notices.failed(self._copy(), delivery, reason)
        else:
            reason = f"answer {status}"
            state = logout_notices.answered(self._copy(), delivery, status)
        facts = {
            "client_id": delivery.client_id,
            "sid": delivery.sid,
            "reason": reason,
            "tries": delivery.tries,
            "state": state,
        }
        log.info("a logout notice was tried", extra={logs.FACTS: facts})
