"""A6: levels, their age, and what a request can ask of a sign-in.

Whatever cannot be met ends in exactly one word of OpenID Connect, and in no code. The
cases with a state of their own run on both databases; those that only send something
odd share one provider.
"""

import dataclasses
from collections.abc import Iterator

import pytest

from tests.abuse.oracles import no_code
from tests.abuse.oracles import no_server_error
from tests.abuse.oracles import no_session
from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.provider import CommandFailedError
from tests.support.providers import Maker
from tests.support.relying_party import RelyingParty
from tests.support.within import Prepared
from tests.support.within import Within
from tests.support.within import within

UNMET = "unmet_authentication_requirements"
MFA = "https://refeds.org/profile/mfa"


@pytest.fixture
def decaying(new_provider: Maker, database_kind: str) -> Within:
    """Gives a provider, on each database, whose MFA is stale after half an hour."""
    return new_provider(database_kind, IDP_MFA_FRESHNESS="30m")


@dataclasses.dataclass
class Probe:
    """One application and one person who is signed in, for many odd requests."""

    provider: Within
    wiki: RelyingParty
    browser: Browser

    def ask(self, **sent: str) -> Browser:
        """Asks in a new tab, of a session that each answer leaves as it is."""
        return self.wiki.ask(self.browser.tab(), **sent)


@pytest.fixture(scope="module")
def probe(
    tmp_path_factory: pytest.TempPathFactory, prepared_sqlite: Prepared
) -> Iterator[Probe]:
    with within(tmp_path_factory.mktemp("probe"), prepared_sqlite) as provider:
        browser = provider.person("mia").sign_in(provider.browser())
        provider.move.advance(minutes=10)
        yield Probe(provider, provider.client("rp1"), browser)


@pytest.fixture
def ada(provider: Within) -> Person:
    """Gives somebody without a second factor, where none is required."""
    provider.policy("optional")
    return provider.person("ada", enrolled=False)


def test_a_level_that_has_decayed_is_renewed_and_nothing_else(decaying: Within) -> None:
    """AC-074, SEC-097, SEC-105"""
    mia = decaying.person("mia")
    strict, wiki = decaying.client("m1", "--min-acr", "mfa"), decaying.client("rp1")
    browser = mia.sign_in(decaying.browser())
    decaying.move.advance(minutes=40)

    assert strict.error(strict.ask(browser.tab(), prompt="none")) == UNMET
    assert strict.ask(browser).page == "login-totp", "the password was not asked for"
    mia.enter_code(browser)
    claims = strict.collect(browser).claims
    assert (claims["acr"], claims["auth_time"]) == ("mfa", decaying.move.seconds)

    wiki.ask(browser)
    assert len(browser.trail) == 1
    assert wiki.collect(browser).claims["auth_time"] == claims["auth_time"]


def test_a_decayed_level_is_told_as_what_is_left(decaying: Within) -> None:
    """SEC-105: by whoever does not insist, on every way out"""
    mia, wiki = decaying.person("mia"), decaying.client("rp1")
    decaying.policy("optional")
    browser = mia.sign_in(decaying.browser())
    decaying.move.advance(minutes=40)
    tokens = wiki.collect(wiki.ask(browser))
    told = wiki.introspect(tokens.access).json()
    for claims in (tokens.claims, tokens.access_claims, told):
        assert (claims["acr"], claims["amr"]) == ("pwd", ["pwd"])
        assert claims["auth_time"] < decaying.move.seconds - 40 * 60 + 1


def test_a_minimum_is_never_met_by_a_password(provider: Within, ada: Person) -> None:
    """AC-075, SEC-098: set up on the way, where that is allowed"""
    strict = provider.client("m1", "--min-acr", "mfa")
    browser = strict.ask(ada.sign_in(provider.browser()))
    assert browser.page == "enrol-totp"
    no_code(browser)
    claims = strict.collect(ada.enrol(browser)).claims
    assert (claims["acr"], claims["amr"]) == ("mfa", ["pwd", "otp", "mfa"])


def test_no_first_factor_is_set_up_where_that_is_not_allowed(
    provider: Within, ada: Person
) -> None:
    """AC-075, AC-168, SEC-106: neither at once nor by the address of the page"""
    provider.command("policy", "set", "--enrol-during-step-up", "no")
    strict = provider.client("m1", "--min-acr", "mfa")
    browser = ada.sign_in(provider.browser())
    assert strict.error(strict.ask(browser)) == UNMET
    assert strict.error(strict.ask(browser, acr_values="mfa")) == UNMET

    fresh = strict.ask(provider.browser())
    ways = [fresh.at.replace("/password", step) for step in ("/enrol", "/totp")]
    assert strict.error(ada.enter_password(fresh)) == UNMET
    for address in ways:
        fresh.visit(address)
        assert fresh.page != "enrol-totp"
        no_code(fresh)


LOWER: tuple[dict[str, str], ...] = (
    {},
    {"acr_values": "pwd"},
    {"acr_values": "pwd mfa"},
    {"acr_values": "https://refeds.org/profile/sfa"},
    {"claims": '{"id_token":{"acr":{"essential":true,"value":"pwd"}}}'},
)


@pytest.mark.parametrize("limit", [("--min-acr", "mfa"), ("--max-factor-age", "5m")])
def test_no_parameter_lowers_the_minimum_of_a_client(
    provider: Within, ada: Person, limit: tuple[str, str]
) -> None:
    """AC-076, AC-077, SEC-097: by a minimum level, or by an age, which implies one"""
    browser = ada.sign_in(provider.browser())
    strict = provider.client("m1", *limit)
    for sent in LOWER:
        silent = strict.ask(browser.tab(), prompt="none", **sent)
        assert strict.error(silent) == UNMET, sent
        page = strict.ask(browser.tab(), **sent)
        assert page.page == "enrol-totp", sent
        no_code(page)


def test_an_old_sign_in_is_repeated_or_refused(
    signed_in: Browser, provider: Within, mia: Person
) -> None:
    """AC-078, SEC-100"""
    wiki = provider.client("rp1")
    silent = wiki.ask(signed_in.tab(), max_age="60", prompt="none")
    assert wiki.error(silent) == "login_required"
    mia.enter_code(mia.enter_password(wiki.ask(signed_in, max_age="60")))
    assert wiki.collect(signed_in).claims["auth_time"] == provider.move.seconds


NO_AGE = ("-1", "abc", "1.5", "9" * 40, "", "+5", " 5", "1e3", "\u0663")


def test_an_age_that_is_no_number_is_refused(probe: Probe) -> None:
    """AC-079, SEC-101; repeated: test_a7_parameters.py"""
    for value in NO_AGE:
        browser = probe.ask(max_age=value)
        assert probe.wiki.error(browser) == "invalid_request", value


def test_nothing_is_as_young_as_an_age_of_nothing(probe: Probe) -> None:
    """AC-079: 0 forces, and the longest number does not"""
    assert probe.ask(max_age="0").page == "login-password"
    assert probe.wiki.code(probe.ask(max_age="9999999999"))


def test_a_fresh_sign_in_is_no_click(
    signed_in: Browser, provider: Within, mia: Person
) -> None:
    """AC-080, SEC-100: neither a form without a password nor a way around it"""
    wiki = provider.client("rp1")
    wiki.ask(signed_in, prompt="login")
    page = signed_in.at
    signed_in.fill("sign-in", username="mia", password="")
    for step in ("/totp", "/account", "/notice", "/backup-codes"):
        signed_in.visit(page.replace("/password", step))
        no_code(signed_in)
    login = page.split("/login/")[1].split("/")[0]
    signed_in.visit(f"/authorize/{login}/resume")
    no_code(signed_in)

    mia.enter_password(signed_in.visit(page))
    assert signed_in.page == "login-totp"
    no_code(signed_in)


@pytest.mark.parametrize(
    ("prompt", "error"),
    [
        ("none login", "invalid_request"),
        ("none consent", "invalid_request"),
        ("none select_account", "invalid_request"),
        ("bogus", "invalid_request"),
        ("login login", None),
        ("", None),
    ],
)
def test_a_prompt_that_contradicts_itself_is_refused(
    probe: Probe, prompt: str, error: str | None
) -> None:
    """AC-081, SEC-099; empty is absent (RFC 6749 section 3.1)"""
    browser = probe.ask(prompt=prompt)
    if error:
        assert probe.wiki.error(browser) == error
    elif prompt:
        assert browser.page == "login-password"
        no_code(browser)
    else:
        assert probe.wiki.code(browser)


@pytest.mark.parametrize("place", ["id_token", "userinfo"])
@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ('{"essential":true,"values":["urn:unknown"]}', UNMET),
        ('{"essential":true,"value":"urn:unknown"}', UNMET),
        ('{"essential":true,"values":["urn:unknown","mfa"]}', None),
        ('{"values":["urn:unknown"]}', None),
        ('{"essential":true}', None),
        ("null", None),
        ('{"values":["mfa"],"essential":"yes"}', None),
        ('{"values":[{}]}', "invalid_request"),
        ('"mfa"', "invalid_request"),
        ("[]", "invalid_request"),
    ],
)
def test_a_level_that_must_be_is_never_guessed(
    probe: Probe, place: str, asked: str, error: str | None
) -> None:
    """AC-082, SEC-098"""
    browser = probe.ask(claims=f'{{"{place}":{{"acr":{asked}}}}}')
    if error is None:
        assert probe.wiki.collect(browser).claims["acr"] == "mfa"
    else:
        assert probe.wiki.error(browser) == error


@pytest.mark.parametrize(
    "text",
    ["{", "[" * 2000, '{"id_token":' * 900 + "1", '"' + "x" * 1_000_000 + '"', "\x00"],
    ids=["cut", "deep", "nested", "large", "nul"],
)
def test_claims_that_cannot_be_read_are_refused(probe: Probe, text: str) -> None:
    """AC-082, SEC-287"""
    browser = probe.ask(claims=text)
    no_server_error(browser.answer)
    no_code(browser)
    if browser.left_for:
        assert probe.wiki.error(browser) == "invalid_request"


def test_somebody_else_at_a_step_up_answers_nothing(decaying: Within) -> None:
    """AC-083, SEC-104: a session of their own at most"""
    mia, ben = decaying.person("mia"), decaying.person("ben")
    strict = decaying.client("m1", "--min-acr", "mfa")
    browser = mia.sign_in(decaying.browser())
    decaying.move.advance(minutes=40)
    page = strict.ask(browser, max_age="60").at
    ben.enter_password(browser)
    no_code(browser)
    ben.enter_code(browser)
    no_code(browser)
    assert browser.page == "login-notice"
    browser.fill("continue-as")
    no_code(browser)
    assert browser.left_for is None

    login = page.split("/login/")[1].split("/")[0]
    browser.visit(f"/authorize/{login}/resume")
    no_code(browser)
    assert strict.collect(strict.ask(browser)).claims["sub"] == ben.id


@pytest.mark.parametrize("how", ["expired", "too many codes"])
def test_a_step_up_that_is_begun_again_is_still_that_of_the_same_person(
    decaying: Within, how: str
) -> None:
    """AC-083, SEC-104: neither time nor wrong codes make room for somebody else"""
    mia, ben = decaying.person("mia"), decaying.person("ben")
    strict = decaying.client("m1", "--min-acr", "mfa")
    browser = mia.sign_in(decaying.browser())
    decaying.move.advance(minutes=40)
    strict.ask(browser)
    assert browser.page == "login-totp"
    if how == "expired":
        decaying.move.advance(minutes=11)
        browser.visit(browser.at)
    else:
        for _ in range(5):
            mia.enter_code(browser, mia.phone.wrong_code())
    assert browser.page == "login-password"
    ben.enter_code(ben.enter_password(browser))
    no_code(browser)
    assert browser.page == "login-notice"


def test_a_code_of_somebody_else_is_no_step_up(decaying: Within) -> None:
    """AC-083, SEC-008"""
    mia, ben = decaying.person("mia"), decaying.person("ben")
    strict = decaying.client("m1", "--min-acr", "mfa")
    browser = mia.sign_in(decaying.browser())
    decaying.move.advance(minutes=40)
    mia.enter_code(strict.ask(browser), ben.phone.unused_code())
    assert browser.page == "login-totp"
    no_code(browser)
    assert is_signed_in(browser), "what she has stays hers"


def test_a_step_up_changes_nothing_that_was_given_before(decaying: Within) -> None:
    """AC-084, SEC-102, SEC-201"""
    mia, wiki = decaying.person("mia"), decaying.client("rp1")
    decaying.policy("optional")
    strict = decaying.client("m1", "--max-factor-age", "5m")
    browser = mia.sign_in(decaying.browser())
    decaying.move.advance(minutes=40)
    first = wiki.collect(wiki.ask(browser))
    mia.enter_code(strict.ask(browser))
    assert strict.collect(browser).claims["acr"] == "mfa"

    again = wiki.refreshed(first)
    for name in ("acr", "amr", "auth_time", "sid", "sub"):
        assert again.claims[name] == first.claims[name]
        assert again.access_claims[name] == first.access_claims[name]
    assert again.claims["acr"] == "pwd"


PROTOCOL = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr")


def test_nobodys_profile_holds_a_word_of_the_protocol(probe: Probe) -> None:
    """AC-085, SEC-103"""
    for name in (*PROTOCOL, "azp", "sid", "at_hash", "groups"):
        profile = f'{{"{name}": "mfa"}}'
        with pytest.raises(CommandFailedError, match="status 1"):
            probe.provider.command("user", "create", "eve", "--profile", profile)


def test_what_people_are_called_never_becomes_what_they_proved(
    provider: Within,
) -> None:
    """AC-085: names and roles that look like a level, asked for everywhere"""
    provider.policy("optional")
    provider.command("role", "create", "mfa")
    called = ("--name", "mfa", "--email", "acr@mfa.example", "--role", "mfa")
    eve = provider.person("mfa", *called, enrolled=False)
    wiki = provider.client("rp1")
    asked = '{"acr":null,"amr":null,"sub":null,"auth_time":null,"name":null}'
    browser = eve.enter_password(
        wiki.ask(
            provider.browser(),
            scope="openid profile email groups",
            claims=f'{{"id_token":{asked},"userinfo":{asked}}}',
        )
    )
    tokens = wiki.collect(browser)
    told = wiki.userinfo(tokens.access).json()
    for claims in (tokens.claims, told):
        assert (claims["acr"], claims["amr"]) == ("pwd", ["pwd"])
        assert (claims["sub"], claims["groups"]) == (eve.id, ["mfa"])
        assert claims["auth_time"] == tokens.access_claims["auth_time"]


def test_each_way_of_signing_in_has_its_words(
    provider: Within, mia: Person, ada: Person
) -> None:
    """AC-086, SEC-095, SEC-107"""
    metadata = provider.http.get("/.well-known/openid-configuration").json()
    wiki = provider.client("rp1")
    by_password = ada.enter_password(wiki.ask(provider.browser()))
    told = [wiki.collect(by_password).claims]
    by_phone = mia.enter_code(mia.enter_password(wiki.ask(provider.browser())))
    told.append(wiki.collect(by_phone).claims)
    by_backup = mia.enter_password(wiki.ask(provider.browser()))
    mia.enter_backup_code(by_backup, mia.backup_codes[0])
    told.append(wiki.collect(by_backup.fill("continue-as")).claims)

    assert [claims["amr"] for claims in told] == [
        ["pwd"],
        ["pwd", "otp", "mfa"],
        ["pwd", "mfa", "backup_code"],
    ]
    assert [claims["acr"] for claims in told] == ["pwd", "mfa", "mfa"]
    assert {"pwd", "mfa", MFA} <= set(metadata["acr_values_supported"])
    assert {"acr", "amr", "auth_time"} <= set(metadata["claims_supported"])


def test_a_login_that_waits_for_a_step_up_is_no_session(
    provider: Within, ada: Person
) -> None:
    """SEC-001: not even a password's worth, for who came for the level"""
    strict = provider.client("m1", "--min-acr", "mfa")
    browser = ada.enter_password(strict.ask(provider.browser()))
    assert browser.page == "enrol-totp"
    no_session(browser)


def test_a_rule_of_the_organisation_is_no_refused_level(
    provider: Within, ada: Person
) -> None:
    """SEC-099: the person has something to do; nobody insisted on more than a word"""
    browser = ada.sign_in(provider.browser())
    lenient = provider.client("rp1", "--min-acr", "pwd")
    strict = provider.client("m1", "--min-acr", "mfa")
    provider.policy("required")
    essential = '{"id_token":{"acr":{"essential":true,"values":["pwd"]}}}'
    for sent in ({}, {"acr_values": "mfa"}, {"claims": essential}):
        silent = lenient.ask(browser.tab(), prompt="none", **sent)
        assert lenient.error(silent) == "interaction_required", sent
    assert strict.error(strict.ask(browser.tab(), prompt="none")) == UNMET


def test_a_lock_takes_no_level_from_a_session(
    provider: Within, mia: Person, signed_in: Browser
) -> None:
    """SEC-121: guesses of somebody with her password keep her from nothing she has"""
    for _ in range(2):
        other = mia.enter_password(provider.browser().visit("/login"))
        for _ in range(5):
            other.fill("sign-in", code=mia.phone.wrong_code())
    assert provider.mfa_of(mia)["state"] == "locked"
    wiki = provider.client("rp1")
    claims = wiki.collect(wiki.ask(signed_in, acr_values="mfa", prompt="none")).claims
    assert claims["acr"] == "mfa"
    again = wiki.ask(signed_in.tab(), acr_values="mfa", max_age="60", prompt="none")
    assert wiki.error(again) == "login_required"


SFA = "https://refeds.org/profile/sfa"
OF_A_PASSWORD = {
    "pwd": "pwd",
    "mfa pwd": "pwd",
    "urn:unknown pwd": "pwd",
    "urn:unknown": "pwd",
    f"{MFA} {SFA}": SFA,
    "mfa": None,
    f"urn:unknown {MFA}": None,
}
OF_BOTH_FACTORS = {
    "pwd": "mfa",
    "urn:unknown": "mfa",
    "mfa pwd": "mfa",
    f"pwd {MFA}": MFA,
    f"mfa {MFA}": "mfa",
    f"{SFA} {MFA} mfa": MFA,
}


def test_the_first_level_that_can_be_reached_is_the_answer(
    provider: Within, mia: Person, ada: Person
) -> None:
    """interface.md section 1: in the client's order, in its own word, by asking now"""
    provider.command("policy", "set", "--enrol-during-step-up", "no")
    wiki = provider.client("rp1")
    browser = ada.sign_in(provider.browser())
    for values, acr in OF_A_PASSWORD.items():
        wiki.ask(browser, acr_values=values)
        if acr is None:
            assert wiki.error(browser) == UNMET, values
        else:
            assert wiki.collect(browser).claims["acr"] == acr, values

    browser = mia.sign_in(provider.browser())
    for values, acr in OF_BOTH_FACTORS.items():
        tokens = wiki.collect(wiki.ask(browser, acr_values=values))
        told = wiki.introspect(tokens.access).json()
        assert tokens.claims["acr"] == acr, values
        assert tokens.access_claims["acr"] == told["acr"] == acr, values


def test_a_wish_sends_nobody_to_a_set_up_that_needs_none(
    provider: Within, ada: Person
) -> None:
    """interface.md section 1: with a password's level among them a password will do"""
    wiki = provider.client("rp1")
    browser = ada.sign_in(provider.browser())
    assert wiki.collect(wiki.ask(browser, acr_values="mfa pwd")).claims["acr"] == "pwd"
    silent = wiki.ask(browser.tab(), acr_values="mfa", prompt="none")
    assert wiki.error(silent) == "interaction_required"
    assert wiki.ask(browser, acr_values="mfa").page == "enrol-totp"


def test_a_setting_adds_words_for_levels(new_provider: Maker) -> None:
    """interface.md section 3: IDP_ACR_ALIASES, as asked in tokens and as published"""
    provider = new_provider(IDP_ACR_ALIASES='{"urn:example:gold": "mfa"}')
    mia, wiki = provider.person("mia"), provider.client("rp1")
    browser = mia.sign_in(provider.browser())
    wiki.ask(browser, acr_values="urn:example:gold")
    assert wiki.collect(browser).claims["acr"] == "urn:example:gold"
    metadata = provider.http.get("/.well-known/openid-configuration").json()
    assert "urn:example:gold" in metadata["acr_values_supported"]
