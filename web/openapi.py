"""The OpenAPI 3.1 document, made from the table of routes: it can't say what is not there."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, Final

import msgspec

from appliance.domain.access import Permission
from web.editions import has_edition, shows_it
from web.examples import example_of
from web.listings import Listing
from web.openapi_parts import (
    FIELD_PROBLEM,
    HEADERS,
    ID,
    INTRODUCTION,
    JSON,
    PARAMETERS,
    PROBLEM,
    SECURITY,
    TAGS,
    Schema,
    headers,
    parameter,
    problem,
    problems,
)
from web.routes import Open, Route

_REFERENCE: Final = "#/components/schemas/{name}"
_KINDS: Final[dict[str, Schema]] = {
    "id": ID,
    "text": {"type": "string", "minLength": 1},
}
_SAID: Final = {
    "limit": "How many rows at most",
    "offset": "How many rows to leave out before",
    "q": "Text that is looked for, case ignored",
    "status": "Only these; several are separated by commas where several are possible",
    "from": "The first moment",
    "to": "The moment after the last",
}


def document(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """Describe every route."""
    table = tuple(routes)
    types = [t for route in table for t in (route.answer, route.body, route.query) if t]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    found = iter(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        shapes = (("answer", route.answer), ("body", route.body), ("query", route.query))
        described = {name: next(found) for name, shape in shapes if shape}
        operation = _operation(route, described, components)
        paths.setdefault(route.template, {})[route.method.lower()] = operation
    used = {tag_of(route) for route in table}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Weir",
            "version": version,
            "description": INTRODUCTION,
        },
        "servers": [{"url": "/", "description": "This installation"}],
        "security": [{"bearer": []}],
        "tags": [{"name": tag, "description": TAGS.get(tag, tag)} for tag in sorted(used)],
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": PROBLEM, "FieldProblem": FIELD_PROBLEM},
            "headers": HEADERS,
            "parameters": PARAMETERS,
            "responses": problems(),
            "securitySchemes": SECURITY,
        },
    }


def tag_of(route: Route) -> str:
    """Give what a route belongs to: the word after the version."""
    return route.path.split("/")[3] if route.path.startswith("/api/v1/") else "system"


def _operation(
    route: Route, described: dict[str, Any], components: dict[str, Any]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "description": (route.handler.__doc__ or route.summary).strip().partition("\n")[0],
        "operationId": _operation_id(route),
        "tags": [tag_of(route)],
        "parameters": [*_parameters(route, described.get("query"), components)],
        **_security(route.access),
    }
    if route.takes_file:
        operation["requestBody"] = {"required": True, "content": _file_taken(route)}
    if "body" in described:
        operation["requestBody"] = {
            "required": not _may_be_empty(described["body"], components),
            "content": {
                JSON: {
                    "schema": described["body"],
                    "example": example_of(route, described["body"], components),
                }
            },
        }
    operation["responses"] = _responses(route, described)
    return operation


_BYTES: Final[dict[str, Any]] = {"type": "string", "contentMediaType": "application/octet-stream"}


def _file_taken(route: Route) -> dict[str, Any]:
    form = {"type": "object", "required": ["file"], "properties": {"file": _BYTES}}
    raw = {kind: {"schema": _BYTES} for kind in route.takes_file}
    return {**raw, "multipart/form-data": {"schema": form}}


def _operation_id(route: Route) -> str:
    words = route.template.replace("{", "").replace("}", "").replace("-", "_").split("/")
    return "_".join([route.method.lower(), *(w for w in words if w not in {"", "api", "v1"})])


def _security(access: type[Permission] | Open) -> dict[str, Any]:
    if access is Open.PUBLIC:
        return {"security": []}
    if access is Open.DEVICE:
        return {"security": [{"device": []}, {"bearer": []}]}
    needed = "signed in" if isinstance(access, Open) else access.name
    return {"security": [{"bearer": []}], "x-permission": needed}


def _may_be_empty(body: Schema, components: dict[str, Any]) -> bool:
    shape = components.get(str(body.get("$ref", "")).rpartition("/")[2], body)
    return shape.get("type") == "object" and not shape.get("required")


def _parameters(route: Route, query: Schema | None, components: dict[str, Any]) -> Iterator[Schema]:
    for name, kind in route.names.items():
        yield {"name": name, "in": "path", "required": True, "schema": _KINDS[kind]}
    fields = {} if query is None else components[query["$ref"].rpartition("/")[2]]["properties"]
    for name, schema in fields.items():
        said = schema.get("description") or _SAID.get(name, "")
        described = {"description": said} if said else {}
        yield {"name": name, "in": "query", "required": False, **described, "schema": schema}
    if isinstance(route.access, type) and "municipality_id" not in fields:
        yield parameter("Municipality")
    if route.listing is not None:
        yield _sort(route.listing)
        yield parameter("Cursor")
    yield from map(parameter, _conventions(route))


def _sort(listing: Listing) -> Schema:
    names = "|".join(listing.sorts)
    one = f"-?({names})"
    return {
        "name": "sort",
        "in": "query",
        "description": f"Up to three of {names.replace('|', ', ')}; with - before it falls",
        "schema": {
            "type": "string",
            "pattern": f"^{one}(,{one}){{0,2}}$",
            "default": ",".join(listing.usual),
        },
    }


def _conventions(route: Route) -> Iterator[str]:
    if route.is_repeatable:
        yield "IdempotencyKey"
    if route.method == "GET" and route.answer is not None:
        yield "IfNoneMatch"
    if route.method != "GET" and has_edition(route):
        yield "IfMatch"


def _responses(route: Route, described: dict[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {str(route.status): _done(route, described)}
    if route.method == "GET" and route.answer is not None:
        unchanged = "What you have is still so"
        responses["304"] = {"description": unchanged, "headers": headers("ETag")}
    responses |= {str(status): problem(status) for status in sorted(_refusals(route))}
    responses["default"] = problem(500)
    return responses


def _refusals(route: Route) -> Iterator[int]:
    yield from (429, 503)
    if route.access is not Open.PUBLIC:
        yield from (401, 422)
    if isinstance(route.access, type):
        yield from (403, 404)
    if route.names:
        yield 404
    if route.body is not None:
        yield from (400, 413, 422)
    if route.needs_room:
        yield 507
    if route.method != "GET":
        yield from (409, 412) if has_edition(route) else (409,)


def _done(route: Route, described: dict[str, Any]) -> Schema:
    response: Schema = {"description": HTTPStatus(route.status).phrase}
    named = [*_headers(route, described.get("answer", {}))]
    if route.gives_file:
        response["content"] = {kind: {"schema": _BYTES} for kind in route.gives_file}
    if "answer" in described:
        response["content"] = {JSON: {"schema": described["answer"]}}
    elif route.status != HTTPStatus.NO_CONTENT:
        response["content"] = {"*/*": {}}
    return response | {"headers": headers(*named)}


def _headers(route: Route, answer: Schema) -> Iterator[str]:
    if answer.get("type") == "array":
        yield from ("X-Total-Count", "Link")
    if route.listing is not None:
        yield "X-Next-Cursor"
    if (route.method == "GET" and answer) or (route.method in {"PUT", "PATCH"} and shows_it(route)):
        yield "ETag"
    if route.is_repeatable:
        yield "Idempotency-Replayed"
