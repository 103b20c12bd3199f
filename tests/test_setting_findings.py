"""What is said of settings that will not do: what they take, and were given."""

import pytest

from idp.errors import Misconfigured
from idp.settings import Settings
from tests.test_settings import findings


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("IDP_ISUER", "IDP_ISSUER"),
        ("IDP_issuer", "IDP_ISSUER"),
        ("IDP_SESION_IDLE", "IDP_SESSION_IDLE"),
        ("IDP_MASTER_KEYFILE", "IDP_MASTER_KEY_FILE"),
    ],
)
def test_a_misspelt_variable_is_told_from_what_it_resembles(
    name: str, meant: str
) -> None:
    (line,) = findings({name: "x"})

    assert line == f"{name}: is unknown, in the environment; is it {meant}?"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("IDP_FACTOR_TRIES", "1.5", "must be a whole number from 1 to 100, not '1.5'"),
        ("IDP_FACTOR_TRIES", "101", "must be a whole number from 1 to 100, not '101'"),
        ("IDP_TRUSTED_PROXIES", "a", "must be a whole number from 0 to 32, not 'a'"),
        ("IDP_LDAP_START_TLS", "jein", "must be true or false, not 'jein'"),
        ("IDP_LOG_FORMAT", "text", "must be console or json, not 'text'"),
        (
            "IDP_LOG_LEVEL",
            "warn",
            "must be debug, info, warning or error, not 'warn'",
        ),
    ],
)
def test_a_setting_says_what_it_takes_and_what_it_was_given(
    variable: str, value: str, said: str
) -> None:
    assert findings({variable: value}) == (f"{variable}: {said}",)


def test_no_finding_is_in_the_words_of_the_library() -> None:
    """Every setting that there is, given what none takes"""
    for name in Settings.model_fields:
        for value in ("\x00", "[1, 2]", "-99999999999999999999999"):
            environ = {f"IDP_{name.upper()}": value}
            try:
                Settings.load(environ)
            except Misconfigured as refusal:
                said = "\n".join(refusal.findings)
                assert "input" not in said
                assert "valid string" not in said
