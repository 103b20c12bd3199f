"""What an application shares with nobody: its id, and the resource that it is."""

from sqlalchemy.engine import Connection

from idp.errors import Conflict
from idp.store import clients
from idp.store import users
from idp.store.clients import Client


def check_id(db: Connection, client_id: str) -> None:
    """Refuses an id that is taken, also by a person: both are a ``sub`` of tokens.

    A resource server could take such a service for them (RFC 9068 section 5, SEC-217).
    """
    if clients.find_client(db, client_id) is not None:
        raise Conflict("client id", sentence="There is a client with this id.")
    if users.find_user(db, client_id) is not None:
        raise Conflict("client id", sentence="This is the id of a person.")


def check_resource(db: Connection, client: Client) -> None:
    """Refuses a second application for one resource: each has one owner."""
    if client.resource is None:
        return
    for other in clients.list_clients(db):
        if other.client_id != client.client_id and other.resource == client.resource:
            raise Conflict("resource", sentence="Another client is this resource.")
