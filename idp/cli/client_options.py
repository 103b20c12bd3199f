"""Options that describe an application, and the metadata that they stand for.

``idp client create`` and ``update`` take the same; what is not said is absent. The
commands themselves are in ``cli.clients``.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from idp.actions.client_checks import AUTH_METHODS
from idp.rules.documents import read_json
from idp.rules.durations import parse_duration
from idp.rules.jwks import ALGORITHMS

_LEVELS = ("pwd", "mfa")
NOT_NEEDED = (
    *("backchannel_logout_uri", "frontchannel_logout_uri", "initiate_login_uri"),
    *("jwks", "jwks_uri", "token_endpoint_auth_signing_alg"),
    *("min_acr", "max_factor_age", "access_token_lifetime", "allowed_origins"),
    *("resource", "request_object_signing_alg"),
    *("default_acr_values", "default_max_age"),
)
"""What an application need not have; empty lists are given by their own options."""


class Duration(click.ParamType[timedelta]):
    """A duration: whole seconds, or a number with s, m, h or d."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Reads a duration or says what is wrong with it."""
        if isinstance(value, timedelta):
            return value
        found = parse_duration(str(value))
        if found is None:
            self.fail(f"{value!a} is not a duration", param, ctx)
        return found


class Age(Duration):
    """A duration that may be none at all: 0."""

    name = "age"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Reads an age or says what is wrong with it."""
        return timedelta(0) if value == "0" else super().convert(value, param, ctx)


_OPTIONS = (
    click.option("--redirect-uri", "redirect_uris", multiple=True),
    click.option("--post-logout-redirect-uri", "post_logout_uris", multiple=True),
    click.option("--backchannel-logout-uri"),
    click.option(
        "--backchannel-logout-session-required/--no-backchannel-logout-session-required",
        default=None,
    ),
    click.option("--frontchannel-logout-uri"),
    click.option("--initiate-login-uri", help="Where its sign-in can be begun."),
    click.option(
        "--frontchannel-logout-session-required/--no-frontchannel-logout-session-required",
        default=None,
    ),
    click.option("--auth-method", type=click.Choice(AUTH_METHODS)),
    click.option("--scope"),
    click.option("--min-acr", type=click.Choice(_LEVELS)),
    click.option("--max-factor-age", type=Duration()),
    click.option("--backup-codes/--no-backup-codes", default=None),
    click.option("--default-acr", "default_acr_values", multiple=True),
    click.option("--default-max-age", type=Age()),
    click.option("--require-auth-time/--no-require-auth-time", default=None),
    click.option("--first-party/--ask-consent", default=None),
    click.option("--pkce/--no-pkce", default=None),
    click.option("--claims-in-id-token/--no-claims-in-id-token", default=None),
    click.option("--jwks-file", type=click.Path(exists=True, dir_okay=False)),
    click.option("--jwks-uri"),
    click.option("--auth-signing-alg", type=click.Choice(ALGORITHMS)),
    click.option("--request-object-alg", type=click.Choice(ALGORITHMS)),
    click.option("--signed-requests-only/--unsigned-requests", default=None),
    click.option("--pushed-requests-only/--unpushed-requests", default=None),
    click.option("--resource"),
    click.option(
        *("--allow-resource", "allowed_resources"),
        multiple=True,
        help="What it may ask tokens for: the --resource of another application.",
    ),
    click.option("--allowed-origin", "allowed_origins", multiple=True),
    click.option("--access-token-lifetime", type=Duration()),
    click.option("--id-token-alg"),
    click.option("--introspection-alg"),
    click.option("--grant-type", "grant_types", multiple=True),
)
_MEMBERS = {
    "name": "client_name",
    "post_logout_uris": "post_logout_redirect_uris",
    "auth_method": "token_endpoint_auth_method",
    "backup_codes": "accept_backup_codes",
    "pkce": "require_pkce",
    "auth_signing_alg": "token_endpoint_auth_signing_alg",
    "request_object_alg": "request_object_signing_alg",
    "signed_requests_only": "require_signed_request_object",
    "pushed_requests_only": "require_pushed_authorization_requests",
    "id_token_alg": "id_token_signed_response_alg",
    "introspection_alg": "introspection_signed_response_alg",
}
"""Options whose names are not those of the members that they give."""


def described(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options that describe an application."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def metadata_of(given: dict[str, Any]) -> dict[str, Any]:
    """Turns options into RFC 7591 metadata; what was not said is absent."""
    found = {
        _MEMBERS.get(name, name): list(value) if isinstance(value, tuple) else value
        for name, value in given.items()
        if name != "jwks_file" and value not in (None, ())
    }
    if given.get("jwks_file"):
        found["jwks"] = _keys_in(Path(given["jwks_file"]))
    return found


def _keys_in(path: Path) -> Any:
    try:
        return read_json(path.read_text("utf-8"))
    except ValueError:
        raise click.BadParameter("is not JSON", param_hint="--jwks-file") from None
