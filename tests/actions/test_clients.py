"""SEC-195, SEC-245, SEC-249, SEC-250: applications registered, changed and known."""

from datetime import timedelta
from typing import Any

import pytest

from idp.actions import client_metadata
from idp.actions import client_secrets
from idp.actions import clients
from idp.actions import keys
from idp.actions import tokens
from idp.actions import users
from idp.errors import BadRequest
from idp.errors import Conflict
from idp.errors import Forbidden
from idp.errors import NotFound
from idp.errors import Refusal
from idp.errors import StaleVersion
from idp.errors import TooManyAttempts
from idp.rules import client_demands
from idp.settings import Settings
from idp.store.rates import SourceRate
from tests.actions.conftest import RING
from tests.actions.conftest import Maker
from tests.actions.scene import Scene
from tests.oidc.stage import CALLBACK
from tests.support import client_keys
from tests.support.barrier import at_once

GOOD = {"client_name": "Wiki", "redirect_uris": [CALLBACK]}
PUBLIC = {"token_endpoint_auth_method": "none"}
BY_KEY = {"token_endpoint_auth_method": "private_key_jwt"}
EC_KEY = client_keys.pair().public
ISSUER = {"IDP_ISSUER": "https://sso.example.org", "IDP_PASSWORD_HASH_COST": "12"}
SERVICE = {"redirect_uris": [], "grant_types": ["client_credentials"]}
PRIVATE_JWK = {"kty": "EC", "crv": "P-256", "x": "a", "y": "b", "d": "c"}

BAD: list[dict[str, Any]] = [
    {"client_name": ""},
    {"client_name": " "},
    {"client_name": "a\nb"},
    {"client_name": "x" * 201},
    {"client_name": 7},
    {"redirect_uris": []},
    {"redirect_uris": CALLBACK},
    {"redirect_uris": [7]},
    {"redirect_uris": [CALLBACK] * 2 + [""]},
    {"redirect_uris": [f"{CALLBACK}{n}" for n in range(101)]},
    {"redirect_uris": ["http://rp.example/cb"]},
    {"redirect_uris": ["http://127.0.0.1/cb"]},
    {"redirect_uris": ["http://localhost/cb"]},
    {"redirect_uris": ["javascript:alert(1)"]},
    {"redirect_uris": ["data:text/html,x"]},
    {"redirect_uris": ["file:///etc/passwd"]},
    {"redirect_uris": ["https://rp.example/cb#f"]},
    {"redirect_uris": ["https://u:p@rp.example/cb"]},
    {"redirect_uris": ["https://rp.example\\@evil.example/cb"]},
    {"redirect_uris": ["https://rp.example/\tcb"]},
    {"redirect_uris": ["https://rp.example/c b"]},
    {"redirect_uris": ["https:///cb"]},
    {"redirect_uris": ["https://"]},
    {"redirect_uris": ["//rp.example/cb"]},
    {"redirect_uris": ["/cb"]},
    {"redirect_uris": ["com.example.app:/cb"]},
    {"redirect_uris": ["https://*.example/cb", "javascript:x"]},
    {**PUBLIC, "redirect_uris": ["myapp:/cb"]},
    {**PUBLIC, "redirect_uris": ["javascript:alert(1)"]},
    {**PUBLIC, "redirect_uris": ["http://rp.example/cb"]},
    {**PUBLIC, "redirect_uris": ["http://127.0.0.1.evil.example/cb"]},
    {**PUBLIC, "redirect_uris": ["com.example.app://user@host/cb"]},
    {"post_logout_redirect_uris": ["javascript:alert(1)"]},
    {"post_logout_redirect_uris": ["http://rp.example/"]},
    {"backchannel_logout_uri": "http://rp.example/bc"},
    {"backchannel_logout_uri": "https://u@rp.example/bc"},
    {"backchannel_logout_uri": "file:///bc"},
    {"frontchannel_logout_uri": "https://other.example/out"},
    {"frontchannel_logout_uri": "https://rp.example:8443/out"},
    {"frontchannel_logout_uri": "https://rp.example/out#now"},
    {"frontchannel_logout_session_required": "yes"},
    {"backchannel_logout_session_required": None},
    {"initiate_login_uri": "http://rp.example/start"},
    {"initiate_login_uri": "javascript:alert(1)"},
    {"jwks_uri": "http://rp.example/jwks"},
    {"jwks_uri": "https://rp.example/jwks", "jwks": {"keys": []}},
    {"jwks": {"keys": [PRIVATE_JWK]}},
    {"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}},
    {"jwks": []},
    {"jwks": {"keys": [EC_KEY] * 51}},
    {"jwks": {"keys": [{**EC_KEY, "x5c": ["A" * 70000]}]}},
    BY_KEY,
    {**BY_KEY, "jwks": {"keys": []}},
    {**BY_KEY, "jwks": {"keys": [{**EC_KEY, "use": "enc"}]}},
    {"require_signed_request_object": True},
    {"request_object_signing_alg": "ES256"},
    {"jwks": {"keys": [EC_KEY]}, "request_object_signing_alg": "none"},
    {"jwks": {"keys": [EC_KEY]}, "request_object_signing_alg": "HS256"},
    {"jwks": {"keys": [EC_KEY]}, "token_endpoint_auth_signing_alg": "HS256"},
    {"require_pushed_authorization_requests": "yes"},
    {"allowed_origins": ["https://rp.example/"]},
    {"allowed_origins": ["https://rp.example/cb"]},
    {"allowed_origins": ["*"]},
    {"allowed_origins": ["null"]},
    {"allowed_origins": ["https://RP.example"]},
    {"resource": "not an address"},
    {"resource": "https://api.example#f"},
    {"resource": "https://sso.example.org"},
    {"resource": "https://sso.example.org/api/v1"},
    {"allowed_resources": ["api"]},
    {"grant_types": ["password"]},
    {"grant_types": ["implicit"]},
    {"grant_types": []},
    {"grant_types": ["refresh_token"]},
    {"grant_types": ["client_credentials"]},
    {**PUBLIC, **SERVICE},
    {**PUBLIC, "require_pkce": False},
    {"token_endpoint_auth_method": "client_secret_jwt"},
    {"token_endpoint_auth_method": "tls_client_auth"},
    {"id_token_signed_response_alg": "none"},
    {"id_token_signed_response_alg": "HS256"},
    {"min_acr": "gold"},
    {"min_acr": ""},
    {"max_factor_age": 0},
    {"max_factor_age": -1},
    {"max_factor_age": True},
    {"max_factor_age": "5m"},
    {"default_max_age": -1},
    {"default_max_age": True},
    {"default_max_age": "5m"},
    {"default_max_age": 10**12},
    {"default_acr_values": "mfa"},
    {"default_acr_values": ["gold"]},
    {"default_acr_values": ["mfa", ""]},
    {"require_auth_time": "yes"},
    {"require_auth_time": None},
    {"access_token_lifetime": 3601},
    {"access_token_lifetime": 0},
    {"first_party": "yes"},
    {"require_pkce": None},
    {"scope": "openid idp:everything"},
    {"scope": 'open"id'},
    {"scope": ["openid"]},
    {"enabled": "no"},
    {"max_factor_age": 10**12},
    {"client_id": "mine"},
    {"client_secret": "x"},
    {"details": {}},
    {"version": 7},
]


@pytest.fixture
def scene(new_scene: Maker) -> Scene:
    """Gives a scene whose issuer is no loopback one."""
    return new_scene(**ISSUER)


@pytest.mark.parametrize("bad", BAD, ids=client_keys.without_keys)
def test_what_will_not_do_is_refused_on_both_paths(
    scene: Scene, bad: dict[str, Any]
) -> None:
    """SEC-245: at creation and at each change alike"""
    admin = scene.administration()
    with pytest.raises(BadRequest):
        clients.create_client(admin, {**GOOD, **bad})
    clients.create_client(admin, GOOD, client_id="rp", secret="s")
    before = clients.show_client(admin, "rp")
    with pytest.raises(BadRequest):
        clients.change_client(admin, "rp", bad)
    assert clients.show_client(admin, "rp") == before


@pytest.mark.parametrize(
    "client_id", ["", "..", "a/b", "a\\b", "a b", "a\n", "\xe9", "x" * 201, "a\0"]
)
def test_an_impossible_client_id_is_refused(scene: Scene, client_id: str) -> None:
    with pytest.raises(BadRequest):
        clients.create_client(scene.administration(), GOOD, client_id=client_id)


@pytest.mark.parametrize(
    "good",
    [
        {**PUBLIC, "redirect_uris": ["com.example.app:/cb", "http://127.0.0.1/cb"]},
        {**PUBLIC, "redirect_uris": ["http://[::1]:7777/cb", "http://localhost/cb"]},
        {"redirect_uris": ["https://rp.example:8443/cb?tenant=1"]},
        {"require_pkce": False},
        {"grant_types": ["authorization_code"]},
        {"grant_types": ["authorization_code", "client_credentials"]},
        {**SERVICE, "scope": "idp:users:read"},
        {"id_token_signed_response_alg": "EdDSA"},
        {"allowed_origins": ["https://app.example:8443"]},
        {"resource": "https://sso.example.org.evil.example/"},
        {"jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": "a", "y": "b"}]}},
        {**BY_KEY, "jwks": {"keys": [EC_KEY]}},
        {**BY_KEY, "jwks_uri": "https://rp.example/jwks"},
        {**BY_KEY, "jwks": {"keys": [EC_KEY]}, "require_signed_request_object": True},
        {"jwks": {"keys": [EC_KEY]}, "request_object_signing_alg": "PS256"},
        {"require_pushed_authorization_requests": True},
    ],
    ids=client_keys.without_keys,
)
def test_what_will_do_is_shown_in_the_same_words(
    scene: Scene, good: dict[str, Any]
) -> None:
    made = clients.create_client(scene.administration(), {**GOOD, **good})
    for name, value in good.items():
        shown = getattr(made.registration, name)
        assert (list(shown) if isinstance(shown, tuple) else shown) == value


def test_a_loopback_issuer_allows_loopback(new_scene: Maker) -> None:
    """interface.md section 3"""
    made = {**GOOD, "redirect_uris": ["http://127.0.0.1:5001/cb"]}
    clients.create_client(new_scene().administration(), made)


def test_a_secret_is_shown_once_and_nowhere_else(scene: Scene) -> None:
    """SEC-249, SEC-259"""
    made = clients.create_client(scene.administration(), GOOD, client_id="rp")
    secret = made.client_secret or ""
    assert len(secret) >= 43
    assert set(secret) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
    )
    shown = clients.show_client(scene.administration(), "rp")
    for text in (repr(made), repr(shown), repr(shown.secrets)):
        assert secret not in text
    assert scene.one("SELECT secret_hash FROM client_secrets") not in repr(
        shown.secrets
    )


def known(
    scene: Scene, secret: str | None, method: str = "client_secret_basic"
) -> bool:
    try:
        client_secrets.authenticate_client(scene.work(), "rp", secret, method)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize("secret", ["s", "p:w%&=+ \N{SNOWMAN}", "\x7f\0", "x" * 1024])
def test_a_secret_that_is_given_may_hold_anything(scene: Scene, secret: str) -> None:
    clients.create_client(scene.administration(), GOOD, client_id="rp", secret=secret)
    assert known(scene, secret)
    for wrong in (secret + "x", secret[:-1], secret.swapcase() + " ", "", None):
        assert not known(scene, wrong)


@pytest.mark.parametrize("secret", ["", "x" * 1025])
def test_a_secret_that_is_none_is_refused(scene: Scene, secret: str) -> None:
    with pytest.raises(BadRequest):
        clients.create_client(scene.administration(), GOOD, secret=secret)


def test_a_client_is_known_by_its_registered_method_only(scene: Scene) -> None:
    """SEC-195"""
    clients.create_client(scene.administration(), GOOD, client_id="rp", secret="s")
    methods = ("client_secret_basic", "client_secret_post", "none", "")
    assert [known(scene, "s", method) for method in methods] == [
        True,
        *[False] * 3,
    ]
    assert not known(scene, None, "none")


def test_a_public_client_has_no_secret(scene: Scene) -> None:
    admin = scene.administration()
    with pytest.raises(BadRequest):
        clients.create_client(admin, {**GOOD, **PUBLIC}, secret="s")
    made = clients.create_client(admin, {**GOOD, **PUBLIC}, client_id="rp")
    assert made.client_secret is None
    assert known(scene, None, "none")
    assert not known(scene, "", "client_secret_basic")
    with pytest.raises(BadRequest):
        clients.rotate_secret(admin, "rp")


def test_a_client_made_confidential_is_not_known_without_a_secret(
    scene: Scene,
) -> None:
    """Not by an empty one either, until one is made"""
    admin = scene.administration()
    clients.create_client(admin, {**GOOD, **PUBLIC}, client_id="rp")
    clients.change_client(
        admin, "rp", {"token_endpoint_auth_method": "client_secret_basic"}
    )
    assert not known(scene, None, "none")
    for nothing in ("", None):
        assert not known(scene, nothing)
    secret = clients.rotate_secret(admin, "rp").client_secret
    assert known(scene, secret)


def test_two_secrets_overlap_for_a_day_and_never_three(scene: Scene) -> None:
    """SEC-249"""
    admin = scene.administration()
    clients.create_client(admin, GOOD, client_id="rp", secret="first")
    second = clients.rotate_secret(admin, "rp").client_secret
    assert [known(scene, one) for one in ("first", second)] == [True, True]
    scene.clock.advance(hours=1)
    third = clients.rotate_secret(scene.administration(), "rp").client_secret
    assert [known(scene, one) for one in ("first", second, third)] == [
        False,
        True,
        True,
    ]
    scene.clock.advance(hours=24)
    assert [known(scene, one) for one in (second, third)] == [False, True]


def test_the_old_secret_ends_at_once_where_asked(scene: Scene) -> None:
    admin = scene.administration()
    clients.create_client(admin, GOOD, client_id="rp", secret="first")
    clients.rotate_secret(admin, "rp", expire_others_in=timedelta(0))
    assert not known(scene, "first")


def test_a_secret_of_another_client_is_wrong(scene: Scene) -> None:
    admin = scene.administration()
    clients.create_client(admin, GOOD, client_id="rp", secret="same")
    clients.create_client(admin, GOOD, client_id="other", secret="same")
    assert scene.one("SELECT count(DISTINCT secret_hash) FROM client_secrets") == 2


def test_failures_count_for_the_source_and_successes_do_not(scene: Scene) -> None:
    """SEC-124"""
    clients.create_client(scene.administration(), GOOD, client_id="rp", secret="s")
    scene.rates = SourceRate("3/minute")
    assert all(known(scene, "s") for _ in range(9))
    assert not any(known(scene, "wrong") for _ in range(3))
    with pytest.raises(TooManyAttempts):
        known(scene, "s")


def test_unknown_wrong_and_disabled_are_one_refusal(scene: Scene) -> None:
    """SEC-198"""
    clients.create_client(scene.administration(), GOOD, client_id="rp", secret="s")
    said = []
    for client_id, secret in (("nobody", "s"), ("rp", "wrong"), ("\0", "s")):
        with pytest.raises(Refusal) as refused:
            client_secrets.authenticate_client(
                scene.work(), client_id, secret, "client_secret_basic"
            )
        said.append((type(refused.value), str(refused.value)))
    clients.set_enabled(scene.administration(), "rp", enabled=False)
    with pytest.raises(Refusal) as refused:
        client_secrets.authenticate_client(
            scene.work(), "rp", "s", "client_secret_basic"
        )
    assert {*said, (type(refused.value), str(refused.value))} == {said[0]}


def test_a_taken_client_id_is_refused(scene: Scene) -> None:
    clients.create_client(scene.administration(), GOOD, client_id="rp")
    with pytest.raises(Conflict):
        clients.create_client(scene.administration(), GOOD, client_id="rp")


def test_the_id_of_a_person_is_no_client_id(scene: Scene) -> None:
    """RFC 9068 section 5, SEC-217: a service of that name would pass for them"""
    admin, service = scene.administration(), {**GOOD, **SERVICE}
    scene.person()
    mia = scene.user()
    with pytest.raises(Conflict):
        clients.create_client(admin, service, client_id=mia.id)
    users.delete_user(admin, "mia")
    with pytest.raises(Conflict):
        clients.create_client(admin, service, client_id=mia.id)


@pytest.mark.races
def test_of_many_who_take_an_id_at_once_one_gets_it(new_scene: Maker) -> None:
    scene = new_scene("postgresql")

    def create() -> bool:
        try:
            clients.create_client(scene.administration(), GOOD, client_id="rp")
        except Conflict:
            return False
        return True

    assert at_once([create] * 6).count(True) == 1


def test_a_resource_has_one_owner(scene: Scene) -> None:
    """Whoever is the resource may look into its tokens"""
    admin, api = scene.administration(), {"resource": "https://api.example"}
    clients.create_client(admin, {**GOOD, **api}, client_id="api")
    clients.create_client(admin, GOOD, client_id="thief")
    with pytest.raises(Conflict):
        clients.create_client(admin, {**GOOD, **api})
    with pytest.raises(Conflict):
        clients.change_client(admin, "thief", api)
    clients.change_client(admin, "api", api)


def test_a_change_keeps_what_it_does_not_name(scene: Scene) -> None:
    admin = scene.administration()
    wish = {**GOOD, "min_acr": "mfa", "jwks_uri": "https://rp.example/jwks"}
    before = clients.create_client(admin, wish, client_id="rp").registration
    after = clients.change_client(admin, "rp", {"client_name": "Other"})
    assert after.min_acr == "mfa"
    assert after.jwks_uri == "https://rp.example/jwks"
    assert after.redirect_uris == before.redirect_uris
    assert clients.change_client(admin, "rp", {"jwks_uri": None}).jwks_uri is None


def test_a_change_is_recorded_with_what_was_before(scene: Scene) -> None:
    """REL-080: only what differs, and no keys"""
    admin = scene.administration()
    clients.create_client(admin, {**GOOD, "min_acr": "mfa"}, client_id="rp")
    weaker = {"min_acr": None, "client_name": "Wiki", "jwks": {"keys": []}}
    clients.change_client(admin, "rp", weaker)
    assert scene.changes("client.changed") == {
        "min_acr": ["mfa", None],
        "jwks": [None, "given"],
    }


def test_a_change_that_changes_nothing_is_no_change(scene: Scene) -> None:
    admin = scene.administration()
    made = clients.create_client(admin, GOOD, client_id="rp").registration
    assert clients.change_client(admin, "rp", GOOD) == made
    assert scene.events("client.changed") == []


def test_disabled_by_a_change_is_disabled(scene: Scene) -> None:
    """SEC-250: one record for the change and one for the end"""
    admin = scene.administration()
    clients.create_client(admin, GOOD, client_id="rp")
    clients.change_client(admin, "rp", {"enabled": False, "client_name": "Old"})
    assert scene.changes("client.disabled") == {"enabled": [True, False]}
    assert scene.changes("client.changed") == {"client_name": ["Wiki", "Old"]}
    clients.set_enabled(admin, "rp", enabled=True)
    assert scene.changes("client.changed") == {"enabled": [False, True]}


def test_what_would_be_refused_today_can_still_be_disabled(new_scene: Maker) -> None:
    """An address of a loopback issuer, after the issuer has moved"""
    scene = new_scene()
    made = {**GOOD, "redirect_uris": ["http://127.0.0.1:5001/cb"]}
    clients.create_client(scene.administration(), made, client_id="rp")
    admin = scene.administration()
    admin.settings = Settings.load({**ISSUER, "IDP_MASTER_KEY": RING})
    with pytest.raises(BadRequest):
        clients.change_client(admin, "rp", {"client_name": "Other"})
    assert not clients.set_enabled(admin, "rp", enabled=False).enabled


def test_every_fault_of_a_record_is_named_with_its_member(scene: Scene) -> None:
    """interface.md section 4: errors"""
    bad = {"first_party": "yes", "logo": "x", "redirect_uris": "x"}
    with pytest.raises(BadRequest) as refused:
        clients.create_client(scene.administration(), {**GOOD, **bad})
    assert [member for member, _ in refused.value.faults] == [
        *("redirect_uris", "first_party", "logo"),
    ]
    bad = {"min_acr": "gold", "scope": "idp:everything"}
    with pytest.raises(BadRequest) as refused:
        clients.create_client(scene.administration(), {**GOOD, **bad})
    assert [member for member, _ in refused.value.faults] == ["min_acr", "scope"]


def test_a_stale_change_is_refused(scene: Scene) -> None:
    """REL-023"""
    admin = scene.administration()
    clients.create_client(admin, GOOD, client_id="rp")
    clients.change_client(admin, "rp", {"client_name": "first"}, version=1)
    with pytest.raises(StaleVersion):
        clients.change_client(admin, "rp", {"client_name": "second"}, version=1)
    assert clients.show_client(admin, "rp").client_name == "first"


def test_a_client_that_asks_for_an_algorithm_gets_a_key_for_it(scene: Scene) -> None:
    admin = scene.administration()
    clients.create_client(
        admin, {**GOOD, "id_token_signed_response_alg": "EdDSA"}, client_id="rp"
    )
    clients.change_client(admin, "rp", {"id_token_signed_response_alg": "PS256"})
    assert {"EdDSA", "PS256"} <= {
        key.alg for key in keys.list_keys(scene.administration())
    }


@pytest.mark.parametrize("way", ["disabled", "deleted"])
def test_a_client_that_is_gone_holds_nothing(new_scene: Maker, way: str) -> None:
    """SEC-250: nor after it comes back"""
    scene = new_scene()
    scene.person()
    app, session = scene.client(), scene.sign_in()
    grant = scene.redeemed(app, session)
    admin = scene.administration()
    if way == "deleted":
        clients.delete_client(admin, app.id)
        with pytest.raises(NotFound):
            clients.show_client(admin, app.id)
        scene.client()
    else:
        clients.set_enabled(admin, app.id, enabled=False)
        with pytest.raises(Refusal):
            scene.answer(app, session)
        clients.set_enabled(admin, app.id, enabled=True)
    assert tokens.inspect(scene.work(), grant.grant_id) is None
    with pytest.raises(Refusal):
        tokens.refresh(scene.work(), grant.refresh_token or "", app.id, None)


def test_an_application_with_a_key_has_no_secret(scene: Scene) -> None:
    admin = scene.administration()
    wish = {**GOOD, **BY_KEY, "jwks": client_keys.key_set(client_keys.pair())}
    with pytest.raises(BadRequest, match="secret"):
        clients.create_client(admin, wish, secret="a secret of its own")
    made = clients.create_client(admin, wish, client_id="rp")
    assert (made.client_secret, made.registration.secrets) == (None, ())
    with pytest.raises(BadRequest, match="secret"):
        clients.rotate_secret(admin, "rp")


def test_every_demand_of_a_record_is_a_known_one() -> None:
    """REL-052: an application with one that is not known is left alone"""
    known = {name for name in client_metadata._DETAILS if name.startswith("require_")}
    assert known == client_demands.DEMANDS
