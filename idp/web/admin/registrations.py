"""Tokens with which applications register themselves: made, listed, revoked."""

from dataclasses import dataclass
from typing import Any
from typing import ClassVar

from flask import Blueprint
from flask import Response

from idp.actions import registration_tokens
from idp.actions.registration_tokens import Token
from idp.actions.sessions import SessionFacts
from idp.oidc import registration
from idp.rules.durations import parse_duration
from idp.rules.permissions import CLIENTS_READ
from idp.rules.permissions import CLIENTS_WRITE
from idp.web.admin import applications
from idp.web.admin import client_forms
from idp.web.admin import faults
from idp.web.admin import frame
from idp.web.admin.faults import Fault
from idp.web.admin.gate import administers
from idp.web.work import current_work

blueprint = Blueprint("admin_registrations", __name__)
HOME = applications.REGISTRATIONS
NEW: dict[str, Any] = {"name": "", "uses": "1", "expires_in": "7d"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An application that a token has registered."""

    client_id: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """One token, and what it has registered."""

    facts: Token
    made: tuple[Made, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationsPage(frame.AdminFrame):
    """Every token, and the form for another one; ``on`` says that they work."""

    template: ClassVar[str] = "admin/registrations.html"
    name: ClassVar[str] = "admin-registrations"

    action: str
    list_href: str
    endpoint: str
    on: bool
    rows: tuple[TokenRow, ...]
    values: dict[str, Any]
    faults: tuple[Fault, ...] = ()


@blueprint.get(HOME)
@administers(CLIENTS_READ)
def show_tokens(session: SessionFacts) -> Response:
    """Lists the tokens, the newest first."""
    work = current_work()
    carried = frame.frame(session)
    base = carried["base"]
    return frame.show(
        RegistrationsPage(
            **carried,
            action=base + HOME,
            list_href=base + applications.HOME,
            endpoint=work.settings.issuer + registration.PATH,
            on=work.settings.dynamic_registration,
            rows=tuple(
                TokenRow(
                    facts=token,
                    made=tuple(
                        Made(client_id=one, href=base + applications.at(one))
                        for one in token.clients
                    ),
                )
                for token in registration_tokens.list_tokens(work)
            ),
            values=faults.entered(carried, NEW),
            faults=faults.found(carried),
        )
    )


@blueprint.post(HOME)
@administers(CLIENTS_WRITE, write=True)
def create_token(session: SessionFacts) -> Response:
    """Makes a token, which the page that follows shows once."""
    form = frame.own_form()
    values = {name: form.get(name, NEW[name]).strip() for name in NEW}
    uses = values["uses"]
    expires_in = parse_duration(values["expires_in"])
    bad = []
    if not (uses.isascii() and uses.isdigit() and len(uses) < len("10000")):
        bad.append(Fault("uses", "This has to be a whole number."))
    if expires_in is None:
        bad.append(Fault("expires_in", client_forms.no_duration(values["expires_in"])))
    if bad or expires_in is None:
        return faults.send_back(session, bad, values=values, to=HOME)
    try:
        made = registration_tokens.create_token(
            current_work(), values["name"], uses=int(uses), expires_in=expires_in
        )
    except frame.TO_BE_MENDED as refusal:
        return faults.refused(session, refusal, values=values, to=HOME)
    done = "registration-token-created"
    return frame.finished(session, done, to=HOME, secret=made.token)


@blueprint.post(f"{HOME}/revoke")
@administers(CLIENTS_WRITE, write=True, back=HOME)
def revoke_token(session: SessionFacts) -> Response:
    """Ends a token at once."""
    form = frame.own_form()
    return frame.attempt(
        session,
        lambda: registration_tokens.revoke_token(current_work(), form.get("token_id")),
        done="registration-token-revoked",
        to=HOME,
    )
