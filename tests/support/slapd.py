"""A real OpenLDAP server for tests, on free loopback ports, with a memberOf overlay.

It speaks plain LDAP with StartTLS and ldaps, with a certificate of a throw-away
authority. Entries are written by its administrator; what it was asked is in its log.
"""

import contextlib
import dataclasses
import pathlib
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.certificates import Authority
from tests.support.needs import need
from tests.support.valkey import free_port
from tests.support.waiting import LIMIT
from tests.support.waiting import until

ldap = pytest.importorskip(
    "ldap",
    reason="python-ldap is not here: apt-get install libldap-dev libsasl2-dev gcc "
    "python3-dev, then make setup",
)

BASE = "dc=example,dc=org"
ADMIN = f"cn=admin,{BASE}"
READER = f"cn=reader,{BASE}"
SECRET = "secret of the directory"
PASSWORD = "summer in the mountains"

CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.3.6.1.4.1.4203.666.1.901 NAME 'objectGUID'
  EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.4203.666.1.902 NAME 'nsAccountLock'
  EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.4203.666.1.903 NAME 'extras' AUXILIARY
  MAY ( objectGUID $ nsAccountLock ) )
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {folder}/pid
TLSCertificateFile {certificate}
TLSCertificateKeyFile {certificate}
TLSCACertificateFile {authority}
{idle}
database mdb
suffix {base}
rootdn {admin}
rootpw "{secret}"
directory {folder}/data
maxsize 10485760
dbnosync
index objectClass,uid,entryUUID eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by * none
overlay memberof
"""


@dataclasses.dataclass
class Slapd:
    """A server that may be stopped and started again."""

    program: str
    folder: pathlib.Path
    port: int
    secure_port: int
    authority: pathlib.Path
    process: subprocess.Popen[bytes] | None = None
    log: str = ""

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def secure_url(self) -> str:
        return f"ldaps://127.0.0.1:{self.secure_port}"

    def settings(self, **changes: str) -> dict[str, str]:
        """Gives the variables by which the provider uses it."""
        return {
            "IDP_LDAP_URL": self.url,
            "IDP_LDAP_BASE_DN": BASE,
            "IDP_LDAP_BIND_DN": READER,
            "IDP_LDAP_BIND_PASSWORD": SECRET,
            "IDP_LDAP_CA_FILE": str(self.authority),
            **changes,
        }

    def start(self) -> None:
        """Starts the server and returns when it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(self.program, "-d", "stats"),
                    *("-f", str(self.folder / "slapd.conf")),
                    *("-h", f"{self.url} {self.secure_url}"),
                ],
                stdout=log,
                stderr=log,
            )
        until(self._answers, "slapd answers")

    def stop(self) -> None:
        """Stops the server; what it holds stays."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def end_idle_connections(self) -> None:
        """Returns when it has closed one that lay idle, and all before it."""
        with socket.create_connection(("127.0.0.1", self.port), LIMIT) as idle:
            assert idle.recv(1) == b""

    def asked(self) -> str:
        """Gives its log: each filter as it arrived."""
        return (self.folder / "log").read_text("utf-8", "replace")

    # --- what is in it

    @contextlib.contextmanager
    def _administrator(self) -> Iterator[Any]:
        handle = ldap.initialize(self.url)
        handle.simple_bind_s(ADMIN, SECRET)
        try:
            yield handle
        finally:
            handle.unbind_s()

    def add(self, dn: str, **attributes: str | bytes | list[str | bytes]) -> str:
        """Adds an entry; gives its name."""
        with self._administrator() as handle:
            handle.add_s(dn, [(k, _values(v)) for k, v in attributes.items()])
        return dn

    def person(self, uid: str, **attributes: str | bytes | list[str | bytes]) -> str:
        """Adds somebody with the usual password; gives their name."""
        facts: dict[str, Any] = {
            "objectClass": ["inetOrgPerson", "extras"],
            "uid": uid,
            "cn": uid.title(),
            "sn": uid.title(),
            "mail": f"{uid}@example.org",
            "userPassword": PASSWORD,
            **attributes,
        }
        return self.add(f"uid={uid},ou=people,{BASE}", **facts)

    def group(self, cn: str, *members: str) -> str:
        """Adds a group; one has at least a member."""
        return self.add(
            f"cn={cn},ou=groups,{BASE}", objectClass="groupOfNames", member=[*members]
        )

    def change(self, dn: str, **attributes: Any) -> None:
        """Replaces attributes; None takes one away."""
        with self._administrator() as handle:
            changed = [
                (ldap.MOD_REPLACE, name, None if value is None else _values(value))
                for name, value in attributes.items()
            ]
            handle.modify_s(dn, changed)

    def rename(self, dn: str, uid: str) -> str:
        """Gives somebody another name and place, the old one forgotten."""
        with self._administrator() as handle:
            handle.rename_s(dn, f"uid={uid}", delold=1)
        return f"uid={uid},ou=people,{BASE}"

    def remove(self, *dns: str) -> None:
        """Takes entries away."""
        with self._administrator() as handle:
            for dn in dns:
                handle.delete_s(dn)

    def remove_people(self) -> None:
        """Takes everybody and every group away, so that a test begins afresh."""
        with self._administrator() as handle:
            for place in ("people", "groups"):
                below = handle.search_s(
                    f"ou={place},{BASE}", ldap.SCOPE_ONELEVEL, attrlist=["1.1"]
                )
                for dn, _ in below:
                    handle.delete_s(dn)

    def _answers(self) -> bool:
        handle = ldap.initialize(self.url)
        try:
            handle.simple_bind_s(ADMIN, SECRET)
        except ldap.SERVER_DOWN:
            return False
        handle.unbind_s()
        return True


@contextlib.contextmanager
def running_slapd(folder: pathlib.Path, *, idle: int | None = None) -> Iterator[Slapd]:
    """Runs a server until the block ends; it closes connections idle for so long."""
    program = need("slapd")
    authority = Authority(folder)
    (folder / "data").mkdir()
    server = Slapd(program, folder, free_port(), free_port(), authority.file)
    written = CONFIGURATION.format(
        folder=folder,
        certificate=authority.pem("127.0.0.1"),
        authority=authority.file,
        idle=f"idletimeout {idle}" if idle else "",
        base=BASE,
        admin=ADMIN,
        reader=READER,
        secret=SECRET,
    )
    (folder / "slapd.conf").write_text(written)
    server.start()
    try:
        _fill(server)
        yield server
    finally:
        server.stop()


def _fill(server: Slapd) -> None:
    server.add(
        BASE, objectClass=["dcObject", "organization"], dc="example", o="Example"
    )
    kinds = ["applicationProcess", "simpleSecurityObject"]
    server.add(READER, objectClass=kinds, cn="reader", userPassword=SECRET)
    for place in ("people", "groups"):
        server.add(f"ou={place},{BASE}", objectClass="organizationalUnit", ou=place)


def _values(given: str | bytes | list[str | bytes]) -> list[bytes]:
    listed = given if isinstance(given, list) else [given]
    return [one.encode() if isinstance(one, str) else one for one in listed]
