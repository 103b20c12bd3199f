"""The protocol server on a real database, without HTTP around it.

Real actions, real keys, a clock in the test's hand. Sign-in goes through the actions,
so that a test says in one line who is signed in and how.
"""

import base64
import dataclasses
import hashlib
import json
import pathlib
import urllib.parse
from typing import Any

import pyotp

from idp import directory
from idp.actions import clients
from idp.actions import enrolment
from idp.actions import keys as signing_keys
from idp.actions import login
from idp.actions import login_start
from idp.actions import maintenance
from idp.actions import organisation
from idp.actions import tokens
from idp.actions import user_mfa
from idp.actions import users
from idp.actions.authorize import Pending
from idp.actions.hashing import Hashing
from idp.actions.work import Actor
from idp.actions.work import Origin
from idp.actions.work import Work
from idp.oidc import server
from idp.oidc.keys import KeyRing
from idp.oidc.wire import FORM
from idp.oidc.wire import Answer
from idp.oidc.wire import FormPost
from idp.oidc.wire import HttpRequest
from idp.oidc.wire import Redirect
from idp.rules.permissions import PERMISSIONS
from idp.settings import Settings
from idp.store.clients import Client
from idp.store.engines import make_engine
from idp.store.rates import SourceRate
from idp.store.transactions import Database
from idp.tally import Tally
from idp.vault import Vault
from tests.support.clock import Clock

PASSWORD = "correct horse battery"
CALLBACK = "https://rp.example/cb"
VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .rstrip(b"=")
    .decode()
)


@dataclasses.dataclass
class App:
    """A registered client with its secret."""

    record: Client
    secret: str | None

    @property
    def id(self) -> str:
        return self.record.client_id


@dataclasses.dataclass
class Session:
    """A browser that is signed in, and as whom."""

    user_id: str
    token: str | None
    browser: str | None


class Stage:
    """Everything that the protocol server needs, and shorthands for tests."""

    def __init__(self, folder: pathlib.Path, ring: str, **settings: str) -> None:
        environ = {
            "IDP_DATABASE_URL": f"sqlite:///{folder / 'idp.db'}",
            "IDP_MASTER_KEY": ring,
            "IDP_PASSWORD_HASH_COST": "4",
            **settings,
        }
        self.settings = Settings.load(environ)
        self.clock = Clock()
        url = self.settings.database_url.get_secret_value()
        self.database = Database(make_engine(url))
        self.vault = Vault(ring)
        self.rates = SourceRate("1000/minute")
        self.hashing = Hashing()
        self.tally = Tally()
        self.directory = directory.of(self.settings)
        self.keys = KeyRing(lambda: signing_keys.load_keys(self.work()), self.clock)
        self.server = server.build(self.settings, self.keys, self.clock)

    @property
    def issuer(self) -> str:
        return self.settings.issuer

    def work(self) -> Work:
        return Work(
            now=self.clock(),
            settings=self.settings,
            vault=self.vault,
            database=self.database,
            rates=self.rates,
            hashing=self.hashing,
            origin=Origin("192.0.2.1", "test", "request"),
            directory=self.directory,
            tally=self.tally,
        )

    def administration(self) -> Work:
        """Gives the work of somebody who may do everything."""
        work = self.work()
        work.actor = Actor("host", permissions=PERMISSIONS)
        return work

    def prepare(self) -> None:
        """Makes the schema and the first keys."""
        maintenance.initialise(self.administration())
        organisation.set_policy(self.administration(), mfa="optional")

    # --- who there is

    def client(self, client_id: str = "rp", **wish: Any) -> App:
        """Registers a client; the wish is in the words of RFC 7591."""
        secret = wish.pop("secret", None)
        wish = {"redirect_uris": [CALLBACK], "client_name": client_id.title(), **wish}
        made = clients.create_client(
            self.administration(), wish, client_id=client_id, secret=secret
        )
        record = tokens.find_client(self.work(), client_id)
        assert record is not None
        return App(record, made.client_secret)

    def person(self, username: str = "mia", **facts: Any) -> str:
        """Creates somebody with the usual password; gives the id."""
        facts.setdefault("password", PASSWORD)
        return users.create_user(self.administration(), username, **facts).user.id

    def sign_in(self, username: str = "mia", *, enrol: bool = False) -> Session:
        """Signs somebody in by password; ``enrol`` adds an authenticator on the way."""
        work = self.work()
        if enrol:
            user_mfa.require_mfa(self.administration(), username, required=True)
        begun = login_start.begin(work, return_to="/settings")
        browser = begun.browser_token
        done = login.submit_password(work, begun.login_id, browser, username, PASSWORD)
        if enrol:
            secret = enrolment.start(work, begun.login_id, browser).secret
            code = pyotp.TOTP(secret).at(self.clock())
            done = enrolment.confirm(work, begun.login_id, browser, code)
        assert done.session_token, done
        shown = users.show_user(self.administration(), username)
        return Session(shown.id, done.session_token, browser)

    # --- what is asked

    def authorize(
        self, app: App, session: Session | None = None, **changes: str | None
    ) -> Redirect | FormPost | Pending:
        """Sends a request that is right but for the changes; None leaves one out."""
        parameters: dict[str, str | None] = {
            "response_type": "code",
            "client_id": app.id,
            "redirect_uri": CALLBACK,
            "scope": "openid",
            "state": "st",
            "nonce": "no",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        sent = {k: v for k, v in parameters.items() if v is not None}
        return self.send(urllib.parse.urlencode(sent), session)

    def send(
        self, query: str, session: Session | None = None
    ) -> Redirect | FormPost | Pending:
        """Sends any query to the authorization endpoint."""
        http = HttpRequest("GET", query.encode())
        held = session or Session("", None, None)
        return self.server.authorize(http, self.work(), held.token, held.browser)

    def back(self, app: App, session: Session | None = None, **changes: Any) -> Any:
        """Gives the parameters that came back in the query."""
        sent = self.authorize(app, session, **changes)
        assert isinstance(sent, Redirect), sent
        query = urllib.parse.urlsplit(sent.location).query
        return dict(urllib.parse.parse_qsl(query, keep_blank_values=True))

    def token(self, app: App, **form: str | None) -> Answer:
        """Asks the token endpoint, authenticated by Basic where there is a secret."""
        return self.server.token(self.form(app, form), self.work())

    def redeem(self, app: App, code: str, **changes: str | None) -> Answer:
        """Redeems a code as it should be, but for the changes."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return self.token(app, **{**form, **changes})

    def tokens(self, app: App, session: Session, **changes: Any) -> dict[str, Any]:
        """Gives the token answer of a whole silent flow."""
        code = self.back(app, session, **changes)["code"]
        verifier = None if changes.get("code_challenge", "") is None else VERIFIER
        answer = self.redeem(app, code, code_verifier=verifier)
        assert answer.status == 200, answer.body
        return answer.body

    def refresh(self, app: App, token: str, **form: str | None) -> Answer:
        """Refreshes."""
        return self.token(app, grant_type="refresh_token", refresh_token=token, **form)

    def userinfo(self, token: str) -> Answer:
        """Asks userinfo by GET."""
        http = HttpRequest("GET", authorization=f"Bearer {token}")
        return self.server.userinfo(http, self.work())

    def introspect(self, app: App, token: str) -> Answer:
        """Asks about a token."""
        http = self.form(app, {"token": token})
        return self.server.introspect(http, self.work())

    def revoke(self, app: App, token: str, **form: str | None) -> Answer:
        """Revokes a token."""
        http = self.form(app, {"token": token, **form})
        return self.server.revoke(http, self.work())

    def form(self, app: App, form: dict[str, str | None]) -> HttpRequest:
        """Builds a posted form with the client's authentication."""
        fields = {name: value for name, value in form.items() if value is not None}
        if app.secret is None:
            fields.setdefault("client_id", app.id)
        return HttpRequest(
            "POST",
            body=urllib.parse.urlencode(fields).encode(),
            content_type=FORM,
            authorization=basic(app.id, app.secret) if app.secret else None,
        )

    def claims(self, token: str) -> dict[str, Any]:
        """Reads the payload of a token."""
        payload = token.split(".")[1]
        padded = payload + "=" * (-len(payload) % 4)
        return dict(json.loads(base64.urlsafe_b64decode(padded)))

    def close(self) -> None:
        self.database.dispose()


def basic(name: str, secret: str) -> str:
    """Builds the header of RFC 6749 section 2.3.1."""
    quoted = ":".join(urllib.parse.quote_plus(part) for part in (name, secret))
    return "Basic " + base64.b64encode(quoted.encode()).decode()


def header(token: str) -> dict[str, Any]:
    """Reads the header of a token."""
    part = token.split(".")[0]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))
