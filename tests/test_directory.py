"""The directory asked for real: found, proved, encrypted, in time; a server of its own.

What follows from the answers is tests/actions/test_directory.py.
"""

import contextlib
import dataclasses
import socket
import threading
from collections.abc import Iterator

import pytest

from idp import directory
from idp.ldap_line import Away
from idp.settings import Settings
from tests.support.certificates import Authority
from tests.support.slapd import BASE
from tests.support.slapd import PASSWORD
from tests.support.slapd import Slapd
from tests.support.slapd import running_slapd
from tests.support.valkey import free_port

GUID = bytes.fromhex("002a285c29ff80e9a1b2c3d4e5f60718")
SWAPPED = bytes.fromhex("5c282a0029ff80e9a1b2c3d4e5f60718")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with running_slapd(tmp_path_factory.mktemp("slapd")) as running:
        yield running


@pytest.fixture(autouse=True)
def nobody_left(server: Slapd) -> Iterator[None]:
    yield
    server.remove_people()


def asking(server: Slapd, **changes: str) -> directory.Directory:
    made = directory.of(Settings.load(server.settings(**changes)))
    assert made is not None
    return made


def test_somebody_is_found_and_proved_by_the_right_password_only(server):
    server.person("lena")

    with asking(server).opened() as connection:
        found = connection.find("lena")
        wrong = connection.proves(found, "winter")
        right = connection.proves(found, PASSWORD)

    assert found is not None
    assert (found.dn, right, wrong) == (f"uid=lena,ou=people,{BASE}", True, False)


def test_somebody_without_a_password_is_refused_as_with_a_wrong_one(server):
    server.change(server.person("lena"), userPassword=None)

    with asking(server).opened() as connection:
        assert connection.proves(connection.find("lena"), PASSWORD) is False


def test_a_server_that_goes_before_it_has_judged_a_password_refuses_nobody(server):
    server.person("lena")
    try:
        with asking(server).opened() as connection:
            found = connection.find("lena")
            server.stop()
            with pytest.raises(Away):
                connection.proves(found, PASSWORD)
    finally:
        server.start()


def test_an_empty_password_is_never_sent(server):
    server.person("lena")

    with asking(server).opened() as connection:
        found = connection.find("lena")
        before = server.asked().count("BIND dn")
        proved = connection.proves(found, "")

    assert proved is False
    assert server.asked().count("BIND dn") == before


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("*", r"(uid=\2a)"),
        ("*)(uid=*", r"(uid=\2a\29\28uid=\2a)"),
        ("lena)(&(uid=*", r"(uid=lena\29\28&\28uid=\2a)"),
        (r"\2a", r"(uid=\5C2a)"),
        (f"uid=lena,ou=people,{BASE}", f"(uid=uid=lena,ou=people,{BASE})"),
    ],
)
def test_what_is_typed_is_a_value_and_no_filter(server, name, seen):
    server.person("lena")

    with asking(server).opened() as connection:
        assert connection.find(name) is None

    assert seen.lower() in server.asked().lower()


def test_several_matches_are_nobody(server):
    server.person("lena", mail="team@example.org")
    server.person("lars", mail="team@example.org")
    both = "(|(uid={username})(mail={username}))"

    with asking(server, IDP_LDAP_USER_FILTER=both).opened() as connection:
        assert connection.find("team@example.org") is None
        assert connection.find("lars") is not None


def test_a_binary_id_is_found_again_and_byte_order_matters(server):
    server.person("lena", objectGUID=GUID)
    server.person("lars", objectGUID=SWAPPED)

    with asking(server, IDP_LDAP_ID_ATTRIBUTE="objectGUID").opened() as connection:
        lena, lars = connection.find("lena"), connection.find("lars")
        again = connection.find_all([lena.id])

    assert lena.id == "hex:002a285c29ff80e9a1b2c3d4e5f60718"
    assert lars.id != lena.id
    assert {one: entry.dn for one, entry in again.items()} == {lena.id: lena.dn}


def test_many_people_are_found_by_id_page_by_page(server, monkeypatch):
    monkeypatch.setattr("idp.ldap_wire.PAGE", 3)
    for number in range(8):
        server.person(f"p{number}")

    with asking(server).opened() as connection:
        ids = [connection.find(f"p{number}").id for number in range(8)]
        found = connection.find_all([*ids[1:], "no such id"])

    assert set(found) == set(ids[1:])


def test_groups_give_roles_by_memberof(server):
    lena = server.person("lena")
    group = server.group("Staff", lena)
    server.group("other", server.person("lars"))
    roles = f'{{"staff": "a", "{group.upper()}": "b", "other": "c"}}'

    with asking(server, IDP_LDAP_GROUP_ROLE_MAP=roles).opened() as connection:
        assert connection.roles_of(connection.find("lena")) == {"a", "b"}


def test_groups_are_looked_for_by_a_filter_after_the_password(server):
    lena = server.person("lena")
    server.group("staff", lena)
    given = {
        "IDP_LDAP_GROUP_FILTER": "(&(objectClass=groupOfNames)(member={dn}))",
        "IDP_LDAP_GROUP_ROLE_MAP": '{"staff": "a", "other": "b"}',
    }

    with asking(server, **given).opened() as connection:
        found = connection.find("lena")
        assert connection.proves(found, PASSWORD)
        assert connection.roles_of(found) == {"a"}


def test_a_name_that_looks_like_a_place_of_the_filter_is_nobody_else(server):
    """SEC-275: whoever may choose their own name does not get another's groups"""
    root = server.add(
        f"cn=root,ou=people,{BASE}", objectClass="inetOrgPerson", sn="R", uid="r"
    )
    server.group("staff", root)
    server.add(
        f"cn={{username}},ou=people,{BASE}",
        objectClass="inetOrgPerson",
        sn="R",
        uid="root",
    )
    given = {
        "IDP_LDAP_GROUP_FILTER": "(member={dn})",
        "IDP_LDAP_GROUP_ROLE_MAP": '{"staff": "a"}',
    }

    with asking(server, **given).opened() as connection:
        assert connection.roles_of(connection.find("r")) == {"a"}
        assert connection.roles_of(connection.find("root")) == frozenset()


def test_groups_are_those_of_the_name_that_somebody_has_here(server):
    """SEC-275: another value of the same attribute may be anybody's"""
    server.change(server.person("zoe"), uid=["zoe", "anna"])
    server.group("staff", f"uid=anna,{BASE}")
    given = {
        "IDP_LDAP_GROUP_FILTER": f"(member=uid={{username}},{BASE})",
        "IDP_LDAP_GROUP_ROLE_MAP": '{"staff": "a"}',
    }

    with asking(server, **given).opened() as connection:
        zoe = connection.find("zoe")
        assert connection.roles_of(zoe, "zoe") == frozenset()
        assert connection.roles_of(zoe, "anna") == {"a"}


def test_the_way_is_encrypted_and_the_certificate_is_checked(server, tmp_path):
    other = Authority(tmp_path).file
    ways = {
        "ldaps": {"IDP_LDAP_URL": server.secure_url},
        "starttls": {"IDP_LDAP_START_TLS": "yes"},
    }
    for way in ways.values():
        assert asking(server, **way).complaints()  # it has nobody
        with asking(server, **way).opened() as connection:
            assert connection.has_anybody() is False
        strange = asking(server, **way, IDP_LDAP_CA_FILE=str(other))
        assert "certificate" in strange.complaints()[0]


@pytest.mark.parametrize("scheme", ["ldaps", "starttls"])
def test_a_certificate_of_another_host_is_refused(server, scheme):
    given = {"IDP_LDAP_URL": server.secure_url}
    if scheme == "starttls":
        given = {"IDP_LDAP_URL": server.url, "IDP_LDAP_START_TLS": "yes"}
    given["IDP_LDAP_URL"] = given["IDP_LDAP_URL"].replace("127.0.0.1", "localhost")

    assert "certificate" in asking(server, **given).complaints()[0]


@pytest.mark.parametrize("scheme", ["ldap", "ldaps", "starttls"])
def test_a_server_that_says_nothing_is_given_up_in_time(server, scheme):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        given = {"IDP_LDAP_URL": f"{scheme.replace('starttls', 'ldap')}://{host}"}
        if scheme == "starttls":
            given["IDP_LDAP_START_TLS"] = "yes"
        made = asking(server, **given)
        done = threading.Event()
        said: list[str] = []

        def ask() -> None:
            try:
                with made.opened(within=0.5) as connection:
                    connection.has_anybody()
            except Away as fault:
                said.append(fault.reason)
            done.set()

        threading.Thread(target=ask, daemon=True).start()
        assert done.wait(30)

    assert said


@pytest.mark.parametrize("scheme", ["ldap", "ldaps", "starttls"])
def test_of_several_servers_a_silent_one_is_asked_once(server, scheme, caplog):
    """Then the one that answered is first, until it is away itself"""
    secure = scheme == "ldaps"
    extra = {"IDP_LDAP_START_TLS": "yes"} if scheme == "starttls" else {}
    server.person("lena")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        first = f"{'ldaps' if secure else 'ldap'}://127.0.0.1:{silent.getsockname()[1]}"
        second = server.secure_url if secure else server.url
        made = asking(server, IDP_LDAP_URL=f"{first}, {second}", **extra)
        for _ in range(3):
            with made.opened() as connection:
                assert connection.proves(connection.find("lena"), PASSWORD)
        silent.setblocking(False)
        calls = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                silent.accept()[0].close()
                calls += 1
    away = [r for r in caplog.records if r.name == "idp.directory"]
    assert (calls, len(away)) == (1, 1)
    assert [line.split(": ")[0] for line in made.complaints()] == [first]


def test_a_server_that_fails_in_the_middle_is_asked_last(server):
    """The next sign-in works, by another or by the same after its restart"""
    server.person("lena")
    gone = f"ldap://127.0.0.1:{free_port()}"
    made = asking(server, IDP_LDAP_URL=f"{server.url} {gone}")
    with contextlib.suppress(Away), made.opened() as connection:
        server.stop()
        connection.find("lena")
        raise AssertionError("a stopped server has answered")
    assert [one.url for one in made._order] == [gone, server.url]
    with pytest.raises(Away), made.opened():
        pass
    server.start()
    with made.opened() as connection:
        assert connection.find("lena") is not None


def test_each_server_is_checked_for_its_own_name(server):
    """A certificate of one does not do for another"""
    server.person("lena")
    other = server.secure_url.replace("127.0.0.1", "localhost")
    made = asking(server, IDP_LDAP_URL=f"{other} {server.secure_url}")
    with made.opened() as connection:
        assert connection.server.url == server.secure_url
    (complaint,) = made.complaints()
    assert complaint.startswith(f"{other}: ")
    assert "certificate" in complaint


def test_trouble_of_any_kind_has_words_of_ours(server):
    given = {
        "IDP_LDAP_BASE_DN": "dc=nowhere",
        "IDP_LDAP_USER_FILTER": "(&(uid={username})(broken))",
        "IDP_LDAP_ID_ATTRIBUTE": "description",
    }
    server.person("lena")
    said = [
        asking(server, **{name: value}).complaints() for name, value in given.items()
    ]

    assert said == [
        [f"{server.url}: it has nothing at IDP_LDAP_BASE_DN"],
        [f"{server.url}: a filter of the settings is no filter"],
        [f"{server.url}: an entry has no IDP_LDAP_ID_ATTRIBUTE, or several"],
    ]


def test_a_reader_that_is_refused_is_trouble_and_no_wrong_password(server):
    made = asking(server, IDP_LDAP_BIND_PASSWORD="hunter2")

    assert made.complaints() == [f"{server.url}: it refuses IDP_LDAP_BIND_DN"]


def test_only_so_many_ask_at_once(server):
    made = asking(server)
    made._places = threading.BoundedSemaphore(1)

    with made.opened(), pytest.raises(Away, match="too many"), made.opened():
        pass


def test_no_password_is_printed(server):
    made = asking(server)

    (there,) = made.servers
    assert there.bind_password not in repr(there)
    assert dataclasses.asdict(there)["bind_password"]
