"""The gate of administration: which right a view needs, and how fresh a factor.

Reading needs MFA, writing a factor proved just now (SEC-087, SEC-261). What a right
allows over somebody is checked by the actions; here is only who may enter.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any
from urllib.parse import quote

from flask import Response
from flask import request
from flask.typing import ResponseReturnValue

from idp.actions import gate
from idp.actions import rights
from idp.actions.gate import Admitted
from idp.actions.sessions import SessionFacts
from idp.rules import policy
from idp.rules.permissions import PERMISSIONS
from idp.web import browser
from idp.web import guards
from idp.web import steps
from idp.web.work import current_session
from idp.web.work import current_work

MARK = "administers"
RIGHTS = "idp_rights"
WRITES = "idp_writes"
LONGEST_RETURN = 4000
QUERY = "%&=+/?:@!$'()*,;-._~"
"""What may stand in a query as it is (RFC 3986 section 3.4)."""

View = Callable[..., Response]
Gated = Callable[..., ResponseReturnValue]


def administers(
    *any_of: str, write: bool = False, back: str | None = None
) -> Callable[[View], Gated]:
    """Admits holders of one of these rights; all others get the 403 page.

    ``write`` wants a fresh factor. A step-up comes back to the same address with
    nothing done; where that address answers no GET, ``back`` names the one that does,
    with the arguments of the view in it ("/admin/users/{user_id}").
    """
    if not any_of or not set(any_of) <= set(PERMISSIONS):
        raise ValueError(f"not rights of administration: {any_of}")

    def decorate(view: View) -> Gated:
        @wraps(view)
        def gated(**arguments: str) -> ResponseReturnValue:
            session = current_session()
            if session is not None:
                # Who may not enter anyway is not first asked for a code.
                _act_as(session, any_of)
            entry = gate.admit(
                current_work(),
                _demand(write=write),
                return_to=_return_to(back, arguments),
                session_token=browser.session_token(),
                browser_token=browser.browser_token(),
            )
            if not isinstance(entry, Admitted):
                return steps.go(entry)
            if session is None:
                _act_as(entry.session, any_of)
            return view(entry.session, **arguments)

        marks: dict[str, Any] = {guards.MARK: MARK, RIGHTS: any_of, WRITES: write}
        for name, value in marks.items():
            setattr(gated, name, value)
        return gated

    return decorate


def _demand(*, write: bool) -> policy.Demand:
    if write:
        return policy.admin_write(current_work().settings.sudo_freshness)
    return policy.ADMIN_READ


def _act_as(session: SessionFacts, any_of: tuple[str, ...]) -> None:
    """Puts the person and the rights held now into the work; raises Forbidden."""
    work = current_work()
    held = rights.held(work, session.user_id)
    work.actor = replace(session.actor, permissions=held)
    rights.require_any(work, any_of)


def _return_to(back: str | None, arguments: dict[str, str]) -> str:
    if back is not None:
        named = {name: quote(value, safe="") for name, value in arguments.items()}
        return steps.full_path(back.format(**named))
    # As it was asked, but quoted again: what goes into a header holds no line break.
    path, query = quote(request.path), quote(request.query_string, safe=QUERY)
    whole = f"{path}?{query}" if query else path
    return whole if len(whole) <= LONGEST_RETURN else path
