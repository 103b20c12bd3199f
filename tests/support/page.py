"""What a program can read off a page: its marks, forms, links and text.

Reads with a real HTML parser and knows only the marks of docs/interface.md
section 2, never the looks.
"""

import dataclasses
import html.parser
from collections.abc import Iterator


@dataclasses.dataclass
class Form:
    """A form as a browser would send it."""

    name: str | None
    method: str
    target: str
    fields: list[tuple[str, str]]
    inputs: list[dict[str, str]]


@dataclasses.dataclass
class Element:
    """A start tag with its attributes."""

    tag: str
    attributes: dict[str, str]


class Page(html.parser.HTMLParser):
    """A parsed HTML document."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = source
        self.elements: list[Element] = []
        self.forms: list[Form] = []
        self._text: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._written: list[str] | None = None
        self._silent = 0
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes the element and what it does to the form around it."""
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append(Element(tag, attributes))
        if tag in ("script", "style"):
            self._silent += 1
        if tag == "form":
            self._form = Form(
                attributes.get("data-action"),
                attributes.get("method", "get").lower(),
                attributes.get("action", ""),
                [],
                [],
            )
            self.forms.append(self._form)
        elif self._form is not None and tag in ("input", "textarea", "select"):
            self._field(tag, attributes, self._form)
        elif self._form is not None and tag == "option" and self._select is not None:
            self._option(attributes, self._form)

    def _field(self, tag: str, attributes: dict[str, str], form: Form) -> None:
        form.inputs.append({"tag": tag, **attributes})
        kind = attributes.get("type", "text")
        ticked = kind not in ("checkbox", "radio") or "checked" in attributes
        if "name" not in attributes or "disabled" in attributes:
            return
        if tag == "select":
            self._select = attributes["name"]
        elif tag == "textarea":
            self._written = []
        elif ticked and kind != "submit":
            form.fields.append((attributes["name"], attributes.get("value", "")))

    def _option(self, attributes: dict[str, str], form: Form) -> None:
        # The first one counts until another is marked.
        chosen = (str(self._select), attributes.get("value", ""))
        there = [
            index for index, (name, _) in enumerate(form.fields) if name == self._select
        ]
        if not there:
            form.fields.append(chosen)
        elif "selected" in attributes:
            form.fields[there[0]] = chosen

    def handle_endtag(self, tag: str) -> None:
        """Leaves a form or a script."""
        if tag == "form":
            self._form = None
        if tag == "select":
            self._select = None
        if tag == "textarea" and self._form is not None and self._written is not None:
            # A line break right after the start tag is not part of the text.
            text = "".join(self._written).removeprefix("\n")
            self._form.fields.append((self._form.inputs[-1]["name"], text))
            self._written = None
        if tag in ("script", "style"):
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        """Collects what a person can read."""
        if self._written is not None:
            self._written.append(data)
        if not self._silent:
            self._text.append(data)

    @property
    def text(self) -> str:
        """Gives the readable text with single blanks."""
        return " ".join(" ".join(self._text).split())

    def marks(self, name: str) -> list[str]:
        """Gives every value of one attribute, in document order."""
        return list(self._values(name))

    def mark(self, name: str) -> str | None:
        """Gives the first value of one attribute, or None."""
        return next(self._values(name), None)

    def _values(self, name: str) -> Iterator[str]:
        for element in self.elements:
            if name in element.attributes:
                yield element.attributes[name]

    def form(self, name: str) -> Form:
        """Gives the form with this `data-action`."""
        found = [form for form in self.forms if form.name == name]
        if not found:
            raise AssertionError(f"no form {name!r} among {self._actions()}")
        return found[0]

    def link(self, name: str) -> str:
        """Gives the address of the link with this `data-action`."""
        for element in self.elements:
            if element.tag == "a" and element.attributes.get("data-action") == name:
                return element.attributes["href"]
        raise AssertionError(f"no link {name!r} among {self._actions()}")

    def _actions(self) -> str:
        return f"{self.marks('data-action')} of page {self.mark('data-page')}"
