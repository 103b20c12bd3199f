"""A module is named after its noun; drawers for odds and ends have no name here."""

from tests.architecture.tree import modules

FORBIDDEN = {
    "base",
    "common",
    "core",
    "helper",
    "helpers",
    "lib",
    "manager",
    "managers",
    "misc",
    "service",
    "services",
    "util",
    "utils",
}
ALLOWED = {"idp.store.base"}

ADVICE = """
Such a name says nothing about what is inside, so everything ends up there. Name the
module after the thing it knows about: `tokens`, `uris`, `lockout`."""


def test_no_module_is_a_drawer_for_odds_and_ends():
    drawers = [
        module.where
        for folder in ("idp", "tests", "migrations")
        for module in modules(folder)
        if module.name.rpartition(".")[2] in FORBIDDEN and module.name not in ALLOWED
    ]

    assert not drawers, "\n".join(drawers) + ADVICE
