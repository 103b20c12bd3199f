"""Sample pages of administration about roles, policy, applications, audit and keys."""

import dataclasses
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any

from idp.actions.audit_chain import Verdict
from idp.actions.client_checks import ID_TOKEN_ALGORITHMS
from idp.actions.client_metadata import Registration
from idp.actions.client_metadata import SecretFacts
from idp.actions.client_use import LastUse
from idp.actions.logout_results import LogoutResult
from idp.actions.organisation import MFA_WORDS
from idp.actions.organisation import Preview
from idp.actions.policy_effects import Effects
from idp.actions.registration_tokens import Token
from idp.actions.registrations import Registered
from idp.actions.roles import Role
from idp.rules import consent
from idp.rules import jwks
from idp.rules.permissions import BUILT_IN
from idp.rules.permissions import PERMISSIONS
from idp.web import pages
from idp.web.admin import application
from idp.web.admin import applications
from idp.web.admin import audit
from idp.web.admin import client_forms
from idp.web.admin import frame
from idp.web.admin import keys
from idp.web.admin import policy
from idp.web.admin import registrations
from idp.web.admin import right_words
from idp.web.admin import roles
from idp.web.admin import snippets
from idp.web.admin.faults import Fault
from idp.web.problems import Problem

AT = datetime(2026, 11, 25, 13, 4, 5, tzinfo=UTC)
ISSUER = "https://sso.example.org"
RTL_NAME = "מערכת השכר 💶"
LONG_NAME = "Bundesanstalt-für-Liegenschaftsaufgabenverwaltungsgesellschaftskasse"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
FRAME: dict[str, Any] = {
    "username": "alice",
    "base": "",
    "sign_out_action": "#",
    "language_action": "#",
    "open": tuple(frame.NAVIGATION),
    "may": frozenset(PERMISSIONS),
}
LOOKING: dict[str, Any] = {**FRAME, "may": frozenset(BUILT_IN["auditor"])}
NOT_DONE = {"error": Problem(code="bad-request")}

ADMINISTRATOR = Role(
    "administrator", "Everything", BUILT_IN["administrator"], True, True
)
FINANCE = Role("finance", "Counts the money", (), True, False)
LONG_ROLE = Role(LONG_NAME[:64], "", ("idp:users:read",), False, False)
ROLE_ROWS = (
    roles.RoleRow(role=ADMINISTRATOR, holders=3, href="#"),
    roles.RoleRow(role=FINANCE, holders=12, href="#"),
    roles.RoleRow(role=LONG_ROLE, holders=0, href="#"),
)
NEW_ROLE = roles.RoleForm(
    action="#",
    of=None,
    name="",
    description="",
    mfa_required=False,
    rights=right_words.ticks((), may=PERMISSIONS),
)
ROLES = roles.RolesPage(**FRAME, action="#", rows=ROLE_ROWS, form=NEW_ROLE)


def _role(role: Role, *, holders: int, fixed: bool = False) -> roles.RoleForm:
    return roles.RoleForm(
        action="#",
        of=role.name,
        name=role.name,
        description=role.description,
        mfa_required=role.mfa_required,
        rights=right_words.ticks(
            role.permissions, may=PERMISSIONS, fixed=role.built_in or fixed
        ),
        built_in=role.built_in,
        holders=holders,
        fixed=fixed,
    )


EFFECTS = {
    "required": Preview(212, 41, 6, 0, ("bob", "carol")),
    "optional": Preview(212, 0, 0, 171, ()),
    "disabled": Preview(212, 3, 1, 171, ("eve",)),
}
POLICY = policy.PolicyPage(
    **FRAME,
    action="#",
    mfa=tuple(
        policy.Choice(
            value=word,
            chosen=word == "required",
            current=word == "required",
            effect=EFFECTS[word],
        )
        for word in MFA_WORDS
    ),
    enrol_during_step_up=True,
    warn_at="3",
    version=4,
    effects=Effects(212, 41, 171, 9, EFFECTS),
    names=(),
    changed=(),
)

WIKI = Registration(
    client_id="wiki",
    client_id_issued_at=int(AT.timestamp()),
    client_name="Wiki",
    redirect_uris=("https://wiki.example.org/oidc/callback",),
    post_logout_redirect_uris=(),
    backchannel_logout_uri=None,
    backchannel_logout_session_required=False,
    frontchannel_logout_uri=None,
    frontchannel_logout_session_required=False,
    initiate_login_uri=None,
    response_types=("code",),
    grant_types=("authorization_code", "refresh_token"),
    token_endpoint_auth_method="client_secret_basic",
    scope=" ".join(consent.SCOPES),
    id_token_signed_response_alg="RS256",
    jwks=None,
    jwks_uri=None,
    token_endpoint_auth_signing_alg=None,
    introspection_signed_response_alg="RS256",
    request_object_signing_alg=None,
    require_signed_request_object=False,
    require_pushed_authorization_requests=False,
    min_acr="mfa",
    max_factor_age=3600,
    accept_backup_codes=True,
    default_acr_values=("mfa", "pwd"),
    default_max_age=0,
    require_auth_time=False,
    first_party=True,
    claims_in_id_token=True,
    require_pkce=True,
    access_token_lifetime=None,
    allowed_origins=None,
    resource=None,
    allowed_resources=(),
    enabled=True,
    secrets=(
        SecretFacts("s1", AT - timedelta(days=90), AT + timedelta(days=1), AT),
        SecretFacts("s2", AT, None, None),
    ),
    version=3,
    last_logout_notice=LogoutResult(AT, "failed", "no answer in time", 5),
)
PUBLIC = dataclasses.replace(
    WIKI,
    client_id="kV2cG2dRk7sQ0m3X5yTn1w",
    client_name=RTL_NAME,
    token_endpoint_auth_method="none",
    redirect_uris=("app.example:///callback", "http://127.0.0.1/callback"),
    secrets=(),
    min_acr=None,
    enabled=False,
)
SERVICE = dataclasses.replace(
    WIKI,
    client_id="nightly-report",
    client_name=LONG_NAME,
    grant_types=("client_credentials",),
    redirect_uris=(),
    scope="idp:users:read idp:audit:read reports:write",
    secrets=WIKI.secrets[1:],
)


def _row(shown: Registration, last: LastUse | None) -> applications.ApplicationRow:
    kind = client_forms.kind_of(shown)
    return applications.ApplicationRow(shown=shown, kind=kind, href="#", last=last)


APPLICATIONS = applications.ApplicationsPage(
    **FRAME,
    action="#",
    registrations_href="#",
    rows=(
        _row(WIKI, LastUse(AT, "mfa")),
        _row(PUBLIC, LastUse(AT, "pwd")),
        _row(SERVICE, None),
        _row(dataclasses.replace(WIKI, client_id="new", client_name="News"), None),
    ),
    values=applications.NEW,
    rights=right_words.ticks((), may=PERMISSIONS),
)


def _application(shown: Registration, **more: Any) -> application.ApplicationPage:
    fields: dict[str, Any] = {
        **FRAME,
        "action": "#",
        "list_href": "#",
        "application": shown,
        "kind": client_forms.kind_of(shown),
        "fixed": False,
        "created_at": AT,
        "registered": None,
        "last": LastUse(AT, "mfa"),
        "values": client_forms.values_of(shown),
        "scopes": consent.SCOPES,
        "rights": right_words.ticks(shown.scope.split(), may=PERMISSIONS),
        "algorithms": ID_TOKEN_ALGORITHMS,
        "its_algorithms": jwks.ALGORITHMS,
        "issuer": ISSUER,
        "discovery": snippets.discovery(ISSUER),
        "snippets": snippets.of_application(ISSUER, shown),
    }
    return application.ApplicationPage(**{**fields, **more})


def _token(name: str, state: str, *clients: str) -> registrations.TokenRow:
    token = Token(
        id=f"id-of-{state}",
        name=name,
        state=state,
        uses=5,
        uses_left=0 if state == "used" else 3,
        created_at=AT,
        created_by="alice",
        expires_at=AT,
        last_used_at=AT,
        clients=clients,
    )
    made = tuple(registrations.Made(client_id=one, href="#") for one in clients)
    return registrations.TokenRow(facts=token, made=made)


REGISTRATIONS = registrations.RegistrationsPage(
    **FRAME,
    action="#",
    list_href="#",
    endpoint=f"{ISSUER}/register",
    on=True,
    rows=(
        _token("build farm", "usable", "q0XeoEqzFvkZ8nFKlbkvhA", "n-9p2x"),
        _token("Ada's laptop", "used", "c3"),
        _token("old one", "expired"),
        _token("by mistake", "revoked"),
    ),
    values=registrations.NEW,
)


def _secret(shown: Registration, *, created: bool) -> applications.SecretPage:
    secret = None if shown.token_endpoint_auth_method == "none" else "q-4" * 14
    return applications.SecretPage(
        **FRAME,
        application=shown,
        href="#",
        issuer=ISSUER,
        discovery=snippets.discovery(ISSUER),
        client_secret=secret,
        created=created,
        snippets=snippets.of_application(ISSUER, shown, secret),
    )


RECORD: dict[str, Any] = {
    "number": 4711,
    "at": AT.isoformat(timespec="microseconds"),
    "event": "policy.changed",
    "outcome": "ok",
    "reason": "",
    "actor": {"type": "user", "id": "u1", "name": "alice", "acr": "mfa"},
    "subject": {"type": "policy", "id": None, "name": None},
    "client_id": None,
    "sid": "hC3vQ",
    "source": "203.0.113.7",
    "user_agent": FIREFOX,
    "request_id": "5f0c2a9e4b7d4c1f8a3e6d2b9c0f1a7e",
    "changes": {"mfa": ["optional", "required"]},
    "previous_hash": "a" * 64,
    "hash": "b" * 64,
}
REFUSED: dict[str, Any] = {
    **RECORD,
    "number": 4710,
    "event": "password.refused",
    "outcome": "refused",
    "reason": "wrong password",
    "actor": {"type": "anonymous", "id": None, "name": None, "acr": None},
    "subject": {"type": "user", "id": "u2", "name": LONG_NAME},
    "client_id": "wiki",
    "changes": {},
}
AUDIT = audit.AuditPage(
    **FRAME,
    action="#",
    asked={},
    events=(("policy.changed", "Policy changed"), ("login.succeeded", "Signed in")),
    rows=tuple(audit.row_of(one, {"wiki": RTL_NAME}) for one in (RECORD, REFUSED)),
    chain=Verdict(True, 4700, 4700, 11, "b" * 64),
    older_href="#",
)

KEY = keys.KeyRow(
    kid="q0ZkYb3n6r8T1uVwXyZa2c",
    state="active",
    created_at=AT,
    activated_at=AT,
    retired_at=None,
    due_at=None,
)
KEYS = keys.KeysPage(
    **FRAME,
    action="#",
    kinds=(
        keys.Kind(
            alg="RS256",
            keys=(
                dataclasses.replace(KEY, kid="old", state="retired", due_at=AT),
                KEY,
                dataclasses.replace(KEY, kid="new", state="next", due_at=AT),
            ),
        ),
        keys.Kind(alg="ES256", keys=(dataclasses.replace(KEY, kid="es"),)),
    ),
)

ORGANISATION_SCREENS: dict[str, pages.Page] = {
    "admin-roles": ROLES,
    "admin-roles-wrong": dataclasses.replace(
        ROLES,
        form=dataclasses.replace(NEW_ROLE, name="finance"),
        faults=(Fault("name", "There is a role of this name."),),
        **NOT_DONE,
    ),
    "admin-roles-one": dataclasses.replace(ROLES, form=_role(FINANCE, holders=12)),
    "admin-roles-built-in": dataclasses.replace(
        ROLES, form=_role(ADMINISTRATOR, holders=3)
    ),
    "admin-roles-read": roles.RolesPage(
        **LOOKING, action="#", rows=ROLE_ROWS, form=None
    ),
    "admin-policy": POLICY,
    "admin-policy-tried": dataclasses.replace(
        POLICY,
        mfa=tuple(
            dataclasses.replace(one, chosen=one.value == "disabled")
            for one in POLICY.mfa
        ),
        names=("eve",),
        changed=("mfa",),
    ),
    "admin-policy-wrong": dataclasses.replace(
        POLICY,
        warn_at="many",
        faults=(Fault("backup_code_warning", "This has to be a whole number."),),
        **NOT_DONE,
    ),
    "admin-policy-read": dataclasses.replace(POLICY, may=LOOKING["may"]),
    "admin-applications": APPLICATIONS,
    "admin-applications-wrong": dataclasses.replace(
        APPLICATIONS,
        values={**applications.NEW, "client_name": "Wiki", "redirect_uris": "http://x"},
        faults=(
            Fault(
                "redirect_uris", "The redirect URI 'http://x' must start with https."
            ),
        ),
        **NOT_DONE,
    ),
    "admin-applications-none": dataclasses.replace(APPLICATIONS, rows=()),
    "admin-application": _application(WIKI),
    "admin-application-public": _application(PUBLIC),
    "admin-application-service": _application(SERVICE, last=None),
    "admin-application-read": _application(
        WIKI,
        fixed=True,
        may=LOOKING["may"],
        rights=right_words.ticks((), may=(), fixed=True),
    ),
    "admin-application-wrong": _application(
        WIKI,
        faults=(Fault("max_factor_age", "'soon' is not a length of time."),),
        **NOT_DONE,
    ),
    "admin-application-made": _secret(WIKI, created=True),
    "admin-application-rotated": _secret(WIKI, created=False),
    "admin-application-made-public": _secret(PUBLIC, created=True),
    "admin-application-by-itself": _application(
        dataclasses.replace(WIKI, first_party=False),
        registered=Registered("wiki", "x", "t1", "build farm", AT),
    ),
    "admin-registrations": REGISTRATIONS,
    "admin-registrations-made": dataclasses.replace(
        REGISTRATIONS, done="registration-token-created", secret="q-4" * 14
    ),
    "admin-registrations-off": dataclasses.replace(
        REGISTRATIONS,
        on=False,
        rows=(),
        values={**registrations.NEW, "uses": "many"},
        faults=(Fault("uses", "This has to be a whole number."),),
        **NOT_DONE,
    ),
    "admin-audit": AUDIT,
    "admin-audit-filtered": dataclasses.replace(
        AUDIT,
        asked={"user": "bob", "event": "policy.changed", "since": "2026-11-01"},
        rows=(),
        older_href=None,
        newest_href="#",
        chain=Verdict(False, 10, 10, 0, "x", 10, "not genuine"),
    ),
    "admin-keys": KEYS,
    "admin-keys-done": dataclasses.replace(KEYS, done="key-rotated"),
}
