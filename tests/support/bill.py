"""Writes the bill of materials of a release: ``python -m tests.support.bill``.

CycloneDX as JSON, from the pins of the program with their hashes; the same for the same
commit. The extras and what development needs are not in it.
"""

import argparse
import json
import subprocess
from pathlib import Path

import idp
from tests.support import pins

TOP = pins.FOLDER.parent


def write(tool: Path, into: Path) -> Path:
    """Writes ``ostiary-VERSION.cdx.json`` and returns its path."""
    into.mkdir(parents=True, exist_ok=True)
    bill = into / f"ostiary-{idp.__version__}.cdx.json"
    about = ("--pyproject", TOP / "pyproject.toml", "--output-reproducible")
    asked = ("requirements", pins.FOLDER / "run.txt", *about, "--output-file", bill)
    subprocess.run([tool, *asked], check=True)
    held = json.loads(bill.read_text(encoding="utf-8"))["components"]
    if {one["name"]: one["version"] for one in held} != pins.pinned("run"):
        raise SystemExit(f"{bill.name} does not hold what is pinned")
    return bill


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    given = parser.parse_args()
    write(given.tool, given.into)
