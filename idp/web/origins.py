"""CORS on protocol endpoints: what the pages of applications are told (SEC-161).

Which origin is whose is decided in ``oidc.origins``.
"""

from flask import Response
from flask import request

from idp.errors import Unavailable
from idp.oidc import origins as registered
from idp.web.work import current_work


def preflight(methods: list[str]) -> Response:
    """Lets the pages of registered applications call (SEC-161)."""
    response = Response(status=204)
    if share(response, None):
        response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        response.headers["Access-Control-Allow-Headers"] = "authorization, content-type"
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def share(response: Response, client_id: str | None) -> bool:
    """Lets the origin that asked read the answer, if it is a registered one."""
    response.headers["Vary"] = "Origin"
    origin = request.environ.get("HTTP_ORIGIN")
    try:
        if origin is None or not registered.allowed(current_work(), origin, client_id):
            return False
    except Unavailable:
        return False
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate"
    return True
