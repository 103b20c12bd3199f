"""Authenticator codes against the RFC, the key URI format and clumsy typing."""

import re
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from urllib.parse import parse_qs
from urllib.parse import unquote
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.rules import totp

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""The twenty bytes of RFC 6238 appendix B."""

NOON = datetime(2026, 3, 29, 12, 0, 5, tzinfo=UTC)


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_a_new_secret_has_160_bits_in_unpadded_base32() -> None:
    secret = totp.new_secret()

    assert re.fullmatch(r"[A-Z2-7]{32}", secret)
    assert secret != totp.new_secret()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    step = totp.step_of(moment(seconds))

    assert totp.code_at(SECRET, step) == code
    assert totp.matching_step(SECRET, code, moment(seconds)) == step


def test_the_step_of_a_moment_does_not_depend_on_its_zone() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))

    assert totp.step_of(elsewhere) == totp.step_of(NOON)


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_the_current_step_and_its_neighbours_match(offset: int) -> None:
    step = totp.step_of(NOON) + offset

    assert totp.matching_step(SECRET, totp.code_at(SECRET, step), NOON) == step


@pytest.mark.parametrize("offset", [-3, -2, 2, 3])
def test_a_step_outside_the_window_does_not_match(offset: int) -> None:
    code = totp.code_at(SECRET, totp.step_of(NOON) + offset)

    assert totp.matching_step(SECRET, code, NOON) is None
    assert totp.matching_step(SECRET, code, NOON, window=3) is not None


def test_the_window_moves_at_the_turn_of_a_step() -> None:
    code = totp.code_at(SECRET, 100)

    last, first_after = moment(102 * 30 - 1), moment(102 * 30)
    assert totp.matching_step(SECRET, code, last) == 100
    assert totp.matching_step(SECRET, code, first_after) is None


def test_before_the_first_step_there_is_none() -> None:
    assert totp.matching_step(SECRET, totp.code_at(SECRET, 1), moment(0)) == 1
    assert totp.matching_step(SECRET, "000000", moment(0)) is None


def test_of_two_steps_with_one_code_the_later_is_meant() -> None:
    assert totp.code_at(SECRET, 153567) == totp.code_at(SECRET, 153569) == "468457"

    assert totp.matching_step(SECRET, "468457", moment(153568 * 30)) == 153569


@pytest.mark.parametrize(
    "code",
    [
        "",
        "12345",
        "1234567",
        "28708\uff12",
        "-87082",
        "\uff12\uff18\uff17\uff10\uff18\uff12",
        "28708\ud800",
    ],
)
def test_what_is_not_six_ascii_digits_matches_nothing(code: str) -> None:
    assert totp.matching_step(SECRET, code, moment(59)) is None
    assert totp.drift(SECRET, code, moment(59)) is None


def test_leading_zeros_belong_to_a_code() -> None:
    now = moment(1234567890)

    assert totp.matching_step(SECRET, "5924", now) is None
    assert totp.matching_step(SECRET, "005924", now) is not None


@pytest.mark.parametrize("offset", [-10, -4, -2, 2, 3, 10])
def test_a_phone_whose_clock_is_off_is_recognised(offset: int) -> None:
    code = totp.code_at(SECRET, totp.step_of(NOON) + offset)

    assert totp.drift(SECRET, code, NOON) == offset


@pytest.mark.parametrize("offset", [-11, -1, 0, 1, 11])
def test_drift_is_said_neither_inside_the_window_nor_far_away(offset: int) -> None:
    code = totp.code_at(SECRET, totp.step_of(NOON) + offset)

    assert totp.drift(SECRET, code, NOON) is None


@pytest.mark.parametrize(
    "typed",
    [
        "012345",
        "012 345",
        " 012345\r\n",
        "012\u00a0345",
        "012\u202f345",
        "012-345",
        "012\u2011345",
        "\t0 1 2 3 4 5",
        "012345" + " " * 58,
    ],
)
def test_blanks_and_hyphens_in_a_code_do_not_matter(typed: str) -> None:
    assert totp.clean(typed) == "012345"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "12345",
        "1234567",
        "12345a",
        "+12345",
        "12345\uff16",
        "\u0661\u0662\u0663\u0664\u0665\u0666",
        "1²3456",
        "123.456",
        "123456\0",
        "012345" + " " * 59,
        "\ud800",
    ],
)
def test_anything_else_is_no_code(typed: str) -> None:
    assert totp.clean(typed) is None


@pytest.mark.parametrize(
    ("account", "issuer", "shown"),
    [
        ("ana", "Ostiary", "Ostiary"),
        ("ana+x@example.org", "Example Co & Söhne 100%", "Example Co & Söhne 100%"),
        ("a:b", "Example: North", "Example North"),
        ('a&issuer=Evil&secret=AAAA"\n', "Example?x=1#y/z", "Example?x=1#y/z"),
        ("日本", "日本", "日本"),
    ],
)
def test_names_in_the_key_uri_change_no_parameter(
    account: str, issuer: str, shown: str
) -> None:
    parts = urlsplit(totp.provisioning_uri(SECRET, account=account, issuer=issuer))

    assert (parts.scheme, parts.netloc, parts.fragment) == ("otpauth", "totp", "")
    prefix, _, name = parts.path.removeprefix("/").partition(":")
    assert (unquote(prefix), unquote(name)) == (shown, account)
    assert parse_qs(parts.query, strict_parsing=True) == {
        "secret": [SECRET],
        "issuer": [shown],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }


def test_the_key_uri_has_no_plus_for_a_blank() -> None:
    uri = totp.provisioning_uri(SECRET, account="ana + x", issuer="Example Co & Co")

    assert "+" not in uri
    assert uri.startswith(
        "otpauth://totp/Example%20Co%20%26%20Co:ana%20%2B%20x?secret="
    )


@given(
    account=st.text(st.characters(exclude_categories=["Cs"])),
    issuer=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
)
def test_every_name_comes_back_out_of_the_key_uri(account: str, issuer: str) -> None:
    uri = totp.provisioning_uri(SECRET, account=account, issuer=issuer)

    path, _, query = uri.removeprefix("otpauth://totp/").partition("?")
    assert unquote(path.split(":", 1)[1]) == account
    assert query.split("&")[0] == f"secret={SECRET}"
    assert len(query.split("&")) == 5


@pytest.mark.parametrize(
    ("ahead", "told"), [(-1, False), (1, False), (3, False), (4, True), (9999, True)]
)
def test_codes_that_a_clock_ahead_used_up_are_told_from_used_ones(
    ahead: int, told: bool
) -> None:
    """REL-031: what a machine half a minute ahead spends is no news (REL-032)"""
    now = datetime(2026, 3, 2, 10, 0, 15, tzinfo=UTC)
    until = totp.used_until(totp.step_of(now) + ahead, now)
    assert (until is not None) is told
    if until is not None:
        last = totp.step_of(now) + ahead
        assert totp.step_of(until) + totp.WINDOW == last + 1
