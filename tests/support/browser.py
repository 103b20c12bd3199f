"""A browser: one jar of cookies, follows redirects, reads and fills pages.

Follows inside the provider's origin only; the first redirect that leaves it is
caught in `left_for`. Sends the headers that a browser adds by itself.
"""

import datetime
import email.utils
import http.cookies
import urllib.parse
from collections.abc import Mapping

from tests.support.exchange import FORM
from tests.support.exchange import Answer
from tests.support.exchange import Fields
from tests.support.exchange import Wire
from tests.support.exchange import encoded
from tests.support.exchange import with_query
from tests.support.page import Form
from tests.support.page import Page

MOST_REDIRECTS = 20


class Browser:
    """One person's browser."""

    def __init__(
        self, issuer: str, wire: Wire, headers: Mapping[str, str] | None = None
    ) -> None:
        self.issuer = issuer
        self.headers = dict(headers or {})
        self.cookies: dict[str, str] = {}
        self.trail: list[Answer] = []
        self.left_for: str | None = None
        self._wire = wire

    # --- going somewhere

    def visit(self, address: str, query: Fields = ()) -> "Browser":
        """Opens an address: a full one, or a path below the issuer."""
        full = with_query(self.address(address), query)
        return self._follow("GET", full, [("Sec-Fetch-Site", "none")], b"")

    def click(self, action: str) -> "Browser":
        """Follows the link with this `data-action`."""
        target = urllib.parse.urljoin(self.at, self.html.link(action))
        return self._follow("GET", target, [("Sec-Fetch-Site", "same-origin")], b"")

    def fill(self, action: str, **fields: str | None) -> "Browser":
        """Fills the form with this `data-action` and sends it.

        Every given field must exist on the page; one given as None stays away.
        """
        form = self.html.form(action)
        known = {item.get("name") for item in form.inputs} | self._buttons()
        unknown = set(fields) - known
        if unknown:
            raise AssertionError(f"form {action!r} has no field {unknown}")
        return self.send(form, fields)

    def send(self, form: Form, fields: Mapping[str, str | None]) -> "Browser":
        """Sends a form with fields added or replaced, also ones it does not have."""
        pairs = [(name, value) for name, value in form.fields if name not in fields]
        pairs += [(name, value) for name, value in fields.items() if value is not None]
        target = urllib.parse.urljoin(self.at, form.target)
        if form.method == "get":
            return self.visit(target.partition("?")[0], pairs)
        return self.post(target, pairs)

    def post(
        self,
        address: str,
        form: Fields = (),
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> "Browser":
        """Posts what no form need have, from a page of the provider."""
        sent = {"Content-Type": FORM, **self._origin(), **(headers or {})}
        content = encoded(form).encode() if body is None else body
        return self._follow("POST", self.address(address), list(sent.items()), content)

    def _origin(self) -> dict[str, str]:
        # Fetch: a page under `no-referrer` posts with an Origin of null, and only
        # Sec-Fetch-Site tells that the request came from the page itself.
        hidden = self.trail and self.answer.header("Referrer-Policy") == "no-referrer"
        origin = "null" if hidden else self.origin
        return {"Origin": origin, "Sec-Fetch-Site": "same-origin"}

    def _follow(
        self, method: str, address: str, headers: list[tuple[str, str]], body: bytes
    ) -> "Browser":
        self.trail = []
        self.left_for = None
        for _ in range(MOST_REDIRECTS):
            answer = self._once(method, address, headers, body)
            self.trail.append(answer)
            location = answer.header("Location")
            if location is None or answer.status not in (301, 302, 303, 307, 308):
                return self
            address = urllib.parse.urljoin(address, location)
            if self._origin_of(address) != self.origin:
                self.left_for = address
                return self
            if answer.status in (301, 302, 303):
                method, body = "GET", b""
                headers = [h for h in headers if h[0] not in ("Content-Type", "Origin")]
        raise AssertionError(f"redirected for ever: {self.trail}")

    def _once(
        self, method: str, address: str, headers: list[tuple[str, str]], body: bytes
    ) -> Answer:
        sent = [*self.headers.items(), *headers, ("Accept", "text/html,*/*;q=0.8")]
        if self.cookies:
            jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            sent.append(("Cookie", jar))
        answer = self._wire(method, address, sent, body)
        for line in answer.all_headers("Set-Cookie"):
            self._keep(line)
        return answer

    def _keep(self, line: str) -> None:
        for name, morsel in http.cookies.SimpleCookie(line).items():
            if morsel["max-age"] == "0" or _past(morsel["expires"]):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value

    # --- where it is

    def address(self, path: str) -> str:
        """Gives the full address of a path below the issuer."""
        return path if "://" in path else self.issuer + path

    @property
    def origin(self) -> str:
        """Gives the provider's origin."""
        return self._origin_of(self.issuer)

    @staticmethod
    def _origin_of(address: str) -> str:
        parts = urllib.parse.urlsplit(address)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def answer(self) -> Answer:
        """Gives the last answer of the provider."""
        return self.trail[-1]

    @property
    def at(self) -> str:
        """Gives the address of the page that is open."""
        return self.answer.url

    @property
    def status(self) -> int:
        """Gives the status of the page that is open."""
        return self.answer.status

    @property
    def html(self) -> Page:
        """Gives the page that is open, parsed."""
        return Page(self.answer.text)

    @property
    def page(self) -> str | None:
        """Gives the `data-page` of the page that is open."""
        return None if self.left_for else self.html.mark("data-page")

    @property
    def error(self) -> str | None:
        """Gives the first `data-error` on the page."""
        return None if self.left_for else self.html.mark("data-error")

    @property
    def text(self) -> str:
        """Gives what a person can read on the page."""
        return self.html.text

    def copy(self) -> "Browser":
        """Gives another browser into which somebody copied all cookies."""
        other = Browser(self.issuer, self._wire, self.headers)
        other.cookies = dict(self.cookies)
        return other

    def twin(self) -> "Browser":
        """Gives another browser with all cookies, and with the page that is open."""
        other = self.copy()
        other.trail = list(self.trail)
        return other

    def tab(self) -> "Browser":
        """Gives another tab of this browser: the same jar."""
        other = Browser(self.issuer, self._wire, self.headers)
        other.cookies = self.cookies
        return other

    def _buttons(self) -> set[str | None]:
        elements = self.html.elements
        return {e.attributes.get("name") for e in elements if e.tag == "button"}

    def __repr__(self) -> str:
        """Shows where the browser is, for failed assertions."""
        if self.left_for:
            return f"<Browser left for {self.left_for}>"
        return f"<Browser at {self.at}: {self.page}, {self.error}, {self.status}>"


def _past(expires: str) -> bool:
    if not expires:
        return False
    moment = email.utils.parsedate_to_datetime(expires)
    return moment.timestamp() < datetime.datetime.now(datetime.UTC).timestamp()
