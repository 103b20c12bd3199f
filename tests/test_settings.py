"""The settings: what is read from where, and what stops the start."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from idp.errors import Misconfigured
from idp.setting_files import LOGO_SUFFIXES
from idp.settings import SECRETS
from idp.settings import Settings
from idp.web.assets import LOGO_TYPES

PRODUCTION = {"IDP_ISSUER": "https://sso.example.org"}


def findings(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(Misconfigured) as refusal:
        Settings.load(environ)
    return refusal.value.findings


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = Settings.load({})

    assert settings.issuer == "http://127.0.0.1:5000"
    assert settings.organisation == "Ostiary"
    assert settings.sqlite_path == Path("var/idp.db").absolute()
    assert settings.keys_dir == Path("keys").absolute()
    assert settings.password_hash_cost == 12
    assert settings.source_rate == "60/minute"
    assert settings.acr_aliases == {
        "https://refeds.org/profile/sfa": "pwd",
        "https://refeds.org/profile/mfa": "mfa",
    }


@pytest.mark.parametrize(
    ("field", "duration"),
    [
        ("login_lifetime", timedelta(minutes=10)),
        ("session_idle", timedelta(minutes=60)),
        ("session_lifetime", timedelta(hours=12)),
        ("code_lifetime", timedelta(seconds=60)),
        ("access_token_lifetime", timedelta(minutes=10)),
        ("id_token_lifetime", timedelta(minutes=10)),
        ("refresh_idle", timedelta(hours=8)),
        ("refresh_lifetime", timedelta(hours=24)),
        ("offline_lifetime", timedelta(days=30)),
        ("refresh_grace", timedelta(seconds=10)),
        ("mfa_freshness", timedelta(hours=12)),
        ("sudo_freshness", timedelta(minutes=5)),
        ("factor_lock", timedelta(minutes=15)),
        ("password_delay_max", timedelta(seconds=60)),
        ("ldap_sync_interval", timedelta(minutes=5)),
    ],
)
def test_a_lifetime_has_its_documented_default(field: str, duration: timedelta) -> None:
    assert getattr(Settings.load({}), field) == duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90", timedelta(seconds=90)),
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("12h", timedelta(hours=12)),
        ("30d", timedelta(days=30)),
    ],
)
def test_durations_are_seconds_or_a_number_with_a_unit(
    text: str, duration: timedelta
) -> None:
    assert Settings.load({"IDP_REFRESH_IDLE": text}).refresh_idle == duration


@pytest.mark.parametrize(
    "text", ["0", "0s", "-1", "1.5h", "ten", "10 w", "1h30m", "²m"]
)
def test_other_durations_are_findings(text: str) -> None:
    (line,) = findings({"IDP_REFRESH_IDLE": text})

    assert line.startswith("IDP_REFRESH_IDLE: must be whole seconds")


@pytest.mark.parametrize(
    ("variable", "most", "too_much"),
    [
        ("IDP_LOGIN_LIFETIME", "15m", "901"),
        ("IDP_SESSION_LIFETIME", "24h", "25h"),
        ("IDP_CODE_LIFETIME", "10m", "601"),
        ("IDP_ACCESS_TOKEN_LIFETIME", "60m", "61m"),
        ("IDP_ID_TOKEN_LIFETIME", "1h", "2h"),
        ("IDP_REFRESH_GRACE", "10s", "11s"),
        ("IDP_SUDO_FRESHNESS", "15m", "16m"),
        ("IDP_FACTOR_TRIES_PER_LOGIN", "10", "11"),
        ("IDP_FACTOR_TRIES", "100", "101"),
        ("IDP_FACTOR_TRIES_TOTAL", "100", "101"),
        ("IDP_PASSWORD_HASH_COST", "16", "17"),
    ],
)
def test_a_hard_bound_can_be_reached_and_not_passed(
    variable: str, most: str, too_much: str
) -> None:
    Settings.load({variable: most})

    (line,) = findings({variable: too_much})
    assert line.startswith(f"{variable}: ")


@pytest.mark.parametrize(
    "issuer",
    [
        "https://sso.example.org",
        "https://sso.example.org:8443",
        "https://sso.example.org/idp",
        "https://sso.example.org/a/b-c_d.e~f",
        "https://xn--mnchen-3ya.example",
        "https://[2001:db8::1]:8443",
        "http://localhost:5000",
        "http://127.0.0.1:5000",
        "http://127.9.9.9",
        "http://[::1]:5000/idp",
    ],
)
def test_an_issuer_in_its_canonical_spelling_is_taken(issuer: str) -> None:
    assert Settings.load({"IDP_ISSUER": issuer}).issuer == issuer


@pytest.mark.parametrize(
    ("issuer", "said"),
    [
        ("http://sso.example.org", "must be https unless the host is loopback"),
        ("http://127.0.0.1.example.org", "must be https unless the host is loopback"),
        ("http://localhost.example.org", "must be https unless the host is loopback"),
        ("http://127.0.0.1@evil.example", "must not hold a user name"),
        ("https://sso.example.org/", "must not end with a slash"),
        ("https://sso.example.org/idp/", "must not end with a slash"),
        ("https://sso.example.org?", "must not have a query"),
        ("https://sso.example.org/#", "must not have a query"),
        ("https://SSO.example.org", "must name its host in lower case"),
        ("https://sso.example.org.", "must name its host in lower case"),
        ("https://sso_é.example", "must be an address in ASCII"),
        ("https://sso.example.org:443", "must leave out the default port"),
        ("http://localhost:80", "must leave out the default port"),
        ("https://sso.example.org:", "must leave out the default port"),
        ("https://sso.example.org:0", "is not a valid address"),
        ("https://sso.example.org:99999", "is not a valid address"),
        ("https://[::1", "is not a valid address"),
        ("https://sso.example.org/a//b", "must have no path or one of plain segments"),
        ("https://sso.example.org/a/../b", "must have no path or one of plain"),
        ("https://sso.example.org/%61", "must have no path or one of plain segments"),
        ("HTTPS://sso.example.org", "must begin with https://"),
        ("ftp://sso.example.org", "must begin with https://"),
        ("sso.example.org", "must name a host"),
        ("https:///idp", "must name a host"),
        ("https://a b", "must be an address in ASCII"),
        ("https://a\\b", "must be an address in ASCII"),
    ],
)
def test_another_issuer_is_a_finding(issuer: str, said: str) -> None:
    (line,) = findings({"IDP_ISSUER": issuer})

    assert line.startswith(f"IDP_ISSUER: {said}")


@pytest.mark.parametrize(
    ("issuer", "path", "origin", "host", "loopback", "secure"),
    [
        ("https://s.example", "", "https://s.example", "s.example", False, True),
        ("https://s.example/i", "/i", "https://s.example", "s.example", False, True),
        ("https://localhost:8", "", "https://localhost:8", "localhost:8", True, True),
        ("http://[::1]:8/i", "/i", "http://[::1]:8", "[::1]:8", True, False),
    ],
)
def test_what_follows_from_the_issuer(
    *, issuer: str, path: str, origin: str, host: str, loopback: bool, secure: bool
) -> None:
    settings = Settings(issuer=issuer)

    assert (settings.base_path, settings.origin, settings.host) == (path, origin, host)
    assert (settings.is_loopback, settings.secure_cookies) == (loopback, secure)


@pytest.mark.parametrize(
    ("issuer", "header", "matches"),
    [
        ("https://sso.example.org", "sso.example.org", True),
        ("https://sso.example.org", "SSO.Example.ORG", True),
        ("https://sso.example.org", "sso.example.org.", True),
        ("https://sso.example.org", "sso.example.org:443", True),
        ("https://sso.example.org", "sso.example.org.:443", True),
        ("https://sso.example.org", "sso.example.org:", True),
        ("https://sso.example.org", "sso.example.org:80", False),
        ("https://sso.example.org", "sso.example.org:8443", False),
        ("https://sso.example.org", "sso.example.org..", False),
        ("https://sso.example.org", "evil.example", False),
        ("https://sso.example.org", "sso.example.org@evil.example", False),
        ("https://sso.example.org", "sso.example.org:443:443", False),
        ("https://sso.example.org", "sso.example.org:abc", False),
        ("https://sso.example.org", "", False),
        ("https://sso.example.org", "sso.example.org\n", False),
        ("http://127.0.0.1:5000", "127.0.0.1:5000", True),
        ("http://127.0.0.1:5000", "localhost:5000", False),
        ("http://127.0.0.1:5000", "127.0.0.1", False),
        ("http://localhost", "localhost:80", True),
        ("http://[::1]:5000", "[::1]:5000", True),
        ("http://[::1]:5000", "::1:5000", False),
    ],
)
def test_the_host_header_is_compared_by_meaning(
    *, issuer: str, header: str, matches: bool
) -> None:
    assert Settings(issuer=issuer).host_matches(header) is matches


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    config = tmp_path / "idp.toml"
    config.write_text(
        'organisation = "From file"\nidp_session_idle = "5m"\ncode_lifetime = 30\n'
        '[acr_aliases]\n"urn:strong" = "mfa"\n'
    )

    settings = Settings.load({"IDP_CONFIG": str(config), "IDP_SESSION_IDLE": "7m"})

    assert settings.organisation == "From file"
    assert settings.session_idle == timedelta(minutes=7)
    assert settings.code_lifetime == timedelta(seconds=30)
    assert settings.acr_aliases["urn:strong"] == "mfa"
    assert settings.acr_aliases["https://refeds.org/profile/mfa"] == "mfa"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'organisation = "x', "IDP_CONFIG: is not a valid TOML file"),
        (b"\xff", "IDP_CONFIG: is not a valid TOML file"),
        (b"colour = 1", "IDP_COLOUR: is unknown, in the file of IDP_CONFIG"),
        (b"organisation = 1", "IDP_ORGANISATION: must be text"),
        (b"session_idle = true", "IDP_SESSION_IDLE: must be whole seconds"),
        (b"[outbound_allow]", "IDP_OUTBOUND_ALLOW: must be a list"),
        (b"[acr_aliases]\na = 1", "IDP_ACR_ALIASES: must be a map of names"),
        (b"trusted_proxies = true", "IDP_TRUSTED_PROXIES: must be a whole number"),
        (b"factor_tries = true", "IDP_FACTOR_TRIES: must be a whole number"),
        (b"data_dir = 1", "IDP_DATA_DIR: must be the path of a file or folder"),
    ],
)
def test_a_bad_file_is_a_finding(tmp_path: Path, content: bytes, said: str) -> None:
    config = tmp_path / "idp.toml"
    config.write_bytes(content)

    (line,) = findings({"IDP_CONFIG": str(config)})
    assert line.startswith(said)


def test_a_missing_file_is_a_finding(tmp_path: Path) -> None:
    (line,) = findings({"IDP_CONFIG": str(tmp_path / "none.toml")})

    assert line == "IDP_CONFIG: cannot be read (No such file or directory)"


def test_every_secret_is_hidden_and_has_a_file_form() -> None:
    secrets = {
        name
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
    }

    assert secrets == SECRETS


def test_a_secret_comes_from_a_file_less_one_line_break(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(b"sixteen or more letters \r\n\r\n")

    settings = Settings.load({"IDP_METRICS_TOKEN_FILE": str(file)})

    assert settings.metrics_token == SecretStr("sixteen or more letters \n")
    assert "sixteen" not in repr(settings)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file or directory"), (b"\xff", "not UTF-8")],
)
def test_an_unreadable_secret_file_is_a_finding(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)

    (line,) = findings({"IDP_METRICS_TOKEN_FILE": str(file)})
    assert line == f"IDP_METRICS_TOKEN_FILE: cannot be read ({said})"


def test_a_secret_given_twice_is_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("x" * 32)

    (line,) = findings(
        {"IDP_METRICS_TOKEN": "y" * 32, "IDP_METRICS_TOKEN_FILE": str(file)}
    )
    assert line == "IDP_METRICS_TOKEN: is there twice, in the environment"


@pytest.mark.parametrize(
    "name", ["IDP_ISUER", "IDP_issuer", "IDP_ORGANISATION_FILE", "IDP_", "IDP__ISSUER"]
)
def test_an_unknown_variable_is_a_finding(name: str) -> None:
    (line,) = findings({name: "x"})

    assert line.startswith(f"{name}: is unknown, in the environment")


def test_an_empty_variable_is_not_set() -> None:
    settings = Settings.load({"IDP_SMTP_URL": "", "IDP_ORGANISATION": "", "IDP_X": ""})

    assert settings == Settings.load({})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("IDP_DATABASE_URL", "mysql://u:hunter2@db/x"),
        ("IDP_DATABASE_URL", "sqlite://"),
        ("IDP_DATABASE_URL", "sqlite:///:memory:"),
        ("IDP_DATABASE_URL", "sqlite:///a.db?hunter2"),
        ("IDP_VALKEY_URL", "http://u:hunter2@v"),
        ("IDP_VALKEY_URL", "valkey://u:hunter2@"),
        ("IDP_SMTP_URL", "smtp://u:hunter2@mail.example.org"),
        ("IDP_SMTP_URL", "mail://u:hunter2@mail.example.org"),
        ("IDP_METRICS_TOKEN", "hunter2"),
        ("IDP_MASTER_KEY", " "),
        ("IDP_LDAP_BIND_PASSWORD", "  "),
    ],
)
def test_a_bad_secret_is_a_finding_that_does_not_show_it(
    variable: str, value: str
) -> None:
    (line,) = findings({variable: value})

    assert line.startswith(f"{variable}: m")
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("given", "url", "is_sqlite"),
    [
        ("postgresql+psycopg://u@db/x", "postgresql+psycopg://u@db/x", False),
        ("postgresql://u@db/x", "postgresql+psycopg://u@db/x", False),
        ("postgres://u@db/x", "postgresql+psycopg://u@db/x", False),
        ("sqlite:////srv/idp.db", "sqlite:////srv/idp.db", True),
    ],
)
def test_the_database_is_sqlite_or_postgresql(
    *, given: str, url: str, is_sqlite: bool
) -> None:
    settings = Settings.load({"IDP_DATABASE_URL": given})

    assert settings.database_url.get_secret_value() == url
    assert (settings.sqlite_path == Path("/srv/idp.db")) is is_sqlite


@pytest.mark.parametrize(
    ("variable", "value", "field", "read"),
    [
        ("IDP_ORGANISATION", " Söhne & Co: 100% ", "organisation", "Söhne & Co: 100%"),
        ("IDP_ACCENT_COLOUR", "#1A6B5C", "accent_colour", "#1a6b5c"),
        ("IDP_HELP_TEXT", "Room 12", "help_text", "Room 12"),
        ("IDP_SOURCE_RATE", "60 per minute", "source_rate", "60/minute"),
        ("IDP_SOURCE_RATE", "5/10minutes", "source_rate", "5/10minute"),
        ("IDP_SOURCE_RATE", "0", "source_rate", None),
        ("IDP_MANAGEMENT_BIND", "[::1]:9100", "management_bind", "[::1]:9100"),
        ("IDP_LOG_LEVEL", "WARNING", "log_level", "warning"),
        ("IDP_LOG_FORMAT", "json", "log_format", "json"),
        ("IDP_TRUSTED_PROXIES", "2", "trusted_proxies", 2),
        ("IDP_LDAP_START_TLS", "yes", "ldap_start_tls", True),
        ("IDP_LDAP_GROUP_ROLE_MAP", '{"a": "b"}', "ldap_group_role_map", {"a": "b"}),
        (
            "IDP_OUTBOUND_ALLOW",
            "10.1.2.3/8, Logout.internal fd00::/8",
            "outbound_allow",
            ("10.0.0.0/8", "logout.internal", "fd00::/8"),
        ),
    ],
)
def test_a_value_is_read(variable: str, value: str, field: str, read: object) -> None:
    assert getattr(Settings.load({variable: value}), field) == read


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("IDP_ORGANISATION", "x" * 65),
        ("IDP_ORGANISATION", "a\x07b"),
        ("IDP_ORGANISATION", "a\nb"),
        ("IDP_ORGANISATION", " "),
        ("IDP_ORGANISATION", " : "),
        ("IDP_ACCENT_COLOUR", "red"),
        ("IDP_ACCENT_COLOUR", "#fff;}"),
        ("IDP_LOGO_FILE", "/nowhere/logo.svg"),
        ("IDP_SOURCE_RATE", "many"),
        ("IDP_SOURCE_RATE", "0/minute"),
        ("IDP_SOURCE_RATE", "60/0minute"),
        ("IDP_MANAGEMENT_BIND", "9100"),
        ("IDP_MANAGEMENT_BIND", "127.0.0.1:0"),
        ("IDP_MANAGEMENT_BIND", "127.0.0.1:65536"),
        ("IDP_LOG_LEVEL", "loud"),
        ("IDP_LOG_FORMAT", "xml"),
        ("IDP_TRUSTED_PROXIES", "-1"),
        ("IDP_TRUSTED_PROXIES", "many"),
        ("IDP_PASSWORD_HASH_COST", "3"),
        ("IDP_FACTOR_TRIES", "0"),
        ("IDP_MAIL_FROM", "nobody"),
        ("IDP_LDAP_URL", "http://directory.example.org"),
        ("IDP_ACR_ALIASES", "[1]"),
        ("IDP_ACR_ALIASES", "{"),
        ("IDP_ACR_ALIASES", '{"mfa": "pwd"}'),
        ("IDP_ACR_ALIASES", '{"a b": "pwd"}'),
        ("IDP_ACR_ALIASES", '{"strong": "gold"}'),
        ("IDP_ACR_ALIASES", '{"strong": "mfa", "strong": "pwd"}'),
        ("IDP_ACR_ALIASES", "[" * 100_000),
        ("IDP_OUTBOUND_ALLOW", "http://a"),
        ("IDP_OUTBOUND_ALLOW", "[::1]"),
    ],
)
def test_a_value_that_does_not_do_is_one_finding(variable: str, value: str) -> None:
    (line,) = findings({variable: value})

    assert line.startswith(f"{variable}: ")


@pytest.mark.parametrize("name", ["logo", "logo.txt", "logo.svg.gz", ".svg"])
def test_a_logo_is_a_picture_of_a_known_kind(tmp_path: Path, name: str) -> None:
    logo = tmp_path / name
    logo.touch()

    (line,) = findings({"IDP_LOGO_FILE": str(logo)})

    assert line == "IDP_LOGO_FILE: must end with .svg, .png, .webp, .jpg or .jpeg"


def test_every_kind_of_logo_that_is_taken_can_be_served() -> None:
    assert set(LOGO_TYPES) == LOGO_SUFFIXES


@pytest.mark.parametrize("variable", ["IDP_OUTBOUND_CA_FILE", "IDP_LDAP_CA_FILE"])
def test_a_file_of_authorities_holds_certificates(
    tmp_path: Path, variable: str
) -> None:
    file = tmp_path / "ca.pem"
    for content in ("", "nothing of the kind\n"):
        file.write_text(content)
        (line,) = findings({variable: str(file)})
        assert line == f"{variable}: must hold certificates in PEM"


def test_a_logo_file_that_exists_is_taken(tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.touch()

    assert Settings.load({"IDP_LOGO_FILE": str(logo)}).logo_file == logo


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        (
            PRODUCTION | {"IDP_PASSWORD_HASH_COST": "11"},
            "IDP_PASSWORD_HASH_COST: below 12 needs a loopback issuer",
        ),
        (
            PRODUCTION | {"IDP_SOURCE_RATE": "0"},
            "IDP_SOURCE_RATE: switching it off needs a loopback issuer",
        ),
        (
            {"IDP_SMTP_URL": "smtps://mail.example.org"},
            "IDP_MAIL_FROM: is needed with IDP_SMTP_URL",
        ),
        (
            {"IDP_LDAP_URL": "ldaps://directory.example.org"},
            "IDP_LDAP_BASE_DN: is needed with IDP_LDAP_URL",
        ),
        (
            {
                "IDP_LDAP_URL": "ldap://directory.example.org",
                "IDP_LDAP_BASE_DN": "dc=example",
            },
            "IDP_LDAP_URL: must be ldaps:// or use IDP_LDAP_START_TLS (SEC-276)",
        ),
        (
            {
                "IDP_LDAP_URL": "ldap://localhost",
                "IDP_LDAP_BASE_DN": "dc=example",
                "IDP_LDAP_USER_FILTER": "(uid=%s)",
            },
            "IDP_LDAP_USER_FILTER: must hold {username}",
        ),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG: must be off (SEC-300)"),
    ],
)
def test_settings_that_contradict_each_other_are_a_finding(
    environ: dict[str, str], line: str
) -> None:
    assert findings(environ) == (line,)


@pytest.mark.parametrize(
    "environ",
    [
        {"IDP_PASSWORD_HASH_COST": "4", "IDP_SOURCE_RATE": "0"},
        {"IDP_SMTP_URL": "smtp://127.0.0.1:25", "IDP_MAIL_FROM": "idp@example.org"},
        {"IDP_LDAP_URL": "ldap://localhost", "IDP_LDAP_BASE_DN": "dc=example"},
        {
            "IDP_LDAP_URL": "ldap://directory.example.org",
            "IDP_LDAP_START_TLS": "1",
            "IDP_LDAP_BASE_DN": "dc=example",
        },
        {"IDP_VALKEY_URL": "valkey://:hunter2@valkey:6379/0"},
        {"FLASK_DEBUG": "0", "HOME": "/root"},
    ],
)
def test_settings_that_agree_are_taken(environ: dict[str, str]) -> None:
    Settings.load(environ)


def test_every_finding_has_its_line() -> None:
    lines = findings(
        {
            "IDP_ISSUER": "http://sso.example.org",
            "IDP_DATA_DIR": "/srv/idp",
            "IDP_CODE_LIFETIME": "1d",
            "IDP_TYPO": "1",
        }
    )

    assert [line.split(":")[0] for line in lines] == [
        "IDP_TYPO",
        "IDP_ISSUER",
        "IDP_CODE_LIFETIME",
    ]


def test_the_real_environment_is_read_when_none_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IDP_ORGANISATION", "From the environment")

    assert Settings.load().organisation == "From the environment"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings.load({}).issuer = "https://evil.example"  # type: ignore[misc]
