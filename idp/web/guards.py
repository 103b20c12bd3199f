"""The gate: every view declares who may see it; one that does not stops the start.

``public`` views prove what they need themselves; ``demands`` views get the session that
meets their demand, or the browser is sent to the login that is missing (SEC-255).
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from typing import TypeVar

from flask import Flask
from flask import Request
from flask import Response
from flask import request
from flask.typing import ResponseReturnValue

from idp.actions import gate
from idp.actions.gate import Admitted
from idp.actions.sessions import SessionFacts
from idp.rules import policy
from idp.web import browser
from idp.web import steps
from idp.web.work import current_work

MARK = "idp_gate"
View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Marks a view that anybody may call."""
    setattr(view, MARK, "public")
    return view


def demands(
    demand: policy.Demand | Callable[[timedelta], policy.Demand],
) -> Callable[[Callable[[SessionFacts], Response]], Callable[[], ResponseReturnValue]]:
    """Lets only sessions in that meet a demand; others are asked and come back.

    A demand that depends on the freshness of the settings is given as its function.
    """

    def decorate(
        view: Callable[[SessionFacts], Response],
    ) -> Callable[[], ResponseReturnValue]:
        @wraps(view)
        def gated() -> ResponseReturnValue:
            work = current_work()
            asked = (
                demand
                if isinstance(demand, policy.Demand)
                else demand(work.settings.sudo_freshness)
            )
            entry = gate.admit(
                work,
                asked,
                return_to=request.path,
                session_token=browser.session_token(),
                browser_token=browser.browser_token(),
            )
            if isinstance(entry, Admitted):
                return view(entry.session)
            return steps.go(entry)

        setattr(gated, MARK, "demands")
        return gated

    return decorate


def asks_for_nothing(asked: Request, pages: frozenset[str]) -> bool:
    """Tells whether this is a HEAD on one of these blueprints of pages (SEC-289).

    A page begins logins, takes messages, shows codes once; its head alone is nobody's
    wish, and whatever prefetches it must not spend anything.
    """
    return asked.method == "HEAD" and asked.blueprint in pages


def check_all(app: Flask) -> None:
    """Stops the start when a view has no gate."""
    open_views = [
        endpoint
        for endpoint, view in app.view_functions.items()
        if not hasattr(view, MARK)
    ]
    if open_views:
        raise RuntimeError(f"views without a gate: {', '.join(sorted(open_views))}")
