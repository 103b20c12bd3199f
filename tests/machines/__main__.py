"""The machines of the tests, by hand: `python -m tests.machines`, as root.

Prints where everything is and waits for the end of its input; `ip link set LINK down`
cuts a machine off.
"""

import pathlib
import sys
import tempfile

from tests.machines.site import whole


def main() -> None:
    """Builds it, says what there is, and takes it away again."""
    with tempfile.TemporaryDirectory() as folder, whole(pathlib.Path(folder)) as site:
        for machine in site.machines:
            sys.stdout.write(f"{machine.name} {machine.address} link {machine.link}\n")
        sys.stdout.write(f"the provider: {site.issuer}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
