"""``/metrics`` for Prometheus: with the bearer secret, or on the management listener.

Nowhere else, and never by default (SEC-266).
"""

import hmac

from flask import Blueprint
from flask import Response
from flask import current_app
from flask import request
from werkzeug.exceptions import NotFound

from idp.actions import figures
from idp.actions.figures import Figures
from idp.errors import Unavailable
from idp.web import prometheus
from idp.web.guards import public
from idp.web.work import current_work
from idp.web.work import parts

blueprint = Blueprint("metrics", __name__)
MANAGEMENT = "OSTIARY_MANAGEMENT"
"""The configuration of the application that only the management listener serves."""


@blueprint.get("/metrics")
@public
def show() -> Response:
    """Answers with the metrics, for callers that may read them."""
    if not current_app.config.get(MANAGEMENT):
        token = parts().settings.metrics_token
        if token is None:
            raise NotFound
        if not _is_bearer(token.get_secret_value()):
            return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    return Response(
        prometheus.written(_figures()), content_type=prometheus.CONTENT_TYPE
    )


def _is_bearer(token: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    sent = given.strip().encode("latin-1", "replace")
    right = hmac.compare_digest(sent, token.encode())
    return scheme.lower() == "bearer" and right


def _figures() -> Figures | None:
    try:
        return figures.figures(current_work())
    except Unavailable:
        return None
