"""What the person who started the demo reads: where to go, who can sign in, codes.

On a terminal the codes are redrawn in place every second; elsewhere a line is written
whenever they change.
"""

import sys
import threading
from datetime import UTC
from datetime import datetime
from typing import TextIO

from idp.demo.people import Cast
from idp.demo.people import Person
from idp.demo.people import seconds_left
from idp.demo.stage import Stage

UP_AND_CLEAR = "\x1b[1A\x1b[2K"


def welcome(stage: Stage) -> str:
    """Gives the text that stays: addresses and people."""
    lines = [
        "",
        "Ostiary demo: everything is on this machine, and gone when you stop it.",
        "",
        f"  Wiki        {stage.wiki}/      any level will do",
        f"  Payroll     {stage.payroll}/      a payslip needs a fresh second factor",
        "              Sign out at one of them, and the other hears of it.",
        f"  Settings    {stage.provider.issuer}/settings",
        f"  Phone       {stage.phone}/      the codes below, on a page",
        "",
        *(f"  {_introduced(person)}" for person in stage.cast),
        "",
        "Codes of the authenticator apps (stop with Ctrl-C):",
    ]
    return "\n".join(lines)


def _introduced(person: Person) -> str:
    what = "" if person.enrolled else "   sets up a second factor at the first sign-in"
    return f"{person.username:<12}password {person.password}{what}"


def codes(cast: Cast, now: datetime) -> str:
    """Gives one line with the code of everybody who has one."""
    known = [f"{one.username} {one.code(now)}" for one in cast if one.enrolled]
    return f"  {'   '.join(known)}"


def show_codes(cast: Cast, stopped: threading.Event, out: TextIO = sys.stdout) -> None:
    """Shows the codes until the demo is stopped."""
    redraw = out.isatty()
    shown = ""
    while not stopped.is_set():
        now = datetime.now(UTC)
        line = codes(cast, now)
        if redraw:
            again = UP_AND_CLEAR if shown else ""
            out.write(f"{again}{line}   new ones in {seconds_left(now):2} s\n")
        elif line != shown:
            out.write(f"{now:%H:%M:%S}{line}\n")
        out.flush()
        shown = line
        stopped.wait(1)
