"""REL-065, REL-067: what costs a hash or a row is limited; who needs none goes on."""

import dataclasses
from threading import Event

from idp.actions.hashing import Hashing
from idp.actions.work import Origin
from idp.app import create_app
from idp.errors import Unavailable
from idp.settings import Settings
from tests.support.exchange import in_process
from tests.support.providers import Maker
from tests.support.waiting import until

LIMIT = {"IDP_SOURCE_RATE": "1/minute", "IDP_TRUSTED_PROXIES": "1"}
MOST = 50


def test_only_so_many_logins_begin_from_one_network(new_provider: Maker) -> None:
    provider = new_provider(**LIMIT)
    wiki = provider.client("Wiki")
    mia = provider.person("mia")
    signed_in = mia.sign_in(provider.browser(source="2001:db8::1"))
    left = MOST - 1
    for turn in range(left):
        answer = provider.caller(source=f"2001:db8::{turn}").get("/login")
        assert answer.status == 303
    refused = provider.caller(source="2001:db8::ffff").get("/login")
    assert refused.status == 429
    assert refused.header("Retry-After") == "60"
    assert refused.all_headers("Set-Cookie") == []
    at_client = wiki.ask(provider.browser(source="2001:db8::1"))
    assert (at_client.page, at_client.error) == ("error", "too-many-attempts")
    assert provider.caller(source="2001:db8:1::1").get("/login").status == 303
    assert signed_in.visit("/settings").page == "settings"
    assert wiki.ask(signed_in).left_for


def test_who_would_find_no_room_is_told_so_at_the_door(new_provider: Maker) -> None:
    provider = new_provider()
    wiki, mia = provider.client("Wiki"), provider.person("mia")
    signed_in = mia.sign_in(provider.browser())
    application = create_app(Settings.load(provider.settings), clock=provider.move)
    parts = application.extensions["ostiary"]
    crowded = dataclasses.replace(provider, wire=in_process(application))
    outside, done = crowded.browser(), Event()
    typing = crowded.browser().visit("/login")
    hashing = parts.new_work(Origin()).hashing
    inside = crowded.browser()
    inside.cookies = dict(signed_in.cookies)
    try:
        _overrun(hashing, done)
        for arrived in (wiki.ask(outside), outside.visit("/login")):
            assert (arrived.status, arrived.error) == (503, "unavailable")
            assert int(arrived.answer.header("Retry-After") or 0) > 0
        assert outside.cookies == {}
        mia.enter_password(typing)
        assert (typing.status, typing.error) == (503, "unavailable")
        assert int(typing.answer.header("Retry-After") or 0) > 0
        form = typing.html.form("sign-in")
        assert ("username", "mia") in form.fields
        assert mia.password not in typing.text
        assert wiki.ask(inside, prompt="none").left_for
        assert inside.visit("/settings").page == "settings"
    finally:
        done.set()
    until(lambda: hashing.waiting == 0, "there is room again")
    assert typing.fill("sign-in", password=mia.password).page == "login-totp"
    parts.close()


def _overrun(hashing: Hashing, done: Event) -> None:
    try:
        while True:
            hashing.start(done.wait)
    except Unavailable:
        assert hashing.refused == 1
