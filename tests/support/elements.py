"""A page as a tree, and the few selectors by which a script finds its elements.

Kinds are those of the conformance suite's browser: `id`, `name`, `class`, `css`. Of
CSS it knows names, `[attribute]`, `[attribute=value]`, `.class` and `#id`, and blanks
for descendants.
"""

import dataclasses
import html.parser
import re
from collections.abc import Iterator

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
SIMPLE = re.compile(r"([\w-]+)|\.([\w-]+)|#([\w-]+)|\[([\w-]+)(?:=\"?([\w-]+)\"?)?\]")


@dataclasses.dataclass
class Element:
    """An element with what is in it."""

    tag: str
    attributes: dict[str, str]
    parent: "Element | None"
    children: list["Element | str"] = dataclasses.field(default_factory=list)

    @property
    def text(self) -> str:
        """Gives what can be read in it, with single blanks."""
        return " ".join(" ".join(self._words()).split())

    def _words(self) -> Iterator[str]:
        if self.tag in ("script", "style", "title"):
            return
        for child in self.children:
            yield from [child] if isinstance(child, str) else child._words()

    @property
    def is_hidden(self) -> bool:
        """Tells whether a mark says that nobody sees it."""
        around = self.parent is not None and self.parent.is_hidden
        return around or "hidden" in self.attributes

    def walk(self) -> Iterator["Element"]:
        """Gives everything in it, in document order."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.walk()

    def around(self, tag: str) -> "Element | None":
        """Gives the nearest element of this kind around it."""
        above = self.parent
        while above is not None and above.tag != tag:
            above = above.parent
        return above

    def find(self, kind: str, target: str) -> "Element | None":
        """Gives the first element in it that a script means."""
        if kind == "css":
            return next((e for e in self.walk() if _is_meant(e, target.split())), None)
        if kind == "class":
            return self.find("css", f".{target}")
        if kind in ("id", "name"):
            found = (e for e in self.walk() if e.attributes.get(kind) == target)
            return next(found, None)
        raise ValueError(f"elements are not found by {kind!r} here")


def _is_meant(element: Element, steps: list[str]) -> bool:
    *before, last = steps
    if not _fits(element, last):
        return False
    above = element.parent
    while before and above is not None:
        if _fits(above, before[-1]):
            before.pop()
        above = above.parent
    return not before


def _fits(element: Element, simple: str) -> bool:
    parts = list(SIMPLE.finditer(simple))
    if "".join(part[0] for part in parts) != simple:
        raise ValueError(f"a selector that is not known here: {simple!r}")
    return all(_has(element, part) for part in parts)


def _has(element: Element, part: re.Match[str]) -> bool:
    tag, kind, identifier, name, value = part.groups()
    attributes = element.attributes
    if tag:
        return element.tag == tag
    if kind:
        return kind in attributes.get("class", "").split()
    if identifier:
        return attributes.get("id") == identifier
    return name in attributes and value in (None, attributes[name])


class _Reader(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.open = Element("", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens an element."""
        attributes = {name: value or "" for name, value in attrs}
        element = Element(tag, attributes, self.open)
        self.open.children.append(element)
        if tag not in VOID:
            self.open = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps an element that is closed at once, as drawings have them."""
        attributes = {name: value or "" for name, value in attrs}
        self.open.children.append(Element(tag, attributes, self.open))

    def handle_endtag(self, tag: str) -> None:
        """Closes an element, with those in it that were left open."""
        inner: Element | None = self.open
        while inner is not None and inner.tag != tag:
            inner = inner.parent
        if inner is not None and inner.parent is not None:
            self.open = inner.parent

    def handle_data(self, data: str) -> None:
        """Keeps text."""
        self.open.children.append(data)


def tree(source: str) -> Element:
    """Reads a document; gives what is around everything."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    return reader.root
