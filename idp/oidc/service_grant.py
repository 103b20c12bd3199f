"""The client credentials grant: a service's own token, without a person.

Which scopes a service has is in its record; the audience follows from them or is named
by ``resource`` (RFC 8707), and never widens.
"""

from typing import Any

from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant

from idp.actions import tokens
from idp.actions.grants import Client
from idp.actions.grants import GrantFacts
from idp.actions.work import Work
from idp.oidc.authlib_request import ProtocolRequest
from idp.oidc.clients import WITH_PROOF
from idp.oidc.refusals import InvalidTargetError
from idp.rules import consent
from idp.rules import permissions


class ServiceGrant(ClientCredentialsGrant):
    """``grant_type=client_credentials``."""

    TOKEN_ENDPOINT_AUTH_METHODS = WITH_PROOF

    request: ProtocolRequest

    def generate_token(self, *args: Any, **kwargs: Any) -> Any:
        """Records the issue, then lets the server make the token from it."""
        record: Client = self.request.client.record
        facts = self._facts(self.request.work, record)
        return super().generate_token(user=facts, include_refresh_token=False)

    def _facts(self, work: Work, record: Client) -> GrantFacts:
        scopes = granted(self.request.form.get("scope"), record)
        asked = self.request.form.get("resource")
        target = audience(scopes, asked, record, work.settings.issuer)
        return tokens.client_credentials(work, record, scopes, target)


def granted(scope: str | None, record: Client) -> tuple[str, ...]:
    """Returns the service's scopes among those asked; a person's make no sense here."""
    allowed = [name for name in record.scopes if name not in consent.SCOPES]
    return consent.granted_scopes((scope or "").split(), allowed)


def audience(
    scopes: tuple[str, ...], resource: str | None, record: Client, issuer: str
) -> str:
    """Returns whom the token is for; raises ``invalid_target`` where they disagree."""
    api = permissions.api_audience(issuer)
    if permissions.of_scopes(scopes):
        if resource not in (None, api):
            raise InvalidTargetError
        return api
    if resource is None or resource == issuer:
        return issuer
    if resource not in record.allowed_resources:
        raise InvalidTargetError
    return resource
