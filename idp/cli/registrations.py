"""``idp client registration-token``: tokens with which applications register."""

from datetime import timedelta
from typing import Any

import click

from idp.actions import registration_tokens
from idp.cli import output
from idp.cli import work
from idp.cli.client_options import Duration


@click.group("registration-token")
def registration_token() -> None:
    """Tokens with which applications register themselves."""


@registration_token.command("create")
@click.argument("name")
@click.option("--uses", type=int, default=1, help="How many applications.")
@click.option("--expires-in", type=Duration(), default=registration_tokens.LIFETIME)
@output.as_json
@output.speaks
def create(name: str, uses: int, expires_in: timedelta, as_json: bool) -> None:
    """Make a token; it is shown here and never again."""
    made = registration_tokens.create_token(
        work.build(), name, uses=uses, expires_in=expires_in
    )
    facts = {**output.data(made.facts), "token": made.token}
    output.show(facts, as_json=as_json, line=f"{made.facts.id}\ttoken {made.token}")


@registration_token.command("list")
@output.as_json
@output.speaks
def list_(as_json: bool) -> None:
    """List tokens, and what each has registered."""
    found = registration_tokens.list_tokens(work.build())
    output.show_list(map(output.data, found), as_json=as_json, line=_line)


def _line(facts: dict[str, Any]) -> str:
    left = f"{facts['uses_left']} of {facts['uses']} left"
    return f"{facts['id']}\t{facts['name']}\t{facts['state']}\t{left}"


@registration_token.command("revoke")
@click.argument("token_id")
@output.as_json
@output.speaks
def revoke(token_id: str, as_json: bool) -> None:
    """End a token at once; what it has registered stays."""
    registration_tokens.revoke_token(work.build(), token_id)
    output.show({"id": token_id}, as_json=as_json, line="revoked")
