"""One filled-in value per page of administration, for pictures and page tests."""

from idp.rules.permissions import PERMISSIONS
from idp.web import pages
from idp.web.admin import frame
from idp.web.admin import home

FRAME = {
    "username": "alice",
    "base": "",
    "sign_out_action": "#",
    "language_action": "#",
    "open": tuple(frame.NAVIGATION),
    "may": frozenset(PERMISSIONS),
}
ADMIN_SCREENS: dict[str, pages.Page] = {
    "admin-home": home.HomePage(**FRAME),
}
