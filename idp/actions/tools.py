"""The tools of work outside a web request: for a command, the worker, a test.

Long-lived and shared by units of work that follow one another. The web application
makes its own, because Flask owns its engine.
"""

from datetime import datetime

from idp import directory
from idp.actions.hashing import Hashing
from idp.actions.work import Actor
from idp.actions.work import Origin
from idp.actions.work import Work
from idp.rules.permissions import PERMISSIONS
from idp.settings import Settings
from idp.store.engines import make_engine
from idp.store.rates import SourceRate
from idp.store.transactions import Database
from idp.tally import Tally
from idp.vault import Vault


class Tools:
    """Settings, vault, database and the rest, from which units of work are made."""

    def __init__(self, settings: Settings, vault: Vault) -> None:
        """Opens the database that the settings name; nothing is read yet."""
        self.settings = settings
        self.vault = vault
        self.database = Database(make_engine(settings.database_url.get_secret_value()))
        self.rates = SourceRate("0")
        self.hashing = Hashing()
        self.tally = Tally()
        self.directory = directory.of(settings)

    def work(self, now: datetime, *, actor: Actor, origin: Origin) -> Work:
        """Makes one unit of work."""
        return Work(
            now=now,
            settings=self.settings,
            vault=self.vault,
            database=self.database,
            rates=self.rates,
            hashing=self.hashing,
            origin=origin,
            actor=actor,
            directory=self.directory,
            tally=self.tally,
        )

    def close(self) -> None:
        """Ends threads and closes connections."""
        self.hashing.close()
        self.database.dispose()


def host(name: str | None) -> Actor:
    """Returns the actor of a command: on the host everything is allowed (REL-092)."""
    return Actor("host", id="host", name=name, permissions=PERMISSIONS)
