"""end_session: what a request for sign-out is worth (RP-Initiated Logout 1.0)."""

from typing import Any

import pytest

from idp.actions import sessions
from idp.oidc.end_session import LogoutRequest
from idp.oidc.end_session import Worth
from idp.oidc.wire import HttpRequest
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.oidc.stage import Stage
from tests.support.exchange import encoded

OUT = "https://rp.example/out"
ODD = "\"'<>&%#\\^|{}~`!*()[]/?=:@$,."


@pytest.fixture
def app(stage: Stage) -> App:
    return stage.client(post_logout_redirect_uris=[OUT])


@pytest.fixture
def hint(stage: Stage, app: App, session: Session) -> str:
    return str(stage.tokens(app, session)["id_token"])


def judge(
    stage: Stage, session: Session | None, query: str | None = None, **sent: Any
) -> LogoutRequest:
    raw = encoded(sent) if query is None else query
    work = stage.work()
    here = sessions.current(work, session.token if session else None)
    http = HttpRequest("GET", raw.encode())
    return stage.server.logout_request(http, work, here)


def test_a_hint_for_this_session_ends_it_at_once(
    stage: Stage, session: Session, hint: str
) -> None:
    """oidcc-rp-initiated-logout"""
    asked = judge(
        stage, session, id_token_hint=hint, post_logout_redirect_uri=OUT, state="s"
    )
    assert (asked.worth, asked.proved) == (Worth.END, True)
    assert asked.return_to == f"{OUT}?state=s"


def test_the_state_comes_back_to_the_letter_and_nothing_else_does(
    stage: Stage, session: Session, hint: str
) -> None:
    asked = judge(
        stage, session, id_token_hint=hint, post_logout_redirect_uri=OUT, state=ODD
    )
    assert asked.return_to is not None
    assert asked.return_to.isprintable()
    assert asked.return_to == f"{OUT}?{encoded({'state': ODD})}"


def test_without_a_state_there_is_none(
    stage: Stage, session: Session, hint: str
) -> None:
    """oidcc-rp-initiated-logout-no-state"""
    sent = {"id_token_hint": hint, "post_logout_redirect_uri": OUT}
    assert judge(stage, session, **sent).return_to == OUT


@pytest.mark.parametrize(
    "address", [f"{OUT}?foo=bar", f"{OUT}/", "https://rp.example/bad", "javascript:x"]
)
def test_an_address_that_is_not_registered_is_never_gone_to(
    stage: Stage, session: Session, hint: str, address: str
) -> None:
    """oidcc-…-bad-post-logout-redirect-uri, -query-added-…"""
    asked = judge(stage, session, id_token_hint=hint, post_logout_redirect_uri=address)
    assert (asked.worth, asked.return_to) == (Worth.ASK, None)


def test_without_an_address_the_page_here_is_the_end(
    stage: Stage, session: Session, hint: str
) -> None:
    """oidcc-rp-initiated-logout-no-post-logout-redirect-uri"""
    asked = judge(stage, session, id_token_hint=hint)
    assert (asked.worth, asked.return_to) == (Worth.END, None)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"state": "s"},
        {"post_logout_redirect_uri": OUT},
        {"post_logout_redirect_uri": OUT, "id_token_hint": "rubbish"},
        {"ui_locales": "xx", "logout_hint": "mia", "extra": "1"},
    ],
)
def test_without_a_hint_that_holds_the_person_is_asked(
    stage: Stage, app: App, session: Session, sent: dict[str, str]
) -> None:
    """SEC-235; and never sent anywhere, although the address is registered"""
    asked = judge(stage, session, **sent)
    assert (asked.worth, asked.proved, asked.return_to) == (Worth.ASK, False, None)


def test_a_named_client_may_be_gone_to_after_a_yes(
    stage: Stage, app: App, session: Session
) -> None:
    """SEC-236, clients.md: Streamlit"""
    sent = {"client_id": app.id, "post_logout_redirect_uri": OUT, "state": "s"}
    asked = judge(stage, session, **sent)
    assert (asked.worth, asked.proved) == (Worth.ASK, False)
    assert asked.return_to == f"{OUT}?state=s"
    assert asked.client is not None
    assert asked.client.name == "Rp"


def test_a_bad_hint_undoes_the_named_client(
    stage: Stage, app: App, session: Session
) -> None:
    """RP-Initiated Logout 1.0 section 4"""
    sent = {"client_id": app.id, "post_logout_redirect_uri": OUT}
    asked = judge(stage, session, id_token_hint="a.b.c", **sent)
    assert (asked.worth, asked.return_to) == (Worth.ASK, None)


def test_a_hint_of_another_client_is_refused(
    stage: Stage, session: Session, hint: str
) -> None:
    """RP-Initiated Logout 1.0 section 2"""
    other = stage.client("other")
    asked = judge(stage, session, id_token_hint=hint, client_id=other.id)
    assert asked.worth is Worth.REFUSE


def test_a_hint_of_somebody_else_ends_nothing_silently(
    stage: Stage, app: App, hint: str
) -> None:
    """SEC-240"""
    stage.person("ben")
    ben = stage.sign_in("ben")
    asked = judge(stage, ben, id_token_hint=hint, post_logout_redirect_uri=OUT)
    assert asked.worth is Worth.ASK


def test_a_hint_of_an_earlier_session_ends_nothing_silently(
    stage: Stage, app: App, session: Session, hint: str
) -> None:
    """SEC-235: for the current session"""
    again = stage.sign_in()
    assert judge(stage, again, id_token_hint=hint).worth is Worth.ASK


def test_an_old_hint_holds(stage: Stage, session: Session, hint: str) -> None:
    """RP-Initiated Logout 1.0 section 2: even when the exp time has passed"""
    stage.clock.advance(minutes=30)
    assert judge(stage, session, id_token_hint=hint).worth is Worth.END


def test_an_access_token_is_no_hint(stage: Stage, app: App, session: Session) -> None:
    """SEC-237"""
    token = stage.tokens(app, session)["access_token"]
    assert judge(stage, session, id_token_hint=token).worth is Worth.ASK


def test_where_nobody_is_signed_in_there_is_nothing_to_ask(
    stage: Stage, app: App, hint: str
) -> None:
    sent = {"id_token_hint": hint, "post_logout_redirect_uri": OUT}
    asked = judge(stage, None, **sent)
    assert (asked.worth, asked.proved, asked.return_to) == (Worth.END, True, OUT)
    assert judge(stage, None).worth is Worth.END


@pytest.mark.parametrize(
    "query",
    [
        "%ff",
        "state=%00",
        "id_token_hint=a&id_token_hint=b",
        "state=" + "x" * 5000,
        "id_token_hint=" + "x" * 20_000,
        "post_logout_redirect_uri=http://127.0.0.1:5050/?next=/&id_token_hint",
        "&&&=&%zz",
    ],
)
def test_a_badly_written_query_is_a_bare_request(
    stage: Stage, session: Session, query: str
) -> None:
    """clients.md: pgAdmin"""
    asked = judge(stage, session, query)
    assert (asked.worth, asked.return_to) == (Worth.ASK, None)


def test_the_page_that_asks_keeps_everything(
    stage: Stage, app: App, session: Session
) -> None:
    """conformance.md section 8: the form must keep all parameters"""
    sent = {"client_id": app.id, "post_logout_redirect_uri": OUT, "state": ODD}
    asked = judge(stage, session, **sent, extra="1")
    assert dict(asked.fields) == sent
    again = judge(stage, session, encoded(asked.fields))
    assert again.return_to == asked.return_to
