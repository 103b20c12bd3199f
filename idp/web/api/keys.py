"""Signing keys over the API: listed, rotated, revoked. They never leave."""

from typing import Annotated
from typing import Literal

from idp.actions import keys
from idp.rules.permissions import KEYS_WRITE
from idp.web.api.models import Body
from idp.web.api.models import Moment
from idp.web.api.models import Shown
from idp.web.api.resources import Answer
from idp.web.api.resources import Call
from idp.web.api.resources import Resources
from idp.web.api.words import OneOf

resources = Resources("keys", "The keys that sign tokens.")

Algorithm = Annotated[str, OneOf(keys.ALGORITHMS)]


class Key(Shown):
    """A key: `next` ones are published, `active` ones sign, `retired` ones leave."""

    kid: str
    alg: Algorithm
    state: Literal["next", "active", "retired"]
    created_at: Moment
    activated_at: Moment | None
    retired_at: Moment | None


class Keys(Shown):
    """Every key, the oldest first."""

    items: list[Key]


class Rotation(Body):
    """Which kind of key is to be replaced."""

    alg: Algorithm = "RS256"


@resources.declare(
    "GET", "/keys", needs=KEYS_WRITE, summary="List the keys", gives=Keys
)
def list_keys(call: Call[None, None]) -> Answer:
    """Lists the keys, the oldest first."""
    return Answer(Keys(items=_listed(call)))


def _listed(call: Call[None, object]) -> list[Key]:
    return [Key.model_validate(key) for key in keys.list_keys(call.work)]


@resources.declare(
    "POST",
    "/keys/rotate",
    needs=KEYS_WRITE,
    summary="Publish a new key",
    description="It signs six minutes later; the old one stays published for a while.",
    body=Rotation,
    gives=Key,
    status=201,
)
def rotate_keys(call: Call[None, Rotation]) -> Answer:
    """Publishes a new key of an algorithm."""
    kid = keys.rotate(call.work, call.body.alg)
    (made,) = (key for key in _listed(call) if key.kid == kid)
    return Answer(made)


@resources.declare(
    "DELETE",
    "/keys/{kid}",
    needs=KEYS_WRITE,
    summary="Revoke a key",
    description=(
        "Everything that it signed fails, on every machine within 30 seconds. Where it "
        "signed, another takes its place."
    ),
)
def revoke_key(call: Call[None, None]) -> Answer:
    """Removes a key at once."""
    keys.revoke(call.work, call.path["kid"])
    return Answer()
