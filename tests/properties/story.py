"""One story: people, browsers, applications, and what is checked after every step.

Whatever somebody shows is noted as a factor event only when it was right and the page
went on. So a token that tells of anything else has no event to stand on.
"""

import re
from collections import Counter

from tests.properties.notes import App
from tests.properties.notes import Asked
from tests.properties.notes import Event
from tests.properties.notes import Grant
from tests.properties.notes import Jar
from tests.properties.notes import Login
from tests.properties.notes import Member
from tests.properties.notes import Session
from tests.properties.notes import Tab
from tests.properties.notes import told
from tests.properties.world import FRESHNESS
from tests.properties.world import World
from tests.support.phone import STEP

ASKING = {
    "login-password",
    "login-totp",
    "login-backup-code",
    "enrol-totp",
    "select-account",
}
NOT_PROVED = ASKING - {"enrol-totp"} | {"error"}
TRIES = 5
PAYROLL_AGE = 5 * 60  # seconds


class Story:
    """Two people, two browsers of which one has two tabs, three applications."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mfa = "required"
        world.set_policy(mfa="required", enrol_during_step_up=True)
        self.members = [Member(world.person(name)) for name in ("mia", "ben")]
        shared, own = Jar(), Jar()
        first = Tab(shared, world.browser())
        second = Tab(shared, first.browser.tab())
        self.tabs = [first, second, Tab(own, world.browser())]
        self.apps = [
            App(world.application("wiki")),
            App(
                world.application("payroll", max_factor_age=PAYROLL_AGE),
                min_acr="mfa",
                max_factor_age=PAYROLL_AGE,
            ),
            App(
                world.application("vault", accept_backup_codes=False),
                accepts_backup_codes=False,
            ),
        ]
        self.grants: list[Grant] = []
        self.seen: Counter[str] = Counter()

    @property
    def now(self):
        return self.world.clock()

    # --- what people do

    def ask(self, tab: Tab, app: App, **wish) -> None:
        """Sends a browser to the provider for an application."""
        party = app.party.twin()
        tab.asked = Asked(app, party, self.now, **wish)
        parameters = {
            "scope": "openid offline_access" if tab.asked.offline else "openid",
            "prompt": tab.asked.prompt,
            "acr_values": " ".join(tab.asked.acr_values) or None,
            "claims": essential(tab.asked.essential),
        }
        if tab.asked.max_age is not None:
            parameters["max_age"] = str(tab.asked.max_age)
        party.ask(tab.browser, **parameters)
        self.moved(tab)

    def open(self, tab: Tab, path: str) -> None:
        """Opens a page of the provider; what was waiting in this tab is left."""
        tab.asked = None
        tab.browser.visit(path)
        self.moved(tab)

    def enter_password(self, tab: Tab, member: Member, *, right: bool) -> None:
        person = member.person
        password = person.password if right else person.password + "x"
        tab.browser.fill("sign-in", username=person.username, password=password)
        if tab.browser.page in ("login-password", "error"):
            return self.moved(tab)
        assert right, "a wrong password was taken"
        assert member.active, "a disabled person got past the password"
        tab.login = Login(member)
        return self.proved(tab, "pwd")

    def enter_code(self, tab: Tab, choice: str) -> None:
        """Types a code into the second page: right, wrong, replayed, or foreign."""
        code, right = self.chosen_code(tab, choice)
        tab.browser.fill("sign-in", code=code)
        if tab.browser.page in NOT_PROVED:
            return self.moved(tab)
        assert right, f"a code that was {choice} was taken"
        self.owner(tab).last_code = code
        return self.proved(tab, "otp")

    def chosen_code(self, tab: Tab, choice: str) -> tuple[str, bool]:
        member = tab.login.member if tab.login else None
        others = [one for one in self.members if one is not member and one.phone]
        phone = member.phone if member else None
        if choice == "replayed" and member and member.last_code:
            return member.last_code, False
        if choice == "foreign" and others:
            return others[0].phone.code(), False
        if choice == "lost" and member and member.lost:
            return member.lost[-1].code(), False
        if choice == "right" and phone is not None:
            return self.fresh_code(phone), True
        return (phone.wrong_code() if phone else "000000"), False

    def fresh_code(self, phone) -> str:
        """Waits for a code that the phone has not given, as people do."""
        while phone._last > phone.step:
            self.world.clock.advance(seconds=STEP)
        return phone.unused_code()

    def enter_backup_code(self, tab: Tab, choice: str) -> None:
        member = tab.login.member if tab.login else None
        code, right = "0000-0000-0000-0000", False
        if choice == "right" and member and member.codes:
            code, right = member.codes[0], True
        elif member and member.void_codes:
            code = member.void_codes[-1]
        if tab.browser.page != "login-backup-code":
            # Typed by hand too where the page has no link to it (SEC-004).
            tab.browser.visit(f"/login/{tab.here}/backup-code")
            if tab.browser.page != "login-backup-code":
                return self.moved(tab)
        tab.browser.fill("sign-in", backup_code=code)
        if tab.browser.page in NOT_PROVED:
            return self.moved(tab)
        assert right, "a backup code that was used or void was taken"
        owner = self.owner(tab)
        owner.codes.remove(code)
        owner.void_codes.append(code)
        self.end_everything(owner, keep=tab, logins=False)
        return self.proved(tab, "backup_code")

    def enrol(self, tab: Tab, *, right: bool) -> None:
        """Scans the set-up page and confirms it with a first code."""
        owner = self.owner(tab)
        phone = owner.person.scan(tab.browser)
        code = phone.unused_code() if right else phone.wrong_code()
        tab.browser.fill("register-device", code=code)
        if tab.browser.page != "enrol-backup-codes":
            return self.moved(tab)
        assert right, "a wrong code activated a second factor"
        owner.lose_everything()
        owner.phone, owner.last_code = phone, code
        owner.codes = tab.browser.html.marks("data-backup-code")
        assert len(owner.codes) == 10
        self.end_everything(owner, keep=tab)
        return self.proved(tab, "otp")

    def go_on(self, tab: Tab, *, other: bool = False) -> None:
        """Answers a page that asks for no factor."""
        page = tab.browser.page
        if page == "enrol-backup-codes":
            tab.browser.fill("confirm-saved", saved="yes")
        elif page == "select-account" and other:
            tab.browser.fill("switch-user")
            tab.login = Login()
        else:
            tab.browser.fill("continue-as")
            if page == "select-account" and tab.browser.page not in (*ASKING, "error"):
                self.open_session(tab)
        self.moved(tab)

    def sign_out(self, tab: Tab) -> None:
        self.open(tab, "/settings")
        if tab.browser.page != "settings":
            return
        tab.browser.fill("sign-out")
        assert tab.browser.page == "logged-out"
        if tab.jar.session is not None:
            tab.jar.session.ended = True
        tab.jar.session = None
        for one in self.tabs:
            if one.jar is tab.jar:
                one.login = None

    def turn_mfa_off(self, tab: Tab, choice: str) -> None:
        """Turns one's own second factor off in the settings."""
        self.open(tab, "/settings/mfa/disable")
        if tab.browser.page != "settings-mfa-disable" or tab.browser.error:
            return
        session = tab.jar.session
        tab.login = Login(session.member, session.events)
        code, right = self.chosen_code(tab, choice)
        tab.login = None
        tab.browser.fill("disable-mfa", code=code)
        if tab.browser.page != "settings-mfa":
            return
        assert right, f"MFA was turned off with a code that was {choice}"
        assert not self.required(session.member), "MFA was turned off though required"
        session.member.lose_everything()
        session.events = tuple(one for one in session.events if one.kind == "pwd")
        self.end_everything(session.member, keep=tab)

    # --- what administrators do

    def change_policy(self, mfa: str, *, enrol_during_step_up: bool) -> None:
        self.world.set_policy(mfa=mfa, enrol_during_step_up=enrol_during_step_up)
        self.mfa = mfa

    def take_mfa_away(self, member: Member) -> None:
        self.world.take_mfa_away(member.person)
        member.lose_everything()
        self.end_everything(member)

    def require_mfa(self, member: Member) -> None:
        self.world.require_mfa(member.person, required=True)
        member.required = True

    def spare(self, member: Member) -> None:
        self.world.require_mfa(member.person, required=False)
        member.required = False

    def disable(self, member: Member) -> None:
        self.world.set_active(member.person, active=False)
        member.active = False
        self.end_everything(member)

    def enable(self, member: Member) -> None:
        self.world.set_active(member.person, active=True)
        member.active = True

    def end_sessions(self, member: Member) -> None:
        self.world.end_sessions(member.person)
        self.end_everything(member)

    def change_minimum(self, app: App, min_acr: str | None) -> None:
        self.world.set_minimum(app.party, min_acr)
        app.min_acr = min_acr or ("mfa" if app.max_factor_age else None)

    # --- what becomes of it

    def proved(self, tab: Tab, kind: str) -> None:
        """Notes a factor; the session opens when its login asks for nothing more."""
        assert tab.login is not None, "a login went on that had ended"
        tab.login.events = (*tab.login.events, Event(kind, self.now))
        self.moved(tab, proved=True)

    def moved(self, tab: Tab, *, proved: bool = False) -> None:
        """Looks where a step has led: to a page, or back to the application."""
        page, here = tab.browser.page, login_id(tab)
        if tab.jar.session is not None:
            tab.jar.session.used = self.now
        another = here is not None and here != tab.here
        refused = "error=" in (tab.browser.left_for or "")
        if proved and not refused and (page not in ASKING or another):
            self.open_session(tab)
        tab.here = here
        if page == "login-password":
            tab.login = Login()
        elif page in ASKING and another:
            session = tab.jar.session
            tab.login = Login(session.member, session.events) if session else None
        if tab.browser.left_for is not None:
            self.came_back(tab)

    def open_session(self, tab: Tab) -> None:
        member, events = tab.login.member, tab.login.events
        before = tab.jar.session
        if before is not None and before.member is member and not before.ended:
            before.events, before.opened, before.used = events, self.now, self.now
            return
        if before is not None:
            before.ended = True
        tab.jar.session = Session(member, events, self.now, self.now)

    def owner(self, tab: Tab) -> Member:
        assert tab.login is not None, "a login went on that had ended"
        assert tab.login.member is not None
        return tab.login.member

    def end_everything(
        self, member: Member, *, keep: Tab | None = None, logins: bool = True
    ) -> None:
        """Notes that sessions, tokens and logins of somebody end, but for one tab's."""
        kept = keep.jar if keep else None
        for tab in self.tabs:
            session = tab.jar.session
            if session and session.member is member and tab.jar is not kept:
                session.ended, tab.jar.session = True, None
            ends = logins and tab is not keep and tab.login
            if ends and tab.login.member is member:
                tab.login = None
        for grant in self.grants:
            grant.dead = grant.dead or grant.member is member

    # --- what applications get

    def came_back(self, tab: Tab) -> None:
        """Checks what came back with a code against what really happened."""
        asked = tab.asked
        assert asked is not None
        tab.asked = None
        answer = asked.party.received(tab.browser)
        self.seen[answer.get("error", "code")] += 1
        if "code" not in answer:
            return
        session = tab.jar.session
        assert session is not None, "a code without a session"
        assert not session.surely_over(self.now), "a code from a session that is over"
        expected = self.told(session, asked)
        assert expected is not None, "a code without a password"
        grant = Grant(
            asked, session, session.member, answer["code"], self.now, expected
        )
        assert not self.falls_short(grant), "a code below what is required"
        if session.member.phone is not None:
            kinds = {event.kind for event in session.events}
            assert kinds & {"otp", "backup_code"}, "enrolled, and asked for no code"
        wanted = asked.essential or asked.acr_values
        if set(wanted) and all("mfa" in word for word in wanted):
            assert grant.level == "mfa", "a code below what was asked"
        assert expected[2] >= asked.earliest(), "a code older than was asked"
        self.grants.append(grant)

    def told(self, session: Session, asked: Asked):
        return told(
            session.events,
            self.now,
            freshness=min(FRESHNESS, asked.app.max_factor_age or FRESHNESS),
            backup_codes=asked.app.accepts_backup_codes,
            asked=asked.essential or asked.acr_values,
        )

    def required(self, member: Member) -> bool:
        return self.mfa == "required" or member.required

    def falls_short(self, grant: Grant) -> bool:
        """Tells whether a rule in force now forbids what this grant rests on."""
        required = self.required(grant.member)
        if required and grant.member.phone is None:
            return True
        needs = required or grant.asked.app.min_acr == "mfa"
        return needs and grant.level != "mfa"

    def over(self, grant: Grant) -> bool:
        return grant.surely_over(self.now) or self.falls_short(grant)

    def exchange(self, grant: Grant) -> None:
        """Redeems a code, perhaps for the second time."""
        age = (self.now - grant.at).total_seconds()
        over = self.over(grant) or grant.redeemed or age >= 60
        answer = grant.asked.party.redeem(grant.code)
        if over:
            assert answer.status == 400, "a code that was over gave tokens"
            grant.dead = grant.dead or age < 60
            return
        assert age > 30 or answer.status == 200, answer
        if answer.status == 200:
            grant.redeemed = True
            self.got(grant, grant.asked.party.verified(answer))

    def refresh(self, grant: Grant) -> None:
        if grant.latest is None:
            return
        over, token = self.over(grant), grant.latest.refresh
        answer = grant.asked.party.refresh(token)
        if over:
            assert answer.status == 400, "a refresh token that was over gave tokens"
        if answer.status == 200:
            grant.spent.append((token, self.now))
            self.got(grant, grant.asked.party.verified(answer))
        else:
            grant.dead = True

    def refresh_again(self, grant: Grant) -> None:
        """Shows a refresh token that was used before."""
        if not grant.spent:
            return
        token, used = grant.spent[-1]
        answer = grant.asked.party.refresh(token)
        assert answer.status == 400, "a spent refresh token gave tokens"
        grant.dead = grant.dead or (self.now - used).total_seconds() > 10

    def got(self, grant: Grant, tokens) -> None:
        """Checks what the tokens tell against what really happened."""
        grant.latest, grant.latest_at = tokens, self.now
        for claims in (tokens.claims, tokens.access_claims):
            assert claims["sub"] == grant.member.person.id
            assert (claims["acr"], claims["amr"], claims["auth_time"]) == grant.told
            assert claims["auth_time"] <= self.now.timestamp()
        self.seen[" ".join(tokens.claims["amr"])] += 1

    def look_at(self, grant: Grant) -> None:
        """Asks userinfo and introspection about an access token."""
        if grant.latest is None:
            return
        party, token = grant.asked.party, grant.latest.access
        told, person = party.introspect(token).json(), party.userinfo(token)
        old = (self.now - grant.latest_at).total_seconds() >= 10 * 60
        if self.over(grant) or old:
            assert person.status == 401, "userinfo answered for what is over"
            assert told == {"active": False}, told
            self.seen["over"] += 1
        elif told["active"]:
            assert person.json()["sub"] == grant.member.person.id
            assert (told["acr"], told["amr"], told["auth_time"]) == grant.told
            self.seen["active"] += 1


def login_id(tab: Tab) -> str | None:
    """Reads which login a tab is at from the address of its page."""
    if tab.browser.left_for is not None or not tab.browser.trail:
        return None
    found = re.search(r"/login/([^/?]+)/", tab.browser.at)
    return found[1] if found else None


def essential(values: tuple[str, ...]) -> str | None:
    if not values:
        return None
    words = ", ".join(f'"{value}"' for value in values)
    return f'{{"id_token": {{"acr": {{"essential": true, "values": [{words}]}}}}}}'
