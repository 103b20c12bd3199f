"""Keeps the languages in step with the sentences of the pages.

``python -m tests.support.translations`` (``make translations``) puts new sentences
into each ``messages.po``, takes unused ones out and compiles. A test finds what is
missing. No header but the necessary: a date in it would change with every run.
"""

import io
import sys
from datetime import UTC
from datetime import datetime
from pathlib import Path

from babel.messages import extract
from babel.messages import frontend
from babel.messages import pofile
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from idp.resources import translations_dir
from idp.web.languages import DEFAULT_LANGUAGE
from idp.web.languages import LANGUAGES

ROOT = Path(__file__).parents[2]
OTHERS = [language for language in LANGUAGES if language != DEFAULT_LANGUAGE]
HEADER = """\
# Sentences of the pages; `make translations` keeps them in step with the program.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: {language}\\n"
"Plural-Forms: nplurals={plurals.num_plurals}; plural={plurals.plural_expr};\\n"

"""


def source_of(language: str) -> Path:
    """Gives the file that translators edit."""
    return translations_dir() / language / "LC_MESSAGES" / "messages.po"


def catalogue(language: str) -> Catalog:
    """Reads the sentences of one language."""
    with source_of(language).open("rb") as file:
        return pofile.read_po(file, locale=language)


def sentences() -> Catalog:
    """Takes every sentence out of the program and the templates."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = frontend.parse_mapping_cfg(file)
    keywords = {**extract.DEFAULT_KEYWORDS, "_l": None}
    found = Catalog()
    for _, _, sentence, _, context in extract.extract_from_dir(
        ROOT, methods, options, keywords, directory_filter=_is_ours
    ):
        found.add(sentence, context=context)
    return found


def compiled(language: str) -> bytes:
    """Gives what `messages.mo` has to hold."""
    known = catalogue(language)
    # The format wants a date; today's would make every run a change.
    known.creation_date = datetime.fromtimestamp(0, UTC)
    target = io.BytesIO()
    write_mo(target, known)
    return target.getvalue()


def bring_up_to_date(language: str) -> int:
    """Rewrites both files of a language and answers how many sentences lack words."""
    known = catalogue(language)
    known.update(sentences(), no_fuzzy_matching=True)
    known.obsolete.clear()
    text = io.BytesIO()
    pofile.write_po(
        text, known, width=88, sort_output=True, omit_header=True, no_location=True
    )
    header = HEADER.format(language=language, plurals=known)
    source = source_of(language)
    source.write_text(header + text.getvalue().decode().lstrip(), encoding="utf-8")
    source.with_suffix(".mo").write_bytes(compiled(language))
    return sum(not _told(message.string) for message in known if message.id)


def _told(words: object) -> bool:
    return all(words) if isinstance(words, (list, tuple)) else bool(words)


def main() -> None:
    """Brings every language up to date."""
    for language in OTHERS:
        missing = bring_up_to_date(language)
        sys.stdout.write(f"{language}: {missing} sentences without a translation\n")


def _is_ours(folder: str) -> bool:
    parts = Path(folder).relative_to(ROOT).parts
    return not parts or parts[0] in ("idp", "templates")


if __name__ == "__main__":
    main()
