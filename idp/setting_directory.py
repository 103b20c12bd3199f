"""How the settings of the directory are read and checked: addresses, filters, maps.

Types for the fields of ``settings.Settings``, and the value that is made of them. What
is said to the directory, and how, is ``idp.directory``.
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from idp.rules.profiles import TEXTS
from idp.rules.uris import is_loopback_host
from idp.setting_values import TextMap
from idp.setting_values import line
from idp.setting_values import split

PORTS = {"ldap": 389, "ldaps": 636}
MOST_SERVERS = 4
"""Each gets its part of the time of a sign-in, which is not to be too short."""

MEMBERS = frozenset({"username", "email", "name", *TEXTS})
"""What of a person an attribute may be taken for."""

USUAL = {
    "username": "uid",
    "email": "mail",
    "name": "cn",
    "given_name": "givenName",
    "family_name": "sn",
}

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*(?:;[A-Za-z0-9-]+)*")
PLACES = re.compile(r"\{(username|dn)\}")
"""What stands for the person in a filter."""


@dataclass(frozen=True, slots=True)
class DirectoryServer:
    """Where one server of the directory is, who asks it, and what it is asked for."""

    url: str
    start_tls: bool
    ca_file: Path | None
    bind_dn: str
    bind_password: str = field(repr=False)
    base_dn: str
    user_filter: str
    id_attribute: str
    attributes: Mapping[str, str]
    group_filter: str | None
    roles: Mapping[str, str]


def ldap_url(text: str) -> str:
    """Checks the address of a directory server."""
    parts = split(text)
    if parts.scheme not in PORTS:
        raise ValueError("must begin with ldaps:// or ldap://")
    if not parts.hostname or "@" in parts.netloc:
        raise ValueError("must name a host, and nobody at it")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must end after host and port")
    return text


def ldap_urls(text: str) -> str:
    """Checks the addresses of servers of one directory, parted by blanks or commas."""
    urls = servers(text)
    if not urls:
        raise ValueError("must name a server")
    for url in urls:
        ldap_url(url)
    if len({url.rstrip("/").lower() for url in urls}) < len(urls):
        raise ValueError("names a server twice")
    if len(urls) > MOST_SERVERS:
        raise ValueError(f"must name at most {MOST_SERVERS} servers")
    return text


def servers(urls: str) -> tuple[str, ...]:
    """Takes a list of addresses apart, in its order."""
    return tuple(urls.replace(",", " ").split())


def attribute(text: str) -> str:
    """Checks the name of an attribute."""
    if _ATTRIBUTE.fullmatch(text) is None:
        raise ValueError("must be the name of an attribute, such as entryUUID")
    return text


def search_filter(text: str) -> str:
    """Checks the outside of a filter; what is within is the server's to judge."""
    shown, depth = line(text), 0
    bare = PLACES.sub("", shown)
    for number, sign in enumerate(bare):
        depth += (sign == "(") - (sign == ")")
        if depth < 1 and number < len(bare) - 1:
            raise ValueError("must be one filter in parentheses")
    if depth or not bare.startswith("("):
        raise ValueError("must be one filter in parentheses")
    if "{" in bare or "}" in bare:
        raise ValueError("may hold {username} and, for groups, {dn}")
    return shown


def attribute_map(given: Mapping[str, str]) -> dict[str, str]:
    """Adds to the usual attributes; an empty one takes a member away."""
    for member, name in given.items():
        if member not in MEMBERS:
            raise ValueError("must map username, email, name or claims of a profile")
        if name:
            attribute(name)
    merged = {member: name for member, name in {**USUAL, **given}.items() if name}
    if "username" not in merged:
        raise ValueError("must leave an attribute for username")
    return merged


def contradictions(
    urls: str,
    *,
    start_tls: bool,
    base_dn: str | None,
    bind: tuple[bool, bool],
    user_filter: str,
    group_filter: str | None,
) -> Iterator[str]:
    """Yields what does not go together; ``bind`` says if name and password are set."""
    each = [urlsplit(url) for url in servers(urls)]
    if base_dn is None:
        yield "IDP_LDAP_BASE_DN: is needed with IDP_LDAP_URL"
    if "{username}" not in user_filter or "{dn}" in user_filter:
        yield "IDP_LDAP_USER_FILTER: must hold {username}"
    if group_filter is not None and PLACES.search(group_filter) is None:
        yield "IDP_LDAP_GROUP_FILTER: must hold {dn} or {username}"
    if bind[0] != bind[1]:
        yield "IDP_LDAP_BIND_PASSWORD: goes with IDP_LDAP_BIND_DN, both or neither"
    if start_tls and any(parts.scheme == "ldaps" for parts in each):
        yield "IDP_LDAP_START_TLS: is for ldap://, ldaps:// is encrypted already"
    for parts in each:
        encrypted = parts.scheme == "ldaps" or start_tls
        if not encrypted and not is_loopback_host(parts.hostname or ""):
            yield "IDP_LDAP_URL: must be ldaps:// or use IDP_LDAP_START_TLS (SEC-276)"
            break


LdapUrls = Annotated[str, AfterValidator(ldap_urls)]
Attribute = Annotated[str, AfterValidator(attribute)]
Filter = Annotated[str, AfterValidator(search_filter)]
AttributeMap = Annotated[TextMap, AfterValidator(attribute_map)]
