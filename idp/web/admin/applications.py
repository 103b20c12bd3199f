"""Applications: the list with the last sign-in to each, and registering another."""

from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import ClassVar
from urllib.parse import quote

from flask import Blueprint
from flask import Response

from idp.actions import client_use
from idp.actions import clients
from idp.actions.client_metadata import Registration
from idp.actions.client_use import LastUse
from idp.actions.sessions import SessionFacts
from idp.errors import Conflict
from idp.rules.permissions import CLIENTS_READ
from idp.rules.permissions import CLIENTS_WRITE
from idp.web.admin import client_forms
from idp.web.admin import faults
from idp.web.admin import frame
from idp.web.admin import right_words
from idp.web.admin import snippets
from idp.web.admin.faults import Fault
from idp.web.admin.gate import administers
from idp.web.admin.right_words import Tick
from idp.web.admin.snippets import Snippet
from idp.web.work import current_work

blueprint = Blueprint("admin_applications", __name__)
HOME = "/admin/applications"
REGISTRATIONS = "/admin/registrations"
NEW: dict[str, Any] = {
    "client_name": "",
    "client_id": "",
    "kind": "web",
    "redirect_uris": "",
    "min_acr": "",
    "scope": [],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRow:
    """One application of the list."""

    shown: Registration
    kind: str
    href: str
    last: LastUse | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationsPage(frame.AdminFrame):
    """Every application, and the form for another one."""

    template: ClassVar[str] = "admin/applications.html"
    name: ClassVar[str] = "admin-applications"

    action: str
    registrations_href: str
    rows: tuple[ApplicationRow, ...]
    values: dict[str, Any]
    rights: tuple[Tick, ...]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPage(frame.AdminFrame):
    """The answer to a new application or secret: the only page that shows it."""

    template: ClassVar[str] = "admin/application_secret.html"
    name: ClassVar[str] = "admin-application"

    application: Registration
    href: str
    issuer: str
    discovery: str
    client_secret: str | None = field(repr=False)
    created: bool
    snippets: tuple[Snippet, ...] = ()


@blueprint.get(HOME)
@administers(CLIENTS_READ)
def show_applications(session: SessionFacts) -> Response:
    """Lists the applications by name."""
    work = current_work()
    carried = frame.frame(session)
    used = client_use.last_sign_ins(work)
    values = faults.entered(carried, NEW)
    return frame.show(
        ApplicationsPage(
            **carried,
            action=carried["base"] + HOME,
            registrations_href=carried["base"] + REGISTRATIONS,
            rows=tuple(
                ApplicationRow(
                    shown=shown,
                    kind=client_forms.kind_of(shown),
                    href=carried["base"] + at(shown.client_id),
                    last=used.get(shown.client_id),
                )
                for shown in clients.list_registrations(work)
            ),
            values=values,
            rights=right_words.ticks(values["scope"], may=carried["may"]),
            faults=faults.found(carried),
        )
    )


@blueprint.post(HOME)
@administers(CLIENTS_WRITE, write=True)
def create_application(session: SessionFacts) -> Response:
    """Registers an application; its secret is shown by this answer and never again."""
    form = frame.own_form("scope")
    values = client_forms.entered(form)
    metadata, bad = client_forms.metadata_of(values)
    kind = client_forms.KINDS.get(values.get("kind", "web"))
    if kind is None:
        bad.append(Fault("kind", "This is not a kind of application."))
    if bad:
        return faults.send_back(session, bad, values=values, to=HOME)
    if values.get("kind") == "service":
        metadata.pop("redirect_uris", None)
    else:
        metadata.pop("scope", None)
    try:
        made = clients.create_client(
            current_work(),
            {**metadata, **(kind or {})},
            client_id=values.get("client_id") or None,
        )
    except Conflict as refusal:
        taken = Fault("client_id", refusal.sentence)
        return faults.send_back(session, [taken], values=values, to=HOME)
    except frame.TO_BE_MENDED as refusal:
        return faults.refused(session, refusal, values=values, to=HOME)
    return answer(session, made.registration, made.client_secret, created=True)


def answer(
    session: SessionFacts,
    application: Registration,
    secret: str | None,
    *,
    created: bool,
) -> Response:
    """Shows a secret once, with everything that has to be set up on the other side."""
    carried = frame.frame(session)
    issuer = current_work().settings.issuer
    return frame.show(
        SecretPage(
            **carried,
            application=application,
            href=carried["base"] + at(application.client_id),
            issuer=issuer,
            discovery=snippets.discovery(issuer),
            client_secret=secret,
            created=created,
            snippets=snippets.of_application(issuer, application, secret),
        )
    )


def at(client_id: str) -> str:
    """Returns the path of an application's own page."""
    return f"{HOME}/{quote(client_id, safe='')}"
