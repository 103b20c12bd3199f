"""Translations of the sentences in which actions refuse changes to applications.

Actions speak English and put names into their sentences, so each is recognised by its
shape and said again with the same names. An unlisted one stays as it is.
"""

import re

from flask_babel import gettext

from idp.web.admin import wording

N_ = str
"""Marks a sentence for the catalogue; it is translated when it is said."""

_SHAPES = (
    N_("A name has up to %(number)s characters, in one line."),
    N_("An application needs a name."),
    N_("client_name must be text."),
    N_("A client id has up to 200 ASCII characters, without spaces."),
    N_("A client id is part of an address: it holds no slash."),
    N_("The name of a role is part of an address: it holds no slash."),
    N_("The last secret stays. Make another first, or disable the application."),
    N_("There is no secret with this id."),
    N_("Other secrets end within %(number)s days."),
    N_("There is a client with this id."),
    N_("This is the id of a person."),
    N_("There is no client with this id."),
    N_("There cannot be a scope %(scope)s."),
    N_("There is no permission %(scope)s."),
    N_("scope must be at most %(number)s words."),
    N_("A service needs a secret."),
    N_("A public client has no secret."),
    N_("An application that proves itself by a key has no secret."),
    N_("The application needs a key: RSA of 2048 bits, EC or Ed25519."),
    N_("Keys are given by value or by address, not both."),
    N_("jwks must be an object."),
    N_("jwks must be a JWK set of public keys."),
    N_("jwks holds at most %(number)s keys in 64 KiB."),
    N_("jwks_uri %(address)s must start with https."),
    N_("jwks_uri %(address)s must not hold a user name."),
    N_("jwks_uri %(address)s needs a host."),
    N_(
        "jwks_uri %(address)s must be an address without spaces, "
        "control characters or a fragment."
    ),
    N_("A client needs at least one redirect URI."),
    N_("Without the authorization code grant there is nothing to redirect."),
    N_("%(field)s must be a list of up to %(number)s entries."),
    N_("PKCE can be switched off for clients with a secret only."),
    N_("An access token lives for an hour at most."),
    N_("%(field)s must be between a second and a year."),
    N_("The minimum level must be pwd or mfa."),
    N_("The algorithm must be one of %(names)s."),
    N_("%(field)s must be one of %(names)s."),
    N_("There is no level %(level)s here."),
    N_("%(address)s is not an origin, such as https://app.example."),
    N_("%(address)s is not an absolute address without a fragment."),
    N_("An address of this provider cannot be the resource of an application."),
    N_("Another client is this resource."),
    N_("The redirect URI %(address)s must start with https."),
    N_("The redirect URI %(address)s must not hold a user name."),
    N_("The redirect URI %(address)s needs a host."),
    N_(
        "The redirect URI %(address)s must be an address without spaces, "
        "control characters or a fragment."
    ),
    N_(
        "The redirect URI %(address)s needs a private-use scheme "
        "with a dot in its name (RFC 8252)."
    ),
    N_("The post-logout-redirect URI %(address)s must start with https."),
    N_("The post-logout-redirect URI %(address)s must not hold a user name."),
    N_("The post-logout-redirect URI %(address)s needs a host."),
    N_(
        "The post-logout-redirect URI %(address)s must be an address without spaces, "
        "control characters or a fragment."
    ),
    N_("backchannel_logout_uri %(address)s must start with https."),
    N_("backchannel_logout_uri %(address)s must not hold a user name."),
    N_("backchannel_logout_uri %(address)s needs a host."),
    N_(
        "backchannel_logout_uri %(address)s must be an address without spaces, "
        "control characters or a fragment."
    ),
    N_("initiate_login_uri %(address)s must start with https."),
    N_("initiate_login_uri %(address)s must not hold a user name."),
    N_("initiate_login_uri %(address)s needs a host."),
    N_(
        "initiate_login_uri %(address)s must be an address without spaces, "
        "control characters or a fragment."
    ),
    N_("frontchannel_logout_uri %(address)s must start with https."),
    N_("frontchannel_logout_uri %(address)s must not hold a user name."),
    N_("frontchannel_logout_uri %(address)s needs a host."),
    N_(
        "frontchannel_logout_uri %(address)s must be an address without spaces, "
        "control characters or a fragment."
    ),
    N_(
        "frontchannel_logout_uri %(address)s needs the scheme, host and port "
        "of a redirect URI."
    ),
    N_(
        "%(text)s is not a length of time: a number with s, m, h or d, "
        "such as 90s, 15m, 12h or 30d."
    ),
    N_("This has to be a whole number."),
    N_("The warning begins at 0 to %(number)s codes."),
    N_("A token registers 1 to %(number)s applications."),
    N_("A token ends within %(number)s days."),
    N_("There is no token with this id."),
    N_("A role needs a name of up to %(number)s characters."),
    N_("A role is described in one line of text."),
    N_("Tick the box to confirm."),
    N_("The key id that was typed is not that of this key."),
    N_("The client id that was typed is not that of this application."),
)
_NAME = re.compile(r"%\\\((\w+)\\\)s")


def words(sentence: str) -> str:
    """Says a sentence again in the language of the request."""
    for shape, pattern in _PATTERNS:
        matched = pattern.fullmatch(sentence)
        if matched:
            return str(gettext(shape, **matched.groupdict()))
    return wording.said(sentence)


def _pattern(shape: str) -> re.Pattern[str]:
    plain = _NAME.sub(r"(?P<\1>.+)", re.escape(shape))
    return re.compile(plain, re.DOTALL)


_PATTERNS = tuple((shape, _pattern(shape)) for shape in _SHAPES)
