"""The OpenAPI 3.1 document, made from the declarations that route and validate.

Nothing is described by hand that could differ from what happens. Made once for each
process and kept; a copy for reading lies in ``docs/openapi.json``.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode
from pydantic.json_schema import models_json_schema

from idp.rules import permissions
from idp.web.api import problems
from idp.web.api.reading import JSON
from idp.web.api.resources import Operation
from idp.web.api.resources import Resources

SCHEME = "ostiary"
FRESH = "x-fresh-factor"
"""Marks operations for which a person must have proved a second factor just now."""

REFERENCE = "#/components/schemas/{model}"
VERSION = "1"
ABOUT = (
    "Administration of people, their second factors, applications and policy. A call "
    "needs a bearer token of this provider whose audience is this API: a service gets "
    "one by the client credentials grant, a person by the code flow. What a person may "
    "do is what their roles give at this moment and the token carries; a write needs a "
    "second factor proved just now, and is otherwise answered with a challenge of "
    "RFC 9470. Bodies are strict: unknown and repeated members are refused."
)
MEANING = {
    permissions.USERS_READ: "See people, their roles and sessions",
    permissions.USERS_WRITE: "Create, change, disable and delete people",
    permissions.MFA_READ: "See the state of people's second factors",
    permissions.MFA_WRITE: "Require, unlock and take away second factors",
    permissions.SESSIONS_WRITE: "End people's sessions",
    permissions.ROLES_WRITE: "Change roles, and give those that hold rights",
    permissions.CLIENTS_READ: "See applications",
    permissions.CLIENTS_WRITE: "Register, change and delete applications",
    permissions.POLICY_READ: "See the organisation's policy",
    permissions.POLICY_WRITE: "Change the organisation's policy",
    permissions.AUDIT_READ: "Read and export the audit trail",
    permissions.KEYS_WRITE: "See, rotate and revoke signing keys",
}
"""What each right allows, in the words of the document."""

REFUSED_ALWAYS = (400, 401, 403, 429, 500, 503)
SAID = {
    400: "The request is not as described.",
    401: "No token, none that is valid, or a younger factor is needed.",
    403: "The token or its holder lacks the right, or a rule forbids it.",
    404: "There is no such thing.",
    409: "It collides with something that exists, or nobody could administer.",
    412: "Somebody else has changed it since it was read.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    429: "Too many bad tokens from this address.",
    500: "A fault of the server.",
    503: "Not available at the moment.",
}

Schema = dict[str, Any]


def document(subjects: Iterable[Resources], issuer: str) -> Schema:
    """Returns the document for a provider at this address."""
    listed = tuple(subjects)
    operations = [one for subject in listed for one in subject.operations]
    references, schemas = _schemas(operations)
    paths: dict[str, Schema] = {}
    for one in operations:
        at = paths.setdefault(one.path, _path_item(one))
        at[one.method.lower()] = _operation(one, references)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Administration API",
            "version": VERSION,
            "description": ABOUT,
        },
        "servers": [{"url": permissions.api_audience(issuer)}],
        "tags": [{"name": one.tag, "description": one.about} for one in listed],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas,
            "responses": {str(status): _refusal(status) for status in SAID},
            "securitySchemes": {SCHEME: _scheme(issuer)},
        },
    }


References = dict[tuple[Any, JsonSchemaMode], Schema]


def _schemas(operations: Iterable[Operation]) -> tuple[References, Schema]:
    """Describes every model that is taken or given, under its name."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {
        (problems.Problem, "serialization"): None
    }
    for one in operations:
        if one.body is not None:
            wanted[one.body, "validation"] = None
        if isinstance(one.gives, type):
            wanted[one.gives, "serialization"] = None
    references, defined = models_json_schema(list(wanted), ref_template=REFERENCE)
    schemas: Schema = defined.get("$defs", {})
    return references, {name: _plain(schemas[name]) for name in sorted(schemas)}


def _plain(schema: Any) -> Any:
    """Leaves titles out, which only repeat the names."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _members(value) if name == "properties" else _plain(value)
        for name, value in schema.items()
        if name != "title"
    }


def _members(properties: Schema) -> Schema:
    return {name: _plain(schema) for name, schema in properties.items()}


def _path_item(operation: Operation) -> Schema:
    if not operation.parameters:
        return {}
    return {
        "parameters": [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "string", "minLength": 1},
            }
            for name in operation.parameters
        ]
    }


def _operation(operation: Operation, references: References) -> Schema:
    described: Schema = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "security": [{SCHEME: [operation.needs]}],
    }
    if operation.needs_fresh_factor:
        described[FRESH] = True
    if operation.description:
        described["description"] = operation.description
    parameters = [*_query(operation.query), *_precondition(operation)]
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        schema = references[operation.body, "validation"]
        described["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": schema}},
        }
    described["responses"] = {
        str(operation.success): _success(operation, references),
        **{
            str(status): {"$ref": f"#/components/responses/{status}"}
            for status in _refusals(operation)
        },
    }
    return described


def _query(model: type[BaseModel] | None) -> list[Schema]:
    if model is None:
        return []
    schema = _plain(model.model_json_schema())
    required = schema.get("required", [])
    return [
        _parameter(name, _asked(described), required=name in required)
        for name, described in schema.get("properties", {}).items()
    ]


def _asked(schema: Schema) -> Schema:
    """Describes what may be in an address, where nothing is said by leaving it out."""
    kinds = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    kept = {
        name: value
        for name, value in schema.items()
        if name != "anyOf" and (name, value) != ("default", None)
    }
    return {**kept, **kinds[0]} if len(kinds) == 1 else schema


def _parameter(name: str, schema: Schema, *, required: bool) -> Schema:
    described = {"name": name, "in": "query", "required": required}
    if text := schema.pop("description", ""):
        described["description"] = text
    return {**described, "schema": schema}


def _precondition(operation: Operation) -> list[Schema]:
    if not operation.conditional:
        return []
    return [
        {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "description": "The `ETag` of what was read, or `*`.",
            "schema": {"type": "string"},
        }
    ]


def _refusals(operation: Operation) -> list[int]:
    statuses = {*REFUSED_ALWAYS, *operation.refusals}
    if operation.parameters:
        statuses.add(404)
    if operation.conditional:
        statuses.add(412)
    if operation.body is not None:
        statuses.update((413, 415))
    return sorted(statuses)


def _success(operation: Operation, references: References) -> Schema:
    described: Schema = {"description": HTTPStatus(operation.success).phrase}
    if isinstance(operation.gives, tuple):
        text = {"schema": {"type": "string"}}
        described["content"] = dict.fromkeys(operation.gives, text)
    elif operation.gives is not None:
        schema = references[operation.gives, "serialization"]
        described["content"] = {JSON: {"schema": schema}}
    return described


def _refusal(status: int) -> Schema:
    schema = {"$ref": REFERENCE.format(model=problems.Problem.__name__)}
    described: Schema = {
        "description": SAID[status],
        "content": {problems.MEDIA_TYPE: {"schema": schema}},
    }
    headers = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}
    if name := headers.get(status):
        described["headers"] = {name: {"schema": {"type": "string"}}}
    return described


def _scheme(issuer: str) -> Schema:
    scopes = {right: MEANING[right] for right in permissions.PERMISSIONS}
    return {
        "type": "oauth2",
        "description": "A person's token needs `acr` = `mfa`.",
        "flows": {
            "authorizationCode": {
                "authorizationUrl": f"{issuer}/authorize",
                "tokenUrl": f"{issuer}/token",
                "scopes": scopes,
            },
            "clientCredentials": {"tokenUrl": f"{issuer}/token", "scopes": scopes},
        },
    }
