"""A12: strangers who register an application, or come to the record of another.

AC-152, SEC-107, SEC-124, SEC-161, SEC-210, SEC-245, SEC-247, SEC-248.
"""

from typing import Any

import pytest

from tests.abuse.oracles import no_server_error
from tests.abuse.test_a12_clients import ASTRAY
from tests.support.providers import Maker
from tests.support.registrar import CALLBACK
from tests.support.registrar import GOOD
from tests.support.registrar import ON
from tests.support.registrar import changed
from tests.support.registrar import initial_token
from tests.support.registrar import managed
from tests.support.registrar import register
from tests.support.registrar import registered
from tests.support.registrar import sent
from tests.support.within import Within

UNSIGNED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0."
WEAKER: tuple[dict[str, Any], ...] = (
    {"consent": "skip"},
    {"skip_consent": True},
    {"first_party": True},
    {"require_pkce": False},
    {"min_acr": "pwd"},
    {"max_factor_age": 3600},
    {"accept_backup_codes": True},
    {"access_token_lifetime": 3600},
    {"allowed_origins": ["https://evil.example"]},
    {"resource": "https://api.example"},
    {"allowed_resources": ["https://api.example"]},
    {"enabled": True},
    {"scope": "openid idp:users:write"},
    {"grant_types": ["password"]},
    {"grant_types": ["authorization_code", "client_credentials"]},
    {"grant_types": ["authorization_code", "implicit"]},
    {"grant_types": ["refresh_token"]},
    {"grant_types": []},
    {"grant_types": "authorization_code"},
    {"grant_types": [["authorization_code"]]},
    {"response_types": ["token"]},
    {"response_types": ["code", "id_token"]},
    {"subject_type": "pairwise"},
    {"token_endpoint_auth_method": "client_secret_jwt"},
    {"token_endpoint_auth_method": "private_key_jwt"},
    {"token_endpoint_auth_signing_alg": "none"},
    {"id_token_signed_response_alg": "none"},
    {"introspection_signed_response_alg": "HS256"},
    {"request_object_signing_alg": "none"},
    {"default_acr_values": ["no-such-level"]},
    {"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}},
    {"client_name": "\u202egnp.exe"},
    {"client_name": "a\x00b"},
    {"client_name": "\ud800"},
    {"client_name": ["a"]},
    {"scope": ["openid"]},
    {"redirect_uris": "https://rp.example/cb"},
    {"redirect_uris": [None]},
)
NOT_JSON = (
    b"",
    b"{",
    b"[]",
    b'"x"',
    b"null",
    b"\xff",
    b"[" * 50_000,
    b'{"a":"\\u0000"}',
)


@pytest.fixture
def provider(new_provider: Maker) -> Within:
    return new_provider(**ON)


def applications(provider: Within) -> list[str]:
    found = provider.command("client", "list", "--json")["items"]
    return [one["client_id"] for one in found]


def test_it_is_off_unless_somebody_switched_it_on(new_provider: Maker) -> None:
    """SEC-247, SEC-107: not even a token helps"""
    provider = new_provider()
    for token in (None, initial_token(provider)):
        answer = register(provider, token)
        assert (answer.status, answer.json()["error"]) == (403, "access_denied")
        assert (
            "off here (IDP_DYNAMIC_REGISTRATION)" in answer.json()["error_description"]
        )
    assert sent(provider, "GET", "/register/x", "y").status == 403
    discovery = provider.http.get("/.well-known/openid-configuration").json()
    assert "registration_endpoint" not in discovery
    assert applications(provider) == []


def test_nobody_registers_without_a_token_made_for_it(provider: Within) -> None:
    """AC-152, SEC-210: no token, another's, an unsigned one, one that is alike"""
    known = registered(provider)
    right = initial_token(provider)
    tokens = [None, "", UNSIGNED, known["registration_access_token"]]
    tokens += [known["client_secret"], right[:-1], right + "A", right.swapcase(), "ü"]
    for token in tokens:
        answer = register(provider, token)
        no_server_error(answer)
        assert answer.status == 401, answer
        assert "invalid_token" in str(answer.header("WWW-Authenticate"))
    in_form = provider.http.post("/register", {"access_token": right, **GOOD})
    assert in_form.status == 401
    assert applications(provider) == [known["client_id"]]
    assert register(provider, right).status == 201


def test_nothing_weaker_can_be_asked_for(provider: Within) -> None:
    """AC-152, SEC-247: refused, and the token keeps its use"""
    token = initial_token(provider)
    for wish in WEAKER:
        answer = register(provider, token, wish)
        assert answer.status == 400, (wish, answer)
        error = answer.json()["error"]
        of_address = error == "invalid_redirect_uri"
        assert of_address or error == "invalid_client_metadata", answer
        assert of_address <= ("redirect_uris" in wish), answer
    answer = register(provider, token, {"software_statement": UNSIGNED})
    assert answer.json()["error"] == "unapproved_software_statement"
    assert applications(provider) == []
    assert register(provider, token).status == 201


def test_what_is_no_record_is_told_so(provider: Within) -> None:
    token = initial_token(provider)
    for body in NOT_JSON:
        answer = register(provider, token, body)
        assert (answer.status, answer.json()["error"]) == (
            *(400, "invalid_client_metadata"),
        )
    plain = sent(provider, "POST", "/register", token, GOOD, **{"Content-Type": "a/b"})
    assert plain.status == 400
    assert applications(provider) == []


def test_no_address_leads_astray_at_creation_or_by_a_change(provider: Within) -> None:
    """SEC-245: OpenID Connect's Dynamic OP wants the words, too"""
    known, token = registered(provider), initial_token(provider)
    for uri in ASTRAY:
        for member in ("redirect_uris", "post_logout_redirect_uris", "jwks_uri"):
            bad = {member: uri if member == "jwks_uri" else [CALLBACK, uri]}
            answers = [
                register(provider, token, bad),
                managed(provider, known, "PUT", changed(known, **bad)),
            ]
            for answer in answers:
                assert answer.status == 400, (member, uri, answer)
    fragment = {"redirect_uris": ["https://rp.example/cb#x"]}
    answer = register(provider, token, fragment)
    assert answer.json()["error"] == "invalid_redirect_uri"
    assert managed(provider, known).json()["redirect_uris"] == [CALLBACK]


def test_a_record_is_its_own_applications_only(provider: Within) -> None:
    """SEC-248: read, replaced and deleted by its own token, for its own id"""
    one, other = registered(provider), registered(provider)
    spare = initial_token(provider)
    made = provider.command(
        "client", "create", "x", "--redirect-uri", CALLBACK, "--json"
    )
    for token in (None, spare, other["registration_access_token"], UNSIGNED):
        mixed = {**one, "registration_access_token": token}
        for method in ("GET", "PUT", "DELETE"):
            assert managed(provider, mixed, method, changed(one)).status == 401
    renamed = changed(one, client_id=other["client_id"])
    assert managed(provider, one, "PUT", renamed).status == 400
    nameless = {k: v for k, v in changed(one).items() if k != "client_id"}
    assert managed(provider, one, "PUT", nameless).status == 400
    for client_id in (made["client_id"], "nobody", "%00", "..%2f"):
        token = one["registration_access_token"]
        answer = sent(provider, "GET", f"/register/{client_id}", token)
        no_server_error(answer)
        assert answer.status in (400, 401, 404), answer
    assert managed(provider, one).status == managed(provider, other).status == 200


def test_an_update_cannot_ask_for_more_than_a_registration(provider: Within) -> None:
    """SEC-247, KC CVE-2026-18573: the update path too"""
    known = registered(provider)
    for wish in WEAKER:
        answer = managed(provider, known, "PUT", changed(known, **wish))
        assert answer.status == 400, (wish, answer)
    shown = provider.command("client", "show", known["client_id"], "--json")
    assert (shown["first_party"], shown["require_pkce"]) == (False, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("disable",),
        ("update", "--first-party"),
        ("update", "--scope", "openid idp:users:read"),
        ("update", "--resource", "https://api.example"),
    ],
    ids="-".join,
)
def test_what_an_administrator_took_over_is_theirs(
    provider: Within, arguments: tuple[str, ...]
) -> None:
    """Else its addresses could be changed under a trust that was not given to them"""
    known = registered(provider)
    word, *options = arguments
    provider.command("client", word, known["client_id"], *options)
    for method in ("GET", "PUT", "DELETE"):
        answer = managed(provider, known, method, changed(known))
        assert (answer.status, answer.json()["error"]) == (403, "access_denied")
    assert known["client_id"] in applications(provider)


def test_a_source_that_tries_tokens_has_to_wait(new_provider: Maker) -> None:
    """SEC-124: and good ones are never counted"""
    provider = new_provider(**ON, IDP_SOURCE_RATE="5/minute")
    good = initial_token(provider, "--uses", "9")
    assert {register(provider, good).status for _ in range(7)} == {201}
    statuses = [register(provider, f"guess-{n}").status for n in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert register(provider, good).status == 201


def test_no_page_of_another_origin_may_read_it(provider: Within) -> None:
    """SEC-161: nothing of it is for browsers"""
    known = registered(provider, token_endpoint_auth_method="none")
    origin = {"Origin": "https://rp.example"}
    token = known["registration_access_token"]
    where = known["registration_client_uri"]
    asked = provider.http.get(where, method="OPTIONS", headers=origin)
    for answer in (sent(provider, "GET", where, token, **origin), asked):
        assert answer.header("Access-Control-Allow-Origin") is None
