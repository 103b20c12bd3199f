"""The settings of applications: what each may see, and revoking its access."""

from flask import Blueprint
from flask import Response
from flask import request

from idp.actions import applications
from idp.actions import logout_results
from idp.actions.sessions import SessionFacts
from idp.oidc import third_party
from idp.rules import policy
from idp.web import settings_pages
from idp.web import steps
from idp.web.guards import demands
from idp.web.work import current_work
from idp.web.work import parts

blueprint = Blueprint("applications", __name__)
HOME = "/settings/applications"


@blueprint.get(HOME)
@demands(policy.ACCOUNT_PAGE)
def show_applications(session: SessionFacts) -> Response:
    """Lists the applications by name, with the way into those that have one."""
    rows = applications.list_own(current_work(), session)
    issuer = parts().settings.issuer
    return settings_pages.show(
        settings_pages.ApplicationsPage(
            **settings_pages.frame(session),
            action=request.path,
            rows=rows,
            starts={
                row.client_id: third_party.start(row.start, issuer=issuer)
                for row in rows
                if row.start is not None
            },
            logouts=logout_results.list_own(current_work(), session),
        )
    )


@blueprint.post(HOME)
@demands(policy.ACCOUNT_PAGE)
def remove_application(session: SessionFacts) -> Response:
    """Takes everything back from one application."""
    form = settings_pages.own_form()
    applications.remove(current_work(), session, form.get("client_id", ""))
    return steps.away(steps.full_path(HOME))
