"""Whether an application's record will do as a whole, at creation and at each change.

What an address may look like is ``rules.uris`` (SEC-245); a weak record is refused with
every fault named. Nothing is read or written here.
"""

import re
from collections.abc import Iterator

from idp.errors import BadRequest
from idp.rules import permissions
from idp.rules import uris
from idp.settings import Settings
from idp.store.clients import Client

AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")
CODE = "authorization_code"
REFRESH = "refresh_token"
SERVICE = "client_credentials"
GRANT_TYPES = (CODE, REFRESH, SERVICE)
LEVELS = ("pwd", "mfa")
ID_TOKEN_ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")
LONGEST_NAME = 200
LONGEST_LIFETIME_SECONDS = 3600

_CLIENT_ID = re.compile(r"[!-~]{1,200}")
_SCOPE = re.compile(r"[!#-\[\]-~]{1,200}")  # RFC 6749 section 3.3
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def checked(client: Client, settings: Settings) -> Client:
    """Returns the record; raises BadRequest with one sentence for each fault."""
    findings = [
        *_words(client),
        *_scopes(client),
        *_combinations(client),
        *_addresses(client, loopback=settings.is_loopback),
        *_resources(client, settings),
        *_details(client, loopback=settings.is_loopback),
    ]
    if findings:
        raise BadRequest("client metadata", sentence=" ".join(findings))
    return client


def _words(client: Client) -> Iterator[str]:
    name = client.name
    if len(name) > LONGEST_NAME or not name.isprintable():
        yield f"A name has up to {LONGEST_NAME} characters, in one line."
    if _CLIENT_ID.fullmatch(client.client_id) is None:
        yield "A client id has up to 200 ASCII characters, without blanks."
    if client.auth_method not in AUTH_METHODS:
        yield f"The authentication method must be one of {', '.join(AUTH_METHODS)}."
    if not client.grant_types or not set(client.grant_types) <= set(GRANT_TYPES):
        yield f"The grant types must be of {', '.join(GRANT_TYPES)}."
    if client.min_acr not in (None, *LEVELS):
        yield "The minimum level must be pwd or mfa."
    if client.id_token_alg not in ID_TOKEN_ALGORITHMS:
        yield f"The algorithm must be one of {', '.join(ID_TOKEN_ALGORITHMS)}."


def _scopes(client: Client) -> Iterator[str]:
    for scope in client.scopes:
        if _SCOPE.fullmatch(scope) is None:
            yield f"There cannot be a scope {scope!a}."
    for right in permissions.unknown(permissions.of_scopes(client.scopes)):
        yield f"There is no permission {right!a}."


def _combinations(client: Client) -> Iterator[str]:
    if client.public and not client.require_pkce:
        yield "PKCE can be switched off for clients with a secret only."
    if client.public and SERVICE in client.grant_types:
        yield "A service needs a secret."
    if CODE in client.grant_types and not client.redirect_uris:
        yield "A client needs at least one redirect URI."
    if CODE not in client.grant_types and client.redirect_uris:
        yield "Without the authorization code grant there is nothing to redirect."
    if REFRESH in client.grant_types and CODE not in client.grant_types:
        yield "Refresh tokens need the authorization code grant."
    lifetime = client.access_token_lifetime
    if lifetime and lifetime.total_seconds() > LONGEST_LIFETIME_SECONDS:
        yield "An access token lives for an hour at most."


def _addresses(client: Client, *, loopback: bool) -> Iterator[str]:
    listed = [("redirect", uri) for uri in client.redirect_uris]
    listed += [("post-logout", uri) for uri in client.post_logout_redirect_uris]
    for kind, uri in listed:
        complaint = uris.complaint_about_redirect_uri(
            uri, public=client.public, loopback_issuer=loopback
        )
        if complaint:
            yield f"The {kind} URI {uri!a} {complaint}."
    for origin in client.allowed_origins or ():
        if uris.origin_of(origin) != origin:
            yield f"{origin!a} is not an origin, such as https://app.example."


def _resources(client: Client, settings: Settings) -> Iterator[str]:
    own = settings.issuer
    named = [client.resource] if client.resource is not None else []
    for resource in (*named, *client.allowed_resources):
        if not uris.is_resource(resource):
            yield f"{resource!a} is not an absolute address without a fragment."
    if client.resource is not None and (client.resource + "/").startswith(own + "/"):
        yield "An address of this provider is no resource of an application."


def _details(client: Client, *, loopback: bool) -> Iterator[str]:
    for name in ("backchannel_logout_uri", "jwks_uri"):
        uri = client.details.get(name)
        if uri is not None:
            complaint = uris.complaint_about_web_uri(uri, loopback_issuer=loopback)
            if complaint:
                yield f"{name} {uri!a} {complaint}."
    jwks = client.details.get("jwks")
    if jwks is not None:
        if "jwks_uri" in client.details:
            yield "Keys are given by value or by address, not both."
        if not _are_public_keys(jwks):
            yield "jwks must be a JWK set of public keys."


def _are_public_keys(jwks: object) -> bool:
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    return isinstance(keys, list) and all(
        isinstance(key, dict)
        and isinstance(key.get("kty"), str)
        and key["kty"] != "oct"
        and _PRIVATE_MEMBERS.isdisjoint(key)
        for key in keys
    )
