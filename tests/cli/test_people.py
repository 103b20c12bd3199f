"""``idp user``: people from the terminal, their passwords, and odd names."""

import pytest

from tests.cli.terminal import Terminal
from tests.support.people import is_signed_in
from tests.support.provider import CommandFailedError
from tests.support.providers import Maker
from tests.support.providers import new_provider as new_provider

PASSWORD = "correct horse battery staple"


def test_a_person_is_shown_as_created(idp_on_each: Terminal) -> None:
    made = idp_on_each(
        *("user", "create", "mia", "--email", "mia@example.org", "--name", "Mia Ö"),
        *("--role", "auditor", "--profile", '{"locale": "de"}', "--json"),
    ).json
    assert made.pop("initial_password")
    assert made.pop("expires_at")
    assert idp_on_each("user", "show", "mia", "--json").json == made
    assert idp_on_each("user", "show", made["id"], "--json").json == made
    assert idp_on_each("user", "list", "--json").json == {"items": [made]}
    assert made["profile"] == {"locale": "de"}
    assert made["name"] == "Mia Ö"


def test_showing_a_person_says_in_lines_what_they_have_to_prove_and_why(
    idp: Terminal,
) -> None:
    idp("user", "create", "mia", "--role", "auditor", "--profile", '{"locale": "de"}')
    said = idp("user", "show", "mia").out.splitlines()
    assert said[1:3] == ["username: mia", "email_verified: no"]
    assert {"active: yes", "roles: auditor", "profile.locale: de"} <= {*said}
    assert {"mfa.state: none", "mfa.effective.required: yes"} <= {*said}
    assert "mfa.effective.because: organisation, role:auditor" in said
    assert not [line for line in said if line.startswith("mfa.locked_until")]


def test_a_password_that_was_given_is_not_shown(idp: Terminal) -> None:
    said = idp("user", "create", "mia", "--password-stdin", "--json", stdin=PASSWORD)
    assert "initial_password" not in said.json
    assert PASSWORD not in said.out + said.err


@pytest.mark.parametrize(
    ("typed", "password"),
    [
        ("{}", "{}"),
        ("{}\n", "{}"),
        ("{}\r\n", "{}"),
        ("{}\n\n", "{}\n"),
        ("{}\r", "{}\r"),
        (" {} ", " {} "),
        ("{}\nmore", "{}\nmore"),
        ("{}\r\nmore", "{}\r\nmore"),
        ("{} ä☃", "{} ä☃"),
    ],
)
def test_a_password_is_all_of_standard_input_less_one_line_break(
    idp: Terminal, new_provider: Maker, typed: str, password: str
) -> None:
    provider = new_provider()
    given = typed.format(PASSWORD)
    provider.command("user", "create", "mia", "--password-stdin", stdin=given)
    provider.policy("optional")
    browser = provider.browser().visit("/login")
    browser.fill("sign-in", username="mia", password=password.format(PASSWORD))
    assert is_signed_in(browser)


def test_a_name_that_misleads_the_eye_is_refused_but_typed_so_finds_its_owner(
    new_provider: Maker,
) -> None:
    """AC-150: nobody is called by a name that reads as another"""
    provider = new_provider()
    provider.policy("optional")
    create = ("user", "create", "--password-stdin", "--json")
    for name in ("mia\u202e", "nim\u2067da", "mi\u200ba", "\u3164"):
        with pytest.raises(CommandFailedError) as refused:
            provider.command(*create, name, stdin=PASSWORD)
        assert refused.value.status == 1, ascii(name)
    provider.command(*create, "mia", stdin=PASSWORD)
    with pytest.raises(CommandFailedError):
        provider.command(*create, "mi\u200da", stdin=PASSWORD)
    browser = provider.browser().visit("/login")
    browser.fill("sign-in", username="\u200emia\u200b", password=PASSWORD)
    assert is_signed_in(browser)


def test_a_password_from_elsewhere_is_taken_as_it_is(new_provider: Maker) -> None:
    """SEC-026: import keeps what people have; the rules wait for the next change"""
    provider = new_provider()
    provider.policy("optional")
    given = ("user", "create", "mia", "--password-stdin")
    provider.command(*given, stdin="password1")
    browser = provider.browser().visit("/login")
    browser.fill("sign-in", username="mia", password="password1")
    new = {"new_password": "password2", "new_password_again": "password2"}
    browser.visit("/settings/password")
    browser.fill("change-password", current_password="password1", **new)
    assert browser.error == "weak-password"


@pytest.mark.parametrize("stdin", ["", "\n", "x" * 1025, "x" * 1_000_000])
def test_a_password_that_nobody_could_type_is_refused(
    idp: Terminal, stdin: str
) -> None:
    assert idp("user", "create", "mia", "--password-stdin", stdin=stdin).refusal
    assert idp("user", "show", "mia").status == 1


def test_a_password_that_is_no_text_is_refused(idp: Terminal) -> None:
    said = idp("user", "create", "mia", "--password-stdin", stdin=b"\xff\xfe" * 20)
    assert "not UTF-8" in said.refusal


NAMES = ["", " ", "a\nb", "a\x00b", "a\x1b[31m", "x" * 129, "\udcff", "\u2028"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_nobody_could_type_is_refused(idp: Terminal, name: str) -> None:
    """SEC-287"""
    said = idp("user", "create", name)
    assert said.refusal
    assert "unexpected fault" not in said.err
    assert "\x1b" not in said.err


def test_mfa_is_required_of_many_and_taken_back(idp: Terminal) -> None:
    """The objects of the API; a filter is that of the list"""
    idp("role", "create", "finance")
    for name, role in (("mia", "finance"), ("ben", "finance"), ("rex", "auditor")):
        idp("user", "create", name, "--role", role)
    tried = idp("user", "require-mfa", "--role", "finance", "--dry-run", "--json").json
    assert (tried["changed"], tried["sample"]) == (2, ["ben", "mia"])
    assert not idp("user", "show", "mia", "--json").json["mfa"]["required"]
    assert idp("user", "require-mfa", "--role", "finance", "--json").json == tried
    assert idp("user", "show", "mia", "--json").json["mfa"]["required"]
    said = idp("user", "require-mfa", "--all", "--off").out
    assert "2 of 3 people are changed" in said
    assert not idp("user", "show", "mia", "--json").json["mfa"]["required"]


@pytest.mark.parametrize(
    "arguments", [[], ["mia", "--all"], ["--all", "--role", "x"], ["mia", "--dry-run"]]
)
def test_who_is_meant_is_said_in_one_way(idp: Terminal, arguments: list[str]) -> None:
    idp("user", "create", "mia")
    assert idp("user", "require-mfa", *arguments).wrong_usage


def test_the_report_is_that_of_the_api(idp: Terminal) -> None:
    idp("user", "create", "mia", "--role", "administrator")
    told = idp("report", "mfa", "--json").json
    assert (told["people"], told["administrators_without_mfa"]) == (1, 1)
    assert "1\tadministrators without mfa" in idp("report", "mfa").out


@pytest.mark.parametrize(
    "name", ["--help", "-rf", "../../etc", "' OR 1=1 --", "%s", "ß"]
)
def test_an_odd_name_is_a_name_like_any_other(idp: Terminal, name: str) -> None:
    made = idp("user", "create", "--json", "--", name).json
    assert made["username"] == name
    assert idp("user", "show", "--json", "--", name).json["id"] == made["id"]


@pytest.mark.parametrize("name", [*NAMES, "nobody", "' OR 1=1 --", "%", "x" * 100_000])
@pytest.mark.parametrize(
    "command", ["show", "disable", "delete", "unlock", "end-sessions", "require-mfa"]
)
def test_somebody_unknown_is_a_failure(idp: Terminal, command: str, name: str) -> None:
    idp("user", "create", "mia")
    said = idp("user", command, "--", name)
    assert said.refusal.startswith("Error: ")
    assert "unexpected fault" not in said.err
    assert idp("user", "show", "mia").status == 0


TWICE = '{"locale": "de", "locale": "en"}'


@pytest.mark.parametrize("profile", ["", "{", "[]", "null", '"x"', "NaN", TWICE])
def test_a_profile_that_is_no_object_is_wrong_usage(
    idp: Terminal, profile: str
) -> None:
    assert idp("user", "create", "mia", "--profile", profile).wrong_usage


@pytest.mark.parametrize("profile", ['{"sub": "x"}', '{"acr": "mfa"}', '{"x": 1}'])
def test_a_profile_holds_standard_claims_only(idp: Terminal, profile: str) -> None:
    """SEC-103"""
    assert idp("user", "create", "mia", "--profile", profile).refusal


def test_the_same_name_in_another_spelling_is_taken(idp: Terminal) -> None:
    """SEC-119"""
    idp("user", "create", "Mia")
    for spelling in ("mia", "MIA", " mia ", "\uff4dia"):
        assert idp("user", "create", spelling).refusal


def test_a_role_that_is_none_is_refused(idp: Terminal) -> None:
    assert idp("user", "create", "mia", "--role", "nobody").refusal
    idp("user", "create", "mia")
    assert idp("user", "set-roles", "mia", "--role", "nobody").refusal


def test_the_last_administrator_stays(idp: Terminal) -> None:
    """SEC-262"""
    idp("user", "create", "ada", "--role", "administrator")
    for command in (("disable",), ("delete",), ("set-roles",)):
        assert idp("user", *command, "ada").refusal


def test_no_state_but_the_four_can_be_asked_for(idp: Terminal) -> None:
    assert idp("user", "list", "--mfa", "maybe").wrong_usage
    assert idp("user", "list", "--mfa", "none", "--json").json == {"items": []}


@pytest.mark.parametrize("query", ["%", "_", "'", "\\", "x" * 10_000])
def test_a_query_is_text_and_no_pattern(idp: Terminal, query: str) -> None:
    """SEC-260, SEC-292"""
    idp("user", "create", "mia")
    assert idp("user", "list", "--query", query, "--json").json == {"items": []}


def test_what_is_known_of_a_person_is_changed_field_by_field(
    idp_on_each: Terminal,
) -> None:
    idp_on_each("user", "create", "mia", "--email", "mia@example.org", "--name", "Mia")
    changed = idp_on_each(
        "user", "update", "mia", "--no-name", "--profile", '{"locale": "de"}', "--json"
    ).json
    assert changed["name"] is None
    assert changed["email"] == "mia@example.org"
    assert changed["profile"] == {"locale": "de"}
    again = idp_on_each("user", "update", "mia", "--no-email", "--json").json
    assert again["email"] is None
    assert idp_on_each("user", "update", "mia", "--json").json == again
    assert (
        "both" in idp_on_each("user", "update", "mia", "--no-name", "--name", "M").err
    )


def test_sessions_are_listed_and_ended_one_by_one(new_provider: Maker) -> None:
    provider = new_provider()
    browser = provider.person("mia").sign_in(provider.browser())
    listed = provider.command("user", "sessions", "mia", "--json")["items"]
    assert len(listed) == 2
    for one in listed:
        provider.command("user", "end-session", one["sid"])
    assert not is_signed_in(browser)
    assert provider.command("user", "sessions", "mia", "--json") == {"items": []}
