"""Whether a client's record is acceptable as a whole, at creation and at each change.

What an address may look like is ``rules.uris`` (SEC-245); a weak record is refused with
every fault named. Nothing is read or written here.
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from idp.actions.client_metadata import AUTH_ALG
from idp.actions.client_metadata import DEFAULT_ACR
from idp.actions.client_metadata import REQUEST_ALG
from idp.actions.client_metadata import SIGNED_ONLY
from idp.errors import BadRequest
from idp.rules import acr
from idp.rules import jwks
from idp.rules import permissions
from idp.rules import uris
from idp.settings import Settings
from idp.store.clients import SECRET_METHODS
from idp.store.clients import Client

BY_KEY = "private_key_jwt"
AUTH_METHODS = (*SECRET_METHODS, BY_KEY, "none")
CODE = "authorization_code"
REFRESH = "refresh_token"
SERVICE = "client_credentials"
GRANT_TYPES = (CODE, REFRESH, SERVICE)
LEVELS = ("pwd", "mfa")
ID_TOKEN_ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")
LONGEST_NAME = 200
LONGEST_LIFETIME_SECONDS = 3600

Finding = tuple[str, str]
"""A member of the metadata, and what is wrong with it."""

WEB_ADDRESSES = (
    *("backchannel_logout_uri", "frontchannel_logout_uri"),
    *("initiate_login_uri", "jwks_uri"),
)
"""Members that hold an address of https each."""

_OF_A_REDIRECT = "scheme, host and port of a redirect URI"
_CLIENT_ID = re.compile(r"[!-~]{1,200}")
_NO_PART_OF_A_PATH = re.compile(r"\.{1,2}|.*[/\\].*", re.DOTALL)
_SCOPE = re.compile(r"[!#-\[\]-~]{1,200}")  # RFC 6749 section 3.3


def checked(client: Client, settings: Settings) -> Client:
    """Returns the record; raises BadRequest with one sentence for each fault."""
    findings = [
        *_words(client),
        *_scopes(client),
        *_combinations(client),
        *_addresses(client, loopback=settings.is_loopback),
        *_resources(client, settings),
        *_details(client, loopback=settings.is_loopback),
        *_keys(client),
        *_defaults(client, settings.acr_aliases),
    ]
    if findings:
        raise BadRequest(findings[0][0], faults=findings)
    return client


def _words(client: Client) -> Iterator[Finding]:
    name = client.name
    if len(name) > LONGEST_NAME or not name.isprintable():
        yield "client_name", f"A name has up to {LONGEST_NAME} characters, in one line."
    if _CLIENT_ID.fullmatch(client.client_id) is None:
        yield (
            "client_id",
            "A client id has up to 200 ASCII characters, without spaces.",
        )
    if _NO_PART_OF_A_PATH.fullmatch(client.client_id):
        yield "client_id", "A client id is part of an address: it holds no slash."
    if client.auth_method not in AUTH_METHODS:
        yield (
            "token_endpoint_auth_method",
            f"The authentication method must be one of {', '.join(AUTH_METHODS)}.",
        )
    if not client.grant_types or not set(client.grant_types) <= set(GRANT_TYPES):
        yield "grant_types", f"The grant types must be of {', '.join(GRANT_TYPES)}."
    if client.min_acr not in (None, *LEVELS):
        yield "min_acr", "The minimum level must be pwd or mfa."
    yield from _algorithms(client)


def _algorithms(client: Client) -> Iterator[Finding]:
    signing = {
        "id_token_signed_response_alg": client.id_token_alg,
        "introspection_signed_response_alg": client.introspection_alg,
    }
    for name, alg in signing.items():
        if alg not in ID_TOKEN_ALGORITHMS:
            words = f"The algorithm must be one of {', '.join(ID_TOKEN_ALGORITHMS)}."
            yield name, words


def _scopes(client: Client) -> Iterator[Finding]:
    for scope in client.scopes:
        if _SCOPE.fullmatch(scope) is None:
            yield "scope", f"There cannot be a scope {scope!a}."
    for right in permissions.unknown(permissions.of_scopes(client.scopes)):
        yield "scope", f"There is no permission {right!a}."


def _combinations(client: Client) -> Iterator[Finding]:
    if client.public and not client.require_pkce:
        yield "require_pkce", "PKCE can be switched off for clients with a secret only."
    if client.public and SERVICE in client.grant_types:
        yield "grant_types", "A service needs a secret."
    if CODE in client.grant_types and not client.redirect_uris:
        yield "redirect_uris", "A client needs at least one redirect URI."
    if CODE not in client.grant_types and client.redirect_uris:
        yield (
            "redirect_uris",
            "Without the authorization code grant there is nothing to redirect.",
        )
    if REFRESH in client.grant_types and CODE not in client.grant_types:
        yield "grant_types", "Refresh tokens need the authorization code grant."
    lifetime = client.access_token_lifetime
    if lifetime and lifetime.total_seconds() > LONGEST_LIFETIME_SECONDS:
        yield "access_token_lifetime", "An access token lives for an hour at most."


def _addresses(client: Client, *, loopback: bool) -> Iterator[Finding]:
    listed = [("redirect", uri) for uri in client.redirect_uris]
    listed += [
        ("post_logout_redirect", uri) for uri in client.post_logout_redirect_uris
    ]
    for kind, uri in listed:
        complaint = uris.complaint_about_redirect_uri(
            uri, public=client.public, loopback_issuer=loopback
        )
        if complaint:
            yield (
                f"{kind}_uris",
                f"The {kind.replace('_', '-')} URI {uri!a} {complaint}.",
            )
    for origin in client.allowed_origins or ():
        if uris.origin_of(origin) != origin:
            yield (
                "allowed_origins",
                f"{origin!a} is not an origin, such as https://app.example.",
            )


def _resources(client: Client, settings: Settings) -> Iterator[Finding]:
    own = settings.issuer
    named = [("allowed_resources", one) for one in client.allowed_resources]
    if client.resource is not None:
        named.append(("resource", client.resource))
    for member, resource in named:
        if not uris.is_resource(resource):
            yield member, f"{resource!a} is not an absolute address without a fragment."
    if client.resource is not None and (client.resource + "/").startswith(own + "/"):
        yield (
            "resource",
            "An address of this provider cannot be the resource of an application.",
        )


def unclaimed_resources(known: Sequence[Client]) -> Iterator[str]:
    """Names what clients may ask tokens for and nobody is registered as.

    That is right for an API that checks signatures only, and else a mistyped address.
    """
    claimed = {client.resource for client in known}
    for client in known:
        for resource in client.allowed_resources:
            if client.enabled and resource not in claimed:
                yield (
                    f"no application is registered as the resource {resource} that "
                    f"{client.client_id} may ask tokens for; nobody can introspect them"
                )


def _details(client: Client, *, loopback: bool) -> Iterator[Finding]:
    for name in WEB_ADDRESSES:
        uri = client.details.get(name)
        if uri is not None:
            complaint = uris.complaint_about_web_uri(uri, loopback_issuer=loopback)
            if complaint:
                yield name, f"{name} {uri!a} {complaint}."
    yield from _front_channel(client)


def _keys(client: Client) -> Iterator[Finding]:
    """Checks the keys, and that a client that needs keys has some."""
    said = client.details
    for name in (AUTH_ALG, REQUEST_ALG):
        if said.get(name) not in (None, *jwks.ALGORITHMS):
            yield name, f"{name} must be one of {', '.join(jwks.ALGORITHMS)}."
    given = said.get("jwks")
    if given is not None:
        if "jwks_uri" in said:
            yield "jwks", "Keys are given by value or by address, not both."
        if complaint := jwks.complaint_about(given):
            yield "jwks", f"jwks {complaint}."
    if _needs_keys(client) and "jwks_uri" not in said and not jwks.public_keys(given):
        yield "jwks", "The application needs a key: RSA of 2048 bits, EC or Ed25519."


def _defaults(client: Client, aliases: Mapping[str, str]) -> Iterator[Finding]:
    """Refuses default levels that nobody could reach, before every sign-in fails."""
    for value in client.details.get(DEFAULT_ACR, ()):
        if acr.level_of(value, aliases) is None:
            yield DEFAULT_ACR, f"There is no level {value!a} here."


def _front_channel(client: Client) -> Iterator[Finding]:
    """Keeps other sites out of our page (Front-Channel Logout 1.0 section 2)."""
    uri = client.details.get("frontchannel_logout_uri")
    own = {uris.origin_of(one) for one in client.redirect_uris} - {None}
    if uri is not None and uris.origin_of(uri) not in own:
        yield (
            "frontchannel_logout_uri",
            f"frontchannel_logout_uri {uri!a} needs the {_OF_A_REDIRECT}.",
        )


def _needs_keys(client: Client) -> bool:
    return (
        client.auth_method == BY_KEY
        or client.details.get(REQUEST_ALG) is not None
        or client.details.get(SIGNED_ONLY, False)
    )
