"""What a template says without a value is said in its language once and for all."""

import pytest

from idp import templating
from idp.web.languages import LANGUAGES
from tests.support.translations import OTHERS
from tests.support.translations import catalogue

SENTENCES = [
    str(one.id)
    for one in catalogue(OTHERS[0])
    if one.id and not one.pluralizable and not one.python_format
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_reads_as_if_it_were_looked_up_at_each_drawing(
    language: str,
) -> None:
    environment = templating.environment(language)
    looked_up = environment.from_string("{{ _(sentence) }}")

    for sentence in SENTENCES:
        fixed = environment.from_string(f"{{{{ _({sentence!r}) }}}}")

        assert fixed.render() == looked_up.render(sentence=sentence)


@pytest.mark.parametrize("quoted", ["<b>it's</b> & more", "100%% sure"])
def test_marks_and_per_cent_signs_stay_what_they_were(quoted: str) -> None:
    environment = templating.environment("en")
    looked_up = environment.from_string("{{ _(sentence) }}").render(sentence=quoted)

    fixed = environment.from_string(f"{{{{ _({quoted!r}) }}}}").render()

    assert fixed == looked_up == quoted.replace("%%", "%")


def test_a_template_is_compiled_with_its_sentences() -> None:
    source = "<h1>{{ _('Sign in') }}</h1>{{ named(_('Password')) }}"

    compiled = templating.environment("de").compile(source, raw=True)

    assert "<h1>Anmelden</h1>" in compiled
    assert "Passwort" in compiled
