"""The census: every route of the application, and what is demanded at it.

Reviewed by hand. A route that is missing here, or here and nowhere else, fails a test,
so nobody adds one without saying what it demands (SEC-255).
"""

import dataclasses
import re
from typing import Literal

Gate = Literal["public", "demands", "administers", "bearer"]
Kind = Literal["page", "document", "asset", "protocol", "watcher", "api"]
Form = Literal["login", "session"]


@dataclasses.dataclass(frozen=True)
class Route:
    """What one address does; ``form`` is what its CSRF token is bound to."""

    get: bool = False
    form: Form | None = None
    gate: Gate = "public"
    kind: Kind = "page"
    methods: frozenset[str] = frozenset()

    @property
    def all_methods(self) -> frozenset[str]:
        """Gives every method that the routing knows here."""
        got = {"GET", "HEAD"} if self.get else set()
        posted = {"POST"} if self.form else set()
        return self.methods | got | posted | {"OPTIONS"}


ANY = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STEP = Route(get=True, form="login")
LOGIN_FORM = Route(form="login")
SETTINGS = Route(get=True, gate="demands")
SETTINGS_FORM = Route(get=True, form="session", gate="demands")
ADMIN = Route(get=True, gate="administers")
ADMIN_FORM = Route(get=True, form="session", gate="administers")
ADMIN_ACTION = Route(form="session", gate="administers")
DOCUMENT = Route(get=True, kind="document")
WATCHER = Route(get=True, kind="watcher")


def api(*methods: str) -> Route:
    """An address of the API, with the methods that it answers."""
    got = {"HEAD"} if "GET" in methods else set()
    return Route(gate="bearer", kind="api", methods=frozenset({*methods, *got}))


PROTOCOL = Route(kind="protocol", methods=ANY)

ROUTES: dict[str, Route] = {
    "/": Route(get=True),
    "/.well-known/jwks.json": DOCUMENT,
    "/.well-known/oauth-authorization-server": DOCUMENT,
    "/.well-known/openid-configuration": DOCUMENT,
    "/admin": Route(get=True),
    "/admin/": ADMIN,
    "/admin/users": ADMIN,
    "/admin/users.csv": ADMIN,
    "/admin/users/<user_id>": ADMIN_FORM,
    "/admin/users/<user_id>/delete": ADMIN_ACTION,
    "/admin/users/<user_id>/initial-password": ADMIN_ACTION,
    "/admin/users/<user_id>/mfa/disable": ADMIN,
    "/admin/users/<user_id>/sessions": ADMIN_ACTION,
    "/admin/users/<user_id>/unlock": ADMIN_ACTION,
    "/admin/users/new": ADMIN_FORM,
    "/admin/users/require-mfa": ADMIN_FORM,
    "/admin/applications": ADMIN_FORM,
    "/admin/applications/<client_id>": ADMIN_FORM,
    "/admin/applications/<client_id>/delete": ADMIN_ACTION,
    "/admin/applications/<client_id>/enabled": ADMIN_ACTION,
    "/admin/applications/<client_id>/secrets": ADMIN_ACTION,
    "/admin/applications/<client_id>/secrets/remove": ADMIN_ACTION,
    "/admin/audit": ADMIN,
    "/admin/audit/export": ADMIN_ACTION,
    "/admin/keys": ADMIN_FORM,
    "/admin/keys/revoke": ADMIN_ACTION,
    "/admin/policy": ADMIN_FORM,
    "/admin/registrations": ADMIN_FORM,
    "/admin/registrations/revoke": ADMIN_ACTION,
    "/admin/roles": ADMIN_FORM,
    "/admin/roles/delete": ADMIN_ACTION,
    "/api/v1/audit": api("GET"),
    "/api/v1/audit/export": api("GET"),
    "/api/v1/clients": api("GET", "POST"),
    "/api/v1/clients/<client_id>": api("GET", "PATCH", "DELETE"),
    "/api/v1/clients/<client_id>/secrets": api("POST"),
    "/api/v1/clients/<client_id>/secrets/<id>": api("DELETE"),
    "/api/v1/docs": Route(get=True),
    "/api/v1/keys": api("GET"),
    "/api/v1/keys/<kid>": api("DELETE"),
    "/api/v1/keys/rotate": api("POST"),
    "/api/v1/openapi.json": DOCUMENT,
    "/api/v1/policy": api("GET", "PATCH"),
    "/api/v1/policy/preview": api("POST"),
    "/api/v1/registration-tokens": api("GET", "POST"),
    "/api/v1/registration-tokens/<id>": api("DELETE"),
    "/api/v1/reports/mfa": api("GET"),
    "/api/v1/roles": api("GET", "POST"),
    "/api/v1/roles/<name>": api("GET", "PATCH", "DELETE"),
    "/api/v1/sessions/<sid>": api("DELETE"),
    "/api/v1/users": api("GET", "POST"),
    "/api/v1/users/<id>": api("GET", "PATCH", "DELETE"),
    "/api/v1/users/<id>/initial-password": api("POST"),
    "/api/v1/users/<id>/mfa": api("GET", "PATCH"),
    "/api/v1/users/<id>/mfa/disable": api("POST"),
    "/api/v1/users/<id>/sessions": api("GET", "DELETE"),
    "/api/v1/users/<id>/unlock": api("POST"),
    "/api/v1/users/mfa/require": api("POST"),
    # Applications send people here by GET or POST, so no token of ours can be asked.
    "/authorize": Route(get=True, methods=frozenset({"POST"})),
    "/authorize/<login_id>/resume": Route(get=True),
    "/consent/<login_id>": STEP,
    # Its own form asks for a token, an application's request cannot have one.
    "/end_session": Route(get=True, methods=frozenset({"POST"})),
    "/end_session/continue": Route(get=True),
    "/healthz": WATCHER,
    "/introspect": PROTOCOL,
    "/language": Route(form="session"),
    "/language/<path:page>": Route(form="session"),
    "/logged-out": Route(get=True),
    "/login": Route(get=True),
    "/login/<login_id>/account": STEP,
    "/login/<login_id>/backup-code": STEP,
    "/login/<login_id>/backup-codes": STEP,
    "/login/<login_id>/enrol": STEP,
    "/login/<login_id>/language": LOGIN_FORM,
    "/login/<login_id>/new-password": STEP,
    "/login/<login_id>/notice": STEP,
    "/login/<login_id>/password": STEP,
    "/login/<login_id>/switch": LOGIN_FORM,
    "/login/<login_id>/totp": STEP,
    "/logout": Route(form="session"),
    "/metrics": WATCHER,
    "/readyz": WATCHER,
    "/par": PROTOCOL,
    "/register": PROTOCOL,
    "/register/<client_id>": PROTOCOL,
    "/revoke": PROTOCOL,
    "/settings": SETTINGS,
    "/settings/activity": SETTINGS_FORM,
    "/settings/applications": SETTINGS_FORM,
    "/settings/mfa": SETTINGS,
    "/settings/mfa/disable": SETTINGS_FORM,
    "/settings/mfa/enable": SETTINGS_FORM,
    "/settings/mfa/regenerate": SETTINGS_FORM,
    "/settings/mfa/replace": SETTINGS_FORM,
    "/settings/password": SETTINGS_FORM,
    "/settings/sessions": SETTINGS_FORM,
    "/static/<name>": Route(get=True, kind="asset"),
    "/token": PROTOCOL,
    "/userinfo": PROTOCOL,
}


def forms(bound_to: Form) -> list[str]:
    """Gives the addresses with a form whose token is bound to this."""
    return [rule for rule, route in ROUTES.items() if route.form == bound_to]


def at(rule: str, login_id: str = "none") -> str:
    """Gives an address of a rule."""
    return re.sub(r"<[\w:]+>", "none", rule.replace("<login_id>", login_id))
