"""How the settings of mail are read and checked: the server, and who sends.

Types for the fields of ``settings.Settings`` and the values that are made of them. A
message says what is wrong and never repeats the value, because it may be a secret.
"""

import re
from dataclasses import dataclass
from dataclasses import field
from email.headerregistry import Address
from typing import Annotated
from urllib.parse import unquote

from pydantic import AfterValidator
from pydantic import SecretStr

from idp.rules.uris import is_loopback_host
from idp.setting_values import line
from idp.setting_values import split

PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_PRINTABLE = re.compile(r"[ -~]*")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*"
_SENDER = re.compile(rf"(?P<name>[^<>]*)<(?P<named>{_ADDRESS})>|(?P<bare>{_ADDRESS})")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over, how the way there is kept, and by whom."""

    scheme: str
    host: str
    port: int
    username: str
    password: str = field(repr=False)


def mail_server(secret: SecretStr) -> MailServer:
    """Takes the address of a mail server apart; raises ``ValueError``.

    Names and passwords are percent-encoded in an address, and ASCII, because that is
    what servers are sure to understand.
    """
    parts = split(secret.get_secret_value())
    if parts.scheme not in PORTS:
        raise ValueError("must begin with smtps://, smtp+starttls:// or smtp://")
    host = parts.hostname or ""
    if parts.scheme == "smtp" and not is_loopback_host(host):
        raise ValueError("may be plain smtp:// only on a loopback host")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must end after host and port")
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not all(_PRINTABLE.fullmatch(one) for one in (username, password)):
        raise ValueError("must have a user name and password of printable ASCII")
    if bool(username) != bool(password):
        raise ValueError("must have both a user name and a password, or neither")
    port = parts.port or PORTS[parts.scheme]
    return MailServer(parts.scheme, host, port, username, password)


def sender(text: str) -> Address:
    """Reads ``ada@example.org`` or ``Ada <ada@example.org>``; raises ``ValueError``."""
    found = _SENDER.fullmatch(line(text))
    if found is None:
        raise ValueError("must be one e-mail address, with or without a name before it")
    name = (found["name"] or "").strip().strip('"')
    return Address(name, addr_spec=found["named"] or found["bare"])


def _smtp_url(secret: SecretStr) -> SecretStr:
    mail_server(secret)
    return secret


def _mail_from(text: str) -> str:
    sender(text)
    return text.strip()


SmtpUrl = Annotated[SecretStr, AfterValidator(_smtp_url)]
MailFrom = Annotated[str, AfterValidator(_mail_from)]
