"""Applications over the API: registered, shown, changed, deleted, and their secrets."""

from datetime import timedelta

from idp.actions import clients
from idp.actions.client_metadata import Registration
from idp.rules.permissions import CLIENTS_READ
from idp.rules.permissions import CLIENTS_WRITE
from idp.web.api.client_models import Client
from idp.web.api.client_models import ClientPatch
from idp.web.api.client_models import Clients
from idp.web.api.client_models import CreatedClient
from idp.web.api.client_models import CreatedSecret
from idp.web.api.client_models import NewClient
from idp.web.api.client_models import NewSecret
from idp.web.api.resources import Answer
from idp.web.api.resources import Call
from idp.web.api.resources import Resources

resources = Resources("clients", "Applications and services.")


def _answer(found: Registration) -> Answer:
    return Answer(Client.model_validate(found), version=found.version)


@resources.declare(
    "GET",
    "/clients",
    needs=CLIENTS_READ,
    summary="List the applications",
    gives=Clients,
)
def list_clients(call: Call[None, None]) -> Answer:
    """Lists every application by name."""
    found = clients.list_registrations(call.work)
    return Answer(Clients(items=[Client.model_validate(one) for one in found]))


@resources.declare(
    "POST",
    "/clients",
    needs=CLIENTS_WRITE,
    summary="Register an application",
    description=(
        "The answer holds the secret, which is shown here and never again. Scopes that "
        "are rights need the same rights and `idp:roles:write`."
    ),
    body=NewClient,
    gives=CreatedClient,
    status=201,
    refusals=(409,),
)
def create_client(call: Call[None, NewClient]) -> Answer:
    """Registers an application."""
    wanted = call.body
    made = clients.create_client(
        call.work,
        wanted.metadata(),
        client_id=wanted.client_id,
        secret=wanted.client_secret,
    )
    shown = Client.model_validate(made.registration)
    return Answer(
        CreatedClient(**dict(shown), client_secret=made.client_secret),
        version=made.registration.version,
        location=f"/clients/{made.registration.client_id}",
    )


@resources.declare(
    "GET",
    "/clients/{client_id}",
    needs=CLIENTS_READ,
    summary="Show an application",
    gives=Client,
)
def show_client(call: Call[None, None]) -> Answer:
    """Shows an application."""
    return _answer(clients.show_client(call.work, call.path["client_id"]))


@resources.declare(
    "PATCH",
    "/clients/{client_id}",
    needs=CLIENTS_WRITE,
    summary="Change an application",
    description=(
        "Checked as a whole, as at its registration. `enabled: false` ends everything "
        "that it holds at once."
    ),
    body=ClientPatch,
    gives=Client,
    conditional=True,
    refusals=(409,),
)
def change_client(call: Call[None, ClientPatch]) -> Answer:
    """Changes what is given of an application."""
    changed = clients.change_client(
        call.work,
        call.path["client_id"],
        call.body.changes(),
        version=call.version,
    )
    return _answer(changed)


@resources.declare(
    "DELETE",
    "/clients/{client_id}",
    needs=CLIENTS_WRITE,
    summary="Delete an application",
    description="With its secrets, its tokens and what people consented to.",
)
def delete_client(call: Call[None, None]) -> Answer:
    """Deletes an application."""
    clients.delete_client(call.work, call.path["client_id"])
    return Answer()


@resources.declare(
    "POST",
    "/clients/{client_id}/secrets",
    needs=CLIENTS_WRITE,
    summary="Make another secret",
    description=(
        "Two may overlap: the one before works on for as long as is said here, and any "
        "older one ends."
    ),
    body=NewSecret,
    gives=CreatedSecret,
    status=201,
)
def add_secret(call: Call[None, NewSecret]) -> Answer:
    """Makes another secret."""
    made = clients.rotate_secret(
        call.work,
        call.path["client_id"],
        expire_others_in=timedelta(seconds=call.body.expire_others_in),
    )
    return Answer(CreatedSecret.model_validate(made))


@resources.declare(
    "DELETE",
    "/clients/{client_id}/secrets/{id}",
    needs=CLIENTS_WRITE,
    summary="End a secret",
    description="At once. The last one of an application that needs one stays.",
)
def remove_secret(call: Call[None, None]) -> Answer:
    """Ends a secret at once."""
    clients.remove_secret(call.work, call.path["client_id"], call.path["id"])
    return Answer()
