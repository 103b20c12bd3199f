"""Each decision lives in one place and only its known callers reach it.

The tables say who may name what. The advisories of other providers are mostly the same
story: a second path to the same effect, which forgot a check. A new caller is a change
of design, so it is made here, in sight, and not by the way.
"""

import pytest

from tests.architecture.tree import defines
from tests.architecture.tree import modules
from tests.architecture.tree import references

# Our own functions -> the modules that may name them, beside the one they live in.
OURS: dict[str, tuple[str, ...]] = {
    # What must be proved now? Asked when a page is due, a code issued or redeemed.
    "idp.rules.policy.next_step": (
        "idp.actions.gate",
        "idp.actions.grants",
        "idp.actions.progress",
        "idp.actions.requests",
    ),
    # What do we say was proved? Frozen into the grant, shown of a session, recorded.
    "idp.rules.assurance.describe": (
        "idp.rules.policy",
        "idp.actions.authorize",
        "idp.actions.proofs",
        "idp.actions.sessions",
    ),
    # What was proved, and when? Noted of a login, by the moments that count.
    "idp.rules.factors.Proof": ("idp.rules.assurance",),
    "idp.rules.assurance.with_proof": ("idp.actions.proofs",),
    # Is this password or code right? Weighed outside a block, judged inside.
    "idp.actions.factors.weigh_password": (
        "idp.actions.login",
        "idp.actions.passwords",
    ),
    "idp.actions.factors.judge_password": (
        "idp.actions.login",
        "idp.actions.passwords",
    ),
    "idp.actions.factors.judge_totp": ("idp.actions.login",),
    "idp.actions.factors.judge_change_code": (
        "idp.actions.mfa",
        "idp.actions.passwords",
    ),
    "idp.actions.factors.judge_backup_code": ("idp.actions.login",),
    # A session begins or rises in the block of the factor that earned it.
    "idp.actions.sessions.open": ("idp.actions.progress",),
    # A code is issued.
    "idp.store.codes.add_code": ("idp.actions.authorize",),
    "idp.actions.authorize.issue_code": (),
    # Single use: who may spend what.
    "idp.store.codes.claim_code": ("idp.actions.codes",),
    "idp.store.refresh_tokens.claim_refresh": ("idp.actions.tokens",),
    "idp.store.authenticators.claim_totp_step": ("idp.actions.factors",),
    "idp.store.backup_codes.claim_backup_code": ("idp.actions.factors",),
    # May a grant still give tokens?
    "idp.actions.grants.recheck": ("idp.actions.codes", "idp.actions.tokens"),
}

# Names of libraries -> the modules that may use them.
THEIRS: dict[str, tuple[str, ...]] = {
    "datetime.datetime.now": ("idp.clock",),
    "datetime.datetime.utcnow": (),
    "datetime.datetime.today": (),
    "datetime.date.today": (),
    # The library behind it counts on the wall clock itself.
    "time.time": ("idp.store.rates",),
    "time.time_ns": (),
    # The demo and the server hand an environment to the processes that they start.
    "os.environ": ("idp.settings", "idp.demo.provider", "idp.cli.serve", "idp.tracing"),
    "os.getenv": ("idp.settings",),
    ".set_cookie": ("idp.web.browser",),
    ".delete_cookie": ("idp.web.browser",),
    "flask.g": ("idp.web.work",),
    "flask.session": ("idp.demo",),
    "markupsafe.Markup": ("idp.web.qr", "idp.web.rendering"),
    "random": (),
    "pickle": (),
    "flask.render_template_string": (),
}

ADVICE = """
{name} has one place{home}. {why}
Call what already calls it. If this caller is really needed, add it to the table in
tests/architecture/test_single_places.py and say why in docs/decisions/."""

REASONS = {
    "datetime.datetime.now": "Time is given as `now`, so tests can turn the clock.",
    "time.time": "Time is given as `now`, so tests can turn the clock.",
    "os.environ": "Settings are read once, checked, and handed on as values.",
    ".set_cookie": "Cookies get their name, flags and path in one function.",
    "flask.g": "What a request carries is handed on as an argument.",
    "markupsafe.Markup": "Text marked as safe is how scripts get into pages.",
    "random": "Its numbers can be guessed; use secrets.",
}


@pytest.mark.parametrize("name", OURS)
def test_a_decision_is_reached_by_its_known_callers_only(name):
    home = name.rpartition(".")[0]

    strays = _strays(name, (home, *OURS[name]))

    assert not strays, "\n".join(strays) + _advice(name, home)


@pytest.mark.parametrize("name", OURS)
def test_a_guarded_decision_exists_under_its_name(name):
    home, _, function = name.rpartition(".")

    found = [module for module in modules() if module.name == home]

    assert found, f"{home} is gone; the guard of {name} guards nothing"
    assert defines(found[0], function), f"{name} is gone; its guard guards nothing"


@pytest.mark.parametrize("name", THEIRS)
def test_a_dangerous_name_is_used_in_its_one_place_only(name):
    strays = _strays(name, THEIRS[name])

    assert not strays, "\n".join(strays) + _advice(name, ", ".join(THEIRS[name]))


def _strays(name: str, allowed: tuple[str, ...]) -> list[str]:
    return [
        f"{module.where}:{line} names {name}"
        for module in modules()
        if not any(
            module.name == one or module.name.startswith(f"{one}.") for one in allowed
        )
        for found, line in references(module)
        if found == name or found.startswith(f"{name}.")
    ]


def _advice(name: str, home: str) -> str:
    where = f": {home}" if home else ": none"
    return ADVICE.format(name=name, home=where, why=REASONS.get(name, ""))
