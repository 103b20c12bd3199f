"""``idp client`` and ``idp policy``: applications and rules from the terminal."""

import json
import pathlib

import pytest

from tests.cli.terminal import Terminal
from tests.support.client_keys import key_set
from tests.support.client_keys import pair

CALLBACK = ("--redirect-uri", "https://wiki.example/cb")


def created(idp: Terminal, *arguments: str) -> str:
    made = idp("client", "create", "Wiki", *CALLBACK, *arguments, "--json").json
    return str(made["client_id"])


def test_a_secret_is_shown_once(idp_on_each: Terminal) -> None:
    """SEC-249"""
    made = idp_on_each("client", "create", "Wiki", *CALLBACK, "--json").json
    secret = made["client_secret"]
    for command in (("show", made["client_id"]), ("list",)):
        assert secret not in idp_on_each("client", *command, "--json").out
        assert secret not in idp_on_each("client", *command).out


def test_showing_an_application_says_in_lines_all_that_it_has(idp: Terminal) -> None:
    client_id = created(idp, "--min-acr", "mfa", "--no-pkce")
    said = idp("client", "show", client_id).out.splitlines()
    assert said[0] == f"client_id: {client_id}"
    assert {"min_acr: mfa", "require_pkce: no", "enabled: yes"} <= {*said}
    assert "grant_types: authorization_code, refresh_token" in said
    assert "token_endpoint_auth_method: client_secret_basic" in said
    [secret] = [line for line in said if line.startswith("secrets: ")]
    assert json.loads(secret.removeprefix("secrets: "))["last_used_at"] is None
    assert not [line for line in said if line.startswith("jwks")]


def test_a_secret_may_hold_anything_that_fits_in_a_line(idp: Terminal) -> None:
    secret = "given by the administrator: % + é"
    given = ("client", "create", "W", *CALLBACK, "--secret-stdin", "--json")
    made = idp(*given, stdin=f"{secret}\r\n").json
    assert made["client_secret"] == secret


def test_an_empty_secret_is_refused(idp: Terminal) -> None:
    """SEC-300"""
    assert idp("client", "create", "W", *CALLBACK, "--secret-stdin", stdin="").refusal


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "javascript:alert(1)",
        "https://wiki.example/cb#x",
        "https://u:p@wiki.example/cb",
        "https://wiki.example/\x00",
        "https://wiki.example/a b\n",
        "\udcff",
        "//wiki.example/cb",
    ],
)
def test_an_address_that_does_not_do_is_refused(idp: Terminal, uri: str) -> None:
    """SEC-245"""
    said = idp("client", "create", "Wiki", "--redirect-uri", uri)
    assert said.refusal
    assert "unexpected fault" not in said.err
    assert idp("client", "list", "--json").json == {"items": []}


@pytest.mark.parametrize(
    "name", ["", "a\nb", "\x1b[31m", "\x00", "\udcff", "x" * 10_000]
)
def test_a_name_that_cannot_be_shown_is_refused(idp: Terminal, name: str) -> None:
    said = idp("client", "create", name, *CALLBACK)
    assert said.refusal
    assert "unexpected fault" not in said.err


def test_only_what_is_named_changes(idp: Terminal) -> None:
    client_id = created(idp, "--min-acr", "mfa")
    before = idp("client", "show", client_id, "--json").json
    changed = idp("client", "update", client_id, "--ask-consent", "--json").json
    assert changed == {**before, "first_party": False}


def test_two_secrets_overlap_as_long_as_was_said(idp: Terminal) -> None:
    client_id = created(idp)
    made = idp(
        *("client", "rotate-secret", client_id, "--expire-others-in", "1h", "--json")
    ).json
    assert len(made["client_secret"]) >= 43
    held = idp("client", "show", client_id, "--json").json["secrets"]
    assert len(held) == 2


def test_an_application_goes_off_on_and_away(idp: Terminal) -> None:
    client_id = created(idp)
    assert idp("client", "disable", client_id, "--json").json["enabled"] is False
    assert idp("client", "enable", client_id, "--json").json["enabled"] is True
    assert idp("client", "delete", client_id, "--json").json == {"client_id": client_id}
    assert idp("client", "show", client_id).refusal


@pytest.mark.parametrize(
    "arguments",
    [
        ("--public", "--auth-method", "client_secret_basic"),
        ("--min-acr", "high"),
        ("--max-factor-age", "soon"),
        ("--max-factor-age", "-1"),
        ("--auth-method", "password"),
        ("--jwks-file", "/nowhere"),
        ("--service", "--grant-type", "authorization_code"),
    ],
)
def test_wrong_usage_is_status_2(idp: Terminal, arguments: tuple[str, ...]) -> None:
    assert idp("client", "create", "Wiki", *CALLBACK, *arguments).wrong_usage


def test_keys_that_are_no_json_are_wrong_usage(
    idp: Terminal, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "keys.json"
    for content in (b"{", b"\xff\xfe", b'"x', b'{"keys": [], "keys": []}'):
        file.write_bytes(content)
        said = idp("client", "create", "Wiki", *CALLBACK, "--jwks-file", str(file))
        assert said.wrong_usage


def test_the_rules_are_shown_as_set(idp_on_each: Terminal) -> None:
    assert idp_on_each("policy", "show", "--json").json["mfa"] == "required"
    changed = idp_on_each("policy", "set", "--mfa", "optional", "--json").json
    assert changed["mfa"] == "optional"
    assert idp_on_each("policy", "show", "--json").json == changed
    assert "mfa: optional" in idp_on_each("policy", "show").out.splitlines()


@pytest.mark.parametrize(
    "arguments", [("--mfa", "sometimes"), ("--enrol-during-step-up", "maybe")]
)
def test_a_rule_that_is_none_is_wrong_usage(
    idp: Terminal, arguments: tuple[str, ...]
) -> None:
    assert idp("policy", "set", *arguments).wrong_usage


def test_what_an_application_need_not_have_can_be_taken_away(idp: Terminal) -> None:
    client_id = created(
        idp,
        *("--min-acr", "mfa", "--access-token-lifetime", "5m"),
        *("--allowed-origin", "https://app.example"),
    )
    said = idp("client", "show", client_id, "--json").json
    assert said["access_token_lifetime"] == 300
    assert said["allowed_origins"] == ["https://app.example"]
    less = ("--without", "min_acr", "--without", "allowed_origins")
    changed = idp("client", "update", client_id, *less, "--json").json
    assert changed == {**said, "min_acr": None, "allowed_origins": None}


def test_what_counts_where_a_request_says_nothing(idp: Terminal) -> None:
    wanted = ("--default-acr", "mfa", "--default-acr", "pwd", "--default-max-age")
    client_id = created(idp, *wanted, "0", "--require-auth-time")
    said = idp("client", "show", client_id, "--json").json
    assert said["default_acr_values"] == ["mfa", "pwd"]
    assert (said["default_max_age"], said["require_auth_time"]) == (0, True)
    less = ("--without", "default_acr_values", "--without", "default_max_age")
    changed = idp("client", "update", client_id, *less, "--json").json
    assert changed == {**said, "default_acr_values": [], "default_max_age": None}


def test_what_is_given_and_taken_away_at_once_is_wrong_usage(idp: Terminal) -> None:
    client_id = created(idp)
    both = ("--min-acr", "mfa", "--without", "min_acr")
    assert "--without" in idp("client", "update", client_id, *both).wrong_usage
    assert idp("client", "update", client_id, "--without", "client_name").wrong_usage


def test_a_secret_is_ended_and_the_last_one_stays(idp: Terminal) -> None:
    client_id = created(idp)
    idp("client", "rotate-secret", client_id)
    old, new = idp("client", "show", client_id, "--json").json["secrets"]
    left = idp("client", "remove-secret", client_id, old["id"], "--json").json
    assert left["secrets"] == [{**new, "expires_at": None}]
    assert "last secret" in idp("client", "remove-secret", client_id, new["id"]).refusal
    assert idp("client", "remove-secret", client_id, old["id"]).refusal


def test_a_client_with_a_key_needs_no_secret(
    idp: Terminal, tmp_path: pathlib.Path
) -> None:
    """RFC 7591 section 2, RFC 9101 section 10.5, RFC 9126 section 6"""
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(key_set(pair())))
    strict = ("--signed-requests-only", "--pushed-requests-only")
    by_key = ("--auth-method", "private_key_jwt", "--jwks-file", str(file), *strict)
    made = idp("client", "create", "Wiki", *CALLBACK, *by_key, "--json").json
    assert "client_secret" not in made
    assert made["jwks"] == key_set(pair())
    assert made["require_signed_request_object"] is True
    assert made["require_pushed_authorization_requests"] is True
    change = ("--jwks-uri", "https://wiki.example/k", "--without", "jwks")
    other = (*change, "--auth-signing-alg", "ES256", "--unsigned-requests")
    after = idp("client", "update", made["client_id"], *other, "--json").json
    assert (after["jwks"], after["jwks_uri"]) == (None, "https://wiki.example/k")
    assert after["token_endpoint_auth_signing_alg"] == "ES256"
    assert after["require_signed_request_object"] is False
    assert idp("client", "rotate-secret", made["client_id"]).refusal
