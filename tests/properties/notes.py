"""What really happened, kept beside the application and never read from it.

``told`` says by the paper (``interface.md`` section 1) what a token may tell of these
factor events, at most and at least; it shares no line with the program.
"""

import dataclasses
import datetime
import math

from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.phone import Phone
from tests.support.relying_party import RelyingParty
from tests.support.relying_party import Tokens

Told = tuple[str, list[str], int]

WORDS = {"otp": ["pwd", "otp", "mfa"], "backup_code": ["pwd", "mfa", "backup_code"]}
ALIASES = {
    "https://refeds.org/profile/sfa": "pwd",
    "https://refeds.org/profile/mfa": "mfa",
}
IDLE = datetime.timedelta(minutes=60)
LIFETIME = datetime.timedelta(hours=12)


@dataclasses.dataclass(frozen=True)
class Event:
    """A factor that somebody really showed, and when."""

    kind: str
    at: datetime.datetime


Events = tuple[Event, ...]


@dataclasses.dataclass
class Member:
    """A person as the story knows them."""

    person: Person
    phone: Phone | None = None
    lost: list[Phone] = dataclasses.field(default_factory=list)
    codes: list[str] = dataclasses.field(default_factory=list)
    void_codes: list[str] = dataclasses.field(default_factory=list)
    last_code: str | None = None
    required: bool = False
    active: bool = True

    def lose_everything(self) -> None:
        """Keeps phone and codes as what must never work again."""
        if self.phone is not None:
            self.lost.append(self.phone)
        self.void_codes += self.codes
        self.phone, self.codes = None, []


@dataclasses.dataclass
class Session:
    """A finished session: whose it is, and what was proved in it."""

    member: Member
    events: Events
    opened: datetime.datetime
    used: datetime.datetime
    ended: bool = False

    def surely_over(self, now: datetime.datetime) -> bool:
        return (
            self.ended
            or not self.member.active
            or now - self.used >= IDLE
            or now - self.opened >= LIFETIME
        )


@dataclasses.dataclass
class Login:
    """A login under way."""

    member: Member | None = None
    events: Events = ()


@dataclasses.dataclass
class Jar:
    """The cookies of one browser."""

    session: Session | None = None


@dataclasses.dataclass
class Asked:
    """A request on its way, and what it insisted on."""

    app: "App"
    party: RelyingParty
    at: datetime.datetime
    offline: bool = False
    prompt: str | None = None
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()
    essential: tuple[str, ...] = ()

    def earliest(self) -> int:
        """Gives the lowest auth_time that answers this request."""
        moments = [datetime.datetime.min.replace(tzinfo=datetime.UTC)]
        if self.prompt == "login":
            moments.append(self.at)
        if self.max_age is not None:
            moments.append(self.at - datetime.timedelta(seconds=self.max_age))
        return math.floor(max(moments).timestamp())


@dataclasses.dataclass
class Tab:
    """One tab of a browser, and what is open in it."""

    jar: Jar
    browser: Browser
    login: Login | None = None
    asked: Asked | None = None
    here: str | None = None  # the id of the login on the page


@dataclasses.dataclass
class App:
    """An application with its rules."""

    party: RelyingParty
    min_acr: str | None = None
    max_factor_age: int | None = None
    accepts_backup_codes: bool = True


@dataclasses.dataclass
class Grant:
    """What an application was given."""

    asked: Asked
    session: Session
    member: Member
    code: str
    at: datetime.datetime
    told: Told
    dead: bool = False
    redeemed: bool = False
    latest: Tokens | None = None
    latest_at: datetime.datetime | None = None
    spent: list[tuple[str, datetime.datetime]] = dataclasses.field(default_factory=list)

    @property
    def level(self) -> str:
        return "mfa" if "mfa" in self.told[1] else "pwd"

    def surely_over(self, now: datetime.datetime) -> bool:
        """Tells whether nothing may come of it any more."""
        rests = self.session.surely_over(now) and not self.asked.offline
        return self.dead or rests or not self.member.active


def told(
    events: Events,
    now: datetime.datetime,
    *,
    freshness: int,
    backup_codes: bool,
    asked: tuple[str, ...],
) -> Told | None:
    """Says what a token tells of these events; None where nothing was proved.

    Only what came after the last password counts; a second factor counts while it is
    younger than the freshness limit and of a kind that the client accepts.
    """
    past = [event for event in events if event.at <= now]
    passwords = [index for index, event in enumerate(past) if event.kind == "pwd"]
    if not passwords:
        return None
    password, *later = past[passwords[-1] :]
    limit = now - datetime.timedelta(seconds=freshness)
    kinds = ("otp", "backup_code") if backup_codes else ("otp",)
    seconds = [event for event in later if event.at > limit and event.kind in kinds]
    level = "mfa" if seconds else "pwd"
    last = seconds[-1] if seconds else password
    names = [word for word in asked if ALIASES.get(word, word) == level]
    # An alias of less is met as well, and a client reads its own word.
    names += [word for word in asked if ALIASES.get(word) == "pwd"]
    amr = WORDS[last.kind] if seconds else ["pwd"]
    return (names or [level])[0], amr, math.floor(last.at.timestamp())
