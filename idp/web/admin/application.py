"""One application: what it may and must, its secrets, switched off, deleted."""

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Any
from typing import ClassVar

from flask import Blueprint
from flask import Response

from idp.actions import client_use
from idp.actions import clients
from idp.actions import registrations
from idp.actions.client_checks import ID_TOKEN_ALGORITHMS
from idp.actions.client_metadata import Registration
from idp.actions.client_use import LastUse
from idp.actions.registrations import Registered
from idp.actions.sessions import SessionFacts
from idp.errors import BadRequest
from idp.rules import consent
from idp.rules import jwks
from idp.rules import permissions
from idp.rules.durations import parse_duration
from idp.rules.permissions import CLIENTS_READ
from idp.rules.permissions import CLIENTS_WRITE
from idp.web.admin import applications
from idp.web.admin import client_forms
from idp.web.admin import faults
from idp.web.admin import frame
from idp.web.admin import right_words
from idp.web.admin import snippets
from idp.web.admin import versions
from idp.web.admin.faults import Fault
from idp.web.admin.gate import administers
from idp.web.admin.right_words import Tick
from idp.web.admin.snippets import Snippet
from idp.web.work import current_work

blueprint = Blueprint("admin_application", __name__)
HOME = f"{applications.HOME}/<client_id>"
BACK = f"{applications.HOME}/{{client_id}}"
AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPage(frame.AdminFrame):
    """An application's record as a form, its secrets, configurations to copy.

    ``fixed`` says that whoever looks cannot change it: too few rights. We sign with
    ``algorithms``, the application itself with ``its_algorithms``.
    """

    template: ClassVar[str] = "admin/application.html"
    name: ClassVar[str] = "admin-application"

    action: str
    list_href: str
    application: Registration
    kind: str
    fixed: bool
    created_at: datetime
    registered: Registered | None
    last: LastUse | None
    values: dict[str, Any]
    scopes: tuple[str, ...]
    rights: tuple[Tick, ...]
    algorithms: tuple[str, ...]
    its_algorithms: tuple[str, ...]
    issuer: str
    discovery: str
    snippets: tuple[Snippet, ...]
    faults: tuple[Fault, ...] = ()


@blueprint.get(HOME)
@administers(CLIENTS_READ)
def show_application(session: SessionFacts, client_id: str) -> Response:
    """Shows one application."""
    work = current_work()
    shown = clients.show_client(work, client_id)
    carried = frame.frame(session)
    may = carried["may"]
    held = permissions.of_scopes(shown.scope.split())
    fixed = CLIENTS_WRITE not in may or not permissions.may_grant(may, held)
    values = faults.entered(carried, client_forms.values_of(shown))
    issuer = work.settings.issuer
    return frame.show(
        ApplicationPage(
            **carried,
            action=carried["base"] + applications.at(client_id),
            list_href=carried["base"] + applications.HOME,
            application=shown,
            kind=client_forms.kind_of(shown),
            fixed=fixed,
            created_at=client_forms.created_at(shown),
            registered=registrations.origin_of(work, client_id),
            last=client_use.last_sign_ins(work, client_id).get(client_id),
            values=values,
            scopes=consent.SCOPES,
            rights=right_words.ticks(values["scope"], may=may, fixed=fixed),
            algorithms=ID_TOKEN_ALGORITHMS,
            its_algorithms=jwks.ALGORITHMS,
            issuer=issuer,
            discovery=snippets.discovery(issuer),
            snippets=snippets.of_application(issuer, shown),
            faults=faults.found(carried),
        )
    )


@blueprint.post(HOME)
@administers(CLIENTS_WRITE, write=True)
def save_application(session: SessionFacts, client_id: str) -> Response:
    """Changes an application, unless somebody else did since the form was shown."""
    form = frame.own_form(*client_forms.TICKS)
    values = client_forms.entered(form)
    metadata, bad = client_forms.metadata_of(values)
    back = applications.at(client_id)
    if bad:
        return faults.send_back(session, bad, values=values, to=back)
    try:
        clients.change_client(
            current_work(), client_id, metadata, version=versions.of_form(form)
        )
    except frame.TO_BE_MENDED as refusal:
        return faults.refused(session, refusal, values=values, to=back)
    return frame.finished(session, "application-saved", to=back)


@blueprint.post(f"{HOME}/secrets")
@administers(CLIENTS_WRITE, write=True, back=BACK)
def rotate_secret(session: SessionFacts, client_id: str) -> Response:
    """Makes another secret and shows it once; the one before ends when asked."""
    form = frame.own_form()
    back = applications.at(client_id)
    text = form.get("expire_others_in", "1d")
    overlap = AT_ONCE if text == "0" else parse_duration(text)
    if overlap is None:
        return frame.again(session, BadRequest("expire_others_in"), to=back)
    try:
        made = clients.rotate_secret(
            current_work(), client_id, expire_others_in=overlap
        )
        shown = clients.show_client(current_work(), client_id)
    except frame.TO_BE_MENDED as refusal:
        return frame.again(session, refusal, to=back)
    return applications.answer(session, shown, made.client_secret, created=False)


@blueprint.post(f"{HOME}/secrets/remove")
@administers(CLIENTS_WRITE, write=True, back=BACK)
def remove_secret(session: SessionFacts, client_id: str) -> Response:
    """Ends one secret at once."""
    form = frame.own_form()
    return frame.attempt(
        session,
        lambda: clients.remove_secret(current_work(), client_id, form.get("secret_id")),
        done="secret-removed",
        to=applications.at(client_id),
    )


@blueprint.post(f"{HOME}/enabled")
@administers(CLIENTS_WRITE, write=True, back=BACK)
def switch(session: SessionFacts, client_id: str) -> Response:
    """Enables an application, or disables it, which stops it at once (SEC-250)."""
    form = frame.own_form()
    wanted = form.get("enabled")
    if wanted not in ("on", "off"):
        raise BadRequest("neither on nor off")
    return frame.attempt(
        session,
        lambda: clients.set_enabled(current_work(), client_id, enabled=wanted == "on"),
        done="application-enabled" if wanted == "on" else "application-disabled",
        to=applications.at(client_id),
    )


@blueprint.post(f"{HOME}/delete")
@administers(CLIENTS_WRITE, write=True, back=BACK)
def delete_application(session: SessionFacts, client_id: str) -> Response:
    """Deletes an application whose id was typed."""
    form = frame.own_form()
    back = applications.at(client_id)
    if form.get("confirm_client_id").strip() != client_id:
        words = "The client id that was typed is not that of this application."
        return frame.again(session, BadRequest("typed", sentence=words), to=back)
    return frame.attempt(
        session,
        lambda: clients.delete_client(current_work(), client_id),
        done="application-deleted",
        to=applications.HOME,
        on_refusal=back,
    )
