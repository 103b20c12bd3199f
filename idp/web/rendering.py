"""Sets Jinja and Flask-Babel up, and draws a page.

The one place that knows where templates and translations lie and which names a
template may use. No request is read, no answer is built here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from functools import cache
from pathlib import Path

from babel.numbers import format_percent
from flask import Flask
from flask import current_app
from flask_babel import Babel
from flask_babel import get_locale
from jinja2 import Environment
from markupsafe import Markup
from markupsafe import escape

from idp import templating
from idp.resources import translations_dir
from idp.web import assets
from idp.web import devices
from idp.web import wording
from idp.web.admin import wording as admin_wording
from idp.web.languages import DEFAULT_LANGUAGE
from idp.web.languages import LANGUAGES
from idp.web.pages import Page
from idp.web.problems import Reason

ENVIRONMENTS = "idp.environments"
_SITE = "idp.look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What an organisation decides about the face of its pages."""

    organisation: str
    address: str
    accent: str | None = None
    logo_file: Path | None = None
    help_text: str | None = None


def install(app: Flask, look: Look, *, choose_language: Callable[[], str]) -> None:
    """Sets the application up so that `render` works in its requests."""
    files = assets.Assets(look.accent, look.logo_file)
    assets.install(app, files)
    app.extensions[_SITE] = look
    Babel(  # type: ignore[no-untyped-call]
        app,
        default_locale=DEFAULT_LANGUAGE,
        default_translation_directories=str(translations_dir()),
        locale_selector=choose_language,
        configure_jinja=False,
    )
    app.extensions[ENVIRONMENTS] = {
        language: _environment(language, look, files) for language in LANGUAGES
    }


def _environment(language: str, look: Look, files: assets.Assets) -> Environment:
    made = templating.environment(language)
    made.globals.update(
        site=look,
        has_logo=files.has(assets.LOGO),
        languages=LANGUAGES,
        current_language=language,
        device_words=devices.words,
        problem_words=wording.problem,
        reason_words=_reason,
        event_words=wording.event,
        rule_words=wording.rule,
        scope_words=wording.scope,
        **admin_wording.WORDS,
        **_drawn_once(made),
    )
    made.filters.update(moment=_moment, day=_day, isolate=_isolate, percent=_percent)
    return made


def _drawn_once(made: Environment) -> dict[str, Callable[[str], object]]:
    """Gives what is the same on every page of a language, drawn at its first use.

    Only templates name what they want here, so what is kept cannot grow.
    """

    @cache
    def fixed(part: str) -> Markup:
        return escape(made.get_template(f"parts/{part}.html").module)

    @cache
    def icon(name: str) -> Markup:
        drawings = made.get_template("parts/icons.html").module
        return escape(drawings.icon(name))  # type: ignore[attr-defined]

    return {"fixed": fixed, "icon": icon, "asset": cache(assets.address)}


def render(page: Page) -> str:
    """Draws the page in the language of the request."""
    environment: Environment = current_app.extensions[ENVIRONMENTS][current_language()]
    return environment.get_template(page.template).render(page=page)


def current_language() -> str:
    """Returns the language of the request, for `lang` and Content-Language."""
    locale = get_locale()
    return DEFAULT_LANGUAGE if locale is None else str(locale.language)


def _isolate(name: str) -> Markup:
    # A name in another writing direction must not reorder the sentence around it.
    return Markup("<bdi>{}</bdi>").format(name)


def _reason(word: Reason, application: str | None) -> Markup:
    look: Look = current_app.extensions[_SITE]
    sentence = escape(wording.reason(word, named=application is not None))
    return sentence % {
        "application": _isolate(application or ""),
        "organisation": _isolate(look.organisation),
    }


def _moment(at: datetime) -> str:
    return f"{_day(at)}, {at.astimezone(UTC):%H:%M} UTC"


def _day(at: datetime) -> str:
    return templating.day(at, current_language())


def _percent(hundredths: int) -> str:
    return format_percent(hundredths / 100, locale=get_locale())
