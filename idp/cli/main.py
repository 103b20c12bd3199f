"""The command ``idp``: every group and command in one place."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from importlib import import_module
from typing import Any

import click

from idp import __version__
from idp import logs
from idp.cli import channels
from idp.cli.accounts import user
from idp.cli.audit import audit
from idp.cli.checks import check
from idp.cli.clients import client
from idp.cli.directory import directory
from idp.cli.organisation import keys
from idp.cli.organisation import policy
from idp.cli.registrations import registration_token
from idp.cli.roles import role
from idp.cli.schema import db
from idp.cli.second_factors import report
from idp.cli.setup import after_restore
from idp.cli.setup import init

LATER = {
    "serve": ("idp.cli.serve", "serve"),
    "worker": ("idp.cli.serve", "worker"),
    "management": ("idp.cli.serve", "management"),
    "demo": ("idp.demo.command", "demo"),
}


class Lazily(click.Group):
    """Loads the server and the demo only for the commands that are them."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Runs a command; help that cannot be written is no fault of ours either."""
        channels.prepare()
        try:
            return super().main(*args, **kwargs)
        except OSError as fault:
            with suppress(OSError):
                channels.Unsaid(fault).show()
            raise SystemExit(1) from None

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Reads the first words; see ``_harmless``."""
        with _harmless():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Reads the other words and runs the command; see ``_harmless``."""
        with _harmless():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names every command, loaded or not."""
        return sorted([*super().list_commands(ctx), *LATER])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Returns a command, loading its module if need be."""
        if name not in LATER:
            return super().get_command(ctx, name)
        module, attribute = LATER[name]
        command: click.Command = getattr(import_module(module), attribute)
        return command


@contextmanager
def _harmless() -> Iterator[None]:
    """Lets nothing that was typed steer the terminal from within a sentence."""
    try:
        yield
    except click.UsageError as fault:
        said = logs.printable(fault.format_message())
        raise click.UsageError(said, fault.ctx) from None
    except click.ClickException as fault:
        said = logs.printable(fault.format_message())
        raise click.ClickException(said) from None


@click.group(cls=Lazily, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="Ostiary %(version)s")
def main() -> None:
    """Ostiary: an OpenID Connect identity provider with a second factor."""


for command in (
    init,
    check,
    db,
    user,
    role,
    client,
    policy,
    keys,
    audit,
    report,
    directory,
    after_restore,
):
    main.add_command(command)
client.add_command(registration_token)

if __name__ == "__main__":
    main()
