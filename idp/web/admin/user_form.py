"""The form of one person: what it holds, how it is read, what changed under it.

Fields that do not come leave things as they are, so that a program may send only what
it means. The moment it was made from travels along (``version``, ``seen``).
"""

import json
from typing import Any

from idp.actions.user_edit import Changes
from idp.actions.user_edit import Dossier
from idp.errors import BadRequest
from idp.web.forms import Filled

ON_OFF = {"on": True, "off": False}
MFA = {"keep": False, "disable": True}
TEXTS = ("name", "email")
LONGEST_VERSION = 9


def current(dossier: Dossier) -> dict[str, Any]:
    """Returns what the form holds before anything was entered."""
    user = dossier.user
    return {
        "name": user.name or "",
        "email": user.email or "",
        "active": _word(user.active),
        "roles": list(user.roles),
        "mfa": "keep",
        "mfa_required": _word(user.mfa.required),
        "version": str(user.version),
    }


def _word(switch: bool) -> str:
    return "on" if switch else "off"


def read(form: Filled) -> Changes:
    """Reads what the form asks for; raises BadRequest for words it does not have."""
    details = {
        name: form.fields[name].strip() or None for name in TEXTS if name in form.fields
    }
    return Changes(
        details=details,
        active=_switch(form, "active", ON_OFF),
        roles=form.lists.get("roles"),
        mfa_required=_switch(form, "mfa_required", ON_OFF),
        disable_mfa=bool(_switch(form, "mfa", MFA)),
        reason=form.get("reason").strip(),
        confirm_username=form.get("confirm_username"),
    )


def _switch(form: Filled, name: str, words: dict[str, bool]) -> bool | None:
    given = form.fields.get(name)
    if given is None:
        return None
    if given not in words:
        raise BadRequest(name)
    return words[given]


def version(form: Filled) -> int | None:
    """Returns the version that the form was made from; raises BadRequest."""
    given = form.fields.get("version")
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > LONGEST_VERSION:
        raise BadRequest("version")
    return int(given)


def entered(form: Filled) -> dict[str, Any]:
    """Returns what was entered, to be shown again."""
    names = (*TEXTS, "active", "mfa", "mfa_required", "version", "reason")
    found: dict[str, Any] = {n: form.fields[n] for n in names if n in form.fields}
    found["confirm_username"] = ""
    if "roles" in form.lists:
        found["roles"] = list(form.lists["roles"])
    return found


def lacks_proof(dossier: Dossier, changes: Changes) -> bool:
    """Tells whether MFA is to go without a reason, or the name that some want."""
    if not changes.disable_mfa:
        return False
    named = bool(changes.confirm_username.strip())
    return not changes.reason or (dossier.privileged and not named)


def written(dossier: Dossier) -> str:
    """Writes down what the form was made from, for the case that it grows old."""
    return json.dumps(_facts(dossier), ensure_ascii=True, separators=(",", ":"))


def differences(seen: str, now: Dossier) -> list[list[Any]]:
    """Returns what changed since: field, before, now; for display, never trusted."""
    try:
        before = json.loads(seen)
    except (ValueError, RecursionError):
        return []
    if not isinstance(before, dict):
        return []
    after = _facts(now)
    return [
        [name, _shown(before[name]), _shown(value)]
        for name, value in after.items()
        if name in before and before[name] != value
    ]


def _facts(dossier: Dossier) -> dict[str, Any]:
    user = dossier.user
    return {
        "name": user.name,
        "email": user.email,
        "active": user.active,
        "roles": list(user.roles),
        "mfa": user.mfa.state,
        "mfa_required": user.mfa.required,
    }


def _shown(value: Any) -> str:
    """Returns a value as text that can be drawn; yes and no are words of the page."""
    if isinstance(value, bool):
        return _word(value)
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value if not isinstance(one, list))
    text = "" if value is None else str(value)
    return "".join(sign for sign in text if sign.isprintable())
