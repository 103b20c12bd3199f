"""How single settings are read and checked: durations, addresses, rates, maps.

Types for the fields of ``settings.Settings`` and nothing else. A message says what is
wrong and never repeats the value, because the value may be a secret.
"""

import re
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from typing import Literal
from urllib.parse import SplitResult
from urllib.parse import urlsplit

from pydantic import AfterValidator
from pydantic import BeforeValidator
from pydantic import SecretStr

from idp import setting_files
from idp.rules.documents import read_json
from idp.rules.durations import parse_duration
from idp.rules.names import has_control_characters
from idp.rules.uris import DEFAULT_PORTS
from idp.rules.uris import is_loopback_host

REFEDS_ALIASES = {
    "https://refeds.org/profile/sfa": "pwd",
    "https://refeds.org/profile/mfa": "mfa",
}
SHORTEST_TOKEN = 16

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]")
_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)*")
_RATE = re.compile(
    r"([1-9][0-9]{0,5})\s*(?:/|per)\s*((?:[1-9][0-9]{0,3})?)\s*(second|minute|hour|day)s?"
)
_PORT = re.compile(r":[0-9]*$")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_BIND = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):([0-9]{1,5})")
_VALKEY_SCHEMES = frozenset({"redis", "rediss", "valkey", "valkeys"})
_POSTGRESQL = re.compile(r"postgres(ql)?(\+psycopg)?://")


def split(text: str) -> SplitResult:
    """Takes an address apart; raises ``ValueError`` for anything odd (SEC-172)."""
    if not re.fullmatch(r"[!-~]+", text) or "\\" in text:
        raise ValueError("must be an address in ASCII, without spaces")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("is not a valid address") from None
    if not parts.hostname:
        raise ValueError("must name a host")
    if port == 0:
        raise ValueError("is not a valid address")
    return parts


def issuer(text: str) -> str:
    """Checks that an issuer is in its one canonical spelling."""
    parts = split(text)
    host = parts.hostname or ""
    faults = (
        (
            not text.startswith(("https://", "http://")),
            "must begin with https:// (http:// on a loopback host)",
        ),
        ("@" in parts.netloc, "must not hold a user name or password"),
        ("?" in text or "#" in text, "must not have a query or fragment"),
        (text.endswith("/"), "must not end with a slash"),
        (
            parts.scheme == "http" and not is_loopback_host(host),
            "must be https unless the host is loopback",
        ),
        (
            _HOST.fullmatch(_PORT.sub("", parts.netloc)) is None,
            "must name its host in lower case, without a final dot",
        ),
        (
            parts.netloc.endswith(":") or parts.port == DEFAULT_PORTS.get(parts.scheme),
            "must leave out the default port",
        ),
        (
            _PATH.fullmatch(parts.path) is None,
            "must have no path or one of plain segments, such as /idp",
        ),
    )
    for found, sentence in faults:
        if found:
            raise ValueError(sentence)
    return text


def database_url(secret: SecretStr) -> SecretStr:
    """Checks a database address and fills in the driver that is installed."""
    text = secret.get_secret_value()
    if _POSTGRESQL.match(text):
        return SecretStr(_POSTGRESQL.sub("postgresql+psycopg://", text, count=1))
    path = text.removeprefix("sqlite:///")
    if path == text:
        raise ValueError("must begin with postgresql+psycopg:// or sqlite:///")
    if not path or ":memory:" in path or "?" in path:
        raise ValueError("must name a file after sqlite:///, without parameters")
    return secret


def valkey_url(secret: SecretStr) -> SecretStr:
    """Checks the address of a Valkey or Redis server."""
    if split(secret.get_secret_value()).scheme not in _VALKEY_SCHEMES:
        raise ValueError("must begin with valkey://, valkeys://, redis:// or rediss://")
    return secret


def token(secret: SecretStr) -> SecretStr:
    """Refuses a bearer secret that could be guessed (SEC-300)."""
    if len(secret.get_secret_value()) < SHORTEST_TOKEN:
        raise ValueError(f"must have at least {SHORTEST_TOKEN} characters")
    return secret


def filled(secret: SecretStr) -> SecretStr:
    """Refuses a secret that is there but empty."""
    if not secret.get_secret_value().strip():
        raise ValueError("must not be empty")
    return secret


def line(text: str) -> str:
    """Checks a text of one line for people, and drops blanks around it."""
    shown = text.strip()
    if not shown or has_control_characters(shown):
        raise ValueError("must be text of one line, without control characters")
    return shown


def organisation(text: str) -> str:
    """Checks the organisation's name: 1 to 64 characters."""
    if len(text.strip()) > 64:
        raise ValueError("must have at most 64 characters")
    if not text.strip(" :"):
        raise ValueError("must hold more than colons, which key URIs leave out")
    return line(text)


def accent_colour(text: str) -> str:
    """Checks a colour; only this form can be put into a style sheet safely."""
    colour = text.strip().lower()
    if _COLOUR.fullmatch(colour) is None:
        raise ValueError("must be a colour like #1a6b5c")
    return colour


def source_rate(value: object) -> str | None:
    """Reads ``60/minute``; ``0`` switches the limit off, which reads as None."""
    text = str(value).strip().lower()
    if text == "0":
        return None
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError("must be a rate like 60/minute, or 0")
    return f"{match[1]}/{match[2]}{match[3]}"


def bind(text: str) -> str:
    """Checks an address to listen on, ``HOST:PORT``."""
    match = _BIND.fullmatch(text)
    if match is None or not 1 <= int(match[2]) <= 65535:
        raise ValueError("must be HOST:PORT")
    return text


def text_map(value: object) -> object:
    """Reads a map: JSON in the environment, a table in the file."""
    if not isinstance(value, str):
        return value
    try:
        return read_json(value)
    except ValueError:
        raise ValueError("must be a JSON object that names nothing twice") from None


def acr_aliases(aliases: dict[str, str]) -> dict[str, str]:
    """Adds aliases to the REFEDS pair; each stands for ``pwd`` or ``mfa``."""
    for alias, level in aliases.items():
        if (
            level not in {"pwd", "mfa"}
            or alias in {"pwd", "mfa"}
            or alias.split() != [alias]
        ):
            raise ValueError("must map words without spaces to pwd or mfa")
    return REFEDS_ALIASES | aliases


def outbound_allow(value: object) -> tuple[str, ...]:
    """Reads hosts and address ranges, between commas or blanks, or as a list."""
    if isinstance(value, str):
        value = value.replace(",", " ").split()
    if not isinstance(value, list | tuple):
        raise ValueError("must be a list of hosts or address ranges")
    return tuple(_host_or_range(str(entry).lower()) for entry in value)


def _host_or_range(entry: str) -> str:
    try:
        return str(ip_network(entry, strict=False))
    except ValueError:
        if _HOST.fullmatch(entry) is None or entry.startswith("["):
            raise ValueError("must hold hosts or address ranges only") from None
    return entry


def _duration(value: object) -> object:
    """Reads a duration; a ``timedelta`` made by code passes."""
    if isinstance(value, timedelta):
        return value
    found = None if isinstance(value, bool) else parse_duration(str(value))
    if found is None:
        raise ValueError(
            "must be whole seconds or a number with s, m, h or d, from 1 s"
        )
    return found


def at_most(limit: timedelta, said: str) -> AfterValidator:
    """Makes the check of a hard bound (``security.md`` 0.1)."""

    def check(value: timedelta) -> timedelta:
        if value > limit:
            raise ValueError(f"must not be above the hard bound of {said}")
        return value

    return AfterValidator(check)


def at_least(limit: timedelta, said: str) -> AfterValidator:
    """Makes the check of a duration that less would make useless."""

    def check(value: timedelta) -> timedelta:
        if value < limit:
            raise ValueError(f"must not be below {said}")
        return value

    return AfterValidator(check)


def _no_truth(value: object) -> object:
    """Refuses true and false where a number is meant: they would be 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("must be a whole number")
    return value


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


Number = Annotated[int, BeforeValidator(_no_truth)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Issuer = Annotated[str, AfterValidator(issuer)]
Line = Annotated[str, AfterValidator(line)]
Organisation = Annotated[str, AfterValidator(organisation)]
Colour = Annotated[str, AfterValidator(accent_colour)]
ExistingFile = Annotated[Path, AfterValidator(setting_files.existing_file)]
LogoFile = Annotated[ExistingFile, AfterValidator(setting_files.picture)]
Authorities = Annotated[ExistingFile, AfterValidator(setting_files.authorities)]
Directory = Annotated[Path, AfterValidator(Path.absolute)]
Secret = Annotated[SecretStr, AfterValidator(filled)]
Token = Annotated[SecretStr, AfterValidator(token)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(database_url)]
ValkeyUrl = Annotated[SecretStr, AfterValidator(valkey_url)]
Rate = Annotated[str | None, BeforeValidator(source_rate)]
Bind = Annotated[str, AfterValidator(bind)]
TextMap = Annotated[dict[str, str], BeforeValidator(text_map)]
Aliases = Annotated[TextMap, AfterValidator(acr_aliases)]
Allowed = Annotated[tuple[str, ...], BeforeValidator(outbound_allow)]
LogFormat = Annotated[Literal["console", "json"], BeforeValidator(_lower)]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)
]
UpTo10Seconds = Annotated[Duration, at_most(timedelta(seconds=10), "10 s")]
UpTo10Minutes = Annotated[Duration, at_most(timedelta(minutes=10), "10 m")]
UpTo15Minutes = Annotated[Duration, at_most(timedelta(minutes=15), "15 m")]
UpToAnHour = Annotated[Duration, at_most(timedelta(hours=1), "60 m")]
UpToADay = Annotated[Duration, at_most(timedelta(hours=24), "24 h")]
AMonthOrMore = Annotated[Duration, at_least(timedelta(days=30), "30 d")]
