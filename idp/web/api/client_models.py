"""Applications as the API shows and takes them: RFC 7591 names, and our own."""

from typing import Annotated
from typing import Any

from pydantic import Field

from idp.actions.client_checks import AUTH_METHODS
from idp.actions.client_checks import GRANT_TYPES
from idp.actions.client_checks import ID_TOKEN_ALGORITHMS
from idp.actions.client_checks import LEVELS
from idp.actions.client_checks import LONGEST_LIFETIME_SECONDS
from idp.actions.client_checks import LONGEST_NAME
from idp.actions.client_secrets import LONGEST_SECRET
from idp.actions.clients import LONGEST_OVERLAP
from idp.actions.clients import OVERLAP
from idp.actions.metadata_values import LONGEST_SECONDS
from idp.actions.metadata_values import MOST_ENTRIES
from idp.rules.jwks import ALGORITHMS
from idp.web.api.models import Body
from idp.web.api.models import Moment
from idp.web.api.models import Patch
from idp.web.api.models import Shown
from idp.web.api.words import OneOf

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
ClientId = Annotated[str, Field(min_length=1, max_length=200)]
Secret = Annotated[str, Field(min_length=1, max_length=LONGEST_SECRET)]
Address = Annotated[str, Field(min_length=1, max_length=2000)]
Addresses = Annotated[list[Address], Field(max_length=MOST_ENTRIES)]
Scope = Annotated[
    str, Field(max_length=4000, description="Words, separated by spaces.")
]
Grants = Annotated[
    list[Annotated[str, OneOf(GRANT_TYPES)]], Field(max_length=MOST_ENTRIES)
]
Method = Annotated[str, OneOf(AUTH_METHODS)]
Algorithm = Annotated[str, OneOf(ID_TOKEN_ALGORITHMS)]
KeyAlgorithm = Annotated[str, OneOf(ALGORITHMS)]
Level = Annotated[str, OneOf(LEVELS)]
Seconds = Annotated[int, Field(ge=1, le=LONGEST_SECONDS)]
Age = Annotated[int, Field(ge=0, le=LONGEST_SECONDS)]
LevelNames = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]],
    Field(max_length=MOST_ENTRIES, description="Of `acr_values_supported`."),
]
Lifetime = Annotated[int, Field(ge=1, le=LONGEST_LIFETIME_SECONDS)]
KeySet = Annotated[dict[str, Any], Field(description="A JWK set of public keys.")]


class ClientSecret(Shown):
    """What is known of a secret; itself it is shown when it is made only."""

    id: str
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None = Field(description="To the hour.")


class LogoutNotice(Shown):
    """How the newest notice that a session ended went; `outcome` is of its last try."""

    at: Moment
    state: Annotated[str, OneOf(("pending", "delivered", "failed"))]
    outcome: str | None
    tries: int


class Client(Shown):
    """An application; durations are whole seconds."""

    client_id: str
    client_id_issued_at: int
    client_name: str
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    backchannel_logout_uri: str | None
    backchannel_logout_session_required: bool
    frontchannel_logout_uri: str | None
    frontchannel_logout_session_required: bool
    initiate_login_uri: str | None
    response_types: list[str]
    grant_types: list[str]
    token_endpoint_auth_method: str
    token_endpoint_auth_signing_alg: str | None
    scope: str
    id_token_signed_response_alg: str
    introspection_signed_response_alg: str
    jwks: dict[str, Any] | None
    jwks_uri: str | None
    request_object_signing_alg: str | None
    require_signed_request_object: bool
    require_pushed_authorization_requests: bool
    min_acr: str | None
    max_factor_age: int | None
    accept_backup_codes: bool
    default_acr_values: list[str]
    default_max_age: int | None
    require_auth_time: bool
    first_party: bool
    claims_in_id_token: bool
    require_pkce: bool
    access_token_lifetime: int | None
    allowed_origins: list[str] | None
    resource: str | None
    allowed_resources: list[str]
    enabled: bool
    secrets: list[ClientSecret]
    last_logout_notice: LogoutNotice | None


class Clients(Shown):
    """Every application, by name."""

    items: list[Client]


class CreatedClient(Client):
    """A new application, and its secret, which is shown here and never again."""

    client_secret: str | None = Field(
        default=None, repr=False, exclude_if=lambda value: value is None
    )


class ClientPatch(Patch):
    """What is to be changed; what is left out stays."""

    client_name: Name = ""
    redirect_uris: Addresses = Field(default_factory=list)
    post_logout_redirect_uris: Addresses = Field(default_factory=list)
    backchannel_logout_uri: Address | None = None
    backchannel_logout_session_required: bool = False
    frontchannel_logout_uri: Address | None = None
    frontchannel_logout_session_required: bool = False
    initiate_login_uri: Address | None = None
    grant_types: Grants = Field(default_factory=list)
    token_endpoint_auth_method: Method = ""
    token_endpoint_auth_signing_alg: KeyAlgorithm | None = None
    scope: Scope = ""
    id_token_signed_response_alg: Algorithm = ""
    introspection_signed_response_alg: Algorithm | None = None
    jwks: KeySet | None = None
    jwks_uri: Address | None = None
    request_object_signing_alg: KeyAlgorithm | None = None
    require_signed_request_object: bool = False
    require_pushed_authorization_requests: bool = False
    min_acr: Level | None = None
    max_factor_age: Seconds | None = None
    accept_backup_codes: bool = True
    default_acr_values: LevelNames = Field(default_factory=list)
    default_max_age: Age | None = None
    require_auth_time: bool = False
    first_party: bool = True
    claims_in_id_token: bool = True
    require_pkce: bool = True
    access_token_lifetime: Lifetime | None = None
    allowed_origins: Addresses | None = None
    resource: Address | None = None
    allowed_resources: Addresses = Field(default_factory=list)
    enabled: bool = True


class NewClient(ClientPatch):
    """An application to be; what is left out is as `idp client create` has it.

    Without `client_id` and `client_secret` both are made; a public one has no secret.
    """

    client_name: Name
    client_id: ClientId | None = None
    client_secret: Secret | None = Field(default=None, repr=False)

    def metadata(self) -> dict[str, Any]:
        """Returns what was sent, less id and secret."""
        sent = self.changes()
        return {
            name: value
            for name, value in sent.items()
            if name not in ("client_id", "client_secret")
        }


class NewSecret(Body):
    """How long the secrets before it work on, in seconds."""

    expire_others_in: Annotated[
        int, Field(ge=0, le=int(LONGEST_OVERLAP.total_seconds()))
    ] = int(OVERLAP.total_seconds())


class CreatedSecret(Shown):
    """A new secret, which is shown here and never again."""

    client_id: str
    id: str
    client_secret: str = Field(repr=False)
