"""The languages of the pages and the choice among them.

Pure: wishes in, one language out. Where a wish is kept is not known here.
"""

from collections.abc import Iterable

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

LANGUAGES = {"en": "English", "de": "Deutsch"}
DEFAULT_LANGUAGE = "en"


def best(wishes: Iterable[str | None], accept_language: str | None) -> str:
    """Returns the first wish that we speak, else the browser's, else English.

    Wishes are language tags (BCP 47): the person's choice, then `ui_locales`.
    """
    for wish in wishes:
        primary = (wish or "").split("-")[0].lower()
        if primary in LANGUAGES:
            return primary
    accepted = parse_accept_header(accept_language, LanguageAccept)
    return accepted.best_match(LANGUAGES, DEFAULT_LANGUAGE)
