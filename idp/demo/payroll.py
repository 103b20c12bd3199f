"""*Payroll*, an application whose API wants a fresh second factor for a payslip.

Knows no level and no freshness itself: the API asks, Payroll passes the question on
to the provider and tries again (RFC 9470).
"""

import flask
import requests
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.wrappers import Response

from idp.demo import pages
from idp.demo.sign_in import Received
from idp.demo.sign_in import Registration
from idp.demo.sign_in import SignIn

TIMEOUT = 10  # seconds
PASSED_ON = ("acr_values", "max_age")


def create(registration: Registration, api: str) -> flask.Flask:
    """Makes the application; `api` is the address of the protected API."""
    application = flask.Flask(__name__, static_folder=None)
    sign_in = SignIn(application, registration)

    @application.get("/")
    def home() -> str:
        received = sign_in.current()
        if received is None:
            return pages.page(
                registration.name,
                "Your pay",
                "Payslips are shown after a fresh second factor.",
                mark="payroll-welcome",
                links={"Sign in": "/sign-in"},
            )
        return pages.page(
            registration.name,
            "Your pay",
            f"Welcome, {received.person}.",
            mark="payroll-home",
            person=received.person,
            links={"Show payslip": "/payslip", "What Payroll received": "/received"},
        )

    @application.get("/payslip")
    def payslip() -> str | Response:
        received = sign_in.current()
        if received is None:
            return flask.redirect("/", 303)
        answer = _ask(api, received)
        if answer.ok:
            return _show(registration, received, answer)
        if "again" in flask.request.args:
            return pages.message(
                registration.name, "No payslip", "The sign-in was not fresh enough."
            )
        return _pass_on(sign_in, answer)

    return application


def _ask(api: str, received: Received) -> requests.Response:
    bearer = {"Authorization": f"Bearer {received.access_token}"}
    return requests.get(f"{api}/payslip", headers=bearer, timeout=TIMEOUT)


def _show(
    registration: Registration, received: Received, answer: requests.Response
) -> str:
    return pages.page(
        registration.name,
        "Your payslip",
        mark="payslip",
        person=received.person,
        facts=answer.json()["payslip"],
        links={"Back": "/"},
    )


def _pass_on(sign_in: SignIn, answer: requests.Response) -> Response:
    """Turns the challenge of the API into an authorization request."""
    said = WWWAuthenticate.from_header(answer.headers.get("WWW-Authenticate"))
    asked = {word: said.get(word) if said else None for word in PASSED_ON}
    away = sign_in.begin(**{word: value for word, value in asked.items() if value})
    flask.session["then"] = "/payslip?again=1"
    return away
