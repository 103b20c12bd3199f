"""Mails from the queue to a real server: by a piece of work, and by `idp worker`."""

import contextlib
import dataclasses
import datetime
import logging
import os
import pathlib
import signal
import subprocess
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy
from pydantic import SecretStr

from idp import clock
from idp import smtp
from idp.actions.tools import Tools
from idp.actions.tools import host
from idp.actions.work import Origin
from idp.actions.work import Work
from idp.cli import outbox
from idp.settings import Settings
from idp.store import audit
from idp.store import notices as notice_rows
from idp.store.engines import make_engine
from idp.store.notices import NoticeTable
from idp.store.transactions import Database
from idp.vault import Vault
from tests.cli.terminal import Terminal
from tests.support.barrier import at_once
from tests.support.mailbox import Mailbox
from tests.support.mailbox import Rude
from tests.support.mailbox import Taken
from tests.support.mailbox import says
from tests.support.mailbox import taking_mail
from tests.support.provider import environment_of
from tests.support.provider import program
from tests.support.valkey import free_port
from tests.support.waiting import until

SHORT = smtp.Patience(opening=0.5, letter=0.5, farewell=0.1)


@dataclasses.dataclass
class Office:
    """A terminal whose provider sends mails, and the work that sends them."""

    idp: Terminal
    port: int
    tools: Tools

    def work(self) -> Work:
        return self.tools.work(clock.now(), actor=host(None), origin=Origin())

    def person(self, name: str, *arguments: str) -> None:
        """Creates somebody with an address and does something that has to be told."""
        self.idp("user", "create", name, "--email", f"{name}@example.org", *arguments)
        self.tell(name)

    def tell(self, name: str) -> None:
        assert self.idp("user", "unlock", name).status == 0

    def deliver(self, patience: smtp.Patience | None = None) -> None:
        outbox.deliver(self.work(), threading.Event(), patience=patience)

    def wait(self, **passed: float) -> None:
        """Lets time pass for the queue, by moving all that waits to the past."""
        self._move_back("mail_due_at", datetime.timedelta(**passed))

    def age(self, **passed: float) -> None:
        """Lets time pass since what is told happened."""
        self._move_back("at", datetime.timedelta(**passed))

    def _move_back(self, column: str, by: datetime.timedelta) -> None:
        table = NoticeTable.__table__.c
        moments = sqlalchemy.select(table.id, table[column])
        with self.tools.database.writing() as db:
            for number, before in db.execute(moments.where(table[column].is_not(None))):
                change = sqlalchemy.update(NoticeTable).where(table.id == number)
                db.execute(change.values({column: before - by}))

    def waiting(self) -> int:
        with self.tools.database.reading() as db:
            return notice_rows.count_waiting(db)

    def given_up(self) -> list[audit.AuditRecord]:
        with self.tools.database.reading() as db:
            return [row for _, row in audit.list_records(db, event="notice.failed")]


@pytest.fixture
def office(idp_on_each: Terminal) -> Iterator[Office]:
    port = free_port()
    mails = {
        "IDP_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "IDP_MAIL_FROM": "idp@example.org",
    }
    terminal = Terminal({**idp_on_each.settings, **mails})
    settings = Settings.load(terminal.settings)
    tools = Tools(settings, Vault.load(settings))
    yield Office(terminal, port, tools)
    tools.close()


def recipients(box: Mailbox) -> list[str]:
    return [taken.recipient.partition("@")[0] for taken in box.mails]


def test_what_happened_is_told_by_mail(office: Office) -> None:
    """SEC-069"""
    office.person("mia")
    with taking_mail(port=office.port) as (box, _):
        office.deliver()
        office.deliver()
    (taken,) = box.mails
    assert (taken.sender, taken.recipient) == ("idp@example.org", "mia@example.org")
    assert taken.message["Subject"].endswith("lifted the block on your codes.")
    assert "Account: mia" in taken.message.get_content()
    assert office.waiting() == 0


def test_a_person_without_an_address_gets_none(office: Office) -> None:
    office.idp("user", "create", "noa")
    office.tell("noa")
    assert office.waiting() == 0
    office.deliver()  # with nothing to send the server is not even looked for


def test_a_server_that_was_away_gets_everything_later(office: Office) -> None:
    """REL-009: and no mail has lost a try"""
    office.person("mia")
    office.person("noa")
    for _ in range(6):
        with pytest.raises(smtp.Unusable, match="ConnectionRefusedError"):
            office.deliver()
    with taking_mail(port=office.port) as (box, _):
        office.deliver()
    assert recipients(box) == ["mia", "noa"]
    assert office.given_up() == []


def test_a_mail_put_off_goes_out_later(office: Office) -> None:
    office.person("mia")
    with taking_mail(port=office.port) as (box, _):
        box.to_content["mia@example.org"] = ["451 not now"]
        office.deliver()
        office.deliver()
        assert (box.mails, office.waiting()) == ([], 1)
        office.wait(minutes=5)
        office.deliver()
    assert recipients(box) == ["mia"]


def of_mail(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Gives the lines about mails, whatever else is told."""
    return [one for one in caplog.records if one.name == "idp.mail"]


def test_one_who_is_refused_keeps_no_other_back(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """REL-062"""
    for name in ("mia", "noa", "ola"):
        office.person(name)
    with taking_mail(port=office.port) as (box, _):
        box.to_recipient["noa@example.org"] = ["550 nobody here: noa@example.org"]
        with caplog.at_level(logging.WARNING):
            office.deliver()
    assert recipients(box) == ["mia", "ola"]
    assert [(one.reason, one.changes["tries"]) for one in office.given_up()] == [
        ("recipient 550", 1)
    ]
    (line,) = of_mail(caplog)
    assert line.__dict__["facts"]["reason"] == "recipient 550"
    assert line.__dict__["facts"]["given_up"]
    assert "noa" not in str(line.__dict__)


@pytest.mark.parametrize("lines", [(), ("220 hello", "250 hello", "250 ok", "250 ok")])
def test_a_server_that_falls_silent_lets_go_of_the_mail(
    office: Office, lines: tuple[str, ...]
) -> None:
    office.person("mia")
    settings = office.tools.settings
    with Rude(says(*lines)) as server:
        address = f"smtp://127.0.0.1:{server.port}"
        office.tools.settings = settings.model_copy(
            update={"smtp_url": SecretStr(address)}
        )
        with contextlib.suppress(smtp.Unusable):
            office.deliver(SHORT)
    office.tools.settings = settings
    office.wait(minutes=5)
    with taking_mail(port=office.port) as (box, _):
        office.deliver()
    assert recipients(box) == ["mia"]


def test_an_address_that_cannot_be_written_to_is_given_up(office: Office) -> None:
    office.idp("user", "create", "mia", "--email", "mia(x)@example.org")
    office.tell("mia")
    office.person("noa")
    with taking_mail(port=office.port) as (box, _):
        office.deliver()
    assert recipients(box) == ["noa"]
    assert [one.reason for one in office.given_up()] == ["address"]


@pytest.mark.races
def test_several_workers_send_each_mail_once(office: Office) -> None:
    names = [f"mia-{number}" for number in range(6)]
    for name in names:
        office.person(name)
    with taking_mail(port=office.port) as (box, _):
        at_once([office.deliver] * 4)
    assert sorted(recipients(box)) == names


def test_nobody_waits_for_the_database_while_the_server_thinks(office: Office) -> None:
    """No transaction is open meanwhile: the answer comes after a change of ours"""
    office.person("mia")
    office.idp("user", "create", "noa")

    class Slow(Mailbox):
        async def handle_DATA(self, *given: Any) -> str:  # noqa: N802
            office.tell("noa")
            return await super().handle_DATA(*given)

    with taking_mail(Slow(), port=office.port) as (box, _):
        office.deliver()
    assert recipients(box) == ["mia"]


def test_the_thread_goes_on_when_the_server_is_back(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """REL-009"""
    office.person("mia")
    stop = threading.Event()
    thread = outbox.Outbox(office.work(), stop)
    with caplog.at_level(logging.WARNING, "idp.mail"):
        thread.start()
        until(lambda: bool(of_mail(caplog)), "somebody is told")
        with taking_mail(port=office.port) as (box, _):
            box.wait_for(1)
            stop.set()
            thread.join()
    assert {one.getMessage() for one in of_mail(caplog)} == {
        "the mail server cannot be used"
    }
    assert "example.org" not in str([one.__dict__ for one in of_mail(caplog)])


def test_the_thread_survives_a_database_that_is_away(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    work = office.work()
    work.database = Database(make_engine("postgresql+psycopg://127.0.0.1:1/none"))
    stop = threading.Event()
    thread = outbox.Outbox(work, stop)
    with caplog.at_level(logging.WARNING, "idp.mail"):
        thread.start()
        until(lambda: bool(of_mail(caplog)), "somebody is told")
    assert thread.is_alive()
    stop.set()
    thread.join()
    work.database.dispose()


def test_check_tries_the_server_and_looks_at_the_queue(office: Office) -> None:
    office.person("mia")
    assert "cannot be used: no connection" in office.idp("check").out
    with taking_mail(port=office.port):
        assert "mail" not in office.idp("check").out
        office.age(hours=3)
        assert "mails wait, the oldest for 3 h: 1" in office.idp("check").out
    without = office.idp("check", IDP_SMTP_URL="")
    assert "no IDP_SMTP_URL says where to send them: 1" in without.out
    assert without.status == 0


# --- the process


@contextlib.contextmanager
def working(office: Office, folder: pathlib.Path) -> Iterator[subprocess.Popen[bytes]]:
    """Runs `idp worker`; kills what is left of it at the end."""
    job = subprocess.Popen(
        [*program(), "worker"], env=environment_of(office.idp.settings), cwd=folder
    )
    try:
        yield job
    finally:
        job.kill()
        job.wait()


def test_the_worker_sends_and_stops(office: Office, tmp_path: pathlib.Path) -> None:
    with taking_mail(port=office.port) as (box, _), working(office, tmp_path) as job:
        office.person("mia")
        box.wait_for(1)
        job.terminate()
        assert job.wait(30) == 0
    assert recipients(box) == ["mia"]


def test_a_worker_killed_in_the_middle_leads_to_one_repeat(
    office: Office, tmp_path: pathlib.Path
) -> None:
    """The server has taken the mail, and nobody lived to note it"""
    jobs: list[subprocess.Popen[bytes]] = []

    class Deadly(Mailbox):
        async def handle_DATA(self, *given: Any) -> str:  # noqa: N802
            answer = await super().handle_DATA(*given)
            while jobs:
                os.kill(jobs.pop().pid, signal.SIGKILL)
            return answer

    office.person("mia")
    with taking_mail(Deadly(), port=office.port) as (box, _):
        with working(office, tmp_path) as job:
            jobs.append(job)
            assert job.wait(60) == -signal.SIGKILL
        office.deliver()
        assert len(box.mails) == 1
        for _ in range(3):
            office.wait(minutes=5)
            office.deliver()
    assert len({named(taken) for taken in box.mails}) == 1
    assert len(box.mails) == 2


def named(taken: Taken) -> str:
    message: EmailMessage = taken.message
    return str(message["Message-ID"])
