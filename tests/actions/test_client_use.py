"""The last sign-in to each application, found without reading the audit trail."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from idp.actions import client_use
from idp.actions.client_use import LastUse
from idp.actions.work import Actor
from idp.actions.work import Work
from idp.errors import Forbidden
from tests.actions.scene import Scene
from tests.support.plans import noting
from tests.support.plans import plan

INDEX = "ix_audit_records_sign_in"


def sign_in(scene: Scene, client_id: str, *, acr: str, later: int) -> Work:
    """Writes the record of a code, and another of the same application after it."""
    work = scene.work()
    work.now += timedelta(seconds=later)
    with work.writing() as db:
        who = Actor("user", "u1", "mia", acr)
        work.audit(db, "code.issued", actor=who, client_id=client_id)
        work.audit(db, "tokens.issued", client_id=client_id)
    return work


def test_the_newest_counts_for_each_application(scene_on_each: Scene) -> None:
    wiki, news = (scene_on_each.client(name) for name in ("Wiki", "News"))
    sign_in(scene_on_each, wiki.id, acr="mfa", later=1)
    last = sign_in(scene_on_each, wiki.id, acr="pwd", later=9)
    found = client_use.last_sign_ins(scene_on_each.administration())
    assert found == {wiki.id: LastUse(last.now, "pwd")}
    assert client_use.last_sign_ins(scene_on_each.administration(), news.id) == {}


def test_whoever_may_not_see_applications_does_not_see_their_use(
    scene_on_each: Scene,
) -> None:
    with pytest.raises(Forbidden):
        client_use.last_sign_ins(scene_on_each.work())


def test_it_is_found_through_its_index(scene_on_each: Scene) -> None:
    sign_in(scene_on_each, scene_on_each.client("Wiki").id, acr="mfa", later=1)
    with noting(scene_on_each.database.engine) as sent:
        client_use.last_sign_ins(scene_on_each.administration())
    asked = next(one for one in sent if "audit_records" in one[0])
    with scene_on_each.database.reading() as db:
        if db.dialect.name == "postgresql":
            db.execute(text("SET LOCAL enable_seqscan = off"))
        assert INDEX in " ".join(plan(db, asked))
