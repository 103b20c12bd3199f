"""Initial access tokens over the API: made, listed, revoked (RFC 7591)."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from idp.actions import registration_tokens
from idp.actions.registration_tokens import LIFETIME
from idp.actions.registration_tokens import LONGEST_LIFETIME
from idp.actions.registration_tokens import LONGEST_NAME
from idp.actions.registration_tokens import MOST_USES
from idp.actions.registration_tokens import STATES
from idp.rules.permissions import CLIENTS_READ
from idp.rules.permissions import CLIENTS_WRITE
from idp.web.api.models import Body
from idp.web.api.models import Moment
from idp.web.api.models import Shown
from idp.web.api.resources import Answer
from idp.web.api.resources import Call
from idp.web.api.resources import Resources
from idp.web.api.words import OneOf

resources = Resources(
    "registration-tokens", "Tokens with which applications register themselves."
)

Seconds = Annotated[int, Field(ge=1, le=int(LONGEST_LIFETIME.total_seconds()))]


class RegistrationToken(Shown):
    """A token; itself it is shown when it is made only."""

    id: str
    name: str
    state: Annotated[str, OneOf(STATES)]
    uses: int
    uses_left: int
    created_at: Moment
    created_by: str | None
    expires_at: Moment
    last_used_at: Moment | None
    clients: list[str] = Field(description="The ids of what it has registered.")


class RegistrationTokens(Shown):
    """Every token, the newest first."""

    items: list[RegistrationToken]


class NewRegistrationToken(Body):
    """A token to be: for how many applications, and for how many seconds."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    uses: Annotated[int, Field(ge=1, le=MOST_USES)] = 1
    expires_in: Seconds = int(LIFETIME.total_seconds())


class CreatedRegistrationToken(RegistrationToken):
    """A new token, which is shown here and never again."""

    token: str = Field(repr=False)


@resources.declare(
    "GET",
    "/registration-tokens",
    needs=CLIENTS_READ,
    summary="List the registration tokens",
    gives=RegistrationTokens,
)
def list_registration_tokens(call: Call[None, None]) -> Answer:
    """Lists the tokens, the newest first."""
    found = registration_tokens.list_tokens(call.work)
    items = [RegistrationToken.model_validate(one) for one in found]
    return Answer(RegistrationTokens(items=items))


@resources.declare(
    "POST",
    "/registration-tokens",
    needs=CLIENTS_WRITE,
    summary="Make a registration token",
    description=(
        "Whoever holds it may register so many applications at `/register` (RFC 7591), "
        "where `IDP_DYNAMIC_REGISTRATION` is on. It is shown by this answer only."
    ),
    body=NewRegistrationToken,
    gives=CreatedRegistrationToken,
    status=201,
)
def create_registration_token(call: Call[None, NewRegistrationToken]) -> Answer:
    """Makes a token."""
    made = registration_tokens.create_token(
        call.work,
        call.body.name,
        uses=call.body.uses,
        expires_in=timedelta(seconds=call.body.expires_in),
    )
    shown = RegistrationToken.model_validate(made.facts)
    return Answer(CreatedRegistrationToken(**dict(shown), token=made.token))


@resources.declare(
    "DELETE",
    "/registration-tokens/{id}",
    needs=CLIENTS_WRITE,
    summary="Revoke a registration token",
    description="At once. What it has registered stays.",
)
def revoke_registration_token(call: Call[None, None]) -> Answer:
    """Ends a token at once."""
    registration_tokens.revoke_token(call.work, call.path["id"])
    return Answer()
