"""Whether the service lives and is ready; these answer to any host name (REL-090)."""

from flask import Blueprint
from flask import Response
from flask import jsonify

from idp import leaving
from idp.actions import maintenance
from idp.settings import Settings
from idp.web.guards import public
from idp.web.work import current_work

blueprint = Blueprint("health", __name__)
PATHS = ("/healthz", "/readyz", "/metrics")


def is_at(path: str, settings: Settings) -> bool:
    """Tells whether a path is one of these, with the issuer's before it or without.

    Applications, roles and people may be called so: the end of a path says nothing.
    """
    return path.removeprefix(settings.base_path) in PATHS


@blueprint.get("/healthz")
@public
def alive() -> Response:
    """Answers as long as the process does."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public
def ready() -> Response:
    """Answers 200 when the database, the schema and the keys are there, else 503.

    A process that is about to stop answers 503 too, and goes on serving meanwhile.
    """
    found = maintenance.readiness(current_work())
    checks = {
        "database": "ok" if found.database else "failed",
        "migrations": "ok" if found.migrations else "failed",
        "keys": "ok" if found.keys else "failed",
    }
    serves = found.ready and not leaving.is_due()
    response = jsonify(status="ok" if serves else "unready", checks=checks)
    response.status_code = 200 if serves else 503
    return response
