"""REL-067: what costs a row is limited for each source."""

from tests.support.providers import Maker

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
