"""SEC-275 to SEC-278: people of a real directory sign in, are followed, and leave.

The same steps, budgets and records as for local people; one server for the module.
"""

import contextlib
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import pytest

from idp.actions import directory_sync
from idp.actions import enrolment
from idp.actions import initial_passwords
from idp.actions import passwords
from idp.actions import roles
from idp.actions import sessions
from idp.actions import users
from idp.actions.directory_sync import Synced
from idp.directory import AT_ONCE
from idp.errors import PolicyRefused
from idp.errors import Unavailable
from idp.ldap_line import Away
from idp.rules.policy import Step
from idp.store import audit
from tests.actions.scene import Phone
from tests.actions.scene import Scene
from tests.oidc.stage import PASSWORD as LOCAL
from tests.oidc.stage import Session
from tests.support.barrier import at_once
from tests.support.slapd import PASSWORD
from tests.support.slapd import Slapd
from tests.support.slapd import running_slapd

Opening = Callable[..., Scene]
HASHES_AT_ONCE = 9
"""One that is made and eight that wait."""
BY_MAIL = "(|(uid={username})(mail={username}))"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with running_slapd(tmp_path_factory.mktemp("slapd")) as running:
        yield running


@pytest.fixture
def opening(new_scene: Any, server: Slapd) -> Iterator[Opening]:
    """Gives a maker of scenes whose directory is this server."""

    def make(kind: str = "sqlite", **settings: str) -> Scene:
        made: Scene = new_scene(kind, **server.settings(**settings))
        return made

    yield make
    server.remove_people()


def enter(scene: Scene, username: str = "lena", password: str = PASSWORD) -> Session:
    """Signs somebody in with nothing but the password."""
    begun = scene.at_login()
    done = scene.enter(begun, password, username=username)
    assert done.session_token, done
    here = sessions.current(scene.work(), done.session_token)
    assert here is not None
    return Session(here.user_id, done.session_token, begun.browser_token)


def error(scene: Scene, username: str = "lena", password: str = PASSWORD) -> str | None:
    return scene.enter(scene.at_login(), password, username=username).error


def sync(scene: Scene, **options: Any) -> Synced:
    assert scene.directory is not None
    return directory_sync.sync(scene.work(), scene.directory, **options)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_first_sign_in_creates_the_person(opening, server, kind):
    scene = opening(kind)
    server.person("lena", givenName="Lena", sn="Berg")

    session = enter(scene)

    user = scene.user("lena")
    assert (user.id, user.source, user.email) == (
        session.user_id,
        "directory",
        "lena@example.org",
    )
    assert user.profile == {"given_name": "Lena", "family_name": "Berg"}
    assert ("login.succeeded", "ok", "") in scene.events()
    assert scene.changes("user.created")["source"] == "directory"


def test_mfa_is_required_from_the_first_moment_where_the_setting_says_so(
    opening, server
):
    scene = opening(IDP_LDAP_MFA_REQUIRED_FOR_NEW_USERS="yes")
    server.person("lena")

    done = scene.enter(scene.at_login(), PASSWORD, username="lena")

    assert (done.step, done.session_token) == (Step.ENROL, None)
    assert scene.user("lena").mfa.required
    assert scene.changes("user.created")["mfa_required"] is True


def test_a_wrong_password_is_counted_and_throttled_as_a_local_one(opening, server):
    scene = opening(IDP_PASSWORD_TRIES="2")
    server.person("lena")

    said = [error(scene, password="winter") for _ in range(2)]
    tried = server.asked().count('BIND dn="uid=lena')
    said += [error(scene), error(scene, password="winter")]

    assert said == ["wrong-credentials"] * 2 + ["too-many-attempts"] * 2
    assert ("password.refused", "refused", "wrong") in scene.events()
    assert ("password.refused", "refused", "throttled") in scene.events()
    assert server.asked().count('BIND dn="uid=lena') == tried


def test_every_name_of_an_account_uses_the_same_budget(opening, server):
    scene = opening(IDP_PASSWORD_TRIES="2", IDP_LDAP_USER_FILTER=BY_MAIL)
    server.person("lena", mail=["lena@example.org", "l@example.org"])
    enter(scene)

    for name in ("lena", "l@example.org"):
        assert error(scene, name, "winter") == "wrong-credentials"

    assert error(scene, "lena@example.org") == "too-many-attempts"


def test_a_refused_password_is_recorded_with_the_account_of_the_entry(opening, server):
    """By whatever name it was found; one that never signed in has none"""
    scene = opening(IDP_LDAP_USER_FILTER=BY_MAIL)
    server.person("lena", mail=["lena@example.org", "l@example.org"])
    server.person("lars")
    account = enter(scene).user_id
    for name in ("lena", "lena@example.org", "l@example.org", "lars", "nobody"):
        assert error(scene, name, "winter") == "wrong-credentials"

    with scene.work().reading() as db:
        found = [row for _, row in audit.list_records(db, event="password.refused")]

    whom = {(row.subject_id, row.subject_name) for row in found}
    assert whom == {(account, "lena"), (account, None), (None, None)}


@pytest.mark.parametrize("password", ["", "winter", "a\x00b", "x" * 5000])
def test_whoever_is_unknown_gets_the_same_answer_as_a_wrong_password(
    opening, server, password
):
    scene = opening()
    server.person("lena")

    assert error(scene, "lena", password) == error(scene, "nobody", password)
    assert error(scene, "nobody", password) == "wrong-credentials"


def test_a_local_person_is_not_taken_over_by_an_entry_of_the_same_name(opening, server):
    scene = opening()
    local = scene.person("lena")
    server.person("lena")

    assert error(scene, "lena", PASSWORD) == "wrong-credentials"
    assert enter(scene, "lena", LOCAL).user_id == local
    assert scene.user("lena").source == "local"


def test_an_entry_found_by_its_address_cannot_have_a_local_user_name(opening, server):
    scene = opening(IDP_LDAP_USER_FILTER=BY_MAIL)
    local = scene.person("lena")
    server.person("lena")

    assert error(scene, "lena@example.org") == "wrong-credentials"
    assert scene.user("lena").id == local


def test_trouble_is_no_wrong_password_and_local_people_sign_in(opening, server):
    scene = opening()
    scene.person("mia")
    server.person("lena")
    server.stop()
    try:
        with pytest.raises(Unavailable):
            error(scene)
        enter(scene, "mia", LOCAL)
    finally:
        server.start()

    assert enter(scene)
    assert scene.events("password.refused") == []


def test_whoever_finds_no_place_to_ask_from_takes_none_of_the_hashes(opening, server):
    """REL-009: a directory that says nothing fills no queue of local people's"""
    scene = opening()
    server.person("lena")
    hashing = scene.work().hashing
    with contextlib.ExitStack() as held:
        for _ in range(AT_ONCE):
            held.enter_context(scene.directory.place())
        for _ in range(HASHES_AT_ONCE):
            held.enter_context(hashing.place())
        with pytest.raises(Unavailable) as told:
            scene.enter(scene.at_login(), PASSWORD, username="lena")

    assert type(told.value) is Unavailable
    assert hashing.refused == 0


def test_a_known_person_signs_in_by_the_address_that_is_kept_here(opening, server):
    scene = opening()
    server.person("lena")
    known = enter(scene)

    assert enter(scene, "Lena@Example.org").user_id == known.user_id


def test_somebody_disabled_by_an_administrator_stays_out(opening, server):
    scene = opening()
    server.person("lena")
    enter(scene)

    users.set_active(scene.administration(), "lena", active=False)
    sync(scene)

    assert error(scene) == "wrong-credentials"
    assert scene.user("lena").active is False


def test_a_renamed_person_keeps_the_sub(opening, server):
    scene = opening()
    dn = server.person("lena")
    known = enter(scene)

    server.rename(dn, "lena.berg")
    done = sync(scene)

    assert done.changed == 1
    assert enter(scene, "lena.berg").user_id == known.user_id
    assert error(scene, "lena") == "wrong-credentials"


def test_a_name_that_was_given_away_again_is_somebody_new(opening, server):
    scene = opening()
    server.rename(server.person("lena"), "lena.berg")
    old = enter(scene, "lena.berg")
    server.rename("uid=lena.berg,ou=people,dc=example,dc=org", "lena")
    sync(scene)
    server.rename("uid=lena,ou=people,dc=example,dc=org", "lena.berg")
    server.person("lena")

    new = enter(scene, "lena")

    assert new.user_id != old.user_id
    assert enter(scene, "lena.berg").user_id == old.user_id


def test_a_name_that_two_entries_have_stays_with_who_has_it_here(opening, server):
    scene = opening(IDP_LDAP_USER_FILTER=BY_MAIL)
    server.person("lena")
    first = enter(scene)
    server.change(server.person("other"), uid=["other", "lena"])

    assert error(scene, "other@example.org") == "wrong-credentials"
    assert scene.user("lena").id == first.user_id


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_first_sign_ins_at_the_same_moment_make_one_person(opening, server, kind):
    scene = opening(kind)
    server.person("lena")

    found = at_once([lambda: enter(scene).user_id] * 4)

    assert len(set(found)) == 1
    assert len(scene.events("user.created")) == 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_whoever_is_removed_loses_sessions_and_refresh_tokens(opening, server, kind):
    scene = opening(kind)
    server.person("lars")
    dn = server.person("lena")
    app = scene.client()
    session = enter(scene)
    grant = scene.redeemed(app, session)

    server.remove(dn)
    done = sync(scene)

    assert (done.gone, done.doubted) == (1, 0)
    assert sessions.current(scene.work(), session.token) is None
    assert scene.user("lena").active is False
    assert ("user.disabled", "ok", "removed from the directory") in scene.events()
    assert ("session.ended", "ok", "removed from the directory") in scene.events()
    assert scene.one("SELECT count(*) FROM grants WHERE revoked_at IS NULL") == 0
    assert grant.user_id == session.user_id


def test_whoever_is_disabled_is_out_and_comes_back_with_the_same_sub(opening, server):
    scene = opening()
    dn = server.person("lena")
    before = enter(scene)

    server.change(dn, nsAccountLock="TRUE")
    assert error(scene) == "wrong-credentials"
    assert sync(scene).gone == 1
    assert sync(scene).gone == 0
    assert sessions.current(scene.work(), before.token) is None
    server.change(dn, nsAccountLock=None)
    assert sync(scene).back == 1

    assert enter(scene).user_id == before.user_id


def test_a_return_is_noticed_at_the_sign_in(opening, server):
    scene = opening()
    dn = server.person("lena")
    server.person("lars")
    before = enter(scene)
    server.change(dn, nsAccountLock="TRUE")
    sync(scene)

    server.change(dn, nsAccountLock=None)

    assert enter(scene).user_id == before.user_id


def test_a_directory_that_shows_nobody_takes_nobody_out(opening, server):
    scene = opening()
    server.person("lena")
    session = enter(scene)

    server.remove_people()
    with pytest.raises(Away, match="nobody"):
        sync(scene)

    assert sessions.current(scene.work(), session.token) is not None


def test_many_missing_people_are_doubted_until_somebody_says_so(
    opening, server, monkeypatch
):
    monkeypatch.setattr("idp.rules.directory.ENOUGH_TO_DOUBT", 1)
    scene = opening()
    gone = [server.person(name) for name in ("lena", "lars")]
    server.person("last")
    for name in ("lena", "lars", "last"):
        enter(scene, name)

    server.remove(*gone)

    assert (sync(scene).doubted, scene.user("lena").active) == (2, True)
    assert sync(scene, even_many=True).gone == 2
    assert scene.user("lena").active is False


def test_groups_give_and_take_the_roles_of_the_map_and_no_others(opening, server):
    scene = opening(IDP_LDAP_GROUP_ROLE_MAP='{"staff": "clerk", "none": "auditor"}')
    for name in ("clerk", "local"):
        roles.create_role(scene.administration(), name)
    lena = server.person("lena")
    group = server.group("staff", lena)
    enter(scene)
    assert scene.user("lena").roles == ("clerk",)

    users.set_roles(scene.administration(), "lena", ["clerk", "local"])
    server.remove(group)
    assert sync(scene).changed == 1

    assert scene.user("lena").roles == ("local",)
    assert scene.changes("user.changed") == {"roles": [["clerk", "local"], ["local"]]}


def test_a_role_with_permissions_asks_for_the_second_factor(opening, server):
    scene = opening(IDP_LDAP_GROUP_ROLE_MAP='{"root": "administrator"}')
    server.group("root", server.person("lena"))

    assert scene.enter(scene.at_login(), PASSWORD, username="lena").step is Step.ENROL


def test_a_second_factor_is_asked_for_as_of_anybody(opening, server):
    scene = opening(IDP_LDAP_MFA_REQUIRED_FOR_NEW_USERS="yes")
    server.person("lena")
    begun = scene.at_login()
    scene.enter(begun, PASSWORD, username="lena")
    held = (begun.login_id, begun.browser_token)
    phone = Phone(enrolment.start(scene.work(), *held).secret, scene)
    enrolment.confirm(scene.work(), *held, phone.code())

    again = scene.enter(scene.at_login(), PASSWORD, username="lena")

    assert (again.step, again.session_token) == (Step.SECOND_FACTOR, None)


def test_two_addresses_are_one_and_the_same_whatever_their_order(opening, server):
    scene = opening()
    dn = server.person("lena", mail=["z@example.org", "a@example.org"])
    enter(scene)
    assert scene.user("lena").email == "a@example.org"

    server.change(dn, mail=["0@example.org", "a@example.org"], cn=["B", "A"])
    sync(scene)
    assert (scene.user("lena").email, scene.user("lena").name) == ("a@example.org", "A")
    server.change(dn, mail=["0@example.org"])
    sync(scene)

    assert scene.user("lena").email == "0@example.org"


def test_two_user_names_are_one_account_by_whichever_is_typed(opening, server):
    """Field report 20"""
    scene = opening()
    dn = server.person("lena")
    server.change(dn, uid=["lena", "anna"])

    known = {enter(scene, name).user_id for name in ("lena", "anna", "lena")}
    assert len(known) == 1
    assert scene.user("anna").id in known
    assert sync(scene).changed == 0
    server.change(dn, uid=["lena"])
    assert sync(scene).changed == 1

    assert enter(scene, "lena").user_id in known
    assert error(scene, "anna") == "wrong-credentials"


def test_the_sub_of_a_binary_id_survives_rename_and_sync(opening, server):
    scene = opening(IDP_LDAP_ID_ATTRIBUTE="objectGUID")
    dn = server.person("lena", objectGUID=bytes.fromhex("002a285c29ff80e9" * 2))
    before = enter(scene)

    dn = server.rename(dn, "lena.berg")
    assert sync(scene).changed == 1
    assert enter(scene, "lena.berg").user_id == before.user_id
    assert before.user_id.isascii()
    server.change(dn, nsAccountLock="TRUE")

    assert sync(scene).gone == 1


def test_what_the_directory_keeps_is_not_changed_here(opening, server):
    scene = opening()
    server.person("lena")
    here = sessions.current(scene.work(), enter(scene).token)
    admin = scene.administration()

    with pytest.raises(PolicyRefused, match="directory"):
        initial_passwords.issue(admin, "lena")
    with pytest.raises(PolicyRefused, match="directory"):
        users.change_user(admin, "lena", {"name": "Else"})
    with pytest.raises(PolicyRefused, match="directory"):
        passwords.change(
            scene.work(), here, current=PASSWORD, new="n" * 20, again="n" * 20, code=""
        )


def test_whoever_is_deleted_here_comes_back_as_somebody_new(opening, server):
    scene = opening()
    server.person("lena")
    before = enter(scene)

    users.delete_user(scene.administration(), "lena")

    assert enter(scene).user_id != before.user_id


def test_a_round_is_one_workers_until_the_next_is_due(opening):
    scene = opening(IDP_LDAP_SYNC_INTERVAL="5m")

    assert directory_sync.claim(scene.work())
    assert not directory_sync.claim(scene.work())
    directory_sync.finish(scene.work())
    scene.clock.advance(seconds=289)
    assert not directory_sync.claim(scene.work())
    scene.clock.advance(seconds=1)

    assert directory_sync.claim(scene.work())
    directory_sync.give_back(scene.work())
    assert directory_sync.claim(scene.work())


@pytest.mark.parametrize("interval", [1, 15, 300])
@pytest.mark.parametrize("late", [0.0, 0.5, 0.99])
def test_no_more_than_the_interval_is_between_two_rounds(opening, interval, late):
    """SEC-278: whoever looks, and when, as long as somebody does after each pause"""
    scene = opening(IDP_LDAP_SYNC_INTERVAL=f"{interval}s")
    pause = directory_sync.pause(scene.work())
    assert directory_sync.claim(scene.work())
    directory_sync.finish(scene.work())
    began = scene.clock()

    scene.clock.advance(seconds=late * pause.total_seconds())
    while not directory_sync.claim(scene.work()):
        scene.clock.advance(seconds=pause.total_seconds())

    assert (scene.clock() - began).total_seconds() <= interval


def test_a_round_whose_worker_died_is_soon_anothers(opening):
    """SEC-278: while one that goes on, however long, is nobody else's"""
    scene = opening(IDP_LDAP_SYNC_INTERVAL="1h")
    assert directory_sync.claim(scene.work())
    for _ in range(3):
        scene.clock.advance(seconds=59)
        assert not directory_sync.claim(scene.work())
        directory_sync.hold(scene.work())

    scene.clock.advance(seconds=59)
    assert not directory_sync.claim(scene.work())
    scene.clock.advance(seconds=1)
    assert directory_sync.claim(scene.work())
    directory_sync.finish(scene.work())
    scene.clock.advance(minutes=10)
    assert not directory_sync.claim(scene.work())


def test_a_round_held_until_long_after_by_a_wrong_clock_is_due(opening):
    scene = opening(IDP_LDAP_SYNC_INTERVAL="1h")
    scene.clock.advance(days=1)
    assert directory_sync.claim(scene.work())
    scene.clock.advance(days=-1)
    assert directory_sync.claim(scene.work())
