"""The application in this process, for many random stories in a row.

People use the front door, administrators the actions behind every door of theirs. Each
story has people and applications of its own; only the clock and the policy are shared.
"""

import dataclasses
import itertools
import pathlib

from idp.actions import clients
from idp.actions import maintenance
from idp.actions import organisation
from idp.actions import user_mfa
from idp.actions import users
from idp.actions.work import Actor
from idp.actions.work import Origin
from idp.actions.work import Work
from idp.app import create_app
from idp.rules.permissions import PERMISSIONS
from idp.settings import Settings
from idp.vault import Vault
from idp.web.work import EXTENSION
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.compiled import share_templates
from tests.support.exchange import Caller
from tests.support.exchange import in_process
from tests.support.people import Person
from tests.support.people import password_of
from tests.support.provider import settings_for
from tests.support.relying_party import RelyingParty

ISSUER = "http://127.0.0.1:5000"
FRESHNESS = 30 * 60  # seconds; shorter than a session, so that levels decay


class World:
    """A provider, its administrator and the time."""

    def __init__(self, folder: pathlib.Path) -> None:
        (folder / "var").mkdir()
        self.clock = Clock()
        environment = settings_for(
            folder,
            IDP_ISSUER=ISSUER,
            IDP_MASTER_KEY=Vault.create_ring(),
            IDP_LOG_LEVEL="warning",
            IDP_MFA_FRESHNESS=f"{FRESHNESS}s",
        )
        settings = Settings.load(environment)
        app = share_templates(create_app(settings, clock=self.clock))
        self._parts = app.extensions[EXTENSION]
        self._numbers = itertools.count()
        self.wire = in_process(app)
        maintenance.initialise(self.work())

    def close(self) -> None:
        self._parts.close()

    def work(self) -> Work:
        """Gives the work of an administrator who may do everything, now."""
        work: Work = self._parts.new_work(Origin())
        work.actor = Actor("host", permissions=PERMISSIONS)
        return work

    def browser(self) -> Browser:
        return Browser(ISSUER, self.wire)

    # --- who and what there is

    def person(self, name: str) -> Person:
        """Creates somebody who has not enrolled, under a name that nobody had."""
        username = f"{name}-{next(self._numbers)}"
        password = password_of(username)
        made = users.create_user(self.work(), username, password=password)
        return Person(made.user.id, username, password, self.clock)

    def application(self, name: str, **wish: object) -> RelyingParty:
        """Registers an application; the wish is in the words of RFC 7591."""
        client_id = f"{name}-{next(self._numbers)}"
        callback = f"https://{name}.example/cb"
        wish = {"client_name": name, "redirect_uris": [callback], **wish}
        made = clients.create_client(self.work(), wish, client_id=client_id)
        registration = dataclasses.asdict(made.registration)
        registration["client_secret"] = made.client_secret
        return RelyingParty(Caller(ISSUER, self.wire), registration, self.clock)

    # --- what an administrator does

    def set_policy(self, *, mfa: str, enrol_during_step_up: bool) -> None:
        organisation.set_policy(
            self.work(), mfa=mfa, enrol_during_step_up=enrol_during_step_up
        )

    def take_mfa_away(self, person: Person) -> None:
        user_mfa.disable_mfa(self.work(), person.id, reason="lost")

    def require_mfa(self, person: Person, *, required: bool) -> None:
        user_mfa.require_mfa(self.work(), person.id, required=required)

    def set_active(self, person: Person, *, active: bool) -> None:
        users.set_active(self.work(), person.id, active=active)

    def end_sessions(self, person: Person) -> None:
        users.end_sessions(self.work(), person.id)

    def set_minimum(self, client: RelyingParty, min_acr: str | None) -> None:
        clients.change_client(self.work(), client.id, {"min_acr": min_acr})
