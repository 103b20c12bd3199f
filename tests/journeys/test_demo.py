"""`idp demo --check` walks the whole story by itself."""

import json
import subprocess
import sys

from tests.support.provider import environment_of


def test_the_walk_holds_and_prints_what_each_application_received() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "idp.cli.main", "demo", "--check"],
        env=environment_of({"IDP_ISSUER": "https://not.this.example"}),
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    assert (done.returncode, report["held"]) == (0, True), report["steps"]
    proved = [
        (one["application"], one["id_token"]["preferred_username"])
        for one in report["received"]
    ]
    assert proved == [
        ("Wiki", "alice"),
        ("Payroll", "alice"),
        ("Wiki", "alice"),
        ("Wiki", "bob"),
    ]
