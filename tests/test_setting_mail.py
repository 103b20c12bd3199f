"""The settings of mail: the server's address taken apart, and who sends."""

import pytest
from pydantic import SecretStr

from idp.setting_mail import MailServer
from idp.setting_mail import mail_server
from idp.setting_mail import sender


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1", MailServer("smtp", "127.0.0.1", 25, "", "")),
        ("smtp://[::1]:2525/", MailServer("smtp", "::1", 2525, "", "")),
        ("smtps://mx.example", MailServer("smtps", "mx.example", 465, "", "")),
        (
            "smtp+starttls://idp%40example.org:p%40ss%3A%25@mx.example",
            MailServer("smtp+starttls", "mx.example", 587, "idp@example.org", "p@ss:%"),
        ),
    ],
)
def test_an_address_names_server_port_and_who_signs_in(
    url: str, server: MailServer
) -> None:
    assert mail_server(SecretStr(url)) == server
    assert server.password == "" or server.password not in repr(server)


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("smtp://mx.example", "plain smtp:// only on a loopback host"),
        ("smtp://10.0.0.1", "plain smtp:// only on a loopback host"),
        ("http://mx.example", "must begin with"),
        ("smtps://u:hunter2@mx.example/inbox", "must end after host and port"),
        ("smtps://u:hunter2@mx.example?tls=no", "must end after host and port"),
        ("smtps://u@mx.example", "both a user name and a password"),
        ("smtps://:hunter2@mx.example", "both a user name and a password"),
        ("smtps://u:hunter2%0D%0Ax@mx.example", "printable ASCII"),
        ("smtps://u:hunter2%C3%A4@mx.example", "printable ASCII"),
        ("smtps://u:hunter2%00@mx.example", "printable ASCII"),
    ],
)
def test_an_address_that_does_not_do_is_told_without_its_secret(
    url: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint) as refusal:
        mail_server(SecretStr(url))
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("idp@example.org", "", "idp@example.org"),
        ("<idp@example.org>", "", "idp@example.org"),
        ("Prüfstelle <idp@example.org>", "Prüfstelle", "idp@example.org"),
        ('"Works, Example" <a.b+c@x>', "Works, Example", "a.b+c@x"),
    ],
)
def test_a_sender_has_an_address_and_perhaps_a_name(
    text: str, name: str, address: str
) -> None:
    found = sender(text)
    assert (found.display_name, found.addr_spec) == (name, address)


@pytest.mark.parametrize(
    "text",
    [
        "nobody",
        "a@",
        "@b",
        "a@b, c@d",
        "x <a@b>, c@d",
        "Group: a@b;",
        "a b@c",
        "a@b..c",
        ".a@b",
        "a@-b",
        "ä@example.org",
        "a@example.org\r\nBcc: b@example.org",
    ],
)
def test_what_is_not_one_plain_address_is_no_sender(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        sender(text)
