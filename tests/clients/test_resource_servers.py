"""The checks of docs/resource-servers.md, run on tokens of a real provider."""

import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.support import needs
from tests.support.people import Person
from tests.support.provider import Provider
from tests.support.relying_party import Tokens

pytestmark = [pytest.mark.foreign, pytest.mark.package_index]

DOCS = pathlib.Path(__file__).parents[2] / "docs"
EXAMPLES = DOCS / "examples"
STEP_UP = (
    '401 Bearer error="insufficient_user_authentication", '
    'acr_values="mfa", max_age="300"'
)
INVALID = '401 Bearer error="invalid_token"'

Check = Callable[[str, str], str]


@pytest.fixture(params=["check.py", "check.mjs"])
def check(
    request: pytest.FixtureRequest,
    provider: Provider,
    packages: pathlib.Path,
    tmp_path: pathlib.Path,
) -> Check:
    """Gives what one example answers to a token, for an API of this name."""
    program = shutil.copy(EXAMPLES / request.param, tmp_path)
    (tmp_path / "node_modules").symlink_to(packages)
    runs = sys.executable if program.endswith(".py") else needs.need("node")

    def run(token: str, api: str) -> str:
        command = [runs, program, provider.issuer, api]
        done = subprocess.run(
            command, input=token, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    return run


@pytest.fixture
def tokens(provider: Provider, mia: Person) -> Tokens:
    """Gives what an application got for somebody who has just proved both."""
    wiki = provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    return wiki.collect(wiki.ask(browser))


def test_a_fresh_second_factor_opens(
    check: Check, tokens: Tokens, provider: Provider
) -> None:
    assert check(tokens.access, provider.issuer) == f"200 {tokens.claims['sub']}"


def test_a_token_without_a_person_is_asked_for_one(
    check: Check, provider: Provider
) -> None:
    """RFC 9470 section 3"""
    reports = provider.client("Reports", "--service")
    answer = reports.token(grant_type="client_credentials").json()
    assert check(answer["access_token"], provider.issuer) == STEP_UP


def test_what_is_no_access_token_for_this_api_opens_nothing(
    check: Check, tokens: Tokens, provider: Provider
) -> None:
    assert check(tokens.access, "https://api.example") == INVALID
    assert check(tokens.answer["id_token"], provider.issuer) == INVALID
    assert check(tokens.access[:-4] + "AAAA", provider.issuer) == INVALID
    assert check("", provider.issuer) == INVALID


def test_the_page_shows_the_programs_that_run_here() -> None:
    page = (DOCS / "resource-servers.md").read_text()
    shown = re.findall(r"\(examples/(\S+)\)\n\n```\w+\n(.*?)```", page, re.DOTALL)
    assert {name for name, _ in shown} == {one.name for one in EXAMPLES.iterdir()}
    for name, text in shown:
        assert text == (EXAMPLES / name).read_text(), name
