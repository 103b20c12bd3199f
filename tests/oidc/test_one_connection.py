"""REL-062: while Valkey is asked, a protocol request holds no connection."""

from collections.abc import Callable
from typing import Any

import pytest

from idp.actions.work import Work
from idp.store.rates import SourceRate
from idp.store.transactions import Database
from tests.oidc.proofs import posted
from tests.oidc.stage import CALLBACK
from tests.oidc.stage import CHALLENGE
from tests.oidc.stage import Stage
from tests.oidc.stage import basic

REQUEST = {
    "response_type": "code",
    "client_id": "rp",
    "redirect_uri": CALLBACK,
    "scope": "openid",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


class Watched(SourceRate):
    """Counts as ever, and notes how many connections are held meanwhile."""

    def __init__(self, database: Database) -> None:
        super().__init__("1000/minute")
        self.database = database
        self.held: list[tuple[str, int]] = []

    def allowed(self, source: str) -> bool:
        self._note("allowed")
        return super().allowed(source)

    def count(self, source: str) -> None:
        self._note("count")
        super().count(source)

    def start(self, source: str) -> bool:
        self._note("start")
        return super().start(source)

    def _note(self, asked: str) -> None:
        self.held.append((asked, self.database.connections))


def begin(stage: Stage, work: Work) -> None:
    http = posted(REQUEST)
    stage.server.authorize(http, work, None, None)


def push(stage: Stage, work: Work) -> None:
    assert stage.server.push(posted(REQUEST), work).status == 201


def guess(stage: Stage, work: Work) -> None:
    asked = posted({"grant_type": "client_credentials"}, basic("nobody", "x"))
    assert stage.server.token(asked, work).status == 401


ASKED: list[tuple[Callable[..., Any], set[str]]] = [
    (begin, {"start"}),
    (push, {"start"}),
    (guess, {"allowed", "count"}),
]


@pytest.mark.parametrize(("request_of", "questions"), ASKED)
def test_no_connection_is_held_while_valkey_is_asked(
    stage: Stage, request_of: Callable[..., Any], questions: set[str]
) -> None:
    stage.client(token_endpoint_auth_method="none")
    stage.rates = watched = Watched(stage.database)
    work = stage.work()
    with work.on_one_connection():
        with work.reading():  # so that there is one to be let go
            pass
        assert stage.database.connections == 1
        request_of(stage, work)
    assert {asked for asked, _ in watched.held} == questions
    assert {held for _, held in watched.held} == {0}
