"""Mails reach a real server, and a server that misbehaves harms nobody."""

import datetime
import pathlib
import socket
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from pydantic import SecretStr

from idp import smtp
from idp.setting_mail import MailServer
from idp.setting_mail import mail_server
from tests.support.certificates import Authority
from tests.support.mailbox import QUOTED_LOGIN
from tests.support.mailbox import Mailbox
from tests.support.mailbox import Rude
from tests.support.mailbox import floods
from tests.support.mailbox import says
from tests.support.mailbox import taking_mail
from tests.support.mailbox import trickles
from tests.support.valkey import free_port

NAME = "sso.example.org"
SHORT = smtp.Patience(opening=0.5, letter=0.5, farewell=0.1)
HELLO = ("220 hello", "250 hello")


def at(port: int, scheme: str = "smtp", login: str = "") -> MailServer:
    before = f"{login}@" if login else ""
    return mail_server(SecretStr(f"{scheme}://{before}127.0.0.1:{port}"))


def a_mail(to: str = "mia@example.org") -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address("Bücher & Söhne", addr_spec="idp@example.org")
    mail["To"] = Address(username=to.split("@")[0], domain=to.split("@")[1])
    mail["Subject"] = "Grüße"
    mail.set_content(
        "Ein Gruß.\n.\nBis bald\n", charset="utf-8", cte="quoted-printable"
    )
    return mail


def send(server: MailServer, *mails: EmailMessage, wait: smtp.Patience = SHORT) -> None:
    with smtp.opened(server, name=NAME, patience=wait) as connection:
        for mail in mails:
            connection.send(mail)


@pytest.fixture
def authority(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Gives an authority that this process trusts."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


def patient() -> smtp.Patience:
    return smtp.Patience()


def test_a_mail_arrives_as_it_was_written() -> None:
    with taking_mail() as (box, port):
        send(at(port), a_mail(), wait=patient())
    (taken,) = box.mails
    assert (taken.sender, taken.recipient) == ("idp@example.org", "mia@example.org")
    assert taken.message["Subject"] == "Grüße"
    assert taken.message["From"] == "Bücher & Söhne <idp@example.org>"
    assert taken.message.get_content().split() == ["Ein", "Gruß.", ".", "Bis", "bald"]


def test_many_mails_go_over_one_connection() -> None:
    with taking_mail() as (box, port):
        send(at(port), *(a_mail(f"{n}@example.org") for n in range(5)), wait=patient())
    assert [taken.recipient[0] for taken in box.mails] == list("01234")
    assert box.connections == 1


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_the_way_is_encrypted_and_a_password_goes_over_it(
    scheme: str, authority: Authority
) -> None:
    kind = scheme.removeprefix("smtp+")
    context: dict[str, Any] = {kind: authority.context("127.0.0.1")}
    with taking_mail(login=True, **context) as (box, port):
        send(at(port, scheme, QUOTED_LOGIN), a_mail(), wait=patient())
    (taken,) = box.mails
    assert taken.encrypted
    assert taken.login == "idp@example.org"


def test_on_loopback_a_password_may_go_without() -> None:
    with taking_mail(login=True) as (box, port):
        send(at(port, login=QUOTED_LOGIN), a_mail(), wait=patient())
    assert [(one.encrypted, one.login) for one in box.mails] == [
        (False, "idp@example.org")
    ]


def test_a_wrong_password_is_told_without_it() -> None:
    with taking_mail(login=True) as (box, port):
        wrong = at(port, login="idp:hunter2")
        with pytest.raises(smtp.Unusable, match="sign-in refused 535") as refusal:
            send(wrong, a_mail(), wait=patient())
    assert box.mails == []
    assert "hunter2" not in repr(refusal.value)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
@pytest.mark.parametrize("fault", ["another host", "expired", "unknown authority"])
def test_a_certificate_that_does_not_do_is_refused(
    scheme: str, fault: str, authority: Authority, tmp_path: pathlib.Path
) -> None:
    host = "mx.example.org" if fault == "another host" else "127.0.0.1"
    lives = datetime.timedelta(days=-1 if fault == "expired" else 1)
    signer = authority
    if fault == "unknown authority":
        (tmp_path / "other").mkdir()
        signer = Authority(tmp_path / "other")
    kind = scheme.removeprefix("smtp+")
    context: dict[str, Any] = {kind: signer.context(host, lives=lives)}
    box, port = Mailbox(), free_port()
    with (
        taking_mail(box, port=port, **context),
        pytest.raises(smtp.Unusable, match="certificate"),
    ):
        send(at(port, scheme, QUOTED_LOGIN), a_mail(), wait=patient())
    assert box.mails == []


def test_a_way_that_somebody_made_plain_is_not_taken(authority: Authority) -> None:
    """STARTTLS stripped on the way: neither password nor mail go on"""
    with (
        taking_mail(login=True) as (box, port),
        pytest.raises(smtp.Unusable, match="no STARTTLS"),
    ):
        send(at(port, "smtp+starttls", QUOTED_LOGIN), a_mail(), wait=patient())
    assert box.mails == []


def test_what_was_said_before_the_encryption_does_not_count(
    authority: Authority,
) -> None:
    """CVE-2011-0411: answers smuggled in behind the one to STARTTLS"""
    heard: list[bytes] = []
    context = authority.context("127.0.0.1")

    def behave(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        connection.recv(4096)
        connection.sendall(b"250-hello\r\n250 STARTTLS\r\n")
        connection.recv(4096)
        connection.sendall(b"220 go\r\n250-smuggled\r\n250 AUTH PLAIN\r\n")
        with context.wrap_socket(connection, server_side=True) as safe:
            heard.append(safe.recv(4096))

    with Rude(behave) as server, pytest.raises(smtp.Unusable):
        send(at(server.port, "smtp+starttls", QUOTED_LOGIN), a_mail(), wait=patient())
    assert heard in ([], [f"ehlo {NAME}\r\n".encode()])


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("554 go away",), "refused 554"),
        (("220 hello", "500 what", "500 what"), "refused 500"),
        (("",), "SMTPServerDisconnected"),
        (("garbage",), "refused -1"),
        (("220 " + "x" * 9000,), "refused 500"),
        ((), "SMTPServerDisconnected"),
    ],
)
def test_a_server_that_cannot_be_used_is_told_in_words_of_ours(
    lines: tuple[str, ...], reason: str
) -> None:
    with (
        Rude(says(*lines)) as rude,
        pytest.raises(smtp.Unusable, match=reason) as told,
    ):
        send(at(rude.port), a_mail())
    assert "go away" not in str(told.value)


def test_nobody_who_listens_is_told_too() -> None:
    with pytest.raises(smtp.Unusable, match="ConnectionRefusedError"):
        send(at(free_port()), a_mail())


@pytest.mark.parametrize("behave", [trickles, floods])
def test_an_answer_without_an_end_is_cut_off(
    behave: Callable[[socket.socket], None],
) -> None:
    """REL-061: a server that is never silent for long"""
    with (
        Rude(behave) as server,
        pytest.raises(smtp.Unusable, match="SMTPServerDisconnected"),
    ):
        send(at(server.port), a_mail())


@pytest.mark.parametrize(
    ("lines", "reason", "final"),
    [
        ((*HELLO, "550 no sender"), "sender 550", False),
        ((*HELLO, "250 ok", "450 later"), "recipient 450", False),
        ((*HELLO, "250 ok", "550 nobody"), "recipient 550", True),
        ((*HELLO, "250 ok", "250 ok", "451 later"), "content 451", False),
        ((*HELLO, "250 ok", "250 ok", "354 go", "554 spam"), "content 554", True),
        ((*HELLO, "250 ok", "250 ok", "354 go"), "no answer", False),
        ((*HELLO, "250 ok", "250 ok", "354 go", ""), "no answer", False),
        ((*HELLO, "250 ok", "rubbish"), "recipient -1", False),
        ((*HELLO, "250 ok", "250 " + "x" * 9000), "no answer", False),
    ],
)
def test_each_way_of_not_taking_a_mail_is_told_apart(
    lines: tuple[str, ...], reason: str, final: bool
) -> None:
    with Rude(says(*lines)) as server, pytest.raises(smtp.NotSent) as told:
        send(at(server.port), a_mail())
    assert (told.value.reason, told.value.final) == (reason, final)


def test_one_mail_refused_is_no_reason_to_stop() -> None:
    with (
        taking_mail() as (box, port),
        smtp.opened(at(port), name=NAME) as connection,
    ):
        box.to_recipient["no@example.org"] = ["550 nobody here"]
        with pytest.raises(smtp.NotSent):
            connection.send(a_mail("no@example.org"))
        assert connection.is_open
        connection.send(a_mail("yes@example.org"))
    assert [taken.recipient for taken in box.mails] == ["yes@example.org"]


@pytest.mark.parametrize("answer", ["421 enough for now", "354 go"])
def test_a_connection_that_is_over_says_so(answer: str) -> None:
    lines = (*HELLO, "250 ok", "250 ok", answer)
    with (
        Rude(says(*lines)) as server,
        smtp.opened(at(server.port), name=NAME, patience=SHORT) as connection,
    ):
        with pytest.raises(smtp.NotSent):
            connection.send(a_mail())
        assert not connection.is_open


def test_an_address_beyond_ascii_goes_where_servers_understand_it() -> None:
    """RFC 6531"""
    with taking_mail() as (box, port):
        send(at(port), a_mail("müller@example.org"), wait=patient())
    assert [taken.recipient for taken in box.mails] == ["müller@example.org"]
    with taking_mail(utf8=False) as (box, port), pytest.raises(smtp.NotSent) as told:
        send(at(port), a_mail("müller@example.org"), wait=patient())
    assert (told.value.reason, told.value.final) == ("no SMTPUTF8", True)
    assert box.mails == []
