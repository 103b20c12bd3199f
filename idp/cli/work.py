"""``Work`` for commands: made without Flask, with the host itself as the actor."""

import getpass
import uuid

import click

from idp import clock
from idp.actions import tools
from idp.actions.work import Origin
from idp.actions.work import Work
from idp.settings import Settings
from idp.vault import Vault


def build(settings: Settings | None = None, *, vault: Vault | None = None) -> Work:
    """Makes what one command may touch; raises Misconfigured."""
    settings = settings or Settings.load()
    origin = Origin(source="host", request_id=uuid.uuid4().hex)
    made = tools.Tools(settings, vault or Vault.load(settings))
    context = click.get_current_context(silent=True)
    if context is not None:
        context.call_on_close(made.close)
    return made.work(clock.now(), actor=tools.host(_account()), origin=origin)


def _account() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None
