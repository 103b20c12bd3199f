"""The command `idp demo`."""

import dataclasses
import json
import signal
import threading

import click

from idp.demo import terminal
from idp.demo.provider import DemoFailed
from idp.demo.stage import running
from idp.demo.walk import walk


@click.command("demo")
@click.option(
    "--check",
    is_flag=True,
    help="Walk the story over HTTP with nobody at the keyboard, print what each "
    "application received as one JSON document, and exit 0 only if every step held.",
)
def demo(check: bool) -> None:
    """Run a provider, two applications and an API on this machine, to try them.

    Prints where to go, who can sign in, and everybody's current code. All of it is
    made afresh, listens on loopback only, and is gone when the command ends.
    """
    try:
        held = _check() if check else _show()
    except DemoFailed as failure:
        raise click.ClickException(str(failure)) from None
    if not held:
        raise click.exceptions.Exit(1)


def _check() -> bool:
    with running(free_ports=True) as stage:
        report = walk(stage)
    click.echo(json.dumps(dataclasses.asdict(report), indent=2))
    return report.held


def _show() -> bool:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    click.echo("Starting the demo: keys, database, people ...")
    with running() as stage:
        click.echo(terminal.welcome(stage))
        terminal.show_codes(stage.cast, stopped)
        click.echo("Stopping ...")
    return True
