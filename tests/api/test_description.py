"""The OpenAPI document, its copy for readers, and the page made from it."""

import json
import pathlib
import re

import pytest

from idp.rules.permissions import PERMISSIONS
from idp.rules.permissions import USERS_READ
from idp.web.api import mounting
from idp.web.api import openapi
from idp.web.api.resources import Answer
from idp.web.api.resources import Call
from idp.web.api.resources import Resources
from tests.api.stage import Stage
from tests.support import openapi as copy
from tests.support.within import Within
from tests.web.routes import ROUTES

INTERFACE = pathlib.Path(__file__).parents[2] / "docs" / "interface.md"


def test_the_copy_is_what_the_program_makes() -> None:
    written = copy.COPY.read_text(encoding="utf-8")
    assert written == copy.text()  # or: python -m tests.support.openapi


def test_what_is_served_is_the_document_for_this_issuer(provider: Within) -> None:
    answer = provider.http.get("/api/v1/openapi.json")
    served = answer.json()
    assert served == openapi.document(mounting.SUBJECTS, provider.issuer)
    assert served["openapi"].startswith("3.1")
    assert served["servers"] == [{"url": f"{provider.issuer}/api/v1"}]
    again = provider.http.get(
        "/api/v1/openapi.json", headers={"If-None-Match": str(answer.header("ETag"))}
    )
    assert again.status == 304


def test_every_route_of_the_api_is_described_and_no_other() -> None:
    described = {
        (re.sub(r"{(\w+)}", r"<\1>", path), method.upper())
        for path, item in json.loads(copy.text())["paths"].items()
        for method in item
        if method != "parameters"
    }
    routed = {
        (rule.removeprefix("/api/v1"), method)
        for rule, route in ROUTES.items()
        if route.gate == "bearer"
        for method in route.methods - {"HEAD"}
    }
    assert described == routed


def test_every_operation_says_its_right_and_has_a_name_of_its_own() -> None:
    operations = [one for subject in mounting.SUBJECTS for one in subject.operations]
    names = [one.name for one in operations]
    assert len(set(names)) == len(names)
    assert {one.needs for one in operations} <= set(PERMISSIONS)
    for one in operations:
        assert one.summary, one.name


def test_an_operation_without_a_right_cannot_be_declared() -> None:
    """SEC-255"""
    for wrong in ("", "idp:everything", "openid"):
        with pytest.raises(ValueError, match="not a right"):
            Resources("x", "").declare("GET", "/x", needs=wrong, summary="x")


def test_reading_and_writing_are_told_apart_by_method_unless_said() -> None:
    subject = Resources("x", "")

    def handler(call: Call[None, None]) -> Answer:
        return Answer()

    subject.declare("GET", "/x", needs=USERS_READ, summary="x")(handler)
    subject.declare("POST", "/x", needs=USERS_READ, summary="x")(handler)
    subject.declare("POST", "/y", needs=USERS_READ, summary="x", writes=False)(handler)
    fresh = [one.needs_fresh_factor for one in subject.operations]
    assert fresh == [False, True, False]


def test_the_calls_of_the_interface_are_there() -> None:
    paths = set(json.loads(copy.text())["paths"])
    table = INTERFACE.read_text(encoding="utf-8").partition("| Call |")[2]
    rows = table.partition("\n\n")[0].splitlines()[2:]
    promised = {
        path
        for row in rows
        for path in re.findall(r"`(?:GET|POST|PATCH|DELETE)?,? ?(/[\w/{}-]+)", row)
    }
    assert len(promised) > 15
    assert promised <= paths, promised - paths


def test_the_page_is_for_anybody_and_holds_no_script(provider: Within) -> None:
    answer = provider.http.get("/api/v1/docs")
    assert answer.status == 200
    assert "<script" not in answer.text
    assert "https://" not in answer.text.replace(provider.issuer, "")
    assert 'data-page="api-docs"' in answer.text
    for subject in mounting.SUBJECTS:
        for one in subject.operations:
            assert f'id="{one.name}"' in answer.text, one.name


def test_the_type_of_a_problem_is_a_place_on_the_page(stage: Stage) -> None:
    page = stage.provider.http.get("/api/v1/docs").text
    kind = stage.bare()("GET", "/users").json()["type"]
    address, _, anchor = kind.partition("#")
    assert address == f"{stage.provider.issuer}/api/v1/docs"
    assert f'id="{anchor}"' in page
