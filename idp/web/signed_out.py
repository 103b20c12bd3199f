"""The signed-out page: which applications were told, and how far that came.

It appears at once, whatever the applications do (REL-060); a link on it looks again.
Applications that take no notices are signed out of in frames, once, and only on the
page that answers the sign-out (Front-Channel Logout 1.0).
"""

from urllib.parse import urlencode

from flask import Response
from flask import make_response

from idp.actions.own_sessions import SignedOut
from idp.oidc import front_channel
from idp.rules import uris
from idp.web import browser
from idp.web import language
from idp.web import pages
from idp.web import rendering
from idp.web import steps
from idp.web.work import parts

HOME = "/logged-out"


def has_pages(ended: SignedOut) -> bool:
    """Tells whether the browser has to load something of an application."""
    return any(one.page for one in ended.applications)


def answer(
    ended: SignedOut,
    *,
    return_href: str | None = None,
    return_name: str | None = None,
    go_on: bool = False,
) -> Response:
    """Answers a sign-out: with its page where there is more to it, or the way there."""
    if return_href is None and not has_pages(ended) and not ended.not_me:
        response = steps.away(_home())
    else:
        response = show(
            ended, return_href=return_href, return_name=return_name, go_on=go_on
        )
    browser.clear_session(response)
    return response


def show(
    ended: SignedOut,
    *,
    return_href: str | None = None,
    return_name: str | None = None,
    go_on: bool = False,
) -> Response:
    """Shows the page of a sign-out; ``go_on`` leads back once the frames are done."""
    frames = _frames(ended)
    page = pages.LoggedOutPage(
        login_href=steps.full_path("/login"),
        refresh_href=_home(),
        applications=tuple(
            pages.SignedOutApplication(
                client_id=one.client_id,
                name=one.name,
                logout=one.logout,
                framed=one.page is not None,
            )
            for one in ended.applications
        ),
        return_href=return_href,
        return_name=return_name,
        goes_on=go_on and return_href is not None,
        frames=frames,
        was_not_me=ended.not_me,
    )
    response = make_response(rendering.render(page))
    if frames:
        origins = (uris.origin_of(one.href) for one in frames)
        browser.with_frames(response, filter(None, origins))
    return response


def _home() -> str:
    """Returns the way to the page, in the language that an application asked for."""
    asked = language.asked()
    query = f"?{urlencode({'ui_locales': asked})}" if asked else ""
    return steps.full_path(HOME) + query


def _frames(ended: SignedOut) -> tuple[pages.Frame, ...]:
    issuer, sid = parts().settings.issuer, ended.sid or ""
    return tuple(
        pages.Frame(
            href=front_channel.page_of(one.page, issuer=issuer, sid=sid),
            name=one.name,
        )
        for one in ended.applications
        if one.page is not None
    )
