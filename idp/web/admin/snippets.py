"""Ready configurations of common programs for one application: text to be copied.

Each is filled in from the application's record; the place of the secret is marked,
because only the page of its making shows it. What the programs call things is taken
from their own documentation. Texts of programs stay English.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from urllib.parse import urlsplit

from idp.actions.client_checks import BY_KEY
from idp.actions.client_metadata import Registration

SECRET = "THE-SECRET-SHOWN-ONCE"
WISHED = ("openid", "profile", "email", "groups")
MARK = "@{}@"

_OPENID_CLIENT = """\
// npm install openid-client (version 6)
import * as client from "openid-client";

const config = await client.discovery(
  new URL(@issuer@),
  @client_id@,
  undefined,
  client.@node_method@,
);
const verifier = client.randomPKCECodeVerifier();
const address = client.buildAuthorizationUrl(config, {
  redirect_uri: @redirect@,
  scope: @scope@,
  state: client.randomState(),
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
});
"""
_OIDC_CLIENT_TS = """\
// npm install oidc-client-ts (version 3)
import { UserManager } from "oidc-client-ts";

const users = new UserManager({
  authority: @issuer@,
  client_id: @client_id@,
  redirect_uri: @redirect@,
  scope: @scope@,
});
"""
_AUTHLIB = """\
# pip install authlib flask
oauth = OAuth(app)
oauth.register(
    "sso",
    client_id=@client_id@,
    client_secret="@secret@",
    server_metadata_url=@discovery@,
    client_kwargs={
        "scope": @scope@,
        "code_challenge_method": "S256",
        "token_endpoint_auth_method": "@method@",
    },
)
# its redirect address: url_for("callback", _external=True), such as
# @redirect_plain@
"""
_APACHE = """\
OIDCProviderMetadataURL @discovery@
OIDCClientID @client_id@
OIDCClientSecret "@secret@"
OIDCProviderTokenEndpointAuth @method@
OIDCRedirectURI @redirect@
OIDCCryptoPassphrase "MAKE-ONE"
OIDCPKCEMethod S256
OIDCScope @scope@
OIDCRemoteUserClaim preferred_username

<Location />
  AuthType openid-connect
  Require valid-user
  # only with a second factor: Require claim acr:mfa
</Location>
"""
_SPRING = """\
# Redirect address: @origin@/login/oauth2/code/sso
# Spring Security 7 sends PKCE by itself; older versions have to be told to,
# or this application has to be allowed to come without it.
spring:
  security:
    oauth2:
      client:
        registration:
          sso:
            client-id: @client_id@
            client-secret: "@secret@"
            client-authentication-method: @method@
            authorization-grant-type: authorization_code
            redirect-uri: "{baseUrl}/login/oauth2/code/{registrationId}"
            scope: @scope_list@
        provider:
          sso:
            issuer-uri: @issuer@
            user-name-attribute: preferred_username
"""
_OAUTH2_PROXY = """\
# Redirect address: @origin@/oauth2/callback
provider = "oidc"
oidc_issuer_url = @issuer@
client_id = @client_id@
client_secret = "@secret@"
redirect_url = "@origin@/oauth2/callback"
code_challenge_method = "S256"
scope = @scope@
oidc_groups_claim = "groups"
email_domains = ["*"]
# openssl rand -base64 32 | tr -- '+/' '-_'
cookie_secret = "MAKE-ONE"
"""
_GRAFANA = """\
# Redirect address: @origin@/login/generic_oauth
[auth.generic_oauth]
enabled = true
name = Single sign-on
client_id = @client_id_plain@
client_secret = @secret@
auth_style = @grafana_style@
scopes = @scope_plain@
auth_url = @issuer_plain@/authorize
token_url = @issuer_plain@/token
api_url = @issuer_plain@/userinfo
use_pkce = true
login_attribute_path = preferred_username
groups_attribute_path = groups
role_attribute_path = contains(groups[*], 'administrator') && 'Admin' || 'Viewer'
"""
_NEXTCLOUD = """\
# Redirect address: @origin@/apps/user_oidc/code
occ app:install user_oidc
occ user_oidc:provider sso \\
  --clientid=@client_id@ \\
  --clientsecret="@secret@" \\
  --discoveryuri=@discovery@ \\
  --scope=@scope@ \\
  --mapping-uid=preferred_username \\
  --mapping-display-name=name \\
  --mapping-email=email \\
  --unique-uid=0
"""
_CURL = """\
curl --user @client_id@:"@secret@" \\
  --data grant_type=client_credentials \\
  --data-urlencode scope=@scope@ \\
  @token@
"""
_REQUESTS = """\
# pip install authlib requests
from authlib.integrations.requests_client import OAuth2Session

session = OAuth2Session(
    @client_id@,
    "@secret@",
    scope=@scope@,
    token_endpoint_auth_method="@method@",
)
session.fetch_token(@token@, grant_type="client_credentials")
"""

WEB = (
    ("Apache: mod_auth_openidc", _APACHE),
    ("Grafana", _GRAFANA),
    ("Nextcloud: user_oidc", _NEXTCLOUD),
    ("Node.js: openid-client", _OPENID_CLIENT),
    ("oauth2-proxy", _OAUTH2_PROXY),
    ("Python: Authlib with Flask", _AUTHLIB),
    ("Spring Boot", _SPRING),
)
PUBLIC = (
    ("JavaScript: oidc-client-ts", _OIDC_CLIENT_TS),
    ("Node.js: openid-client", _OPENID_CLIENT),
)
KEYED = (("Node.js: openid-client", _OPENID_CLIENT),)
SERVICE = (
    ("curl", _CURL),
    ("Python: Authlib with requests", _REQUESTS),
)


@dataclass(frozen=True, slots=True)
class Snippet:
    """One program's name and the text for it, which may hold the secret."""

    name: str
    text: str = field(repr=False)


def of_application(
    issuer: str, shown: Registration, secret: str | None = None
) -> tuple[Snippet, ...]:
    """Returns the configurations that suit this kind of application, by name."""
    facts = {**dict(_facts(issuer, shown)), "secret": secret or SECRET}
    return tuple(Snippet(name, _filled(text, facts)) for name, text in _suiting(shown))


def _suiting(shown: Registration) -> tuple[tuple[str, str], ...]:
    service = "authorization_code" not in shown.grant_types
    if shown.token_endpoint_auth_method == BY_KEY:
        return () if service else KEYED
    if service:
        return SERVICE
    return PUBLIC if shown.token_endpoint_auth_method == "none" else WEB


def discovery(issuer: str) -> str:
    """Returns where a program reads everything else."""
    return f"{issuer}/.well-known/openid-configuration"


def _facts(issuer: str, shown: Registration) -> Iterator[tuple[str, str]]:
    redirect = next(iter(shown.redirect_uris), "https://app.example.org/callback")
    service = "authorization_code" not in shown.grant_types
    own = shown.scope.split()
    scope = " ".join(own if service else [one for one in WISHED if one in own])
    method = shown.token_endpoint_auth_method
    quoted = {
        "issuer": issuer,
        "discovery": discovery(issuer),
        "token": f"{issuer}/token",
        "client_id": shown.client_id,
        "redirect": redirect,
        "scope": scope,
    }
    for name, value in quoted.items():
        # A JSON text is one of JavaScript, Python, YAML, TOML and Apache as well.
        yield name, json.dumps(value)
        yield f"{name}_plain", value
    yield "scope_list", scope.replace(" ", ", ")
    yield "origin", _origin(redirect)
    yield "method", method
    yield "node_method", _node_method(method)
    yield "grafana_style", "InParams" if method == "client_secret_post" else "InHeader"


def _node_method(method: str) -> str:
    if method == "none":
        return "None()"
    if method == BY_KEY:
        return "PrivateKeyJwt({ key, kid })"
    kind = "Post" if method == "client_secret_post" else "Basic"
    return f'ClientSecret{kind}("@secret@")'


def _origin(redirect: str) -> str:
    parts = urlsplit(redirect)
    return f"{parts.scheme}://{parts.netloc}"


def _filled(text: str, facts: dict[str, str]) -> str:
    for name, value in facts.items():
        text = text.replace(MARK.format(name), value)
    return text
