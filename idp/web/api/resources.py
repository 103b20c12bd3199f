"""Operations of the API, declared once: the route, the right, the models, the answers.

From one declaration come the Flask route here and the description in
``web.api.openapi``, so that they cannot differ. An operation without a right cannot be
declared (SEC-255).
"""

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Generic
from typing import Literal
from typing import Required
from typing import TypedDict
from typing import TypeVar
from typing import Unpack
from urllib.parse import quote

from flask import Blueprint
from flask import Response
from flask.typing import ResponseReturnValue
from pydantic import BaseModel

from idp.actions.work import Work
from idp.errors import NotFound
from idp.rules import names
from idp.rules import permissions
from idp.rules.permissions import PERMISSIONS
from idp.web import guards
from idp.web.api import access
from idp.web.api import reading
from idp.web.work import parts

Method = Literal["GET", "POST", "PATCH", "DELETE"]
Q = TypeVar("Q", covariant=True)
B = TypeVar("B", covariant=True)
QueryModel = TypeVar("QueryModel", bound=BaseModel)
BodyModel = TypeVar("BodyModel", bound=BaseModel)

_PARAMETER = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Call(Generic[Q, B]):
    """One call: who acts, which path, what was asked and sent.

    ``version`` is what ``If-Match`` names, None where the change is for any.
    """

    work: Work
    path: Mapping[str, str]
    query: Q
    body: B = field(repr=False)
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """A long answer in pieces, as a file."""

    pieces: Iterable[str]
    media_type: str
    filename: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answers; ``version`` becomes the ``ETag``.

    ``location`` is the path of what was created, below that of the API.
    """

    body: BaseModel | Stream | None = field(default=None, repr=False)
    version: int | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation as it is declared; the words are those of ``Options``."""

    method: Method
    path: str
    tag: str
    needs: str
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    handler: Callable[[Call[Any, Any]], Answer] = field(repr=False)
    summary: str
    description: str = ""
    gives: type[BaseModel] | tuple[str, ...] | None = None
    status: int = 0
    writes: bool | None = None
    conditional: bool = False
    refusals: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The name of the operation: that of its function."""
        return self.handler.__name__

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path."""
        return tuple(_PARAMETER.findall(self.path))

    @property
    def success(self) -> int:
        """The status where all went well."""
        return self.status or (204 if self.gives is None else 200)

    @property
    def needs_fresh_factor(self) -> bool:
        """Whether people must have proved a second factor just now."""
        return self.method != "GET" if self.writes is None else self.writes


class Options(TypedDict, total=False):
    """What may be said of an operation.

    ``gives`` is the model of the answer, or the media types of a stream. ``status``
    is 200, or 204 without an answer, unless said. ``writes`` asks people for a factor
    proved just now; unless said, all but GET do. ``conditional`` keeps ``If-Match``.
    ``refusals`` are statuses beyond those that every operation of its form has.
    """

    summary: Required[str]
    description: str
    gives: type[BaseModel] | tuple[str, ...] | None
    status: int
    writes: bool
    conditional: bool
    refusals: tuple[int, ...]


class Resources:
    """The operations of one subject; a module declares them and is mounted with it."""

    def __init__(self, tag: str, about: str) -> None:
        """Takes the word they are listed under, and a sentence about them."""
        self.tag = tag
        self.about = about
        self.operations: list[Operation] = []

    def declare(
        self,
        method: Method,
        path: str,
        *,
        needs: str,
        query: type[QueryModel] | None = None,
        body: type[BodyModel] | None = None,
        **options: Unpack[Options],
    ) -> Callable[
        [Callable[[Call[QueryModel, BodyModel]], Answer]],
        Callable[[Call[QueryModel, BodyModel]], Answer],
    ]:
        """Declares the function below as an operation, its path with {parameters}."""
        if needs not in PERMISSIONS:
            raise ValueError(f"{method} {path}: not a right of administration: {needs}")

        def declared(
            handler: Callable[[Call[QueryModel, BodyModel]], Answer],
        ) -> Callable[[Call[QueryModel, BodyModel]], Answer]:
            operation = Operation(
                method=method,
                path=path,
                tag=self.tag,
                needs=needs,
                query=query,
                body=body,
                handler=handler,
                **options,
            )
            self.operations.append(operation)
            return handler

        return declared


def mount(blueprint: Blueprint, resources: Resources) -> None:
    """Makes the routes of a subject."""
    for operation in resources.operations:
        blueprint.add_url_rule(
            _PARAMETER.sub(r"<\1>", operation.path),
            endpoint=operation.name,
            view_func=_view(operation),
            methods=[operation.method],
        )


def _view(operation: Operation) -> Callable[..., ResponseReturnValue]:
    def view(**path: str) -> ResponseReturnValue:
        work = access.admit(operation.needs, writes=operation.needs_fresh_factor)
        if not all(map(names.is_text, path.values())):
            raise NotFound("path")
        if not operation.conditional:
            reading.no_precondition()
        call: Call[Any, Any] = Call(
            work=work,
            path=path,
            query=reading.query(operation.query),
            body=reading.body(operation.body),
            version=reading.version() if operation.conditional else None,
        )
        return _response(operation, operation.handler(call))

    setattr(view, guards.MARK, access.MARK)
    return view


def _response(operation: Operation, answer: Answer) -> Response:
    if isinstance(answer.body, Stream):
        streamed = answer.body
        response = Response(streamed.pieces, content_type=streamed.media_type)
        name = f'attachment; filename="{streamed.filename}"'
        response.headers["Content-Disposition"] = name
        return response
    response = Response(status=operation.success)
    if answer.body is not None:
        response.data = answer.body.model_dump_json()
        response.content_type = reading.JSON
    else:
        response.headers.remove("Content-Type")
    if answer.version is not None:
        response.headers["ETag"] = f'"{answer.version}"'
    if answer.location is not None:
        audience = permissions.api_audience(parts().settings.issuer)
        response.headers["Location"] = audience + quote(answer.location)
    return response
