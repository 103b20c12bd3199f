"""What every sample page of administration carries."""

from idp.rules.permissions import PERMISSIONS
from idp.web.admin import frame

FRAME = {
    "username": "alice",
    "base": "",
    "sign_out_action": "#",
    "language_action": "#",
    "open": tuple(frame.NAVIGATION),
    "may": frozenset(PERMISSIONS),
}
