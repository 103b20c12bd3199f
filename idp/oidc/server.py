"""The protocol server: every OpenID Connect endpoint as one function of a request.

Long-lived and shared; what belongs to one request goes through ``exchange``. Refusals
of actions become OAuth errors here, or rise to become pages where no application may
be told. It knows no Flask, no cookie and no template.
"""

import logging
from collections.abc import Callable
from collections.abc import Sequence
from datetime import datetime

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6749.errors import AccessDeniedError

from idp import logs
from idp import outbound
from idp.actions import authorize
from idp.actions import tokens
from idp.actions.authorize import Issued
from idp.actions.authorize import Outcome
from idp.actions.authorize import Pending
from idp.actions.requests import check_place
from idp.actions.sessions import SessionFacts
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import TooManyAttempts
from idp.errors import Unavailable
from idp.errors import UnknownClient
from idp.oidc import discovery
from idp.oidc import end_session
from idp.oidc import pushed_requests
from idp.oidc import refusals
from idp.oidc import request_objects
from idp.oidc import requests
from idp.oidc import responses
from idp.oidc import userinfo
from idp.oidc import wire
from idp.oidc.authlib_request import ProtocolRequest
from idp.oidc.client_keys import ClientKeys
from idp.oidc.clients import ProtocolClient
from idp.oidc.exchange import GRANT_TYPES
from idp.oidc.exchange import Exchange
from idp.oidc.exchange import error_answer
from idp.oidc.keys import KeyRing
from idp.oidc.responses import Reply
from idp.oidc.wire import Answer
from idp.oidc.wire import FormPost
from idp.oidc.wire import HttpRequest
from idp.oidc.wire import Parameters
from idp.oidc.wire import Redirect
from idp.rules.requests import AuthorizationRequest
from idp.settings import Settings

TOKEN_NAMES = (
    *("grant_type", "code", "redirect_uri", "code_verifier", "refresh_token"),
    *("scope", "client_id", "client_secret", "token", "token_type_hint", "resource"),
    *("client_assertion", "client_assertion_type", "access_token"),
)

log = logging.getLogger("idp.oidc")

Sent = Redirect | FormPost | Pending


class ProtocolServer:
    """The endpoints; safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        keys: KeyRing,
        client_keys: ClientKeys,
        *,
        locales: Sequence[str],
    ) -> None:
        """Takes what lasts: settings, keys of ours and of clients, languages."""
        self.keys = keys
        self.client_keys = client_keys
        self._issuer = settings.issuer
        self._settings = settings
        self._locales = tuple(locales)
        self._documents: dict[tuple[str, ...], bytes] = {}

    def metadata(self) -> bytes:
        """Returns the metadata document, made again only when the algorithms change."""
        algorithms = self.keys.algorithms()
        if algorithms not in self._documents:
            self._documents[algorithms] = discovery.document(
                self._settings, algorithms=algorithms, locales=self._locales
            )
        return self._documents[algorithms]

    # --- in the browser

    def authorize(
        self,
        http: HttpRequest,
        work: Work,
        session_token: str | None,
        browser_token: str | None,
    ) -> Sent:
        """Answers an authorization request (OpenID Connect Core 3.1.2).

        Raises BadRequest, UnknownClient or RedirectUriMismatch for a page here.
        """
        parameters = wire.front_channel(http)
        pushed = pushed_requests.find(parameters, work)
        if pushed is not None:
            outcome = authorize.begin(work, pushed, session_token, browser_token)
            return self._of_stored(outcome)
        client = requests.client_of(parameters, work)
        reply = requests.reply_of(parameters, client)
        try:
            keys = self.client_keys
            inner = request_objects.opened(parameters, client, work, keys)
            if inner is not parameters:
                requests.client_of(inner, work)
                reply = requests.reply_of(inner, client)
            request_objects.check_way(client, signed=inner is not parameters)
            request = self._checked(inner, client, work)
        except OAuth2Error as error:
            if not reply.redirect_uri:
                raise BadRequest("nowhere to tell what is wrong") from error
            return responses.failure(reply, error, self._issuer)
        outcome = authorize.begin(
            work, request, session_token, browser_token, client.record
        )
        return self._sent(outcome, reply)

    def _checked(
        self, parameters: Parameters, client: ProtocolClient, work: Work
    ) -> AuthorizationRequest:
        requests.check(parameters, client)
        exchange = Exchange(work, self.keys, self.client_keys, client=client)
        exchange.check_authorization(ProtocolRequest("GET", parameters.single(), work))
        return requests.read(parameters, client, work, self.keys)

    def resume(
        self,
        login_id: str,
        work: Work,
        session_token: str | None,
        browser_token: str | None,
    ) -> Sent:
        """Goes on with a stored request once its pages are done."""
        outcome = authorize.resume(work, login_id, session_token, browser_token)
        return self._of_stored(outcome)

    def denied(self, request: AuthorizationRequest, work: Work) -> Redirect | FormPost:
        """Tells the application that the person said no."""
        client = tokens.find_client(work, request.client_id)
        if client is None or not client.enabled:
            raise UnknownClient("client is gone or disabled")
        check_place(client, request)
        error = AccessDeniedError("The person did not allow it.")
        return responses.failure(_reply(request, client.name), error, self._issuer)

    def _of_stored(self, outcome: Outcome) -> Sent:
        """Answers a stored request; its address was proved when it was stored."""
        if isinstance(outcome, Pending):
            return outcome
        return self._sent(outcome, _reply(outcome.request, outcome.application))

    def _sent(self, outcome: Outcome, reply: Reply) -> Sent:
        if isinstance(outcome, Pending):
            return outcome
        if isinstance(outcome, Issued):
            return responses.success(reply, outcome.code, self._issuer)
        return responses.failure(reply, refusals.of_blocked(outcome), self._issuer)

    def logout_request(
        self, http: HttpRequest, work: Work, session: SessionFacts | None
    ) -> end_session.LogoutRequest:
        """Judges a request for sign-out; nothing has ended yet."""
        return end_session.read(http, work, self.keys, session)

    # --- behind it

    def token(self, http: HttpRequest, work: Work) -> Answer:
        """Answers a token request (RFC 6749 section 3.2)."""

        def respond(exchange: Exchange, request: ProtocolRequest) -> Answer:
            grant_type = request.form.get("grant_type")
            if grant_type is None:
                raise InvalidRequestError("The parameter grant_type is missing.")
            if grant_type not in GRANT_TYPES:
                raise refusals.UnsupportedGrantError
            return exchange.answer_token_request(request)

        return self._answered(http, work, wire.back_channel, respond)

    def push(self, http: HttpRequest, work: Work) -> Answer:
        """Keeps an authorization request that a client pushed (RFC 9126)."""

        def respond(exchange: Exchange, request: ProtocolRequest) -> Answer:
            parameters = wire.back_channel(http)
            return pushed_requests.answer(exchange, request, parameters, self.keys)

        return self._answered(http, work, wire.back_channel, respond)

    def introspect(
        self, http: HttpRequest, work: Work, *, signed: bool = False
    ) -> Answer:
        """Answers a resource server that asks about a token (RFC 7662, RFC 9701)."""

        def respond(exchange: Exchange, request: ProtocolRequest) -> Answer:
            return exchange.answer_introspection(request, signed=signed)

        return self._answered(http, work, wire.back_channel_forgiving, respond)

    def revoke(self, http: HttpRequest, work: Work) -> Answer:
        """Revokes a token (RFC 7009)."""
        return self._answered(
            http, work, wire.back_channel_forgiving, Exchange.answer_revocation
        )

    def userinfo(self, http: HttpRequest, work: Work) -> Answer:
        """Says who the holder of an access token is."""
        try:
            return work.try_again(lambda: userinfo.answer(http, work, self.keys))
        except Unavailable as fault:
            error = refusals.BusyError(fault.retry_after, status_code=503)
            return error_answer(error, None)

    def _answered(
        self,
        http: HttpRequest,
        work: Work,
        parse: Callable[[HttpRequest], Parameters],
        respond: Callable[[Exchange, ProtocolRequest], Answer],
    ) -> Answer:
        """Runs one back-channel request; every refusal becomes an OAuth error."""
        exchange = Exchange(work, self.keys, self.client_keys)
        fault: OAuth2Error
        try:
            parameters = _posted_form(http, parse)
            request = ProtocolRequest(
                http.method,
                parameters.single(),
                work,
                authorization=http.authorization,
            )
            return work.try_again(lambda: respond(exchange, request))
        except OAuth2Error as error:
            fault = error
        except BadRequest:
            fault = InvalidRequestError("The form cannot be read.")
        except TooManyAttempts as refusal:
            fault = refusals.BusyError(refusal.retry_after, status_code=429)
        except Unavailable as refusal:
            fault = refusals.BusyError(refusal.retry_after, status_code=503)
        facts = {"error": fault.error, "client_id": exchange.client_id}
        log.info("a protocol request was refused", extra={logs.FACTS: facts})
        return exchange.refuse(fault)


def _posted_form(
    http: HttpRequest, parse: Callable[[HttpRequest], Parameters]
) -> Parameters:
    """Reads a form, with nothing in the address and nothing twice (SEC-195, 197)."""
    if not http.is_form:
        raise InvalidRequestError("The body is to be form encoded.")
    if wire.names_in_query(http).intersection(TOKEN_NAMES):
        raise InvalidRequestError("Parameters belong in the body.")
    parameters = parse(http)
    if parameters.repeated(TOKEN_NAMES):
        raise InvalidRequestError("A parameter was sent more than once.")
    return parameters


def build(
    settings: Settings,
    keys: KeyRing,
    clock: Callable[[], datetime],
    *,
    locales: Sequence[str] = ("en", "de"),
) -> ProtocolServer:
    """Builds the protocol server, and keeps Authlib from logging tokens (REL-076)."""
    logging.getLogger("authlib").setLevel(logging.WARNING)
    ways = outbound.ways(settings)
    client_keys = ClientKeys(lambda address: outbound.fetch(address, ways), clock)
    return ProtocolServer(settings, keys, client_keys, locales=locales)


def _reply(request: AuthorizationRequest, application: str) -> Reply:
    return Reply(
        client_id=request.client_id,
        application=application,
        redirect_uri=request.redirect_uri,
        mode=request.response_mode,
        state=request.state,
    )
