"""A resolver that says nothing: looking a name up ends in time, and hangs are few.

The resolver is a socket in a network of its own that is read by nobody.
"""

import os
import pathlib
import subprocess
import sys

from tests.support.needs import need

AS_ROOT = () if os.geteuid() == 0 else ("-r",)
ASKING = """
import socket, threading
from idp import outbound

silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 53))
ways = outbound.Ways(connect=0.05)
for number in range(outbound.LOOKUPS + 2):
    try:
        outbound.fetch(f"https://app{number}.example.org/jwks", ways)
    except outbound.NotDelivered as fault:
        print(fault.reason)
hanging = [one for one in threading.enumerate() if one.name == "lookup"]
print(len(hanging) == outbound.LOOKUPS)
for one in hanging:
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
    names.write_text("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
    inside = f'ip link set lo up && mount --bind {names} /etc/resolv.conf && exec "$@"'
    shell = ["sh", "-c", inside, "sh"]

    told = subprocess.run(
        ["unshare", *AS_ROOT, "-n", "-m", *shell, sys.executable, "-c", ASKING],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert told == ["no answer in time"] * 10 + ["True", "address not allowed"]
