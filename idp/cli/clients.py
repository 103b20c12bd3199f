"""``idp client``: applications, from the terminal."""

from datetime import timedelta
from typing import Any

import click

from idp.actions import clients
from idp.cli import channels
from idp.cli import output
from idp.cli import work
from idp.cli.client_options import NOT_NEEDED
from idp.cli.client_options import Duration
from idp.cli.client_options import described
from idp.cli.client_options import metadata_of

SERVICE = ["client_credentials"]


@click.group("client")
def client() -> None:
    """Applications."""


@client.command("create")
@click.argument("name")
@click.option("--id", "client_id")
@click.option("--public", is_flag=True, help="A client without a secret.")
@click.option("--service", is_flag=True, help="Client credentials only.")
@click.option("--secret-stdin", is_flag=True, help="Read the secret.")
@described
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
    metadata = metadata_of(given)
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
        secret=channels.secret_from_stdin() if secret_stdin else None,
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
@described
@output.as_json
@output.speaks
def update(
    client_id: str, without: tuple[str, ...], as_json: bool, **given: Any
) -> None:
    """Change an application; only what is named changes."""
    metadata = metadata_of(given)
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
    """Make a second secret; the previous one works a while longer."""
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
