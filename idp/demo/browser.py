"""A browser for walks with nobody at the keyboard.

Reads pages only by the marks that the interface promises (`data-page`, `data-action`,
`data-error`, field names), exactly as an automated test of a customer would.
"""

from dataclasses import dataclass
from dataclasses import field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import requests

TIMEOUT = 30  # seconds


@dataclass(slots=True)
class Form:
    """A form of a page: its mark, where it goes, and the fields it already holds."""

    action: str
    target: str
    fields: dict[str, str] = field(default_factory=dict, repr=False)


class Page(HTMLParser):
    """The marks of one page."""

    def __init__(self, source: str) -> None:
        """Reads a document; nothing of it is kept but its attributes and forms."""
        super().__init__()
        self.attributes: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes attributes, and what belongs to a form."""
        named = {name: value or "" for name, value in attrs}
        self.attributes.extend(named.items())
        if tag == "form":
            self.forms.append(
                Form(named.get("data-action", ""), named.get("action", ""))
            )
        if tag == "a" and "data-action" in named:
            self.links[named["data-action"]] = named.get("href", "")
        if tag == "input" and named.get("type") == "hidden" and self.forms:
            self.forms[-1].fields[named["name"]] = named.get("value", "")

    def all(self, mark: str) -> list[str]:
        """Lists every value of one mark."""
        return [value for name, value in self.attributes if name == mark]

    def one(self, mark: str) -> str:
        """Gives the first value of one mark, or an empty text."""
        return next(iter(self.all(mark)), "")


class Browser:
    """One jar of cookies, and the page that is open."""

    def __init__(self) -> None:
        """Opens a browser without a page."""
        self._session = requests.Session()
        self._session.trust_env = False  # loopback needs no proxy
        self._answer = requests.Response()

    def __enter__(self) -> Self:
        """Enters a block at whose end the connections are closed."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the connections."""
        self._session.close()

    def visit(self, address: str) -> Self:
        """Opens an address and follows redirects to a page."""
        self._answer = self._session.get(address, timeout=TIMEOUT)
        return self

    def click(self, action: str) -> Self:
        """Follows the link with this mark."""
        return self.visit(urljoin(self.address, self.page.links[action]))

    def fill(self, action: str, **fields: str) -> Self:
        """Sends the form with this mark."""
        form = next(form for form in self.page.forms if form.action == action)
        self._answer = self._session.post(
            urljoin(self.address, form.target),
            data={**form.fields, **fields},
            headers={"Sec-Fetch-Site": "same-origin"},
            timeout=TIMEOUT,
        )
        return self

    @property
    def page(self) -> Page:
        """Gives the marks of the page that is open."""
        return Page(self._answer.text)

    @property
    def name(self) -> str:
        """Gives the `data-page` of the page that is open, or an empty text."""
        return self.page.one("data-page")

    @property
    def address(self) -> str:
        """Gives the address of the page that is open."""
        return self._answer.url

    def passed_only(self, *origins: str) -> bool:
        """Tells whether all hops to this page were redirects within these origins."""
        hops = [answer.url for answer in self._answer.history]
        return all(hop.startswith(origins) for hop in [*hops, self.address])

    def json(self) -> dict[str, object]:
        """Gives the open document as JSON."""
        document: dict[str, object] = self._answer.json()
        return document

    def __repr__(self) -> str:
        """Tells where the browser is, without what may be secret in an address."""
        place = self.address.partition("?")[0]
        mark, error = self.name, self.page.one("data-error")
        return (
            f"{mark or 'page'} at {place} ({self._answer.status_code}) {error}".strip()
        )
