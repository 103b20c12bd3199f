"""Who may call an operation: the bearer token decides, and nothing else does.

Cookies mean nothing here. Whose token it is and what it carries is ``oidc.api_access``.
"""

from flask import request

from idp.actions.work import Work
from idp.oidc import api_access
from idp.web.work import current_work
from idp.web.work import parts

MARK = "bearer"


def admit(needs: str, *, writes: bool) -> Work:
    """Returns the ``Work`` of the token's holder; raises the refusal otherwise."""
    work = current_work()
    sent = request.headers.getlist("Authorization")
    api_access.admit(
        # Two headers are joined and so are no token (SEC-225).
        ", ".join(sent) if sent else None,
        work,
        parts().keys,
        needs=needs,
        writes=writes,
    )
    return work
