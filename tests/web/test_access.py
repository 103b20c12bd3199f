"""REL-075 and REL-076: a line a request, which betrays nothing."""

import dataclasses
import json
import pathlib
import urllib.parse
from collections.abc import Sequence
from typing import Any

import pytest

from idp.app import create_app
from idp.settings import Settings
from tests.support.exchange import Answer
from tests.support.exchange import Wire
from tests.support.provider import serving
from tests.support.providers import Maker
from tests.support.within import Within

SHORTEST_SECRET = 6
CREDENTIALS = {"Cookie", "Authorization"}


@dataclasses.dataclass
class Listening:
    """A wire that remembers every value that went over it and is nobody's business."""

    wire: Wire
    heard: set[str] = dataclasses.field(default_factory=set)

    def __call__(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Answer:
        """Sends a request and keeps its query, its form and its credentials."""
        query = urllib.parse.urlsplit(url).query
        for text in (query, body.decode()):
            self.heard |= {value for _, value in urllib.parse.parse_qsl(text)}
        for name, value in headers:
            if name in CREDENTIALS:
                self.heard |= set(value.replace(";", " ").replace("=", " ").split())
        answer = self.wire(method, url, headers, body)
        location = urllib.parse.urlsplit(answer.header("Location") or "").query
        self.heard |= {value for _, value in urllib.parse.parse_qsl(location)}
        return answer

    @property
    def secrets(self) -> set[str]:
        """Gives what is long enough to be told apart from chance."""
        return {value for value in self.heard if len(value) >= SHORTEST_SECRET}


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_request_is_one_line_with_the_id_of_its_answer(
    provider: Within, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    answer = provider.http.get("/.well-known/openid-configuration", {"secret": "x"})
    (line,) = lines(capsys.readouterr().err)
    assert line["request_id"] == answer.header("X-Request-Id")
    assert line["ms"] >= 0
    assert {name: line[name] for name in ("logger", "method", "path", "status")} == {
        "logger": "idp.access",
        "method": "GET",
        "path": "/.well-known/openid-configuration",
        "status": 200,
    }


def test_what_watches_over_the_service_is_not_worth_a_line(
    provider: Within, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    provider.http.get("/healthz")
    provider.http.get("/readyz")
    assert capsys.readouterr().err == ""


def test_who_is_called_like_a_health_page_is_worth_a_line(
    provider: Within, capsys: pytest.CaptureFixture[str]
) -> None:
    """REL-075: an application or a person may have that name"""
    for path in ("/register/healthz", "/api/v1/users/metrics"):
        capsys.readouterr()
        provider.http.get(path)
        assert path in [one.get("path") for one in lines(capsys.readouterr().err)]


def test_two_requests_have_two_ids(provider: Within) -> None:
    ids = {provider.http.get("/healthz").header("X-Request-Id") for _ in range(2)}
    assert len(ids - {None}) == 2


def test_a_request_for_another_host_says_why_it_is_refused(
    provider: Within, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever set the proxy up has to find out; what was sent is not repeated"""
    capsys.readouterr()
    answer = provider.http.get("/login", headers={"Host": "upstream-0.example"})
    said, line = lines(capsys.readouterr().err)
    assert [answer.status, line["status"]] == [400, 400]
    assert "Host header" in said["reason"]
    assert said["request_id"] == line["request_id"]
    assert "upstream-0" not in str((said, line))


def test_a_path_cannot_forge_a_line(
    provider: Within, capsys: pytest.CaptureFixture[str]
) -> None:
    """REL-077"""
    capsys.readouterr()
    provider.http.get("/x%0a%7b%22level%22:%22error%22%7d%0d%1b%5b31m")
    (line,) = lines(capsys.readouterr().err)
    assert line["status"] == 404
    assert line["path"].startswith("/x\n{")


def test_nothing_that_was_sent_or_handed_out_is_ever_logged(
    new_provider: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    """REL-076, at the level that says most"""
    provider = new_provider(IDP_LOG_LEVEL="debug")
    wire = provider.wire = Listening(provider.wire)
    wiki = provider.client("Wiki")
    mia = provider.person("mia")
    browser = wiki.ask(provider.browser())
    browser.fill("sign-in", username="mia", password="wrong horse battery")
    mia.enter_password(browser)
    mia.enter_code(browser, mia.phone.wrong_code())
    mia.enter_code(browser)
    tokens = wiki.refreshed(wiki.collect(browser))
    wiki.introspect(tokens.access)
    wiki.userinfo(tokens.access)
    wiki.revoke(tokens.refresh)
    wiki.redeem("a-made-up-code")

    said = capsys.readouterr().err
    handed_out = {
        tokens.access,
        tokens.refresh,
        *mia.backup_codes,
        mia.phone.unused_code(),
    }
    assert len(wire.secrets) > 20
    assert len(lines(said)) > 20
    private = (wire.secrets | handed_out) - {wiki.id}
    assert [one for one in private if one in said] == []
    told = [one for one in lines(said) if one["logger"] == "idp.audit"]
    signed_in = next(one for one in told if one["message"] == "login.succeeded")
    assert signed_in["factors"] == ["pwd", "otp", "mfa"]
    assert {"mfa.enrolled", "mfa.refused", "tokens.refreshed", "tokens.revoked"} <= {
        one["message"] for one in told
    }


def test_a_fault_is_logged_with_its_place_and_answered_without(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """SEC-184, REL-019: the text of an exception holds what it choked on"""
    settings = Settings(data_dir=tmp_path, master_key="0123456789abcdef" * 4)
    application = create_app(settings)
    application.add_url_rule("/broken", view_func=broken)
    client = application.test_client()
    answer = client.get("/broken", base_url=settings.issuer)
    fault, request = lines(capsys.readouterr().err)
    application.extensions["ostiary"].close()
    assert (answer.status_code, request["status"]) == (500, 500)
    assert fault["message"] == "unexpected fault"
    assert fault["request_id"] == answer.headers["X-Request-Id"]
    assert "in broken" in str(fault["traceback"])
    assert "SECRET" not in str(fault) + answer.get_data(as_text=True)


def broken() -> str:
    secret = "SECRET"
    raise ValueError(secret)


def test_every_line_of_the_real_server_is_one_of_ours(tmp_path: pathlib.Path) -> None:
    with serving(tmp_path, IDP_LOG_LEVEL="debug", workers=1) as provider:
        provider.browser().visit("/login")
    found = lines((tmp_path / "log").read_text())
    assert {"at", "level", "logger", "message"} <= set.intersection(*map(set, found))
    assert {"_granian", "idp.access"} <= {line["logger"] for line in found}
