"""The settings: one frozen model, and the only reader of the environment.

Values come from ``IDP_…`` variables, then from the TOML file that ``IDP_CONFIG``
names (``interface.md`` section 3). A weak, unknown or contradicting value stops the
start with one line per finding (SEC-300), and no line ever holds a secret. Single
values are checked in ``setting_values``, the places are read in ``setting_sources``.
What an administrator changes at run time lives in the database.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import SecretStr
from pydantic import ValidationError
from pydantic import model_validator

from idp import setting_directory
from idp import setting_findings
from idp import setting_mail
from idp import setting_values as values
from idp.errors import Misconfigured
from idp.rules.uris import DEFAULT_PORTS
from idp.rules.uris import is_loopback_host
from idp.setting_sources import RawSettings

SAFE_HASH_COST = 12

SECRETS = frozenset(
    {
        "database_url",
        "ldap_bind_password",
        "master_key",
        "metrics_token",
        "smtp_url",
        "valkey_url",
    }
)
"""Fields that may also be read from the file that ``<name>_file`` names."""

_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:/?#@\[\]\\]+?)\.?(?::([0-9]{0,5}))?")
_SQLITE = "sqlite:///"


def _sqlite_in(found: Mapping[str, Path]) -> SecretStr:
    return SecretStr(f"{_SQLITE}{found['data_dir'] / 'idp.db'}")


class Settings(BaseModel):
    """Everything that is set before the start; each field is ``IDP_`` and its name."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True
    )

    issuer: values.Issuer = "http://127.0.0.1:5000"
    organisation: values.Organisation = "Ostiary"
    accent_colour: values.Colour | None = None
    logo_file: values.LogoFile | None = None
    help_text: values.Line | None = None

    data_dir: values.Directory = Path("var")
    database_url: values.DatabaseUrl = Field(default_factory=_sqlite_in)
    keys_dir: values.Directory = Path("keys")
    master_key: values.Secret | None = None
    valkey_url: values.ValkeyUrl | None = None

    ldap_url: setting_directory.LdapUrls | None = None
    ldap_start_tls: bool = False
    ldap_ca_file: values.Authorities | None = None
    ldap_bind_dn: values.Line | None = None
    ldap_bind_password: values.Secret | None = None
    ldap_base_dn: values.Line | None = None
    ldap_user_filter: setting_directory.Filter = "(uid={username})"
    ldap_id_attribute: setting_directory.Attribute = "entryUUID"
    ldap_attribute_map: setting_directory.AttributeMap = Field(default_factory=dict)
    ldap_group_filter: setting_directory.Filter | None = None
    ldap_group_role_map: values.TextMap = Field(default_factory=dict)
    ldap_mfa_required_for_new_users: bool = False
    ldap_sync_interval: values.Duration = timedelta(minutes=5)

    smtp_url: setting_mail.SmtpUrl | None = None
    mail_from: setting_mail.MailFrom | None = None

    trusted_proxies: values.Number = Field(default=0, ge=0, le=32)
    outbound_allow: values.Allowed = ()
    outbound_ca_file: values.Authorities | None = None
    dynamic_registration: bool = False
    metrics_token: values.Token | None = None
    management_bind: values.Bind | None = None
    log_format: values.LogFormat | None = None
    log_level: values.LogLevel = "info"

    acr_aliases: values.Aliases = Field(default_factory=dict)
    login_lifetime: values.UpTo15Minutes = timedelta(minutes=10)
    session_idle: values.Duration = timedelta(minutes=60)
    session_lifetime: values.UpToADay = timedelta(hours=12)
    code_lifetime: values.UpTo10Minutes = timedelta(seconds=60)
    access_token_lifetime: values.UpToAnHour = timedelta(minutes=10)
    id_token_lifetime: values.UpToAnHour = timedelta(minutes=10)
    refresh_idle: values.Duration = timedelta(hours=8)
    refresh_lifetime: values.Duration = timedelta(hours=24)
    offline_lifetime: values.Duration = timedelta(days=30)
    refresh_grace: values.UpTo10Seconds = timedelta(seconds=10)
    mfa_freshness: values.Duration = timedelta(hours=12)
    sudo_freshness: values.UpTo15Minutes = timedelta(minutes=5)
    audit_retention: values.AMonthOrMore | None = None

    factor_tries_per_login: values.Number = Field(default=5, ge=1, le=10)
    factor_tries: values.Number = Field(default=10, ge=1, le=100)
    factor_lock: values.Duration = timedelta(minutes=15)
    factor_tries_total: values.Number = Field(default=100, ge=1, le=100)
    sessions_per_user: values.Number = Field(default=50, ge=1, le=10_000)
    password_hash_cost: values.Number = Field(default=SAFE_HASH_COST, ge=4, le=16)
    password_tries: values.Number = Field(default=5, ge=1, le=100)
    password_delay_max: values.Duration = timedelta(seconds=60)
    source_rate: values.Rate = "60/minute"

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Reads environment and file; raises ``Misconfigured`` with every finding."""
        raw = RawSettings(tuple(cls.model_fields), secrets=SECRETS)
        raw.read(os.environ if environ is None else environ)
        try:
            settings = cls.model_validate(raw.values)
        except ValidationError as failure:
            found = setting_findings.findings(failure, cls.model_fields)
            raise Misconfigured((*raw.findings, *found)) from None
        if raw.findings:
            raise Misconfigured(raw.findings)
        return settings

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        contradictions = tuple(_contradictions(self))
        if contradictions:
            raise ValueError("\n".join(contradictions))
        return self

    def fingerprint(self) -> str:
        """Returns a word that differs where settings do; secrets have no part in it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    @cached_property
    def base_path(self) -> str:
        """The issuer's path, ``""`` or such as ``/idp``."""
        return urlsplit(self.issuer).path

    @cached_property
    def origin(self) -> str:
        """Scheme, host and port of the issuer, as browsers say it in ``Origin``."""
        return self.issuer.removesuffix(self.base_path)

    @cached_property
    def host(self) -> str:
        """Host and, unless it is the default one, port of the issuer."""
        return urlsplit(self.issuer).netloc

    @cached_property
    def is_loopback(self) -> bool:
        """Whether the issuer's host is loopback: a trial or a development machine."""
        return is_loopback_host(urlsplit(self.issuer).hostname or "")

    @cached_property
    def secure_cookies(self) -> bool:
        """Whether cookies are ``Secure`` and ``__Host-`` ones: all but plain http."""
        return urlsplit(self.issuer).scheme == "https"

    @cached_property
    def sqlite_path(self) -> Path | None:
        """The SQLite file, or None when the database is another."""
        url = self.database_url.get_secret_value()
        return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None

    def host_matches(self, value: str) -> bool:
        """Tells whether a Host header names the issuer's host (SEC-285).

        Letter case, the default port and a final dot do not matter.
        """
        return value == self.host or self._authority_in(value) == self._authority

    @cached_property
    def _authority(self) -> tuple[str, int] | None:
        return self._authority_in(self.host)

    def _authority_in(self, text: str) -> tuple[str, int] | None:
        match = _AUTHORITY.fullmatch(text.lower())
        if match is None:
            return None
        default = DEFAULT_PORTS["https" if self.secure_cookies else "http"]
        return match[1], int(match[2] or default)


def _contradictions(settings: Settings) -> Iterator[str]:
    """Yields what single values cannot tell: settings that do not go together."""
    cost, rate = settings.password_hash_cost, settings.source_rate
    if cost < SAFE_HASH_COST and not settings.is_loopback:
        yield f"IDP_PASSWORD_HASH_COST: below {SAFE_HASH_COST} needs a loopback issuer"
    if rate is None and not settings.is_loopback:
        yield "IDP_SOURCE_RATE: switching it off needs a loopback issuer"
    if settings.smtp_url is not None and settings.mail_from is None:
        yield "IDP_MAIL_FROM: is needed with IDP_SMTP_URL"
    if settings.ldap_url is not None:
        yield from setting_directory.contradictions(
            settings.ldap_url,
            start_tls=settings.ldap_start_tls,
            base_dn=settings.ldap_base_dn,
            bind=(bool(settings.ldap_bind_dn), bool(settings.ldap_bind_password)),
            user_filter=settings.ldap_user_filter,
            group_filter=settings.ldap_group_filter,
        )
