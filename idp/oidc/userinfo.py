"""Which claims about a person leave, and the userinfo endpoint that hands them out.

Scopes and the ``claims`` parameter choose; protocol claims can never be chosen nor
overridden (SEC-103). Whether a token is alive is ``access_token`` and ``actions``.
"""

from collections.abc import Collection
from collections.abc import Iterable

from idp.actions.grants import GrantFacts
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.oidc import access_token
from idp.oidc.keys import KeyRing
from idp.oidc.wire import Answer
from idp.oidc.wire import HttpRequest
from idp.oidc.wire import back_channel
from idp.rules import consent
from idp.rules import permissions

PROTOCOL_CLAIMS = frozenset(
    {
        *("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "azp", "sid"),
        *("auth_time", "acr", "amr", "at_hash", "c_hash", "s_hash"),
        *("client_id", "scope", "grant_id", "events"),
    }
)

INVALID = "The access token is not valid."
LACKS_OPENID = "The access token lacks the scope openid."
NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))


class BearerError(Exception):
    """A token that was not sent as RFC 6750 section 2 says, or no token at all."""

    def __init__(self, error: str | None, description: str = "") -> None:
        """Takes the error word; None where no token was sent."""
        super().__init__(description)
        self.error = error
        self.description = description


def released(facts: GrantFacts, named: Iterable[str] = ()) -> dict[str, object]:
    """Returns the person's claims that the scopes release, and those asked by name.

    A claim without a value is left out (OpenID Connect Core 5.3.2).
    """
    wanted = dict.fromkeys((*consent.released_claims(facts.scopes), *named))
    return {
        name: facts.claims[name]
        for name in wanted
        if name in facts.claims and name not in PROTOCOL_CLAIMS
    }


def answer(http: HttpRequest, work: Work, keys: KeyRing) -> Answer:
    """Answers a userinfo request (OpenID Connect Core 5.3, SEC-225)."""
    try:
        text = bearer_token(http)
    except BearerError as fault:
        return refusal(fault.error, fault.description)
    token = access_token.read(text, work, keys)
    if token is None or not _for_us(token.audience, work.settings.issuer):
        return refusal("invalid_token", "The access token is not valid.")
    facts = access_token.living(token, work)
    if facts is None or facts.user_id is None:
        return refusal(
            "invalid_token", "The access token is not valid.", token.client_id
        )
    if "openid" not in token.scopes:
        text = "The access token lacks the scope openid."
        return refusal("insufficient_scope", text, token.client_id)
    narrowed = access_token.narrowed(facts, token)
    about = released(narrowed, facts.userinfo_claims)
    claims = {"sub": facts.user_id, **about, **_proved(facts)}
    return Answer(200, claims, NO_STORE, token.client_id)


def _proved(facts: GrantFacts) -> dict[str, object]:
    """Returns what was asked for of the sign-in: what the grant says (SEC-103)."""
    said = {
        "acr": facts.acr,
        "amr": list(facts.amr) or None,
        "auth_time": facts.auth_time,
    }
    return {
        name: value
        for name, value in said.items()
        if value is not None and name in facts.userinfo_claims
    }


def _for_us(audience: Collection[str], issuer: str) -> bool:
    """Tells whether a token is for this provider: as such, or for its own API.

    Who holds a token for the API holds one of ours, and nobody else can have it from
    them in good faith; what it says about its person is decided by its scopes.
    """
    return bool({issuer, permissions.api_audience(issuer)}.intersection(audience))


def bearer_token(http: HttpRequest) -> str:
    """Finds the one token of a request: in the header or in a posted form.

    Never in the address (RFC 6750 section 2.3 is not offered); raises BearerError.
    """
    in_header = token_in_header(http.authorization)
    in_form = None
    if http.method == "POST" and http.is_form:
        try:
            form = back_channel(http)
        except BadRequest:
            raise BearerError("invalid_request", "The form cannot be read.") from None
        if form.repeated(("access_token",)):
            raise BearerError("invalid_request", "There is more than one token.")
        in_form = form.get("access_token")
    if in_header is not None and in_form is not None:
        raise BearerError("invalid_request", "Send the token in one way, not two.")
    token = in_header or in_form
    if token is None:
        raise BearerError(None)
    return token


def token_in_header(header: str | None) -> str | None:
    """Finds the token in an ``Authorization`` header; None for any other scheme."""
    if header is None:
        return None
    scheme, _, token = header.strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def refusal(
    error: str | None, description: str, client_id: str | None = None
) -> Answer:
    """Says no (RFC 6750 section 3); no error word where no token was sent."""
    status = {"invalid_request": 400, "insufficient_scope": 403}.get(error or "", 401)
    challenge = 'Bearer realm="userinfo"'
    body: dict[str, str] = {}
    if error is not None:
        challenge += f', error="{error}", error_description="{description}"'
        body = {"error": error, "error_description": description}
    if error == "insufficient_scope":
        challenge += ', scope="openid"'
    headers = (*NO_STORE, ("WWW-Authenticate", challenge))
    return Answer(status, body, headers, client_id)
