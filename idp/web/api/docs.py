"""The description of the API for people: a page made from the OpenAPI document.

The same document as ``openapi.json``, in our look, without a script. Public, because it
tells nothing that the program does not tell anybody (SEC-266).
"""

import json
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from functools import cache
from typing import Any
from typing import ClassVar

from flask import Blueprint
from flask import Response
from flask import make_response
from flask import request
from flask.typing import ResponseReturnValue

from idp.rules.permissions import API_PATH
from idp.web import rendering
from idp.web import steps
from idp.web.api import openapi
from idp.web.api import problems
from idp.web.api.openapi import Schema
from idp.web.api.reading import JSON
from idp.web.api.resources import Resources
from idp.web.guards import public
from idp.web.pages import Page
from idp.web.work import parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a value is, in words, and the object that it is or holds."""

    words: str
    refers_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One parameter, or one member of an object."""

    name: str
    kind: Kind
    required: bool
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What may be answered."""

    status: str
    text: str
    kind: Kind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One operation."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    needs: str
    fresh: bool
    parameters: tuple[Member, ...]
    body: Kind | None
    replies: tuple[Reply, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The operations on one subject."""

    name: str
    about: str
    entries: tuple[Entry, ...]

    @property
    def title(self) -> str:
        """The name as a heading."""
        return "MFA" if self.name == "mfa" else self.name.capitalize()


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One object with its members."""

    name: str
    about: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocsPage(Page):
    """The whole description."""

    template: ClassVar[str] = "api/docs.html"
    name: ClassVar[str] = "api-docs"

    address: str
    about: str
    document_href: str
    rights: tuple[tuple[str, str], ...]
    subjects: tuple[Subject, ...] = field(default=())
    objects: tuple[Described, ...] = field(default=())
    problems: tuple[tuple[str, str], ...] = field(default=())


def add_to(blueprint: Blueprint, subjects: Iterable[Resources]) -> None:
    """Adds the document and its page to the routes of the API."""
    listed = tuple(subjects)

    @cache
    def document(issuer: str) -> bytes:
        return json.dumps(openapi.document(listed, issuer)).encode()

    @cache
    def shown(issuer: str, href: str) -> DocsPage:
        return page(json.loads(document(issuer)), href)

    @public
    def openapi_document() -> ResponseReturnValue:
        response = Response(document(parts().settings.issuer), content_type=JSON)
        response.headers["Cache-Control"] = "public, max-age=300"
        response.add_etag()
        return response.make_conditional(request)

    @public
    def docs() -> ResponseReturnValue:
        href = steps.full_path(f"{API_PATH}/openapi.json")
        drawn = rendering.render(shown(parts().settings.issuer, href))
        return make_response(drawn)

    blueprint.add_url_rule("/openapi.json", view_func=openapi_document)
    blueprint.add_url_rule("/docs", view_func=docs)


def page(document: Schema, document_href: str) -> DocsPage:
    """Makes the page of a document."""
    schemes = document["components"]["securitySchemes"]
    flows = schemes[openapi.SCHEME]["flows"]
    return DocsPage(
        address=document["servers"][0]["url"],
        about=document["info"]["description"],
        document_href=document_href,
        rights=tuple(flows["clientCredentials"]["scopes"].items()),
        subjects=tuple(_subjects(document)),
        objects=tuple(_objects(document)),
        problems=tuple(problems.MEANING.items()),
    )


def _subjects(document: Schema) -> Iterator[Subject]:
    entries = [
        (operation["tags"][0], _entry(document, method.upper(), path, item, operation))
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]
    for tag in document["tags"]:
        mine = tuple(entry for name, entry in entries if name == tag["name"])
        yield Subject(name=tag["name"], about=tag["description"], entries=mine)


def _entry(
    document: Schema, method: str, path: str, item: Schema, operation: Schema
) -> Entry:
    parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
    body = operation.get("requestBody", {}).get("content", {}).get(JSON)
    return Entry(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        text=operation.get("description", ""),
        needs=operation["security"][0][openapi.SCHEME][0],
        fresh=operation.get(openapi.FRESH, False),
        parameters=tuple(
            Member(
                name=one["name"],
                kind=_kind(one["schema"]),
                required=one["required"],
                text=one.get("description", ""),
            )
            for one in parameters
        ),
        body=_kind(body["schema"]) if body else None,
        replies=tuple(_replies(document, operation["responses"])),
    )


def _replies(document: Schema, responses: Schema) -> Iterator[Reply]:
    shared = document["components"]["responses"]
    for status, answer in responses.items():
        described = shared[status] if "$ref" in answer else answer
        content = described.get("content", {})
        kind = next((_kind(one["schema"]) for one in content.values()), None)
        if JSON not in content and status.startswith("2") and content:
            kind = Kind(words=" or ".join(content))
        yield Reply(status=status, text=described["description"], kind=kind)


def _objects(document: Schema) -> Iterator[Described]:
    for name, schema in document["components"]["schemas"].items():
        required = schema.get("required", ())
        yield Described(
            name=name,
            about=schema.get("description", ""),
            members=tuple(
                Member(
                    name=member,
                    kind=_kind(described),
                    required=member in required,
                    text=described.get("description", ""),
                )
                for member, described in schema.get("properties", {}).items()
            ),
        )


def _kind(schema: Schema) -> Kind:
    """Puts into words what a value may be."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Kind(words=name, refers_to=name)
    if "anyOf" in schema:
        kinds = [_kind(one) for one in schema["anyOf"]]
        named = next((one.refers_to for one in kinds if one.refers_to), None)
        return Kind(words=" or ".join(one.words for one in kinds), refers_to=named)
    if schema.get("type") == "array":
        inner = _kind(schema.get("items", {}))
        return Kind(words=f"list of {inner.words}", refers_to=inner.refers_to)
    return Kind(words=_words(schema))


def _words(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    return str(schema.get("format", schema.get("type", "anything")))
