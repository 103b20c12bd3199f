"""SEC-259: no answer of the API holds a secret, whatever the right and the question."""

import json
import pathlib
import sqlite3

import pytest

from idp.web.api import mounting
from tests.api.stage import ALL
from tests.api.stage import ApiCaller
from tests.api.stage import Stage
from tests.support.people import Person

SOUNDS_SECRET = ("hash", "secret", "sealed", "token", "password", "cookie", "private")
NO_SECRETS = {
    # What the words stand for there: ids, moments, methods, and what is shown once.
    *("client_secret", "initial_password", "client_secret_expires_at", "secrets"),
    *("token_endpoint_auth_method", "access_token_lifetime", "claims_in_id_token"),
    *("token_endpoint_auth_signing_alg", "id_token_signed_response_alg"),
    # What registers an application, in the one answer that makes it.
    *("hash", "previous_hash", "password", "token"),
}


@pytest.fixture
def world(stage: Stage) -> tuple[ApiCaller, Person]:
    """Gives a caller who may see everything, and somebody with something to hide."""
    mia = stage.provider.person("mia", "--role", "auditor")
    wiki = stage.provider.client("Wiki")
    wiki.collect(wiki.ask(mia.sign_in(stage.provider.browser())))
    return stage.service(), mia


def stored(folder: pathlib.Path) -> set[str]:
    """Gives every hash and every ciphertext in the database."""
    (file,) = folder.rglob("idp.db")
    found: set[str] = set()
    with sqlite3.connect(file) as db:
        tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for column in db.execute(f'PRAGMA table_info("{table}")').fetchall():
                name = column[1]
                secret = name.endswith(("_hash", "_sealed")) and "previous" not in name
                if secret and not table.startswith("audit"):
                    rows = db.execute(f'SELECT "{name}" FROM "{table}"').fetchall()
                    found |= {str(value) for (value,) in rows if value}
    db.close()
    return found


def test_nothing_that_is_kept_secret_is_answered(
    world: tuple[ApiCaller, Person], tmp_path: pathlib.Path
) -> None:
    robot, mia = world
    hidden = stored(tmp_path) | {mia.password, str(robot.token), *mia.backup_codes}
    assert len(hidden) > 15
    (client,) = robot.got("/clients")["items"][:1]
    (sid,) = {one["sid"] for one in robot.got(f"/users/{mia.id}/sessions")["items"][:1]}
    ids = {"id": mia.id, "sid": sid, "name": "auditor"}
    ids["client_id"] = client["client_id"]
    seen = 0
    for subject in mounting.SUBJECTS:
        for one in subject.operations:
            if one.method == "GET":
                answer = robot("GET", one.path.format(**ids))
                assert answer.status == 200, answer
                said = answer.text + str(answer.headers)
                assert not [word for word in hidden if word in said], one.path
                seen += 1
    assert seen >= 13


def test_no_member_of_any_answer_is_a_secret_by_its_name() -> None:
    answers = {
        one.gives
        for subject in mounting.SUBJECTS
        for one in subject.operations
        if isinstance(one.gives, type)
    }
    assert len(answers) > 10
    for model in answers:
        schema = json.dumps(model.model_json_schema(mode="serialization"))
        names = set(json.loads(schema).get("properties", {}))
        for described in json.loads(schema).get("$defs", {}).values():
            names |= set(described.get("properties", {}))
        strange = {
            name
            for name in names - NO_SECRETS
            if any(word in name for word in SOUNDS_SECRET)
        }
        assert not strange, model


def test_a_secret_that_is_shown_once_is_not_shown_again(stage: Stage) -> None:
    robot = stage.service(ALL)
    made = robot("POST", "/users", {"username": "zoe"}).json()
    initial = made["initial_password"]
    given = robot("POST", f"/users/{made['id']}/initial-password").json()
    for path in ("/users", f"/users/{made['id']}", "/audit"):
        text = robot("GET", path).text
        assert initial not in text
        assert given["initial_password"] not in text
