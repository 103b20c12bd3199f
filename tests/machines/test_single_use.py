"""REL-020 over two hosts: what works once works once, wherever it is tried.

People each of whose steps is tried at both hosts at the same moment, on one PostgreSQL,
with Valkey and without; ``OSTIARY_ROUNDS=25`` takes fewer of them.
"""

import contextlib
import functools
import json
import os
import pathlib
from collections.abc import Iterator

import pytest
import sqlalchemy

from idp.oidc.client_assertion import TYPE
from tests.load.copies import copies
from tests.machines.stage import Host
from tests.machines.stage import by_turns
from tests.support.barrier import at_once
from tests.support.browser import Browser
from tests.support.client_keys import key_set
from tests.support.client_keys import pair
from tests.support.clock import real_clock
from tests.support.exchange import Answer
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.postgres import Server
from tests.support.provider import Provider
from tests.support.provider import commander
from tests.support.provider import settings_for
from tests.support.relying_party import RelyingParty
from tests.support.relying_party import Tokens
from tests.support.valkey import free_port
from tests.support.valkey import running_valkey

ROUNDS = int(os.environ.get("OSTIARY_ROUNDS", "200"))
HOSTS = 2


@pytest.fixture(scope="module", params=["alone", "valkey"])
def crowd(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postgres: Server,
) -> Iterator[tuple[Provider, list[Person]]]:
    """Gives two hosts that answer by turns, and people who have enrolled."""
    folder, url = tmp_path_factory.mktemp("hosts"), postgres.fresh_database()
    counting = {"IDP_SOURCE_RATE": "100000/minute"}
    with contextlib.ExitStack() as running:
        if request.param == "valkey":
            valkey = running.enter_context(running_valkey(folder))
            counting["IDP_VALKEY_URL"] = valkey.url
        issuer = f"http://127.0.0.1:{free_port()}"
        settings = settings_for(folder, database_url=url, IDP_ISSUER=issuer, **counting)
        command = commander(settings, folder)
        command("init")
        hosts = [Host(folder / name, settings) for name in ("one", "two")]
        for host in hosts:
            host.start()
            running.callback(host.stop)
        provider = Provider(
            issuer, by_turns(hosts), real_clock, command, lambda: hosts[0].log
        )
        model = provider.person("mia")
        engine = sqlalchemy.create_engine(url)
        people = copies(engine, settings, model, ROUNDS)
        engine.dispose()
        for somebody in people:
            somebody.backup_codes = list(model.backup_codes)
        yield provider, people


def waiting(provider: Provider, wiki: RelyingParty, somebody: Person) -> Browser:
    """Gives a browser at the second factor of a sign-in at an application."""
    browser = somebody.enter_password(wiki.ask(provider.browser()))
    assert browser.page == "login-totp", browser
    return browser


def one_of(answers: list[Answer]) -> list[Answer]:
    """Gives the answers that brought tokens; the others are refusals of the grant."""
    good = [answer for answer in answers if answer.status == 200]
    refused = [answer.json()["error"] for answer in answers if answer not in good]
    assert set(refused) <= {"invalid_grant"}
    return good


def by_phone(provider: Provider, wiki: RelyingParty, somebody: Person) -> Browser:
    """Types one code of the phone at both hosts, and gives the browser let in."""
    parties = [wiki.twin() for _ in range(HOSTS)]
    browsers = [waiting(provider, party, somebody) for party in parties]
    code = somebody.phone.unused_code()
    at_once(
        [functools.partial(somebody.enter_code, one, code) for one in browsers],
    )
    entered = [one for one in browsers if one.left_for]
    assert len(entered) == 1, browsers
    assert [is_signed_in(one) for one in browsers].count(True) == 1
    return entered[0]


def by_backup_code(provider: Provider, wiki: RelyingParty, somebody: Person) -> None:
    """Types one backup code at both hosts."""
    parties = [wiki.twin() for _ in range(HOSTS)]
    browsers = [waiting(provider, party, somebody) for party in parties]
    code = somebody.backup_codes[0]
    enter = somebody.enter_backup_code
    at_once([functools.partial(enter, one, code) for one in browsers])
    assert [one.page for one in browsers].count("login-notice") == 1, browsers


def redeemed(wiki: RelyingParty, browser: Browser) -> Tokens:
    """Presents one code at both hosts, then another once."""
    code = wiki.code(wiki.ask(browser, prompt="none"))
    good = one_of(at_once([lambda: wiki.redeem(code)] * HOSTS))
    assert len(good) <= 1
    for answer in good:  # the other was a second redemption, which takes all back
        assert wiki.userinfo(answer.json()["access_token"]).status == 401
    return wiki.collect(wiki.ask(browser, prompt="none"))


def test_each_thing_of_everybody_works_once(
    crowd: tuple[Provider, list[Person]],
) -> None:
    provider, people = crowd
    wiki = provider.client("Wiki")
    for somebody in people:
        tokens = redeemed(wiki, by_phone(provider, wiki, somebody))
        assert tokens.claims["sub"] == somebody.id
        refresh = functools.partial(wiki.refresh, tokens.refresh)
        (fresh,) = one_of(at_once([refresh] * HOSTS))
        assert wiki.refreshed(wiki.verified(fresh)).claims["sub"] == somebody.id
        by_backup_code(provider, wiki, somebody)


def test_each_assertion_proves_a_client_once(
    crowd: tuple[Provider, list[Person]], tmp_path: pathlib.Path
) -> None:
    provider, _ = crowd
    key, file = pair(), tmp_path / "jwks.json"
    file.write_text(json.dumps(key_set(key)))
    by_key = ("--auth-method", "private_key_jwt", "--jwks-file", str(file))
    robot = provider.client("Robot", *by_key).id
    said = {"iss": robot, "sub": robot, "aud": provider.issuer}
    for number in range(ROUNDS):
        until = int(provider.clock().timestamp()) + 60
        assertion = key.sign({**said, "jti": f"{number}", "exp": until})
        form = {"client_assertion": assertion, "client_assertion_type": TYPE}
        post = functools.partial(provider.http.post, "/revoke", {"token": "x", **form})
        answers = at_once([post] * HOSTS)
        assert sorted(answer.status for answer in answers) == [200, 401]
