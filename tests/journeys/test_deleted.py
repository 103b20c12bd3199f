"""REL-083, SEC-217: who is deleted is gone; what was recorded of them stays, proved."""

import json
from typing import Any

from idp.actions import audit_chain
from idp.actions import maintenance
from idp.actions.work import Origin
from idp.app import create_app
from idp.settings import Settings
from tests.support.people import is_signed_in
from tests.support.within import Within


def records(provider: Within, *asked: str) -> list[dict[str, Any]]:
    """Gives what an export holds, but for the records of exports themselves."""
    lines = provider.command("audit", "export", *asked).splitlines()
    found = [json.loads(line) for line in lines]
    return [one for one in found if one["event"] != "audit.exported"]


def do_the_jobs(provider: Within) -> None:
    """Does what the background process does: closes the chain, purges."""
    application = create_app(Settings.load(provider.settings), clock=provider.move)
    parts = application.extensions["ostiary"]
    while audit_chain.close(parts.new_work(Origin())):
        pass
    while maintenance.purge(parts.new_work(Origin())):
        pass
    parts.close()


def test_deleting_a_person_leaves_every_record_of_them(provider: Within) -> None:
    """Of what they did and of what was done to them, under an id that stays theirs"""
    wiki, mia = provider.client("Wiki"), provider.person("mia")
    browser = mia.sign_in(provider.browser())
    wiki.collect(wiki.ask(browser))
    typing = mia.enter_password(provider.browser().visit("/login"))
    mia.enter_code(typing, mia.phone.wrong_code())
    provider.command("user", "require-mfa", "mia")
    do_the_jobs(provider)
    before = records(provider, "--user", mia.id)
    events = {one["event"] for one in before}
    assert events >= {"user.created", "mfa.enrolled", "login.succeeded", "code.issued"}
    assert events >= {"mfa.refused", "mfa.requirement_changed"}
    whole = records(provider)

    provider.command("user", "delete", "mia")
    provider.move.advance(days=4000)
    do_the_jobs(provider)
    after = records(provider, "--user", mia.id)
    new = [one["event"] for one in after[len(before) :]]
    assert after[: len(before)] == before
    assert "user.deleted" in new
    assert after[-1]["subject"] == before[-1]["subject"]
    assert records(provider)[: len(whole)] == whole
    verdict = provider.command("audit", "verify", "--json")
    assert (verdict["intact"], verdict["problem"]) == (True, None)
    assert verdict["records"] >= len(whole) + len(new)


def test_whoever_gets_the_name_next_has_none_of_the_records(provider: Within) -> None:
    first = provider.person("mia")
    provider.command("user", "delete", "mia")
    second = provider.person("mia")
    assert is_signed_in(second.sign_in(provider.browser()))
    ids = {one["subject"]["id"] for one in records(provider, "--user", "mia")}
    assert ids == {second.id} != {first.id}
    assert provider.command("audit", "verify", "--json")["intact"]
