"""Imports run one way, stand at the top, and reach each library in one place."""

import subprocess
import sys

from tests.architecture.tree import Module
from tests.architecture.tree import module_of
from tests.architecture.tree import modules

LATE_ADVICE = """
An import of our own code inside a function hides a circle: the two modules know each
other. Move what both need to the module further right in
web, cli -> oidc -> actions -> store -> rules."""

CYCLE_ADVICE = """
These modules import each other, so none of them can be read, tested or moved alone.
Pass a value instead of reaching back, or split what both need into its own noun."""

LIBRARY_ADVICE = """
Each library has one home, so that replacing or upgrading it is the work of one file.
Call the module that wraps it; to give it another home, change this table and say why
in docs/decisions/."""

# Library -> the modules (or folders) of ours that may import it.
HOMES = {
    "alembic": ("idp.store",),
    "authlib": ("idp.oidc", "idp.demo"),
    "bcrypt": ("idp.rules.passwords",),
    "cryptography": ("idp.vault", "idp.actions.keys", "idp.oidc.keys"),
    "flask": (
        "idp.app",
        "idp.web",
        "idp.cli",
        "idp.oidc.server",
        "idp.store.database",
        "idp.demo",
    ),
    "flask_babel": ("idp.app", "idp.web"),
    "flask_migrate": ("idp.app", "idp.cli", "idp.store"),
    "flask_sqlalchemy": ("idp.app", "idp.store.database"),
    "granian": ("idp.cli.serve", "idp.cli.workers"),
    "joserfc": ("idp.oidc", "idp.actions.keys", "idp.demo"),
    "ldap": ("idp.ldap_wire",),
    "limits": ("idp.store.rates",),
    "opentelemetry": ("idp.tracing",),
    "prometheus_client": ("idp.web.prometheus", "idp.web.prometheus_processes"),
    "psycopg": ("idp.store",),
    "pydantic": (
        "idp.settings",
        "idp.setting_directory",
        "idp.setting_findings",
        "idp.setting_mail",
        "idp.setting_values",
        "idp.web",
    ),
    "pydantic_settings": ("idp.settings",),
    "pyotp": ("idp.rules", "idp.demo"),
    "qrcode": ("idp.web",),
    "requests": ("idp.oidc.backchannel", "idp.demo"),
    "smtplib": ("idp.smtp",),
    "sqlalchemy": ("idp.store",),
    "subprocess": ("idp.cli", "idp.demo"),
    "valkey": ("idp.store.rates", "idp.store.valkey_line"),
    "werkzeug": ("idp.app", "idp.web", "idp.demo"),
}


# Actions pass the connection on and never use it, so they name its type.
NAMED_AS_TYPES = {"sqlalchemy.engine.Connection", "sqlalchemy.Connection"}


def test_no_function_imports_our_own_code():
    late = [
        f"{module.where}:{found.line} {found.target}"
        for module in modules()
        for found in module.imports()
        if found.inside_function and found.target.split(".")[0] == "idp"
    ]

    assert not late, "\n".join(late) + LATE_ADVICE


def test_no_modules_import_each_other():
    graph = {module.name: _own_imports(module) for module in modules()}

    circles = _circles(graph)

    assert not circles, "\n".join(map(str, circles)) + CYCLE_ADVICE


def test_each_library_has_one_home():
    strays = [
        f"{module.where}:{found.line} imports {library}"
        for module in modules()
        for found in module.imports()
        if (library := found.target.split(".")[0]) in HOMES
        and found.target not in NAMED_AS_TYPES
        and not _lives_in(module.name, HOMES[library])
    ]

    assert not strays, "\n".join(strays) + LIBRARY_ADVICE


def test_the_demo_is_a_customer_and_uses_the_command_line_only():
    inside = [
        f"{module.where}:{found.line} {found.target}"
        for module in modules()
        if _lives_in(module.name, ("idp.demo",))
        for found in module.imports()
        if found.target.split(".")[0] == "idp"
        and not _lives_in(found.target, ("idp.cli", "idp.demo", "idp.clock"))
    ]

    assert not inside, "\n".join(inside) + (
        "\nThe demo shows what a customer can do: over HTTP and by the command line."
    )


def test_rules_and_actions_load_neither_flask_nor_authlib():
    names = [
        module.name
        for module in modules()
        if _lives_in(module.name, ("idp.rules", "idp.actions"))
    ]
    program = (
        f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\n"
        "print(sorted({'flask', 'authlib', 'werkzeug'} & set(sys.modules)))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (loaded.stdout.strip(), loaded.stderr) == ("[]", "")


def _lives_in(name: str, homes: tuple[str, ...]) -> bool:
    return any(name == home or name.startswith(f"{home}.") for home in homes)


def _own_imports(module: Module) -> set[str]:
    found = {module_of(one.target) for one in module.imports()}
    return {name for name in found if name is not None and name != module.name}


def _circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Answers the groups of modules that can all reach one another."""
    reach = {name: set(targets) for name, targets in graph.items()}
    for middle in graph:
        for targets in reach.values():
            if middle in targets:
                targets |= reach[middle]
    groups = {
        frozenset(other for other in reach[name] if name in reach[other])
        for name in graph
        if name in reach[name]
    }
    return [set(group) for group in groups]
