"""SEC-199 to SEC-204, SEC-227: families of refresh tokens, and their end."""

import pytest

from idp.actions import organisation
from idp.actions import tokens
from idp.actions.grants import GrantFacts
from idp.errors import GrantGone
from idp.store import grants as grant_rows
from tests.actions.conftest import Maker
from tests.actions.scene import Scene
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.support.barrier import at_once
from tests.support.waiting import until

PUBLIC = {"token_endpoint_auth_method": "none"}
OFFLINE = ("openid", "offline_access")


def refreshed(scene: Scene, app: App, token: str | None) -> GrantFacts:
    return tokens.refresh(scene.work(), token or "", app.id, None)


def lives(scene: Scene, grant: GrantFacts) -> bool:
    return tokens.inspect(scene.work(), grant.grant_id) is not None


def family(scene: Scene, **wish: object) -> tuple[App, Session, GrantFacts]:
    scene.person()
    app, session = scene.client(**wish), scene.sign_in()
    return app, session, scene.redeemed(app, session)


def test_a_refresh_gives_a_new_token_and_the_same_facts(scene: Scene) -> None:
    """SEC-201: acr, amr and auth_time are those of the sign-in"""
    app, _, first = family(scene)
    scene.clock.advance(minutes=30)
    second = refreshed(scene, app, first.refresh_token)
    assert second.refresh_token != first.refresh_token
    for name in ("acr", "amr", "auth_time", "sid", "nonce", "scopes", "grant_id"):
        assert getattr(second, name) == getattr(first, name)


@pytest.mark.parametrize("wish", [{}, PUBLIC])
def test_a_spent_token_ends_the_family(scene: Scene, wish: dict[str, str]) -> None:
    """SEC-199: also when it was spent within the same second"""
    app, _, first = family(scene, **wish)
    second = refreshed(scene, app, first.refresh_token)
    if not wish:
        scene.clock.advance(seconds=11)
    with pytest.raises(GrantGone):
        refreshed(scene, app, first.refresh_token)
    assert not lives(scene, first)
    with pytest.raises(GrantGone):
        refreshed(scene, app, second.refresh_token)
    assert scene.events("refresh.reused") == [("refresh.reused", "refused", "")]


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_two_uses_at_the_same_moment_end_the_family(scene_on_each: Scene) -> None:
    """SEC-199: whoever comes second had read the token before it was spent"""
    scene = scene_on_each
    app, _, first = family(scene, **PUBLIC)
    held: list[str] = []

    def hold() -> bool:
        with scene.database.writing() as db:
            grant_rows.lock_grant(db, first.grant_id)
            held.append(first.grant_id)
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            until(lambda: scene.one(waiting) == 2, "both of them wait")
        return False

    def use() -> bool:
        until(lambda: bool(held), "the family is held")
        try:
            return bool(refreshed(scene, app, first.refresh_token))
        except GrantGone:
            return False

    assert at_once([hold, use, use]).count(True) == 1
    assert not lives(scene, first)
    assert scene.events("refresh.reused") == [("refresh.reused", "refused", "")]


def test_a_clock_that_was_put_back_makes_no_retry_of_a_reuse(scene: Scene) -> None:
    """REL-030: up to a minute is another machine, and more is a clock put back"""
    app, _, first = family(scene)
    refreshed(scene, app, first.refresh_token)
    for back, lives_on in ((60, True), (1, False)):
        scene.clock.advance(seconds=-back)
        with pytest.raises(GrantGone):
            refreshed(scene, app, first.refresh_token)
        assert lives(scene, first) is lives_on


def test_a_quick_retry_of_a_confidential_client_is_an_error_only(
    scene: Scene,
) -> None:
    """SEC-204: never a second pair"""
    app, _, first = family(scene)
    second = refreshed(scene, app, first.refresh_token)
    scene.clock.advance(seconds=10)
    with pytest.raises(GrantGone):
        refreshed(scene, app, first.refresh_token)
    assert refreshed(scene, app, second.refresh_token)


def test_the_grace_is_counted_from_the_use(scene: Scene) -> None:
    """Showing it again and again does not stretch it"""
    app, _, first = family(scene)
    refreshed(scene, app, first.refresh_token)
    for _ in range(3):
        scene.clock.advance(seconds=5)
        with pytest.raises(GrantGone):
            refreshed(scene, app, first.refresh_token)
    assert not lives(scene, first)


def test_an_old_ancestor_ends_the_family_too(scene: Scene) -> None:
    app, _, first = family(scene)
    token = first.refresh_token
    for _ in range(3):
        token = refreshed(scene, app, token).refresh_token
    scene.clock.advance(minutes=1)
    with pytest.raises(GrantGone):
        refreshed(scene, app, first.refresh_token)
    with pytest.raises(GrantGone):
        refreshed(scene, app, token)


def test_a_token_of_another_client_is_left_alone(scene: Scene) -> None:
    """SEC-202: neither refreshed nor spent nor a reason to end the family"""
    app, _, first = family(scene)
    other = scene.client("other")
    with pytest.raises(GrantGone):
        refreshed(scene, other, first.refresh_token)
    assert not tokens.revoke_refresh(scene.work(), first.refresh_token or "", other.id)
    assert refreshed(scene, app, first.refresh_token)


def test_idle_tokens_end_and_used_ones_go_on_to_the_end(new_scene: Maker) -> None:
    """SEC-203: the end of the family was fixed at the first issue"""
    scene = new_scene(
        IDP_REFRESH_IDLE="2h",
        IDP_REFRESH_LIFETIME="5h",
        IDP_SESSION_IDLE="24h",
        IDP_SESSION_LIFETIME="24h",
    )
    app, session, first = family(scene)
    idle = scene.redeemed(app, session)
    token = first.refresh_token
    for _ in range(4):
        scene.clock.advance(hours=1, minutes=14)
        token = refreshed(scene, app, token).refresh_token
    with pytest.raises(GrantGone):
        refreshed(scene, app, idle.refresh_token)
    scene.clock.advance(minutes=4)
    with pytest.raises(GrantGone):
        refreshed(scene, app, token)


def test_a_clock_put_back_does_not_revive_a_spent_token(scene: Scene) -> None:
    app, _, first = family(scene, **PUBLIC)
    refreshed(scene, app, first.refresh_token)
    scene.clock.advance(minutes=-5)
    with pytest.raises(GrantGone):
        refreshed(scene, app, first.refresh_token)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (None, ("openid", "profile")),
        (("openid",), ("openid",)),
        (("openid", "email"), ("openid",)),
        (("idp:users:write",), ()),
    ],
)
def test_a_refresh_never_widens(
    scene: Scene, asked: tuple[str, ...] | None, given: tuple[str, ...]
) -> None:
    """SEC-202: and what was left out once is not lost for the next"""
    scene.person()
    app = scene.client()
    first = scene.redeemed(app, scene.sign_in(), scopes=("openid", "profile"))
    second = tokens.refresh(scene.work(), first.refresh_token or "", app.id, asked)
    assert second.scopes == given
    third = refreshed(scene, app, second.refresh_token)
    assert third.scopes == ("openid", "profile")


def test_a_refused_refresh_ends_the_family(scene: Scene) -> None:
    """SEC-082: what fell does not come back when the policy is loosened again"""
    app, _, first = family(scene)
    organisation.set_policy(scene.administration(), mfa="required")
    with pytest.raises(GrantGone):
        refreshed(scene, app, first.refresh_token)
    organisation.set_policy(scene.administration(), mfa="optional")
    assert not lives(scene, first)


@pytest.mark.parametrize("which", ["first", "second", "grant"])
def test_revoking_any_member_ends_the_family(scene: Scene, which: str) -> None:
    """SEC-227"""
    app, _, first = family(scene)
    second = refreshed(scene, app, first.refresh_token)
    if which == "grant":
        assert tokens.revoke_grant(scene.work(), first.grant_id, app.id)
    else:
        token = {"first": first, "second": second}[which].refresh_token or ""
        assert tokens.revoke_refresh(scene.work(), token, app.id)
    assert not lives(scene, first)
    with pytest.raises(GrantGone):
        refreshed(scene, app, second.refresh_token)


def test_tokens_given_back_are_recorded_of_their_person(scene: Scene) -> None:
    """REL-081"""
    app, _, first = family(scene)
    tokens.revoke_grant(scene.work(), first.grant_id, app.id)
    (record,) = scene.records("tokens.revoked")
    person = scene.user()
    about = (record.subject_type, record.subject_id, record.subject_name)
    assert about == ("user", person.id, "mia")
    assert (record.actor_id, record.client_id) == (app.id, app.id)
    assert record.sid == first.sid


def test_a_family_of_another_grant_lives_on(scene: Scene) -> None:
    app, session, first = family(scene)
    other = scene.redeemed(app, session)
    tokens.revoke_grant(scene.work(), first.grant_id, app.id)
    assert refreshed(scene, app, other.refresh_token)


def test_a_living_refresh_token_is_seen_and_a_spent_one_not(scene: Scene) -> None:
    app, _, first = family(scene)
    assert tokens.inspect_refresh(scene.work(), first.refresh_token or "") is not None
    refreshed(scene, app, first.refresh_token)
    assert tokens.inspect_refresh(scene.work(), first.refresh_token or "") is None


@pytest.mark.races
@pytest.mark.parametrize("wish", [{}, PUBLIC], ids=["confidential", "public"])
def test_of_fifty_refreshes_one_gives_a_pair(
    scene_on_each: Scene, wish: dict[str, str]
) -> None:
    """REL-020, SEC-199"""
    scene = scene_on_each
    app, _, first = family(scene, **wish)

    def once() -> str | None:
        try:
            return refreshed(scene, app, first.refresh_token).refresh_token
        except GrantGone:
            return None

    got = [token for token in at_once([once] * 20) if token]
    assert len(got) == 1
    assert lives(scene, first) is not bool(wish)
    assert scene.one("SELECT count(*) FROM refresh_tokens") == 2


@pytest.mark.races
def test_refreshing_and_revoking_at_once_leaves_nothing(scene_on_each: Scene) -> None:
    """SEC-200, REL-022: no member works after the revocation was answered"""
    scene = scene_on_each
    app, session, _ = family(scene)
    for _ in range(5):
        grant = scene.redeemed(app, session, scopes=OFFLINE)
        token = grant.refresh_token or ""

        def refresh(token: str = token) -> str | None:
            try:
                return refreshed(scene, app, token).refresh_token
            except GrantGone:
                return None

        def revoke(token: str = token) -> str | None:
            assert tokens.revoke_refresh(scene.work(), token, app.id)
            return None

        got = [one for one in at_once([refresh, revoke, refresh]) if one]
        for one in got:
            with pytest.raises(GrantGone):
                refreshed(scene, app, one)
        assert not lives(scene, grant)
