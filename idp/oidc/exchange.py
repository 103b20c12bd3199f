"""Authlib's server for one request: grants, endpoints, client authentication.

Built anew for each request from long-lived parts, so that nothing of a request outlives
it. Answers come out as ``wire.Answer``; errors never repeat what was received.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any
from typing import cast

from authlib.oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2 import OAuth2Request

from idp.actions.grants import GrantFacts
from idp.actions.work import Work
from idp.oidc import access_token
from idp.oidc import clients
from idp.oidc import introspection
from idp.oidc.authlib_request import ProtocolRequest
from idp.oidc.client_keys import ClientKeys
from idp.oidc.clients import ProtocolClient
from idp.oidc.code_grant import S256
from idp.oidc.code_grant import CodeGrant
from idp.oidc.id_token import IdToken
from idp.oidc.keys import KeyRing
from idp.oidc.refresh_grant import RefreshGrant
from idp.oidc.refusals import description_of
from idp.oidc.revocation import Revocation
from idp.oidc.service_grant import ServiceGrant
from idp.oidc.wire import Answer

GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials")


class Exchange(AuthorizationServer):
    """One conversation with one client."""

    def __init__(
        self,
        work: Work,
        keys: KeyRing,
        client_keys: ClientKeys,
        *,
        client: ProtocolClient | None = None,
    ) -> None:
        """Registers the grants and endpoints; takes the client where it is found."""
        super().__init__()
        self._work = work
        self._keys = keys
        self.client_keys = client_keys
        self._proved: ProtocolClient | None = None
        self.client_id: str | None = None
        self._client = client
        self.register_grant(CodeGrant, [S256(), IdToken(keys, with_nonce=True)])
        self.register_grant(RefreshGrant, [IdToken(keys, with_nonce=False)])
        self.register_grant(ServiceGrant)
        self.register_endpoint(introspection.Introspection(keys))
        self.register_endpoint(Revocation(keys))

    # --- what the server asks of it

    def check_authorization(self, request: ProtocolRequest) -> None:
        """Lets Authlib check an authorization request; raises OAuth2Error."""
        self.get_consent_grant(request)  # type: ignore[no-untyped-call]

    def answer_token_request(self, request: ProtocolRequest) -> Answer:
        """Answers a token request."""
        answer: Any = self.create_token_response(request)
        return cast(Answer, answer)

    def answer_introspection(self, request: ProtocolRequest, *, signed: bool) -> Answer:
        """Answers an introspection request; a refusal is never signed."""
        answer: Answer = self.create_endpoint_response(  # type: ignore[no-untyped-call]
            "introspection", request
        )
        if not signed or answer.status != 200:
            return answer
        record = request.client.record
        token = introspection.signed(answer.body, record, self._work, self._keys)
        kind = (("Content-Type", introspection.MEDIA_TYPE),)
        return replace(answer, token=token, headers=kind)

    def answer_revocation(self, request: ProtocolRequest) -> Answer:
        """Answers a revocation request."""
        answer = self.create_endpoint_response(  # type: ignore[no-untyped-call]
            "revocation", request
        )
        return cast(Answer, answer)

    def refuse(self, error: OAuth2Error) -> Answer:
        """Turns an error into an answer; the client is named where it is known."""
        return error_answer(error, self.client_id)

    # --- what Authlib asks of it

    def query_client(self, client_id: str) -> Any:
        """Finds an enabled client, unless this request has found it already."""
        if self._client is not None and self._client.record.client_id == client_id:
            return self._client
        return clients.find(self._work, client_id)

    def authenticate_client(
        self, request: Any, methods: Collection[str], endpoint: str = "token"
    ) -> ProtocolClient:
        """Checks who the client is, once for a request; raises ``invalid_client``.

        Work that had to give way is done again, and an assertion works only once.
        """
        client = self._proved or clients.authenticate(
            request, methods, self.client_keys, endpoint=endpoint
        )
        self._proved = client
        request.auth_method = client.record.auth_method
        self.client_id = client.record.client_id
        return client

    def generate_token(self, *args: Any, user: Any = None, **kwargs: Any) -> Any:
        """Makes a token answer from the facts of a grant, which is committed."""
        facts: GrantFacts = user
        return access_token.issue(facts, self._work, self._keys)

    def save_token(self, token: Any, request: OAuth2Request) -> None:
        """Does nothing: what has to be remembered is committed already."""

    def send_signal(self, name: Any, *args: object, **kwargs: object) -> None:
        """Does nothing: signals are not used; the audit trail has what happened."""

    def create_oauth2_request(self, request: Any) -> ProtocolRequest:
        """Takes the request as it is; it was made for Authlib."""
        made: ProtocolRequest = request
        return made

    def handle_response(self, status: int, body: Any, headers: Any) -> Answer:
        """Hands on what Authlib answered."""
        return Answer(status, dict(body), tuple(headers), self.client_id)

    def handle_error_response(
        self, request: OAuth2Request, error: OAuth2Error
    ) -> Answer:
        """Answers what Authlib found wrong."""
        return self.refuse(error)


def error_answer(error: OAuth2Error, client_id: str | None) -> Answer:
    """Builds a JSON error of RFC 6749 section 5.2."""
    body = {"error": str(error.error)}
    if description := description_of(error):
        body["error_description"] = description
    return Answer(error.status_code, body, tuple(error.get_headers()), client_id)
