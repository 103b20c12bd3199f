"""What a mail to a person says, and how it is addressed.

Plain text, in the person's language, with one link: to the person's own activity. A
mail holds no secret. Who is written to, and how the mail gets there, is not known here.
"""

import re
import unicodedata
from datetime import UTC
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache

from jinja2 import Environment

from idp import devices
from idp import resources
from idp import templating
from idp.actions.notices import Letter
from idp.event_words import CHANGED
from idp.event_words import EVENTS
from idp.setting_mail import sender
from idp.settings import Settings

TEMPLATE = "mail/notice.txt"
LONGEST_ADDRESS = 254
_ENGLISH = "en"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\U0010ffff-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


class Unwritable(Exception):  # noqa: N818  not an error of the program
    """An address that no mail can be sent to."""


def compose(letter: Letter, settings: Settings, *, now: datetime) -> EmailMessage:
    """Writes the mail; raises ``Unwritable`` for an address that cannot be one.

    Every try has the same Message-ID, so that a repeat can be told from a second event.
    """
    to, me = recipient(letter.address), _sender(settings)
    language = _language(letter.language)
    texts = templating.texts(language)
    headline = texts.gettext(EVENTS.get(letter.event, CHANGED))
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = f"{settings.organisation}: {headline}"
    mail["From"] = me
    mail["To"] = to
    mail["Date"] = now
    number = f"{letter.id}.{letter.at.timestamp():.6f}"
    mail["Message-ID"] = f"<notice.{number}@{me.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers
    body = _body(letter, settings, language, headline)
    mail.set_content(body, charset="utf-8", cte="quoted-printable")
    mail["Content-Language"] = language
    return mail


def recipient(text: str) -> Address:
    """Returns an address as mail servers understand it; raises ``Unwritable``.

    A domain beyond ASCII goes by its IDNA form where that leads back to the same one;
    some do not, and belong to somebody else. A local part beyond ASCII stays.
    """
    local, _, domain = text.rpartition("@")
    domain = _ascii_domain(domain)
    fits = len(f"{local}@{domain}".encode()) <= LONGEST_ADDRESS
    if not (
        fits
        and local.isprintable()
        and _LOCAL.fullmatch(local)
        and _DOMAIN.fullmatch(domain)
    ):
        raise Unwritable
    return Address(username=local, domain=domain)


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        found = domain.encode("idna").decode("ascii")
        back = found.encode("ascii").decode("idna")
    except UnicodeError:
        raise Unwritable from None
    if back != unicodedata.normalize("NFKC", domain).lower():
        raise Unwritable
    return found


def _sender(settings: Settings) -> Address:
    """Returns who sends; without an own name, the organisation does."""
    found = sender(settings.mail_from or "")
    name = found.display_name or settings.organisation
    return Address(name, addr_spec=found.addr_spec)


def _body(letter: Letter, settings: Settings, language: str, headline: str) -> str:
    at = letter.at.astimezone(UTC)
    browser, system = devices.recognise(letter.user_agent)
    template = _environment(language).get_template(TEMPLATE)
    return template.render(
        letter=letter,
        headline=headline,
        when=f"{templating.day(at, language)}, {at:%H:%M}",
        browser=browser,
        system=system,
        activity_address=f"{settings.issuer}/settings/activity",
        help_text=settings.help_text,
        organisation=settings.organisation,
    )


def _language(wish: str | None) -> str:
    """Returns the language wished for, if there are sentences in it, else English."""
    primary = (wish or "").split("-")[0].lower()
    known = {folder.name for folder in resources.translations_dir().iterdir()}
    return primary if primary in known else _ENGLISH


@cache
def _environment(language: str) -> Environment:
    return templating.environment(language)
