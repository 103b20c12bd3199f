"""One ``Work`` per request: the time, the application's tools, who asks from where.

The only user of ``flask.g``. The source address is the connection's, or what the
configured number of proxies say (SEC-123, SEC-286); nothing else is believed.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from flask import Request
from flask import current_app
from flask import g
from flask.globals import request_ctx

from idp import logs
from idp.actions import login_view
from idp.actions import sessions
from idp.actions.login_view import LoginView
from idp.actions.sessions import SessionFacts
from idp.actions.work import Origin
from idp.actions.work import Work
from idp.oidc.keys import KeyRing
from idp.oidc.server import ProtocolServer
from idp.settings import Settings
from idp.tally import Tally
from idp.vault import Vault
from idp.web import browser
from idp.web.prometheus_processes import Reporter

EXTENSION = "ostiary"
LONGEST_AGENT = 300


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is made of; shared by all requests of a process."""

    settings: Settings
    vault: Vault
    keys: KeyRing
    server: ProtocolServer
    tally: Tally
    reporter: Reporter
    new_work: Callable[[Origin], Work]
    close: Callable[[], None]


def parts() -> Parts:
    """Returns the parts of the application."""
    found: Parts = current_app.extensions[EXTENSION]
    return found


def request_id() -> str:
    """Returns the id of this request, for the answer and the log."""
    return logs.request_id.get() or new_request_id()


def new_request_id() -> str:
    """Makes the id of a request that begins; every line of its thread has it."""
    made = secrets.token_hex(16)
    logs.request_id.set(made)
    return made


def current_work() -> Work:
    """Returns the work of this request; the clock is read once."""
    found: Work | None = g.get("work")
    if found is None:
        found = g.work = _new_work(parts())
    return found


def _new_work(made_of: Parts) -> Work:
    asked = request_ctx.request
    agent: str = asked.environ.get("HTTP_USER_AGENT", "")
    if not agent.isprintable():
        agent = "".join(sign for sign in agent if sign.isprintable())
    return made_of.new_work(
        Origin(
            source=source_address(asked, made_of.settings.trusted_proxies),
            user_agent=agent[:LONGEST_AGENT],
            request_id=request_id(),
        )
    )


def current_session() -> SessionFacts | None:
    """Returns who is signed in in this browser."""
    if "session_facts" not in g:
        g.session_facts = sessions.current(current_work(), browser.session_token())
    found: SessionFacts | None = g.session_facts
    return found


def current_login(login_id: str) -> LoginView:
    """Returns where the login of this page stands; raises TransactionGone.

    Read once: the page and its language are of the same moment.
    """
    if "login_view" not in g:
        g.login_view = login_view.view(
            current_work(), login_id, browser.browser_token()
        )
    found: LoginView = g.login_view
    return found


def source_address(asked: Request, proxies: int) -> str:
    """Returns the address that asks: the peer, or what the last N proxies wrote."""
    peer = asked.remote_addr or ""
    if not proxies:
        return peer
    entries = ",".join(asked.headers.getlist("X-Forwarded-For")).split(",")
    if len(entries) < proxies:
        return peer
    return _address(entries[-proxies]) or peer


def _address(entry: str) -> str | None:
    """Reads an address; a port and brackets are stripped, rubbish is none."""
    text = entry.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return None
