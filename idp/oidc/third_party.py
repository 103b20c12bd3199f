"""A sign-in initiated by a third party (OpenID Connect Core 4).

Here that is the settings page: the link sends the browser to the application, which
sends it back with an authorization request of its own.
"""

from idp.oidc.responses import extended


def start(registered: str, *, issuer: str) -> str:
    """Returns the address that makes an application begin a sign-in with us."""
    return extended(registered, [("iss", issuer)])
