"""Sets a fresh Ostiary up for the OpenID Foundation's conformance suite.

Runs `idp` commands, so it needs the settings that the server has, and writes a
configuration for each plan: what docs/conformance.md says, in one place.
"""

import argparse
import json
import pathlib
import secrets
import shlex
import subprocess
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

Run = Callable[..., dict[str, Any]]
Json = dict[str, Any]

ALIAS = "ostiary"
ALIASES = {"back-channel": "ostiary-back", "front-channel": "ostiary-front"}
"""Plans with a client of their own: elsewhere a notice that comes fails a module."""

SCOPE = "openid profile email address phone offline_access"
USERNAME = "conformance"
EMAIL = "conformance@example.org"
NAME = "Conny Example Tester"
PROFILE = {
    "given_name": "Conny",
    "middle_name": "Example",
    "family_name": "Tester",
    "nickname": "Conny",
    "profile": "https://people.example.org/conny",
    "picture": "https://people.example.org/conny.png",
    "website": "https://conny.example.org/",
    "gender": "female",
    "birthdate": "1990-01-31",
    "zoneinfo": "Europe/Zurich",
    "locale": "en",
    "address": {
        "formatted": "1 Example Street\n3000 Bern\nSwitzerland",
        "street_address": "1 Example Street",
        "locality": "Bern",
        "postal_code": "3000",
        "country": "CH",
    },
    "phone_number": "+41 31 000 00 00",
    "phone_number_verified": False,
}

STATIC = "[server_metadata=discovery][client_registration=static_client]"
LOGOUT = "[response_type=code][client_registration=static_client]"
PLANS = {
    "basic": f"oidcc-basic-certification-test-plan{STATIC}",
    "config": "oidcc-config-certification-test-plan",
    "form-post": f"oidcc-formpost-basic-certification-test-plan{STATIC}",
    "rp-initiated": f"oidcc-rp-initiated-logout-certification-test-plan{LOGOUT}",
    "back-channel": "oidcc-backchannel-rp-initiated-logout-certification-test-plan"
    + LOGOUT,
    "front-channel": "oidcc-frontchannel-rp-initiated-logout-certification-test-plan"
    + LOGOUT,
}
"""File -> plan with the variant of static clients, as `run-test-plan.py` takes it."""

LOGIN_SHOWN = ("oidcc-prompt-login", "oidcc-max-age-1")
"""Modules that photograph the second sign-in form."""

ADDRESS_REFUSED = (
    "oidcc-ensure-registered-redirect-uri",
    "oidcc-ensure-request-object-with-redirect-uri",
)
"""Modules that photograph the error page about a callback address."""

_LOGOUT = "oidcc-rp-initiated-logout"
SIGNED_OUT = (
    f"{_LOGOUT}-bad-post-logout-redirect-uri",
    f"{_LOGOUT}-query-added-to-post-logout-redirect-uri",
    f"{_LOGOUT}-modified-id-token-hint",
    f"{_LOGOUT}-bad-id-token-hint",
    f"{_LOGOUT}-no-id-token-hint",
    f"{_LOGOUT}-no-post-logout-redirect-uri",
    f"{_LOGOUT}-no-params",
    f"{_LOGOUT}-only-state",
)
"""Modules that photograph the page of the end."""

SHOT = "update-image-placeholder"
SECONDS = 10


# --- what the suite's browser does on our pages


class Automation:
    """Scripts for the suite's browser, which knows a page by its address alone.

    An address may hold another one in its query, so every pattern begins with an
    origin.
    """

    def __init__(self, issuer: str, suite: str, password: str) -> None:
        """Takes the two origins and what the person types."""
        self.issuer = issuer
        self.suite = suite
        self.password = password

    def usual(self) -> list[Json]:
        """Signs in where asked, says yes where asked, ends at the client."""
        return [self._login(), self._logout("confirm", "go on", "back at the client")]

    def login_shown(self) -> list[Json]:
        """Does the usual, and photographs the form where a photograph is awaited."""
        form = ["wait", "css", "form[data-action=sign-in]", SECONDS, "Password"]
        return [self._login([[*form, f"{SHOT}-optional"]])]

    def address_refused(self) -> list[Json]:
        """Photographs the error page, which stays at the address of the request."""
        error = "[data-error=redirect-uri]"
        task = {
            "task": "the address is refused",
            "match": f"{self.issuer}/authorize*",
            "commands": [["wait", "css", error, SECONDS, "address", SHOT]],
        }
        return [{"match": f"{self.issuer}/authorize*", "tasks": [task]}]

    def signed_out(self) -> list[Json]:
        """Signs out, with a yes where asked, and photographs the end."""
        return [self._login(), self._logout("confirm", "signed out")]

    def _login(self, before: list[list[Any]] | None = None) -> Json:
        issuer = self.issuer
        return {
            "match": f"{issuer}/authorize*",
            "tasks": [
                {
                    "task": "password",
                    "optional": True,
                    "match": f"{issuer}/login/*/password*",
                    "commands": [
                        *(before or []),
                        ["text", "name", "username", USERNAME],
                        ["text", "name", "password", self.password],
                        [
                            "click",
                            "css",
                            "form[data-action=sign-in] button[type=submit]",
                        ],
                    ],
                },
                {
                    "task": "consent",
                    "optional": True,
                    "match": f"{issuer}/consent/*",
                    "commands": [["click", "css", "button[value=allow]"]],
                },
                {
                    "task": "answer by form, where no script sends it",
                    "optional": True,
                    "match": f"{issuer}/authorize*",
                    "commands": [
                        ["click", "css", "form[data-send-now] button", "optional"]
                    ],
                },
                {
                    "task": "back at the client",
                    "match": f"{self.suite}/test/*/callback*",
                    "commands": [["wait", "id", "submission_complete", SECONDS]],
                },
            ],
        }

    def _logout(self, *tasks: str) -> Json:
        end = f"{self.issuer}/end_session*"
        page = "body[data-page=logged-out]"
        known = {
            "confirm": {
                "task": "confirm",
                "optional": True,
                "match": end,
                "commands": [["click", "name", "confirm", "optional"]],
            },
            "go on": {
                "task": "pages of applications are loaded: on, where no script goes",
                "optional": True,
                "match": end,
                "commands": [["click", "css", "a[data-go-on]", "optional"]],
            },
            "signed out": {
                "task": "signed out",
                "match": f"{self.issuer}/*",
                "commands": [["wait", "css", page, SECONDS, "signed out", SHOT]],
            },
            "back at the client": {
                "task": "back at the client",
                "match": f"{self.suite}/test/*/post_logout_redirect*",
            },
        }
        return {"match": end, "tasks": [known[task] for task in tasks]}

    def overrides(self) -> dict[str, Json]:
        """Gives the modules that need a script of their own."""
        scripts = {
            LOGIN_SHOWN: self.login_shown(),
            ADDRESS_REFUSED: self.address_refused(),
            SIGNED_OUT: self.signed_out(),
        }
        return {
            module: {"browser": script}
            for modules, script in scripts.items()
            for module in modules
        }


# --- who is registered


def register(run: Run, suite: str, password: str) -> dict[str, Json]:
    """Creates the person and the five clients; gives each client's credentials."""
    run("policy", "set", "--mfa", "optional", "--json")
    facts = ("--email", EMAIL, "--name", NAME, "--profile", json.dumps(PROFILE))
    run(
        "user", "create", USERNAME, *facts, "--password-stdin", "--json", stdin=password
    )

    def client(client_id: str, alias: str, *options: str) -> Json:
        made = run(
            *("client", "create", client_id, "--id", client_id),
            *("--redirect-uri", f"{suite}/test/a/{alias}/callback"),
            *("--post-logout-redirect-uri", _after_logout(suite, alias)),
            *("--scope", SCOPE, "--no-pkce", "--no-claims-in-id-token"),
            *options,
            "--json",
        )
        return {name: made[name] for name in ("client_id", "client_secret")}

    post = ("--auth-method", "client_secret_post")
    return {
        "client": client("conf-basic", ALIAS),
        "client_secret_post": client("conf-post", ALIAS, *post),
        "client2": client("conf-second", ALIAS),
        "back-channel": client("conf-back", "ostiary-back", *_told(suite, "back")),
        "front-channel": client("conf-front", "ostiary-front", *_told(suite, "front")),
    }


def _told(suite: str, kind: str) -> tuple[str, ...]:
    address = f"{suite}/test/a/ostiary-{kind}/{kind}channel_logout"
    option = f"--{kind}channel-logout"
    return f"{option}-uri", address, f"{option}-session-required"


def _after_logout(suite: str, alias: str) -> str:
    return f"{suite}/test/a/{alias}/post_logout_redirect"


def configurations(automation: Automation, clients: dict[str, Json]) -> dict[str, Json]:
    """Gives the configuration of each plan."""
    discovery = f"{automation.issuer}/.well-known/openid-configuration"
    at_once = ("client", "client_secret_post", "client2")
    found = {}
    for plan in PLANS:
        alias = ALIASES.get(plan, ALIAS)
        usual = {name: clients[name] for name in at_once}
        found[plan] = {
            "alias": alias,
            "description": f"Ostiary, {plan}, static clients",
            "server": {"discoveryUrl": discovery, "login_hint": USERNAME},
            **({"client": clients[plan]} if plan in ALIASES else usual),
            "browser": automation.usual(),
            "override": automation.overrides(),
        }
    return found


# --- as a program


def main(arguments: Sequence[str] | None = None, run: Run | None = None) -> None:
    """Reads the command line, sets up, writes the files and says how to go on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issuer", required=True, help="https://HOST:PORT of Ostiary")
    parser.add_argument("--suite", default="https://localhost.emobix.co.uk:8443")
    parser.add_argument(
        "--into", type=pathlib.Path, default=pathlib.Path("conformance")
    )
    parser.add_argument("--idp", default="idp", help="how the command is called here")
    asked = parser.parse_args(arguments)

    password = secrets.token_urlsafe(16)
    clients = register(run or _commands(asked.idp), asked.suite, password)
    automation = Automation(asked.issuer, asked.suite, password)
    asked.into.mkdir(mode=0o700, exist_ok=True)
    for plan, content in configurations(automation, clients).items():
        file = asked.into / f"{plan}.json"
        file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        print(f"scripts/run-test-plan.py '{PLANS[plan]}' {file}")


def _commands(idp: str) -> Run:
    def run(*arguments: str, stdin: str | None = None) -> Json:
        done = subprocess.run(  # noqa: S603  our own command, as the tester calls it
            [*shlex.split(idp), *arguments],
            input=stdin,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return dict(json.loads(done.stdout))

    return run


if __name__ == "__main__":
    main()
