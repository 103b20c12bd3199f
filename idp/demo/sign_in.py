"""What both demo applications do alike: delegate the login to the provider.

Uses Authlib's own Flask client as its manual shows it; nothing here is special to this
provider.
"""

import secrets
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import flask
from authlib.integrations.flask_client import OAuth
from authlib.integrations.flask_client import OAuthError
from werkzeug.wrappers import Response

from idp.demo import pages
from idp.demo.sign_out import ended_session

SCOPE = "openid profile email groups"
METADATA = "/.well-known/openid-configuration"
NOTICES = "/signed-out"
"""Where an application is told that a session ended (back-channel logout)."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What an application knows of itself and of its provider."""

    name: str
    address: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Received:
    """What an application received about a person."""

    id_token: dict[str, Any]
    userinfo: dict[str, Any]
    access_token: str = field(repr=False)
    signed: str = field(repr=False)

    @property
    def person(self) -> str:
        """Gives the name to show."""
        return str(self.id_token.get("name") or self.id_token["preferred_username"])


class SignIn:
    """The delegated login of one application, with its own session."""

    def __init__(self, application: flask.Flask, registration: Registration) -> None:
        """Adds the addresses of the login to an application."""
        self.registration = registration
        self._visits: dict[str, Received] = {}
        application.secret_key = secrets.token_bytes(32)
        # All ports of a host share one jar, so each application needs its own name.
        application.config["SESSION_COOKIE_NAME"] = f"{registration.client_id}_visit"
        application.config["SESSION_COOKIE_SAMESITE"] = "Lax"
        oauth: Any = OAuth(application)  # its annotations stop half way
        self._client = oauth.register(
            "provider",
            server_metadata_url=registration.issuer + METADATA,
            client_id=registration.client_id,
            client_secret=registration.client_secret,
            client_kwargs={"scope": SCOPE, "code_challenge_method": "S256"},
        )
        application.add_url_rule("/sign-in", view_func=self.begin)
        application.add_url_rule("/callback", view_func=self.callback)
        application.add_url_rule("/sign-out", view_func=self.end, methods=["POST"])
        application.add_url_rule(NOTICES, view_func=self.hear, methods=["POST"])
        application.add_url_rule("/received", view_func=self.show_received)

    def current(self) -> Received | None:
        """Gives what was received about the person at this browser, or None."""
        return self._visits.get(flask.session.get("visit", ""))

    def begin(self, **asked: str) -> Response:
        """Sends the browser to the provider, asking for more than a login if told."""
        callback = f"{self.registration.address}/callback"
        answer: Response = self._client.authorize_redirect(callback, **asked)
        return answer

    def callback(self) -> Response:
        """Takes the answer: checks who sent it, redeems the code, opens a session."""
        # RFC 9207: an answer of another provider is not for this one.
        if flask.request.args.get("iss") != self.registration.issuer:
            return self._refused("the answer came from somebody else")
        try:
            token = self._client.authorize_access_token()
        except OAuthError as failure:
            return self._refused(str(failure.description or failure.error))
        visit = secrets.token_urlsafe(32)
        self._visits[visit] = Received(
            dict(token["userinfo"]),
            dict(self._client.userinfo(token=token)),
            token["access_token"],
            token["id_token"],
        )
        home = flask.session.get("then", "/")
        self._visits.pop(flask.session.get("visit", ""), None)
        flask.session.clear()
        flask.session["visit"] = visit
        return flask.redirect(home, 303)

    def end(self) -> Response:
        """Ends the session here, then lets the provider end its own and come back."""
        received = self._visits.pop(flask.session.get("visit", ""), None)
        flask.session.clear()
        home = f"{self.registration.address}/"
        asked = {
            "client_id": self.registration.client_id,
            "post_logout_redirect_uri": home,
            **({"id_token_hint": received.signed} if received else {}),
        }
        at = self._client.load_server_metadata()["end_session_endpoint"]
        return flask.redirect(f"{at}?{urlencode(asked)}", 303)

    def hear(self) -> tuple[str, int]:
        """Takes a notice of the provider and ends the visits of that session."""
        sid = ended_session(
            flask.request.form.get("logout_token", ""),
            self._client.fetch_jwk_set(force=True),
            issuer=self.registration.issuer,
            client_id=self.registration.client_id,
            now=datetime.now(UTC).timestamp(),
        )
        if sid is None:
            return "not for this application", 400
        for visit, received in list(self._visits.items()):
            if received.id_token.get("sid") == sid:
                self._visits.pop(visit, None)
        return "", 204

    def show_received(self) -> Response:
        """Shows, as JSON, what this application received."""
        received = self.current()
        if received is None:
            return flask.jsonify(application=self.registration.name)
        return flask.jsonify(
            application=self.registration.name,
            id_token=received.id_token,
            userinfo=received.userinfo,
        )

    def _refused(self, why: str) -> Response:
        page = pages.message(self.registration.name, "Not signed in", why)
        return flask.make_response(page, 400)
