"""*Wiki*, an application that takes any level: it wants to know who somebody is."""

import flask

from idp.demo import pages
from idp.demo.sign_in import Registration
from idp.demo.sign_in import SignIn


def create(registration: Registration) -> flask.Flask:
    """Makes the application."""
    application = flask.Flask(__name__, static_folder=None)
    sign_in = SignIn(application, registration)

    @application.get("/")
    def home() -> str:
        received = sign_in.current()
        if received is None:
            return pages.page(
                registration.name,
                "Everything we know",
                "The wiki shows its pages to colleagues only.",
                mark="wiki-welcome",
                links={"Sign in": "/sign-in"},
            )
        token = received.id_token
        return pages.page(
            registration.name,
            "Everything we know",
            f"Welcome, {received.person}. This page is the whole wiki.",
            mark="wiki-home",
            person=received.person,
            facts={
                "Level (acr)": token.get("acr"),
                "Factors (amr)": ", ".join(token.get("amr", [])),
                "Groups": ", ".join(token.get("groups", [])) or "none",
            },
            links={"What the wiki received": "/received"},
        )

    return application
