"""Signing keys: which there are, a new one of a kind, taking one away at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from flask import Blueprint
from flask import Response

from idp.actions import keys
from idp.actions.sessions import SessionFacts
from idp.errors import BadRequest
from idp.rules.permissions import KEYS_WRITE
from idp.web.admin import frame
from idp.web.admin.gate import administers
from idp.web.work import current_work

blueprint = Blueprint("admin_keys", __name__)
HOME = "/admin/keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One key; ``due_at`` is when it moves on by itself, None where it does not."""

    kid: str
    state: str
    created_at: datetime
    activated_at: datetime | None
    retired_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The keys of one algorithm; ``waiting`` says that a new one is on its way."""

    alg: str
    keys: tuple[KeyRow, ...]

    @property
    def waiting(self) -> bool:
        """Tells whether the next key is published already."""
        return any(key.state == "next" for key in self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysPage(frame.AdminFrame):
    """Every key by algorithm."""

    template: ClassVar[str] = "admin/keys.html"
    name: ClassVar[str] = "admin-keys"

    action: str
    kinds: tuple[Kind, ...]


@blueprint.get(HOME)
@administers(KEYS_WRITE)
def show_keys(session: SessionFacts) -> Response:
    """Lists the keys of every algorithm that has some."""
    found = keys.list_keys(current_work())
    carried = frame.frame(session)
    return frame.show(
        KeysPage(
            **carried,
            action=carried["base"] + HOME,
            kinds=tuple(
                Kind(
                    alg=alg,
                    keys=tuple(_row(key) for key in found if key.alg == alg),
                )
                for alg in keys.ALGORITHMS
                if any(key.alg == alg for key in found)
            ),
        )
    )


def _row(key: keys.Key) -> KeyRow:
    due_at = None
    if key.state == "next":
        due_at = key.created_at + keys.PUBLISHED_FIRST
    elif key.state == "retired" and key.retired_at is not None:
        due_at = key.retired_at + keys.STAYS
    return KeyRow(
        kid=key.kid,
        state=key.state,
        created_at=key.created_at,
        activated_at=key.activated_at,
        retired_at=key.retired_at,
        due_at=due_at,
    )


@blueprint.post(HOME)
@administers(KEYS_WRITE, write=True)
def rotate_keys(session: SessionFacts) -> Response:
    """Publishes a new key of one algorithm, which signs a few minutes later."""
    form = frame.own_form()
    return frame.attempt(
        session,
        lambda: keys.rotate(current_work(), form.get("alg")),
        done="key-rotated",
        to=HOME,
    )


@blueprint.post(f"{HOME}/revoke")
@administers(KEYS_WRITE, write=True, back=HOME)
def revoke_key(session: SessionFacts) -> Response:
    """Takes a key away at once; its id is typed, because much breaks for an hour."""
    form = frame.own_form()
    if form.get("confirm_kid").strip() != form.get("kid"):
        words = "The key id that was typed is not that of this key."
        refusal = BadRequest("confirm_kid", sentence=words)
        return frame.again(session, refusal, to=HOME)
    return frame.attempt(
        session,
        lambda: keys.revoke(current_work(), form.get("kid")),
        done="key-revoked",
        to=HOME,
    )
