"""A telephone on a page, for visitors who have none: the codes of everybody.

Admin's and Alice's codes are there; the key that a set-up page shows can be typed in,
so that Bob can enrol too. Only a demo may keep other people's secrets.
"""

import binascii
from datetime import UTC
from datetime import datetime

import flask
import pyotp
from werkzeug.wrappers import Response

from idp.demo import pages
from idp.demo.people import Cast
from idp.demo.people import seconds_left


def create(cast: Cast) -> flask.Flask:
    """Makes the application."""
    application = flask.Flask(__name__, static_folder=None)

    @application.get("/")
    def codes() -> str:
        now = datetime.now(UTC)
        known = {
            person.username: person.code(now) for person in cast if person.enrolled
        }
        return pages.page(
            "Phone",
            "Authenticator",
            f"New codes in {seconds_left(now)} seconds.",
            mark="phone",
            facts=known,
            asks={"Whose": "username", "Key from the set-up page": "key"},
            links={"Show the codes of now": "/"},
        )

    @application.post("/")
    def scan() -> str | Response:
        key = "".join(flask.request.form.get("key", "").split()).upper()
        named = flask.request.form.get("username", "").strip().lower()
        person = next((one for one in cast if one.username == named), None)
        if person is None or not _is_key(key):
            return pages.message("Phone", "Not added", "Unknown person, or not a key.")
        person.secret = key
        return flask.redirect("/", 303)

    return application


def _is_key(text: str) -> bool:
    try:
        return len(pyotp.TOTP(text).byte_secret()) >= 16
    except binascii.Error:
        return False
