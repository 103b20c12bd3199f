"""A resolver that says nothing: looking a name up ends in time, and hangs are few.

So for applications, the directory, mail and Valkey; those that hang for one leave room
for the others. The resolver is a socket in a network of its own that is read by nobody.
"""

import os
import pathlib
import subprocess
import sys

from tests.support.needs import need

AS_ROOT = () if os.geteuid() == 0 else ("-r",)
ASKING = """
import socket, threading
from idp import directory, ldap_line, outbound, smtp
from idp.ldap_line import Away
from idp.setting_mail import MailServer
from idp.settings import Settings
from idp.store import rates, valkey_line

silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 53))
ways = outbound.Ways(connect=0.05)
people = directory.of(
    Settings.load(
        {"IDP_LDAP_URL": "ldaps://ldap.example.org", "IDP_LDAP_BASE_DN": "dc=example"}
    )
)
post = MailServer("smtps", "mail.example.org", 465, "", "")

def ask_application(number):
    outbound.fetch(f"https://app{number}.example.org/jwks", ways)

def ask_directory(number):
    with people.opened(within=0.05):
        pass

def ask_mail(number):
    with smtp.opened(post, name="op", patience=smtp.Patience(opening=0.5)):
        pass

class Slow(Exception):
    pass

def ask_valkey(number):
    counts = rates.SourceRate("60/minute", "valkeys://valkey.example.org")
    fault = Slow()
    fault.reason = counts.complaint()
    raise fault

def hanging():
    return [one for one in threading.enumerate() if one.name == "lookup"]

asks = {outbound: ask_application, ldap_line: ask_directory, smtp: ask_mail}
asks[valkey_line] = ask_valkey
for module, ask in asks.items():
    told, others = set(), hanging()
    for number in range(module.LOOKUPS + 2):
        try:
            ask(number)
        except (outbound.NotDelivered, Away, smtp.Unusable, Slow) as fault:
            told.add(fault.reason)
    print(*told)
    print(len(set(hanging()) - set(others)) == module.LOOKUPS)
for one in hanging():
    one.join()
try:
    outbound.endpoints("localhost", 443, outbound.Ways())
except outbound.NotDelivered as fault:
    print(fault.reason)
"""


def test_a_silent_resolver_holds_nobody_up_and_few_threads(
    tmp_path: pathlib.Path,
) -> None:
    need("ip")
    names = tmp_path / "resolv.conf"
    names.write_text("nameserver 127.0.0.1\noptions timeout:8 attempts:1\n")
    inside = f'ip link set lo up && mount --bind {names} /etc/resolv.conf && exec "$@"'
    shell = ["sh", "-c", inside, "sh"]

    told = subprocess.run(
        ["unshare", *AS_ROOT, "-n", "-m", *shell, sys.executable, "-c", ASKING],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert told == [
        *("no answer in time", "True"),
        *("no answer in time", "True"),
        *("no connection: TimeoutError", "True"),
        *("no answer in time", "True"),
        "address not allowed",
    ]
