"""Every way from here to an application is one function, with `iss`, by 303.

RFC 9207 is worth nothing if one answer in ten lacks `iss`, and 307 sends a password
along (SEC-177, SEC-179). A second way out is a change of design, made here in sight.
"""

import ast

from idp.web.oidc import ExactRedirect
from idp.web.steps import away
from tests.architecture.tree import modules
from tests.architecture.tree import references

# Who may put an address into an answer, beside the demo, which is no provider. In the
# API it says where something new is (201), and nobody is sent there.
LOCATION = ("idp.web.oidc", "idp.web.steps", "idp.web.api.resources")
ANSWERS = ("Redirect", "FormPost")
LEADING = {
    "ExactRedirect": ("idp.web.oidc", "idp.web.end_session"),
    **dict.fromkeys(ANSWERS, ("idp.oidc.responses",)),
}
THEIRS = ("flask.redirect", "werkzeug.utils.redirect")


def calls(name: str) -> list[tuple[str, str]]:
    """Gives module and function of each place that makes one of these."""
    return [
        (module.name, function.name)
        for module in modules()
        for function in module.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) == name
    ]


def test_answers_to_applications_are_made_in_one_function():
    for name in ANSWERS:
        assert calls(name) == [("idp.oidc.responses", "_send")], name


def test_that_function_always_says_who_answers():
    """SEC-177: before it decides how, and under no condition"""
    (responses,) = (one for one in modules() if one.name == "idp.oidc.responses")
    (send,) = (one for one in responses.functions() if one.name == "_send")
    said = [ast.unparse(line) for line in send.body if isinstance(line, ast.Expr)]
    assert "fields.append(('iss', issuer))" in said


def test_only_known_places_lead_elsewhere():
    for name, allowed in LEADING.items():
        strays = {module for module, _ in calls(name)} - set(allowed)
        assert not strays, f"{name} has its places: {allowed}, not {strays}"


def test_no_other_place_writes_an_address_into_an_answer():
    strays = [
        f"{module.where}:{node.lineno}"
        for module in modules()
        if module.name not in LOCATION and not module.name.startswith("idp.demo")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and node.value == "Location"
    ]
    assert not strays, f"say where to go by steps.away or ExactRedirect: {strays}"


def test_the_libraries_redirects_are_not_used():
    """SEC-179: theirs are 302, and put the address together anew"""
    strays = [
        f"{module.where}:{line} uses {found}"
        for module in modules()
        if not module.name.startswith("idp.demo")
        for found, line in references(module)
        if found in THEIRS
    ]
    assert not strays, strays


def test_every_redirect_is_see_other():
    """SEC-179"""
    for answer in (ExactRedirect("https://rp.example/cb?code=x"), away("/login")):
        assert answer.status_code == 303
