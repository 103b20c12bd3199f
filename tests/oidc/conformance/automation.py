"""The browser of the suite, as far as the scripts of a configuration use it.

Takes the first entry whose pattern fits the address of the start, and does its tasks
where the address at hand fits theirs. Runs no script of a page and waits for nothing:
what is not there will not come, so it fails where the suite would wait for ever.
"""

import re
import urllib.parse
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from tests.support.browser import Browser
from tests.support.elements import Element
from tests.support.elements import tree
from tests.support.page import Form

SHOT = "update-image-placeholder"
SHOT_IF_WANTED = "update-image-placeholder-optional"
OF_THE_SUITE = '<body><p id="submission_complete">Please wait</p></body>'


class StuckError(AssertionError):
    """The suite would fail or wait here; tells where and why."""


def fits(pattern: str, address: str) -> bool:
    """Compares an address with a pattern, in which `*` is anything."""
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), address, re.DOTALL) is not None


class Automaton:
    """One module's browser, with its scripts; it keeps its cookies between visits."""

    def __init__(
        self, browser: Browser, config: Mapping[str, Any], module: str, suite: str
    ) -> None:
        overrides = config.get("override", {}).get(module, {})
        self.entries: Sequence[Any] = {**config, **overrides}["browser"]
        self.browser = browser
        self.suite = suite
        self.arrived: dict[str, str] | None = None
        self.framed: list[str] = []
        self._typed: dict[str, str] = {}
        self._placeholder = False

    def go(
        self,
        address: str,
        fields: Mapping[str, str],
        *,
        by_post: bool = False,
        shot: bool = False,
    ) -> dict[str, str] | None:
        """Goes where a module sends it; gives what came to the suite, if anything did.

        ``shot`` says that the module awaits a photograph of a page of ours.
        """
        self.arrived, self._placeholder = None, shot
        # As the suite writes an address: what a query may hold is left as it is.
        query = urllib.parse.urlencode(fields, safe=":/?")
        start = address if by_post else f"{address}?{query}"
        tasks = next(
            (e["tasks"] for e in self.entries if fits(e["match"], start)), None
        )
        if tasks is None:
            raise StuckError(f"nobody goes to {start}")
        if by_post:
            foreign = {"Origin": self.suite, "Sec-Fetch-Site": "cross-site"}
            self.browser.post(address, fields, headers=foreign)
        else:
            self.browser.visit(start)
        self._look()
        for task in tasks:
            self._do(task)
        if self._placeholder:
            raise StuckError(f"no photograph was taken, at {self.at}")
        return self.arrived

    @property
    def at(self) -> str:
        """Gives the address at hand."""
        return self.browser.left_for or self.browser.at

    def _look(self) -> None:
        """Reads the page that is open, or notes what reached the suite."""
        self._typed = {}
        left = self.browser.left_for
        if left is not None:
            query = urllib.parse.urlsplit(left).query
            self._arrive(urllib.parse.parse_qsl(query, keep_blank_values=True))
        else:
            self.page = tree(self.browser.answer.text)
            frames = (one for one in self.page.walk() if one.tag == "iframe")
            self.framed += [frame.attributes["src"] for frame in frames]

    def _arrive(self, fields: list[tuple[str, str]]) -> None:
        self.arrived = dict(fields)
        self.page = tree(OF_THE_SUITE)

    def _do(self, task: Mapping[str, Any]) -> None:
        if not fits(task.get("match", "*"), self.at):
            if task.get("optional"):
                return
            raise StuckError(f"{task['task']}: at {self.at}")
        for command in task.get("commands", ()):
            try:
                getattr(self, f"_{command[0]}")(*command[1:])
            except StuckError as fault:
                raise StuckError(f"{task['task']}: {fault}, at {self.at}") from None

    def _found(self, kind: str, target: str, *, optional: bool = False) -> Any:
        element = self.page.find(kind, target)
        if element is None and not optional:
            raise StuckError(f"no {kind} {target}: {self.page.text}")
        return element

    def _text(self, kind: str, target: str, value: str, more: str = "") -> None:
        field = self._found(kind, target, optional=more == "optional")
        if field is None:
            return
        if "readonly" in field.attributes or "disabled" in field.attributes:
            raise StuckError(f"{target} cannot be written to")
        self._typed[field.attributes["name"]] = value

    def _click(self, kind: str, target: str, more: str = "") -> None:
        button = self._found(kind, target, optional=more == "optional")
        if button is None:
            return
        if button.tag == "a":
            self.browser.left_for = button.attributes["href"]
            assert self.browser.left_for.startswith(self.suite)
            self._look()
            return
        around = button.around("form")
        if button.attributes.get("type") != "submit" or around is None:
            raise StuckError(f"{kind} {target} sends no form")
        if button.is_hidden:
            raise StuckError(f"{kind} {target} cannot be seen")
        form = self._filled(button, around)
        to = urllib.parse.urljoin(self.at, form.target)
        if to.startswith(self.suite):
            assert form.method == "post"
            self.browser.left_for = to
            self._arrive(form.fields)
        else:
            self.browser.send(form, {})
            self._look()

    def _filled(self, button: Element, around: Element) -> Form:
        fields = []
        for element in around.walk():
            name = element.attributes.get("name")
            if element.tag == "input" and name is not None:
                value = element.attributes.get("value", "")
                fields.append((name, self._typed.get(name, value)))
        if "name" in button.attributes:
            fields.append((button.attributes["name"], button.attributes["value"]))
        facts = around.attributes
        return Form(None, facts.get("method", "get"), facts["action"], fields, [])

    def _wait(
        self, kind: str, target: str, seconds: int, words: str = "", then: str = ""
    ) -> None:
        assert 0 < seconds <= 60
        assert then in ("", SHOT, SHOT_IF_WANTED), then
        element = self._found(kind, target)
        if not re.search(words, element.text):
            raise StuckError(f"{words!r} is not in {element.text!r}")
        if then == SHOT and not self._placeholder:
            raise StuckError("nobody awaits a photograph")
        if then:
            self._placeholder = False
