"""The words that people are found by: those of their names and e-mail addresses.

A search by the beginning of a word is a short range of an index here, on both databases
alike; looking inside of names would read every one. Which words a text has is said in
``rules.names``.
"""

from collections.abc import Sequence

from sqlalchemy import ForeignKey
from sqlalchemy import Select
from sqlalchemy import String
from sqlalchemy import delete
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base

BY_CODE_POINT = String().with_variant(String(collation="C"), "postgresql")
"""Compared sign by sign, as SQLite does, so that beginnings are a range."""

_LAST = "\U0010ffff"


class UserWordTable(Base):
    """One row a word of a person."""

    __tablename__ = "user_words"

    word: Mapped[str] = mapped_column(BY_CODE_POINT, primary_key=True)
    user_id: Mapped[str] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )


def put_words(db: Connection, user_id: str, words: Sequence[str]) -> None:
    """Replaces the words that somebody is found by."""
    db.execute(delete(UserWordTable).where(UserWordTable.user_id == user_id))
    if words:
        rows = [{"word": word, "user_id": user_id} for word in words]
        db.execute(insert(UserWordTable), rows)


def people_with(beginning: str) -> Select[str]:
    """Selects who has a word that begins so."""
    return select(UserWordTable.user_id).where(
        UserWordTable.word >= beginning, UserWordTable.word < beginning + _LAST
    )
