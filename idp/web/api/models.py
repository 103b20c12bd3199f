"""What the models of the API share: strict input, and only declared members in answers.

A model validates, documents (``web.api.openapi``) and limits what leaves: a member that
it does not declare is never answered (SEC-259).
"""

from datetime import datetime
from typing import Annotated
from typing import Any

from pydantic import BaseModel
from pydantic import BeforeValidator
from pydantic import ConfigDict
from pydantic import Field
from pydantic import PlainSerializer
from pydantic import WithJsonSchema

LARGEST_PAGE = 200


class Body(BaseModel):
    """What a request holds: every member as described, and no other."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _without_defaults(schema: dict[str, Any]) -> None:
    for member in schema.get("properties", {}).values():
        member.pop("default", None)


class Patch(Body):
    """What a change holds: a member that is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    def changes(self) -> dict[str, Any]:
        """Returns the members that were sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Query(BaseModel):
    """The parameters in an address."""

    model_config = ConfigDict(extra="forbid")


class Shown(BaseModel):
    """What an answer holds; made from the values of the actions, member by member."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


def _written(at: datetime) -> str:
    return at.isoformat()


Moment = Annotated[
    datetime,
    PlainSerializer(_written, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment with its zone, to the microsecond."""


def _number(text: object) -> object:
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise ValueError("a whole number is needed")


def _flag(text: object) -> object:
    if text in ("true", "false"):
        return text == "true"
    raise ValueError("true or false is needed")


Flag = Annotated[bool, BeforeValidator(_flag)]
"""``true`` or ``false`` in an address."""


Cursor = Annotated[str, Field(min_length=1, max_length=1000)]


class Page(Query):
    """Which part of a list: so many, from where the last part ended."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE), BeforeValidator(_number)] = 50
    cursor: Cursor | None = None
