"""server: which refusal becomes which answer, and what never happens."""

import json
import logging
from typing import Any

import pytest

from idp.actions import authorize as requests_in
from idp.actions import login
from idp.actions.authorize import Pending
from idp.errors import Unavailable
from idp.oidc.wire import FORM
from idp.oidc.wire import FormPost
from idp.oidc.wire import HttpRequest
from idp.oidc.wire import Redirect
from idp.rules.policy import Step
from tests.oidc.stage import PASSWORD
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.oidc.stage import Stage
from tests.oidc.stage import basic


def test_a_session_gives_a_code_at_once(
    stage: Stage, app: App, session: Session
) -> None:
    """oidcc-prompt-none-logged-in"""
    assert "code" in stage.back(app, session)
    assert "code" in stage.back(app, session, prompt="none")


def test_without_one_a_page_comes_first(stage: Stage, app: App) -> None:
    sent = stage.authorize(app)
    assert isinstance(sent, Pending)
    assert sent.progress.step is Step.PASSWORD


def test_silently_there_is_an_error_instead(stage: Stage, app: App) -> None:
    """oidcc-prompt-none-not-logged-in"""
    assert stage.back(app, prompt="none")["error"] == "login_required"


def test_a_stored_request_goes_on_after_its_pages(stage: Stage, app: App) -> None:
    stage.person()
    sent = stage.authorize(app, state="kept")
    assert isinstance(sent, Pending)
    login_id, browser = sent.progress.login_id, sent.progress.browser_token
    done = login.submit_password(stage.work(), login_id, browser, "mia", PASSWORD)
    args = (login_id, stage.work(), done.session_token, browser)
    answer = stage.server.resume(*args)
    assert isinstance(answer, Redirect)
    assert "&state=kept&" in answer.location
    assert isinstance(stage.server.resume(*args), Pending), "one code a login"


def test_a_stored_request_is_answered_by_form_where_it_asked_so(
    stage: Stage, app: App
) -> None:
    stage.person()
    sent = stage.authorize(app, response_mode="form_post")
    assert isinstance(sent, Pending)
    login_id, browser = sent.progress.login_id, sent.progress.browser_token
    done = login.submit_password(stage.work(), login_id, browser, "mia", PASSWORD)
    answer = stage.server.resume(login_id, stage.work(), done.session_token, browser)
    assert isinstance(answer, FormPost)
    assert (answer.application, dict(answer.fields)["state"]) == ("Rp", "st")


def test_a_no_is_told(stage: Stage, app: App) -> None:
    """OpenID Connect Core 3.1.2.6"""
    sent = stage.authorize(app)
    assert isinstance(sent, Pending)
    with stage.database.reading() as db:
        kept = login.progress.find_login(
            db, stage.work(), sent.progress.login_id, sent.progress.browser_token
        )
    assert kept.request is not None
    answer = stage.server.denied(kept.request, stage.work())
    assert isinstance(answer, Redirect)
    assert "error=access_denied" in answer.location


def ask(
    stage: Stage,
    body: bytes,
    query: bytes = b"",
    kind: str = FORM,
    app: App | None = None,
) -> Any:
    authorization = basic(app.id, app.secret or "") if app else None
    http = HttpRequest("POST", query, body, kind, authorization)
    return stage.server.token(http, stage.work())


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "invalid_request"),
        (b"grant_type=", "invalid_request"),
        (b"grant_type=password", "unsupported_grant_type"),
        (b"grant_type=%22%5c%00", "invalid_request"),
        (b"grant_type=%22%5c%3cscript%3e", "unsupported_grant_type"),
        (b"grant_type=implicit&grant_type=implicit", "invalid_request"),
        (b"grant_type=%ff", "invalid_request"),
        (b"&".join(b"a%d=" % number for number in range(300)), "invalid_request"),
        (b'{"grant_type": "authorization_code"}', "invalid_request"),
    ],
)
def test_a_faulty_token_request_is_told_in_json(
    stage: Stage, app: App, body: bytes, error: str
) -> None:
    """RFC 6749 section 5.2"""
    answer = ask(stage, body, app=app)
    assert (answer.status, answer.body["error"]) == (400, error)
    text = answer.body["error_description"]
    assert text.isascii()
    assert text.isprintable()
    assert not set('"\\<') & set(text)


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "multipart/form-data; boundary=x",
        "text/plain",
        "",
        "nonsense",
    ],
)
def test_only_a_form_counts(stage: Stage, app: App, kind: str) -> None:
    """SEC-197"""
    answer = ask(stage, b"grant_type=client_credentials", kind=kind, app=app)
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "query", [b"client_id=rp&client_secret=x", b"code=x", b"%ff&grant_type=x"]
)
def test_parameters_in_the_address_are_refused(
    stage: Stage, app: App, query: bytes
) -> None:
    """SEC-195, RFC 6749 section 3.2"""
    answer = ask(stage, b"grant_type=client_credentials", query, app=app)
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")


def test_anything_else_in_the_address_is_ignored(stage: Stage, app: App) -> None:
    answer = ask(stage, b"grant_type=client_credentials", b"_=123", app=app)
    assert answer.body["error"] == "unauthorized_client"


class Away:
    """A database that cannot be reached."""

    def reading(self) -> Any:
        raise Unavailable("away", retry_after=7)

    writing = reading


def test_a_store_that_is_away_is_told_with_a_time_to_wait(
    stage: Stage, app: App, session: Session
) -> None:
    """REL-001"""
    token = stage.tokens(app, session)["access_token"]
    form = stage.form(app, {"grant_type": "client_credentials", "token": token})
    work = stage.work()
    work.database = Away()  # type: ignore[assignment]
    answers = [
        stage.server.token(form, work),
        stage.server.introspect(form, work),
        stage.server.revoke(form, work),
        stage.server.userinfo(
            HttpRequest("GET", authorization=f"Bearer {token}"), work
        ),
    ]
    for answer in answers:
        assert answer.status == 503
        assert answer.body["error"] == "temporarily_unavailable"
        assert dict(answer.headers)["Retry-After"] == "7"
    assert json.loads(stage.server.metadata())["issuer"] == stage.issuer


def test_tokens_never_reach_the_log(
    stage: Stage, app: App, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    """REL-076, performance.md pitfall 4"""
    caplog.set_level(logging.DEBUG)
    answer = stage.tokens(app, session)
    stage.refresh(app, answer["refresh_token"])
    assert logging.getLogger("authlib").getEffectiveLevel() == logging.WARNING
    for secret in (answer["access_token"], answer["refresh_token"], app.secret or "?"):
        assert secret not in caplog.text


def test_nothing_of_a_request_stays_on_the_server(
    stage: Stage, app: App, session: Session
) -> None:
    before = set(vars(stage.server))
    stage.tokens(app, session)
    assert set(vars(stage.server)) == before
    assert requests_in.Issued.__dataclass_fields__["code"].repr is False
