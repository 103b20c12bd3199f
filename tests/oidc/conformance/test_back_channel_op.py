"""Back-Channel OP: the application is told that a session ended (section 9).

Each test is the module of the suite that it is named after. The application listens on
loopback behind TLS; the job beside the server delivers, on the real clock.
"""

import contextlib
import threading
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idp import clock
from idp.cli.deliveries import Deliveries
from tests.oidc.conformance import findings
from tests.oidc.conformance import published
from tests.oidc.conformance.findings import Findings
from tests.oidc.conformance.logout import full
from tests.oidc.conformance.logout import is_over
from tests.oidc.conformance.logout import settled
from tests.oidc.conformance.logout import went_back
from tests.oidc.conformance.op import HOST
from tests.oidc.conformance.op import SCOPE
from tests.oidc.conformance.op import Provider
from tests.oidc.conformance.op import answering
from tests.oidc.conformance.suite import CALLBACK
from tests.oidc.conformance.suite import Suite
from tests.oidc.conformance.suite import long_state
from tests.oidc.stage import Stage
from tests.support.certificates import Authority
from tests.support.exchange import FORM
from tests.support.receiver import Receiver
from tests.support.receiver import receiving

EVENT = "http://schemas.openid.net/event/backchannel-logout"
DAY = 24 * 3600


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def provider(
    make_stage: Callable[..., Stage],
    tmp_path_factory: pytest.TempPathFactory,
    authority: Authority,
) -> Iterator[Provider]:
    """Gives a provider whose logout notices may go to loopback."""
    with answering(
        make_stage,
        tmp_path_factory.mktemp("tls"),
        authority=authority,
        IDP_OUTBOUND_ALLOW=HOST,
        IDP_OUTBOUND_CA_FILE=str(authority.file),
    ) as provider:
        now = clock.now()
        provider.stage.clock.advance(
            seconds=(now - provider.stage.clock()).total_seconds()
        )
        yield provider


@pytest.fixture
def suite(provider: Provider) -> Iterator[Suite]:
    yield from settled(Suite(provider, "query"))


@contextlib.contextmanager
def delivering(stage: Stage) -> Iterator[None]:
    """Runs the job that delivers."""
    stop = threading.Event()
    job = Deliveries(stage.work(), stop)
    job.start()
    try:
        yield
    finally:
        stop.set()
        job.join()


def test_oidcc_backchannel_logout_discovery_endpoint_verification(
    suite: Suite,
) -> None:
    """Both abilities are published, and the endpoint by which it begins."""
    published.check_logout(suite.found, suite.metadata, "backchannel")


def test_oidcc_backchannel_rp_initiated_logout(
    suite: Suite, authority: Authority
) -> None:
    """The application is told, the browser goes back, and the session is over."""
    with receiving(tls=authority.context(HOST)) as told, delivering(suite.stage):
        base = told.url.partition("/logout")[0] + "/test/a/ostiary-logout"
        client = suite.stage.client(
            "conf-logout",
            redirect_uris=[CALLBACK],
            post_logout_redirect_uris=[f"{base}/post_logout_redirect"],
            backchannel_logout_uri=f"{base}/backchannel_logout",
            backchannel_logout_session_required=True,
            scope=SCOPE,
            require_pkce=False,
            claims_in_id_token=False,
        )
        tokens = suite.tokens(suite.login(client, state=long_state()), client)
        browser = suite.sign_out(**full(tokens, f"{base}/post_logout_redirect"))
        went_back(suite, browser, f"{base}/post_logout_redirect")
        (token,) = told.wait_for(1)
    check_notice(suite.found, told)
    claims = check_token(suite.found, token, suite.keys, int(clock.now().timestamp()))
    suite.found.fail_unless(claims.get("iss") == suite.stage.issuer, "iss")
    suite.found.fail_unless(claims.get("aud") in (client.id, [client.id]), "aud")
    for name in {"sub", "sid"} & set(claims):
        same = claims[name] == tokens.claims.get(name)
        suite.found.fail_unless(same, f"{name} is another")
    is_over(suite)


def check_notice(found: Findings, told: Receiver) -> None:
    """Checks how the token came."""
    (headers,), (path,), (fields,) = told.headers, told.paths, told.fields
    kind = headers.get("Content-Type")
    found.fail_unless(kind == FORM, f"type {kind}")
    found.fail_unless(path == "/test/a/ostiary-logout/backchannel_logout", path)
    found.warn_unless(set(fields) == {"logout_token"}, f"fields {sorted(fields)}")
    found.warn_unless(told.protocols == ["TLSv1.3"], f"over {told.protocols}")


def check_token(
    found: Findings, token: str, keys: dict[str, Any], now: int
) -> dict[str, Any]:
    """Checks a logout token (Back-Channel Logout 1.0 section 2.4); gives its claims."""
    decoded = jwt.decode(
        token, KeySet.import_key_set(keys), algorithms=findings.ALGORITHMS
    )
    header, claims = dict(decoded.header), dict(decoded.claims)
    key = next((key for key in keys["keys"] if key["kid"] == header.get("kid")), {})
    found.fail_unless(header["alg"] == "RS256", f"alg {header['alg']}")
    found.fail_unless(key.get("alg") == header["alg"], "alg of the key")
    found.fail_unless(key.get("use") == "sig", "use of the key")
    found.fail_unless(header.get("typ") == "logout+jwt", f"typ {header.get('typ')}")
    found.fail_unless(now - DAY <= claims["iat"] <= now, f"iat {claims['iat']}")
    found.fail_unless(now < claims["exp"] <= now + 300, f"exp {claims['exp']}")
    found.fail_unless(claims.get("jti"), "no jti")
    found.fail_unless(claims.get("events") == {EVENT: {}}, f"{claims.get('events')}")
    found.fail_unless({"sub", "sid"} & set(claims), "neither sub nor sid")
    found.fail_unless("nonce" not in claims, "a nonce")
    return claims


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "n"},
        {"events": {EVENT: None}},
        {"events": {EVENT: {}, "urn:more": {}}},
        {"events": {EVENT.replace("http:", "https:"): {}}},
        {"jti": None},
        {"iat": 1},
        {"sub": None, "sid": None},
    ],
    ids=str,
)
def test_the_checks_see_a_token_that_is_wrong(
    provider: Provider, change: dict[str, object]
) -> None:
    suite, now = Suite(provider, "query"), int(clock.now().timestamp())
    right = {"iat": now, "exp": now + 120, "jti": "j", "events": {EVENT: {}}}
    claims = {**right, "sub": "s", "sid": "x", **change}
    sent = {name: value for name, value in claims.items() if value is not None}
    for good, content in ((True, {**right, "sub": "s"}), (False, sent)):
        found = Findings()
        token = provider.stage.keys.sign(content, "RS256", kind="logout+jwt")
        check_token(found, token, suite.keys, now)
        assert bool(found.failures) is not good
