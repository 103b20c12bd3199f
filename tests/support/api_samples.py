"""The description of the API, for the page tests: one subject, all that is told."""

from idp.web import pages
from idp.web.api import docs
from idp.web.api import openapi
from idp.web.api import users

API_SCREENS: dict[str, pages.Page] = {
    "api-docs": docs.page(
        openapi.document((users.resources,), "https://sso.example.org"), "#"
    ),
    "consent-rights": pages.ConsentPage(
        action="#",
        username="root",
        application="Console",
        scopes=("openid", "idp:users:read", "idp:users:write"),
    ),
}
