"""The OpenAPI 3.1 document, made from the table of routes: it can't say what is not there."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, Final

import msgspec

from appliance.domain.access import Permission
from web.editions import has_edition, shows_it
from web.examples import example_of, examples_of
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
    types = [shape for route in table for _, shape in _shapes(route)]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    found = iter(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        described: dict[str, Any] = {name: next(found) for name, _ in _shapes(route)}
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


def _shapes(route: Route) -> list[tuple[str, Any]]:
    """Name every type that a route speaks of."""
    shapes = [("answer", route.answer), ("body", route.body), ("query", route.query)]
    read = [
        (f"{kind} {number}", shape)
        for kind, several in route.reads.items()
        for number, shape in enumerate(several)
    ]
    return [(name, shape) for name, shape in (*shapes, *read) if shape]


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
    if route.reads:
        operation["requestBody"] = {"required": True, "content": _read(route, described)}
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
_TEXT: Final[dict[str, Any]] = {"type": "string"}


def _file_taken(route: Route) -> dict[str, Any]:
    form = {"type": "object", "required": ["file"], "properties": {"file": _BYTES}}
    raw = {kind: {"schema": _BYTES} for kind in route.takes_file}
    return {**raw, "multipart/form-data": {"schema": form}}


def _read(route: Route, described: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for kind, several in route.reads.items():
        schemas = [described[f"{kind} {number}"] for number in range(len(several))]
        schema = {"anyOf": schemas} if len(schemas) > 1 else next(iter(schemas), _TEXT)
        content[kind] = {"schema": schema, "examples": examples_of(route, kind)}
    return content


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
    yield from _not_for_everybody(route)
    if route.takes_body:
        yield from (400, 408, 413, 422)
    if route.asks_others:
        yield 502
    if route.needs_room:
        yield 507
    if route.method != "GET" and route.access is not Open.DEVICE:
        yield from (409, 412) if has_edition(route) else (409,)


def _not_for_everybody(route: Route) -> Iterator[int]:
    if route.access is not Open.PUBLIC:
        yield from (401, 422)
    if isinstance(route.access, type):
        yield from (403, 404)
    elif route.access is Open.DEVICE:
        yield 403
    if route.names:
        yield 404


def _done(route: Route, described: dict[str, Any]) -> Schema:
    response: Schema = {"description": HTTPStatus(route.status).phrase}
    named = [*_headers(route, described.get("answer", {}))]
    content: Schema = {kind: {"schema": _file_given(kind)} for kind in route.gives_file}
    if "answer" in described:
        content = {JSON: {"schema": described["answer"]}} | content
    if content:
        response["content"] = content
    return response | {"headers": headers(*named)}


def _file_given(kind: str) -> Schema:
    if kind.endswith("json"):
        return {"type": "object"}
    return _TEXT if kind.startswith("text/") else _BYTES


def _headers(route: Route, answer: Schema) -> Iterator[str]:
    if answer.get("type") == "array":
        yield from ("X-Total-Count", "Link")
    if route.listing is not None:
        yield "X-Next-Cursor"
    if (route.method == "GET" and answer) or (route.method in {"PUT", "PATCH"} and shows_it(route)):
        yield "ETag"
    if route.is_repeatable:
        yield "Idempotency-Replayed"
