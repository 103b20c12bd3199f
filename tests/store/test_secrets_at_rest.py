"""SEC-038, SEC-302: a copy of the database gives no usable credential.

After whole sign-ins, enrolment, codes, refresh and administration every secret that
was handed out is looked for in everything that lies in the database, byte by byte.
"""

import base64
import pathlib

import pytest
import sqlalchemy

from idp.actions.totp_secrets import TOTP_PURPOSE
from idp.errors import Unsealable
from idp.store.authenticators import TotpTable
from idp.store.engines import make_engine
from idp.vault import Vault
from tests.support.browser import Browser
from tests.support.contents import Watched
from tests.support.contents import everything_in
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.phone import STEP
from tests.support.registrar import ON
from tests.support.registrar import initial_token
from tests.support.registrar import register
from tests.support.within import Prepared
from tests.support.within import Within
from tests.support.within import within


class Story:
    """A day of one provider, and everything secret that it handed out."""

    def __init__(self, provider: Within) -> None:
        self.provider = provider
        self.secrets: dict[str, str] = {}
        self.app = provider.client("Wiki")
        self.keep("client secret", self.app.secret)
        self.mia = provider.person("mia", enrolled=False)
        self.enrol()
        self.use_the_application()
        self.fail_and_recover()

    def keep(self, what: str, value: str | None) -> None:
        assert value, what
        self.secrets[what] = value

    def enrol(self) -> None:
        mia, browser = self.mia, self.provider.browser()
        self.keep("password", mia.password)
        mia.register_device(mia.enter_password(browser.visit("/login")))
        secret = _base32(mia)
        self.keep("TOTP secret", secret)
        self.keep("TOTP secret, small", secret.lower())
        mia.keep_codes(browser)
        for number, code in enumerate(mia.backup_codes):
            self.keep(f"backup code {number}", code)
            self.keep(f"backup code {number}, plain", code.replace("-", ""))
        self.cookies(browser, "after enrolment")

    def cookies(self, browser: Browser, when: str) -> None:
        for name, value in browser.cookies.items():
            self.keep(f"cookie {name} {when}", value)

    def use_the_application(self) -> None:
        self.provider.move.advance(seconds=STEP)
        browser = self.mia.enter_password(self.app.ask(self.provider.browser()))
        self.mia.enter_code(browser)
        code = self.app.code(browser)
        self.keep("authorization code", code)
        answer = self.app.redeem(code).json()
        fresh = self.app.refresh(answer["refresh_token"]).json()
        for name in ("access_token", "refresh_token", "id_token"):
            self.keep(name, answer[name])
            self.keep(f"second {name}", fresh[name])
        self.cookies(browser, "after sign-in")

    def fail_and_recover(self) -> None:
        wrong = self.provider.browser().visit("/login")
        wrong.fill("sign-in", username="mia", password="wrong-Passw0rd-typed")
        self.keep("wrong password", "wrong-Passw0rd-typed")
        wrong.visit("/login").fill("sign-in", username="s3cret-as-name", password="x")
        self.keep("unknown user name", "s3cret-as-name")
        backup = self.mia.enter_password(self.provider.browser().visit("/login"))
        self.mia.enter_backup_code(backup, self.mia.backup_codes[0])
        made = self.provider.command("user", "create", "ben", "--json")
        self.keep("initial password", made["initial_password"])
        made = self.provider.command("client", "rotate-secret", self.app.id, "--json")
        self.keep("second client secret", made["client_secret"])
        self.register()

    def register(self) -> None:
        token = initial_token(self.provider)
        self.keep("initial access token", token)
        known = register(self.provider, token).json()
        self.keep("registration access token", known["registration_access_token"])
        self.keep("secret of who registered", known["client_secret"])


def _base32(person: Person) -> str:
    return base64.b32encode(person.phone._key).decode().rstrip("=")


@pytest.fixture
def watched(database_kind: str, request: pytest.FixtureRequest) -> Watched:
    prepared: Prepared = request.getfixturevalue(f"prepared_{database_kind}")
    return Watched(prepared.folder, prepared.url, prepared.server)


def test_nothing_that_was_handed_out_lies_in_the_database(
    watched: Watched, tmp_path: pathlib.Path
) -> None:
    with within(tmp_path, watched, **ON) as provider:
        story = Story(provider)
        contents = everything_in(watched.url_of_copy)
        assert any(b"mia" in content for content in contents.values())
        found = [
            (what, where)
            for what, secret in story.secrets.items()
            for where, content in contents.items()
            if secret.encode() in content or secret.encode().hex().encode() in content
        ]
        assert len(story.secrets) > 35
        assert not found


def test_a_sealed_secret_opens_in_its_own_row_only(
    watched: Watched, tmp_path: pathlib.Path
) -> None:
    """SEC-038: moved to another person it is no second factor, and no 500"""
    with within(tmp_path, watched) as provider:
        mia, ben = provider.person("mia"), provider.person("ben")
        engine = make_engine(watched.url_of_copy)
        columns = (TotpTable.user_id, TotpTable.id, TotpTable.secret_sealed)
        with engine.begin() as db:
            sealed = {row[0]: row for row in db.execute(sqlalchemy.select(*columns))}
            stolen = sealed[mia.id].secret_sealed
            db.execute(
                sqlalchemy.update(TotpTable)
                .where(TotpTable.user_id == ben.id)
                .values(secret_sealed=stolen)
            )
        engine.dispose()
        vault = Vault((tmp_path / "keys" / "master.key").read_text())
        opened = vault.unseal(stolen, purpose=TOTP_PURPOSE, row=sealed[mia.id].id)
        assert opened.decode() == _base32(mia)
        with pytest.raises(Unsealable):
            vault.unseal(stolen, purpose=TOTP_PURPOSE, row=sealed[ben.id].id)
        browser = ben.enter_password(provider.browser().visit("/login"))
        ben.enter_code(browser, mia.phone.unused_code())
        assert browser.status == 200
        assert not is_signed_in(browser)


def test_a_backup_code_of_somebody_else_opens_nothing(
    watched: Watched, tmp_path: pathlib.Path
) -> None:
    """SEC-008"""
    with within(tmp_path, watched) as provider:
        mia, ben = provider.person("mia"), provider.person("ben")
        browser = ben.enter_password(provider.browser().visit("/login"))
        ben.enter_backup_code(browser, mia.backup_codes[0])
        assert not is_signed_in(browser)
        assert provider.mfa_of(mia)["backup_codes_remaining"] == 10
