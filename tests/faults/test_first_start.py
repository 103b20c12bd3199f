"""REL-025: several hosts prepare one empty database at the same moment."""

import functools
import json
import pathlib
from collections.abc import Sequence

import sqlalchemy

from tests.support import forks
from tests.support.barrier import at_once
from tests.support.provider import environment_of
from tests.support.provider import settings_for

HOSTS = 4
ONE_EACH = 2
QUESTIONS = (
    "SELECT count(*) FROM signing_keys GROUP BY alg, state",
    "SELECT count(*) FROM user_roles WHERE role = 'administrator'",
    "SELECT count(*) FROM audit_records WHERE event = 'user.created'",
)


def started(
    folder: pathlib.Path, url: str, commands: Sequence[Sequence[str]]
) -> list[forks.Done]:
    """Runs commands at once, each a process of its own; gives what became of them."""
    environment = environment_of(settings_for(folder, database_url=url))
    run = functools.partial(forks.run, env=environment, cwd=folder, stdin=None)
    return at_once([functools.partial(run, one) for one in commands])


def test_one_key_set_and_one_administrator_whoever_comes_first(
    tmp_path: pathlib.Path, database_url: str
) -> None:
    inits = started(tmp_path, database_url, [("init",)] * HOSTS)
    assert [one.returncode for one in inits] == [0] * HOSTS, inits
    made = [one for one in inits if "made " in one.stdout]
    assert len(made) == 1, "one key ring"
    ada = ("user", "create", "ada", "--role", "administrator", "--json")
    commands = [("db", "upgrade"), ada] * ONE_EACH
    later = started(tmp_path, database_url, commands)
    created = []
    for one, arguments in zip(later, commands, strict=True):
        assert one.returncode == 0 or arguments == ada, one
        assert "Traceback" not in one.stderr
        if arguments == ada and one.returncode == 0:
            created.append(json.loads(one.stdout))
    assert len(created) == 1
    assert created[0]["initial_password"]

    engine = sqlalchemy.create_engine(database_url)
    with engine.connect() as db:
        found = [db.execute(sqlalchemy.text(one)).scalars().all() for one in QUESTIONS]
    engine.dispose()
    assert set(found[0]) == {1}, "one key of each kind"
    assert found[1:] == [[1], [1]], "one administrator, recorded once"
