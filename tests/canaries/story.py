"""The whole day: every journey there is, and whatever can go wrong on the way.

Each secret is kept under a name at the moment from which nobody may see it again: a
password at once, a key when its set-up is over, a code when its page was left.
"""

import base64
import dataclasses
import functools
import json
import pathlib
import threading
from typing import Any

from idp.actions.tools import Tools
from idp.actions.work import SYSTEM
from idp.actions.work import Origin
from idp.cli import outbox
from idp.settings import Settings
from idp.vault import Vault
from tests.canaries import troubles
from tests.canaries.listening import Loud
from tests.canaries.listening import Overheard
from tests.canaries.markers import Marker
from tests.support.browser import Browser
from tests.support.faults import changed
from tests.support.mailbox import taking_mail
from tests.support.people import Person
from tests.support.people import password_of
from tests.support.phone import STEP
from tests.support.relying_party import RelyingParty
from tests.support.within import Within

GIVEN_SECRET = "0a-secret-that-an-administrator-thought-of"
WRONG_CODES = ("846193", "517264")
WRONG_PASSWORD = "wrong-Horse-Battery-typed-by-mistake"
AS_NAME = "Passw0rd-typed-into-the-field-of-the-name"
WRONG_BACKUP_CODE = "QQQQ-QQQQ-QQQQ-QQQ1"
FORMATS = ("jsonl", "csv")
KEY_DIGITS = 64
LONG_AGO = "2020-01-01T00:00:00.000000+00:00"
NEW_PASSWORD = "nine-unlikely-cormorants-on-a-pier"


@dataclasses.dataclass(frozen=True)
class Kept:
    """A secret, and how many exchanges and commands there were before it was over."""

    marker: Marker
    exchanges: int
    commands: int


class Story:
    """One provider, everybody who uses it, and all that is secret between them."""

    def __init__(
        self,
        provider: Within,
        environment: dict[str, str],
        folder: pathlib.Path,
        log: Overheard,
    ) -> None:
        self.provider = provider
        self.environment = environment
        self.url = environment["IDP_DATABASE_URL"]
        self.log = log
        self.mails: list[str] = []
        self.kept: dict[str, Kept] = {}
        self.commands: list[bytes] = []
        self.export = b""
        assert isinstance(provider.wire, Loud)
        self.exchanges = provider.wire.exchanges
        self._command = provider.command
        provider.command = self.command
        self.master = master_key(folder / "keys" / "master.key")

    def tell(self) -> None:
        """Lives through the day."""
        self.register_applications()
        self.mia = self.newcomer("mia")
        self.sign_in_with_slips(self.mia)
        self.use_the_application(self.mia)
        self.use_backup_codes(self.mia)
        self.change_the_factor(self.mia)
        self.change_the_password(self.mia)
        self.ben = self.first_password("ben")
        self.look_around(self.mia)
        self.go_wrong(self.mia)
        self.sign_out(self.mia)
        self.administer()
        self.administer_on_pages()
        self.hand_over()

    # --- keeping

    def keep(
        self, what: str, value: str | None, *, raw: bytes = b"", ends: bool = True
    ) -> None:
        """Notes a secret; from here on it may be shown nowhere."""
        assert value, what
        assert what not in self.kept, what
        marker = Marker(what, value, raw, ends)
        self.kept[what] = Kept(marker, len(self.exchanges), len(self.commands))

    def keep_cookies(self, browser: Browser, when: str) -> None:
        """Notes what is in a jar and the form tokens of its page."""
        known = {kept.marker.value for kept in self.kept.values()}
        jar = {f"{name} {when}": value for name, value in browser.cookies.items()}
        for what, value in jar.items():
            if value not in known:
                self.keep(what, value)

    def keep_form(self, browser: Browser, action: str, when: str) -> None:
        """Notes the token of a form."""
        fields = dict(browser.html.form(action).fields)
        self.keep(f"form token {when}", fields["csrf_token"])

    def keep_tokens(self, answer: dict[str, Any], when: str) -> None:
        """Notes tokens; those that are signed by their signature, which none shares."""
        for name in ("access_token", "refresh_token", "id_token"):
            if name in answer:
                signature = answer[name].rpartition(".")[2]
                self.keep(f"{name} {when}", answer[name], ends=False)
                self.keep(f"end of {name} {when}", signature)

    def command(self, *arguments: str, stdin: str | None = None) -> Any:
        """Runs `idp` and keeps what went in and out."""
        answer = self._command(*arguments, stdin=stdin)
        told = answer if isinstance(answer, str) else json.dumps(answer)
        self.commands.append(f"{stdin or ''}\n{told}".encode())
        return answer

    def wrong_for(self, person: Person) -> str:
        """Gives a wrong code that stands out, and is none of this person's."""
        near = {person.phone.code(offset) for offset in range(-20, 21)}
        wrong = next(code for code in WRONG_CODES if code not in near)
        if f"wrong code {wrong}" not in self.kept:
            self.keep(f"wrong code {wrong}", wrong)
        return wrong

    # --- the day

    def register_applications(self) -> None:
        """Makes clients of each kind."""
        make = self.provider.client
        out = ("--post-logout-redirect-uri", "https://wiki.example/out")
        self.wiki = make("Wiki", *out)
        self.post = make("Post", "--auth-method", "client_secret_post")
        self.phone = make("Phone", "--public")
        self.machine = make("Machine", "--service", "--scope", "idp:users:read")
        for app in (self.wiki, self.post, self.machine):
            self.keep(f"secret of {app.id}", app.secret)
        address = ("--redirect-uri", "https://given.example/cb")
        given = ("client", "create", "Given", *address, "--secret-stdin", "--json")
        facts = self.command(*given, stdin=GIVEN_SECRET)
        self.given = RelyingParty(self.provider.http, facts, self.provider.clock)
        self.given.secret = GIVEN_SECRET
        self.keep("given secret", GIVEN_SECRET)

    def newcomer(self, name: str, *options: str) -> Person:
        """Enrols somebody on the way to an application, slips and all."""
        address = ("--email", f"{name}@example.org")
        person = self.provider.person(name, *address, *options, enrolled=False)
        self.keep(f"password of {name}", person.password)
        browser = self.wiki.ask(self.provider.browser())
        self.keep_form(browser, "sign-in", f"before the password of {name}")
        self.enrol(person, person.enter_password(browser), f"of {name} at first")
        self.keep_cookies(browser, f"after enrolment of {name}")
        self.keep(f"code after enrolment of {name}", self.wiki.code(browser))
        return person

    def enrol(self, person: Person, browser: Browser, when: str) -> None:
        """Goes through a set-up: a wrong code, a right one, the backup codes."""
        phone = person.scan(browser)
        secret = browser.html.mark("data-totp-secret") or ""
        self.keep_form(browser, "register-device", when)
        browser.fill("register-device", code=self.wrong_for(person))
        code = phone.unused_code()
        browser.fill("register-device", code=code)
        self.keep(f"key {when}", secret, raw=base64.b32decode(secret))
        self.keep(f"code of the app {when}", code)
        self.provider.move.advance(seconds=2 * STEP)
        self.keep_codes(person, browser, when)

    def keep_codes(self, person: Person, browser: Browser, when: str) -> None:
        """Writes the backup codes down and goes on."""
        for number, code in enumerate(browser.html.marks("data-backup-code")):
            self.keep(f"backup code {number} {when}", code)
        person.keep_codes(browser)

    def code_of(self, person: Person, when: str) -> str:
        """Takes a code from the phone that nobody has used, and keeps it."""
        self.provider.move.advance(seconds=2 * STEP)
        code = person.phone.unused_code()
        self.keep(f"code of the app {when}", code)
        return code

    def sign_in_with_slips(self, person: Person) -> None:
        """Types another password, a password for a name, a code twice."""
        browser = self.provider.browser().visit("/login")
        self.keep("wrong password", WRONG_PASSWORD)
        self.keep("password as a name", AS_NAME)
        browser.fill("sign-in", username=person.username, password=WRONG_PASSWORD)
        browser.fill("sign-in", username=AS_NAME, password=WRONG_PASSWORD)
        person.enter_password(browser)
        person.enter_code(browser, self.wrong_for(person))
        code = self.code_of(person, "at a sign-in")
        person.enter_code(browser, code)
        assert browser.page == "settings", browser
        self.keep_cookies(browser, "after a sign-in")
        again = person.enter_password(self.provider.browser().visit("/login"))
        assert person.enter_code(again, code).error == "used-code"
        self.keep_form(again, "sign-in", "at the code")

    def use_the_application(self, person: Person) -> None:
        """Takes tokens, uses them in each way, spends and wastes them."""
        browser = person.enter_password(self.wiki.ask(self.provider.browser()))
        person.enter_code(browser, self.code_of(person, "for the wiki"))
        self.keep_cookies(browser, "at the wiki")
        tokens = self.redeem(self.wiki, browser, "of the wiki")
        self.hint = str(tokens["id_token"])
        for app in (self.post, self.given):
            held = self.redeem(app, app.ask(browser), f"of {app.id}")
            app.introspect(held["refresh_token"])
            app.revoke(held["access_token"])
        form = {"response_mode": "form_post"}
        by_form = self.phone.ask(browser, **form).html
        fields = dict(by_form.forms[0].fields)
        self.keep("code in a form", fields["code"])
        assert self.phone.redeem(fields["code"]).status == 200
        self.phone.redeem(fields["code"])
        answer = self.machine.token(grant_type="client_credentials")
        self.keep_tokens(answer.json(), "of the machine")

    def redeem(self, app: RelyingParty, browser: Browser, when: str) -> dict[str, Any]:
        """Redeems a code, wrongly first; refreshes, shows and introspects."""
        code = app.code(browser)
        self.keep(f"code {when}", code)
        assert app.pending is not None
        self.keep(f"verifier {when}", app.pending.verifier)
        app.redeem(code, code_verifier="v" * 43)
        first = app.redeem(code).json()
        self.keep_tokens(first, when)
        second: dict[str, Any] = app.refresh(first["refresh_token"]).json()
        self.keep_tokens(second, f"{when}, refreshed")
        app.userinfo(second["access_token"])
        app.userinfo(second["refresh_token"])
        app.introspect(second["access_token"])
        return second

    def use_backup_codes(self, person: Person) -> None:
        """Signs in with a backup code after a wrong one; the notice follows."""
        browser = person.enter_password(self.provider.browser().visit("/login"))
        self.keep("wrong backup code", WRONG_BACKUP_CODE)
        person.enter_backup_code(browser, WRONG_BACKUP_CODE)
        person.enter_backup_code(browser, person.backup_codes[3])
        assert browser.page == "login-notice", browser
        self.keep_cookies(browser, "after a backup code")
        browser.fill("continue-as")
        browser.visit("/settings")

    def signed_in(self, person: Person, when: str) -> Browser:
        """Signs somebody in and keeps what that took."""
        browser = person.enter_password(self.provider.browser().visit("/login"))
        person.enter_code(browser, self.code_of(person, when))
        self.keep_cookies(browser, when)
        return browser

    def change_the_factor(self, person: Person) -> None:
        """Replaces the device, makes new codes, switches off, and on again."""
        self.provider.policy("optional")
        browser = self.signed_in(person, "before replacing")
        browser.visit("/settings/mfa").click("replace-device")
        self.enrol(person, browser, "of the new device")
        browser.visit("/settings/mfa/regenerate")
        browser.fill("regenerate-codes", code=person.backup_codes[0])
        code = self.code_of(person, "for new codes")
        self.keep_form(browser, "regenerate-codes", "for new codes")
        browser.fill("regenerate-codes", code=code)
        self.keep_codes(person, browser, "of the second set")
        browser.visit("/settings/mfa/disable")
        browser.fill("disable-mfa", code=self.wrong_for(person))
        browser.fill("disable-mfa", code=self.code_of(person, "to switch off"))
        assert browser.html.mark("data-mfa-state") == "none", browser
        browser.fill("enable-mfa")
        if browser.page == "login-password":
            person.enter_password(browser)
        self.enrol(person, browser, "of the last device")

    def change_the_password(self, person: Person) -> None:
        """Changes the password: wrong, weak, mistyped, right."""
        browser = self.signed_in(person, "before a new password")
        browser.visit("/settings/password")
        new = {"new_password": NEW_PASSWORD, "new_password_again": NEW_PASSWORD}
        self.keep("new password", NEW_PASSWORD)
        wrong = {**new, "current_password": WRONG_PASSWORD}
        browser.fill("change-password", **wrong, code=self.wrong_for(person))
        right = {**new, "current_password": person.password}
        twice = {**right, "new_password_again": "x"}
        browser.fill("change-password", **twice, code="")
        code = self.code_of(person, "for a new password")
        browser.fill("change-password", **right, code=code)
        assert (browser.page, browser.error) == ("settings", None), browser
        person.password = NEW_PASSWORD
        self.keep_cookies(browser, "after a new password")

    def first_password(self, name: str) -> Person:
        """Lets somebody begin with a password that was made for them."""
        made = self.command("user", "create", name, "--json")
        initial = made["initial_password"]
        self.keep(f"first password of {name}", initial)
        lasting = password_of(f"{name} for ever")
        self.keep(f"lasting password of {name}", lasting)
        person = Person(made["id"], name, initial, self.provider.clock)
        browser = person.enter_password(self.provider.browser().visit("/login"))
        assert browser.page == "login-new-password", browser
        for again in ("another", lasting):
            new = {"new_password": lasting, "new_password_again": again}
            browser.fill("set-password", **new)
        person.password = lasting
        self.command("user", "require-mfa", name)
        later = person.enter_password(self.provider.browser().visit("/login"))
        self.enrol(person, later, f"of {name}")
        issued = self.command("user", "initial-password", name, "--json")
        self.keep(f"second first password of {name}", issued["initial_password"])
        last = self.provider.browser().visit("/login")
        last.fill("sign-in", username=name, password=issued["initial_password"])
        return person

    def look_around(self, person: Person) -> None:
        """Opens every page, in both languages."""
        browser = self.signed_in(person, "to look around")
        pages = ("", "/mfa", "/mfa/disable", "/mfa/regenerate", "/password")
        for page in (*pages, "/sessions", "/applications", "/activity"):
            for language in ("en", "de"):
                browser.headers["Accept-Language"] = language
                browser.visit(f"/settings{page}")
                assert browser.status == 200, browser
        browser.visit("/settings/sessions").fill("end-other-sessions")

    def go_wrong(self, person: Person) -> None:
        """Breaks the database and a row under the feet of people."""
        browser = self.signed_in(person, "before the troubles")
        troubles.of_forms(self.provider, browser)
        take = functools.partial(self.code_of, person)
        troubles.of_the_database(self.url, self.provider, person, self.wiki, take)
        troubles.of_a_view(self.url, self.provider, person, take("in a fault"))

    def sign_out(self, person: Person) -> None:
        """Signs out here, and by an application with its proof."""
        self.signed_in(person, "to sign out").fill("sign-out")
        browser = self.signed_in(person, "to sign out elsewhere")
        where = "https://wiki.example/out"
        sent = {"id_token_hint": self.hint, "post_logout_redirect_uri": where}
        browser.visit("/end_session", sent)
        if browser.page == "logout-confirm":
            browser.fill("sign-out", confirm="yes")
        assert browser.left_for == where, browser

    def administer(self) -> None:
        """Makes another secret, then asks every command for what it knows."""
        rotate = ("client", "rotate-secret", self.wiki.id, "--json")
        self.wiki.secret = str(self.command(*rotate)["client_secret"])
        self.keep("second secret of the wiki", self.wiki.secret)
        self.wiki.introspect("nothing")
        self.command("user", "disable-mfa", "ben", "--reason", "lost")
        for kind in ("user", "client", "role", "keys"):
            self.command(kind, "list", "--json")
        self.command("user", "show", "mia", "--json")
        self.command("client", "show", self.wiki.id, "--json")
        self.command("policy", "show", "--json")
        self.command("check")
        self.command("audit", "verify")
        both = [self.command("audit", "export", "--format", f) for f in FORMATS]
        self.export = "\n".join(both).encode()

    def administer_on_pages(self) -> None:
        """Does on pages what shows a secret once, and looks at the pages again."""
        root = self.newcomer("root", "--role", "administrator")
        browser = self.signed_in(root, "to administer")
        application = f"/admin/applications/{self.wiki.id}"
        browser.visit(application).fill("rotate-secret", expire_others_in="1h")
        self.wiki.secret = browser.html.mark("data-client-secret")
        self.keep("third secret of the wiki", self.wiki.secret)
        self.wiki.introspect("nothing")
        person = f"/admin/users/{self.ben.id}"
        browser.visit(person).fill("initial-password")
        self.keep("third password", browser.html.mark("data-initial-password"))
        if browser.html.mark("data-initial-password"):
            browser.visit("/admin/")
        pages = ("/admin/", "/admin/users", person, application, "/admin/audit")
        for page in (*pages, "/admin/roles", "/admin/policy", "/admin/keys"):
            assert browser.visit(page).status == 200, browser

    def hand_over(self) -> None:
        """Sends all mails that wait, to a real server."""
        settings = Settings.load(self.environment)
        tools = Tools(settings, Vault.load(settings))
        work = tools.work(self.provider.clock(), actor=SYSTEM, origin=Origin())
        port = int(self.environment["IDP_SMTP_URL"].rpartition(":")[2])
        # The story's clock is ahead of the one that mails are sent by.
        waiting = "WHERE mail_due_at IS NOT NULL"
        due = f"UPDATE notices SET mail_due_at = '{LONG_AGO}' {waiting}"
        with changed(self.url, due), taking_mail(port=port) as (box, _):
            outbox.deliver(work, threading.Event())
        tools.close()
        self.mails = [one.message.as_string() for one in box.mails]
        self.mails += [str(one.message.get_content()) for one in box.mails]


def master_key(ring: pathlib.Path) -> Marker:
    """Reads the key that seals everything."""
    (key,) = [line for line in ring.read_text().split() if len(line) == KEY_DIGITS]
    return Marker("master key", key, bytes.fromhex(key))
