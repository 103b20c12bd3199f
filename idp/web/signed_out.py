"""The signed-out page: which applications were told, and how far that came.

It is there at once, whatever the applications do (REL-060); a link on it asks again.
"""

from idp.actions.own_sessions import SignedOut
from idp.web import pages
from idp.web import steps


def page(
    ended: SignedOut, *, return_href: str | None = None, return_name: str | None = None
) -> pages.LoggedOutPage:
    """Makes the page of a sign-out."""
    return pages.LoggedOutPage(
        login_href=steps.here("/login"),
        refresh_href=steps.here("/logged-out"),
        applications=tuple(
            pages.SignedOutApplication(
                client_id=one.client_id, name=one.name, logout=one.logout
            )
            for one in ended.applications
        ),
        return_href=return_href,
        return_name=return_name,
    )
