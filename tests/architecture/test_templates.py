"""Templates show values: no script or style inside, nothing marked as safe."""

import re

import pytest

from tests.architecture.tree import TOP

RULES = {
    "the safe filter": (
        r"\|\s*safe\b",
        (
            "A value that is not escaped is how a stranger's name becomes a script. "
            "Hand the template a value that knows its own markup, or a plain one."
        ),
    ),
    "escaping switched off": (
        r"\{%-?\s*autoescape",
        "Every value in every template is escaped, without exceptions to remember.",
    ),
    "an inline script": (
        r"<script(?![^>]*\bsrc=)",
        (
            "The content security policy refuses it. Scripts are files of their own, "
            "and every page is complete without them."
        ),
    ),
    "an event attribute": (
        r"<[^>]*\son[a-z]+\s*=",
        "The policy of the page refuses it. Let the script file find the element.",
    ),
    "an inline style": (
        r"<style\b|<[^>]*\sstyle\s*=",
        "The content security policy refuses it. Give the element a class.",
    ),
    "an address of another host": (
        r"""\b(?:src|action)\s*=\s*["']https?:""",
        "A page loads nothing and sends nothing elsewhere.",
    ),
    "a form that does not say what it does": (
        r"<form\b(?![^>]*\bdata-action=)",
        (
            "Programs find a form by data-action; the words are promised in "
            "docs/interface.md."
        ),
    ),
}

# The form that carries an answer to an application belongs to that application.
EXEMPT = {"a form that does not say what it does": ("form_post.html",)}


@pytest.mark.parametrize("what", RULES)
def test_no_template_holds(what):
    pattern, why = RULES[what]
    exempt = EXEMPT.get(what, ())

    found = [
        f"{path.relative_to(TOP)}:{text.count(chr(10), 0, match.start()) + 1}"
        for path in sorted((TOP / "templates").rglob("*"))
        if path.suffix in {".html", ".svg", ".xml"} and path.name not in exempt
        for text in [path.read_text(encoding="utf-8")]
        for match in re.finditer(pattern, text)
    ]

    assert not found, f"{what}:\n" + "\n".join(found) + f"\n{why}"
