"""Templates in one language: how they are found, compiled and translated.

Shared by pages and mails. Which names a template may use, and what it is filled with,
is decided by whoever renders it. Nothing here knows of a request.
"""

from collections.abc import Callable
from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from functools import cache
from typing import cast

from babel.dates import format_date
from babel.numbers import format_decimal
from babel.support import NullTranslations
from babel.support import Translations
from jinja2 import Environment
from jinja2 import FileSystemLoader
from jinja2 import StrictUndefined
from jinja2 import pass_context
from jinja2 import select_autoescape
from jinja2.ext import Extension
from jinja2.lexer import Token
from jinja2.lexer import TokenStream
from jinja2.runtime import Context

from idp import resources

_SENTENCE = ["name", "lparen", "string", "rparen"]
_DATES = {"en": "en_GB"}


@cache
def texts(language: str) -> NullTranslations:
    """Returns the sentences of a language, which has to be one of a fixed list."""
    return Translations.load(resources.translations_dir(), [language])


def day(at: datetime, language: str) -> str:
    """Returns the day of a moment in words, by UTC."""
    return format_date(
        at.astimezone(UTC), "long", locale=_DATES.get(language, language)
    )


def environment(language: str) -> Environment:
    """Makes the environment of a language; HTML is escaped, text is not."""
    spoken = texts(language)
    made = Environment(
        loader=FileSystemLoader(resources.templates_dir()),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", _Fixed],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.install_gettext_translations(spoken, newstyle=True)  # type: ignore[attr-defined]
    made.extend(spoken=spoken)
    _count_as_people_do(made, language)
    return made


def _count_as_people_do(made: Environment, language: str) -> None:
    """Has every number of a sentence, and ``|number``, written as the language does."""
    plain = cast("Callable[..., object]", made.globals["ngettext"])

    def number(many: int) -> str:
        return format_decimal(many, locale=language)

    @pass_context
    def counted(
        context: Context, one: str, more: str, many: int, **values: object
    ) -> object:
        return plain(context, one, more, many, **{"num": number(many), **values})

    made.globals["ngettext"] = counted
    made.filters["number"] = number


class _Fixed(Extension):
    """Translates what needs no value, ``_("Sign in")``, when a template is compiled.

    The compiler joins it with the markup around it, so that most of a page is one
    string. As with the call that it stands for, a translation is markup, and ``%%`` in
    it is a per cent sign.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Puts ``("Anmelden"|safe)`` where ``_("Sign in")`` stood."""
        tokens = list(stream)
        place = 0
        while place < len(tokens):
            call = tokens[place : place + len(_SENTENCE)]
            named = call[0].value == "_"
            if named and [token.type for token in call] == _SENTENCE:
                yield from self._said(call[2])
                place += len(call)
            else:
                yield call[0]
                place += 1

    def _said(self, sentence: Token) -> Iterator[Token]:
        line = sentence.lineno
        said = self.environment.spoken.gettext(sentence.value)  # type: ignore[attr-defined]
        yield Token(line, "lparen", "(")
        yield Token(line, "string", said % {})
        yield Token(line, "pipe", "|")
        yield Token(line, "name", "safe")
        yield Token(line, "rparen", ")")
