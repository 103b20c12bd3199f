"""A browser's own description in words that its owner recognises."""

from flask_babel import gettext as _

from idp import devices


def words(user_agent: str) -> str:
    """Returns browser and system in words, or that they are unknown."""
    program, system = devices.recognise(user_agent)
    if program and system:
        return str(_("%(browser)s on %(system)s", browser=program, system=system))
    return program or system or str(_("Unknown device"))
