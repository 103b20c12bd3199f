"""``idp client``: applications, from the terminal."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from idp.actions import clients
from idp.actions.client_checks import AUTH_METHODS
from idp.cli import output
from idp.cli import work
from idp.rules.documents import read_json
from idp.rules.durations import parse_duration
from idp.rules.jwks import ALGORITHMS

LEVELS = ("pwd", "mfa")
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
            self.fail(f"{value!a} is no duration", param, ctx)
        return found


class Age(Duration):
    """A duration that may be none at all: 0."""

    name = "age"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Reads an age or says what is wrong with it."""
        return timedelta(0) if value == "0" else super().convert(value, param, ctx)


OPTIONS = (
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
    click.option("--min-acr", type=click.Choice(LEVELS)),
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
    click.option("--allow-resource", "allowed_resources", multiple=True),
    click.option("--allowed-origin", "allowed_origins", multiple=True),
    click.option("--access-token-lifetime", type=Duration()),
    click.option("--id-token-alg"),
    click.option("--introspection-alg"),
    click.option("--grant-type", "grant_types", multiple=True),
)
SAME = (
    *("redirect_uris", "backchannel_logout_uri"),
    *("backchannel_logout_session_required", "frontchannel_logout_uri"),
    *("initiate_login_uri", "frontchannel_logout_session_required"),
    *("scope", "min_acr"),
    *("max_factor_age", "default_acr_values"),
    *("default_max_age", "require_auth_time"),
    *("first_party", "claims_in_id_token"),
    *("jwks_uri", "resource"),
    *("allowed_resources", "allowed_origins"),
    *("access_token_lifetime", "grant_types"),
)
SERVICE = ["client_credentials"]
METADATA = {
    **{name: name for name in SAME},
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


def _described(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def _metadata(given: dict[str, Any]) -> dict[str, Any]:
    """Turns options into RFC 7591 metadata; what was not said is absent."""
    found = {
        METADATA[name]: list(value) if isinstance(value, tuple) else value
        for name, value in given.items()
        if name in METADATA and value not in (None, ())
    }
    if given.get("jwks_file"):
        found["jwks"] = _keys_in(Path(given["jwks_file"]))
    return found


def _keys_in(path: Path) -> Any:
    try:
        return read_json(path.read_text("utf-8"))
    except ValueError:
        raise click.BadParameter("is not JSON", param_hint="--jwks-file") from None


@click.group("client")
def client() -> None:
    """Applications."""


@client.command("create")
@click.argument("name")
@click.option("--id", "client_id")
@click.option("--public", is_flag=True, help="A client without a secret.")
@click.option("--service", is_flag=True, help="Client credentials only.")
@click.option("--secret-stdin", is_flag=True, help="Read the secret.")
@_described
@output.as_json
@output.speaks
def create(
    client_id: str | None,
    public: bool,
    service: bool,
    secret_stdin: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Register an application; its secret is shown here and never again."""
    metadata = _metadata(given)
    if public:
        if metadata.get("token_endpoint_auth_method", "none") != "none":
            raise click.UsageError("--public and --auth-method contradict each other")
        metadata["token_endpoint_auth_method"] = "none"
    if service:
        if metadata.get("grant_types", SERVICE) != SERVICE:
            raise click.UsageError("--service and --grant-type contradict each other")
        metadata["grant_types"] = SERVICE
    made = clients.create_client(
        work.build(seals=True),
        metadata,
        client_id=client_id,
        secret=output.secret_from_stdin() if secret_stdin else None,
    )
    facts = output.data(made.registration)
    line = str(facts["client_id"])
    if made.client_secret is not None:
        facts["client_secret"] = made.client_secret
        line = f"{line}\tsecret {made.client_secret}"
    output.show(facts, as_json=as_json, line=line)


@client.command("list")
@output.as_json
@output.speaks
def list_(as_json: bool) -> None:
    """List applications."""
    found = clients.list_registrations(work.build())
    output.show_list(map(output.data, found), as_json=as_json, line=_line)


@client.command("show")
@click.argument("client_id")
@output.as_json
@output.speaks
def show(client_id: str, as_json: bool) -> None:
    """Show an application."""
    facts = output.data(clients.show_client(work.build(), client_id))
    output.show(facts, as_json=as_json, line=output.lines(facts))


def _line(facts: dict[str, Any]) -> str:
    return f"{facts['client_id']}\t{facts['client_name']}"


@client.command("update")
@click.argument("client_id")
@click.option("--name")
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(NOT_NEEDED),
    help="Take a member away; may be said several times.",
)
@_described
@output.as_json
@output.speaks
def update(
    client_id: str, without: tuple[str, ...], as_json: bool, **given: Any
) -> None:
    """Change an application; only what is named changes."""
    metadata = _metadata(given)
    if not metadata.keys().isdisjoint(without):
        raise click.UsageError("--without names a member that is given, too")
    metadata.update(dict.fromkeys(without))
    changed = clients.change_client(work.build(), client_id, metadata)
    facts = output.data(changed)
    output.show(facts, as_json=as_json, line=_line(facts))


@client.command("rotate-secret")
@click.argument("client_id")
@click.option("--expire-others-in", type=Duration(), default=timedelta(days=1))
@output.as_json
@output.speaks
def rotate_secret(client_id: str, expire_others_in: timedelta, as_json: bool) -> None:
    """Make a second secret; the one before works a while longer."""
    made = clients.rotate_secret(
        work.build(seals=True), client_id, expire_others_in=expire_others_in
    )
    output.show(output.data(made), as_json=as_json, line=made.client_secret)


@client.command("remove-secret")
@click.argument("client_id")
@click.argument("secret_id")
@output.as_json
@output.speaks
def remove_secret(client_id: str, secret_id: str, as_json: bool) -> None:
    """End a secret at once; `show --json` lists their ids."""
    left = clients.remove_secret(work.build(), client_id, secret_id)
    facts = output.data(left)
    output.show(facts, as_json=as_json, line=f"{len(left.secrets)} left")


@client.command("disable")
@click.argument("client_id")
@output.as_json
@output.speaks
def disable(client_id: str, as_json: bool) -> None:
    """Switch an application off at once."""
    facts = output.data(clients.set_enabled(work.build(), client_id, enabled=False))
    output.show(facts, as_json=as_json, line=_line(facts))


@client.command("enable")
@click.argument("client_id")
@output.as_json
@output.speaks
def enable(client_id: str, as_json: bool) -> None:
    """Switch an application on."""
    facts = output.data(clients.set_enabled(work.build(), client_id, enabled=True))
    output.show(facts, as_json=as_json, line=_line(facts))


@client.command("delete")
@click.argument("client_id")
@output.as_json
@output.speaks
def delete(client_id: str, as_json: bool) -> None:
    """Delete an application."""
    clients.delete_client(work.build(), client_id)
    output.show({"client_id": client_id}, as_json=as_json, line="deleted")
