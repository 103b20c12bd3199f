"""Front-channel sign-out, for applications that take no back-channel notices.

OpenID Connect Front-Channel Logout 1.0: the page after the sign-out loads a page of
each application in a frame. Whether that worked cannot be known.
"""

from idp.oidc.responses import extended


def page_of(registered: str, *, issuer: str, sid: str) -> str:
    """Returns the address that the browser loads; both members always go along."""
    return extended(registered, [("iss", issuer), ("sid", sid)])
