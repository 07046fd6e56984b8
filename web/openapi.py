"""The OpenAPI 3.1 document, made from the table of routes: it can't say what is not there."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

import msgspec

from appliance.domain.access import Permission
from web.routes import Open, Route

_REFERENCE: Final = "#/components/schemas/{name}"
_HEADERS: Final = {
    "X-Total-Count": {"schema": {"type": "integer"}, "description": "Rows in all"},
    "Link": {"schema": {"type": "string"}, "description": "`next` and `prev` (RFC 8288)"},
}
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["detail"],
    "properties": {
        "detail": {
            "oneOf": [
                {"type": "string"},
                {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
            ]
        },
        "hint": {"type": "string"},
    },
}
_FIELD_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["loc", "msg", "type"],
    "properties": {
        "loc": {"type": "array", "items": {"type": "string"}},
        "msg": {"type": "string"},
        "type": {"type": "string"},
    },
}


def document(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """Describe every route."""
    table = tuple(routes)
    types = [t for route in table for t in (route.answer, route.body, route.query) if t]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    found = iter(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        described = {
            name: next(found)
            for name, shape in (
                ("answer", route.answer),
                ("body", route.body),
                ("query", route.query),
            )
            if shape
        }
        operation = _operation(route, described, components)
        paths.setdefault(route.template, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Weir", "version": version},
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": _PROBLEM, "FieldProblem": _FIELD_PROBLEM},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "device": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def _operation(
    route: Route, described: dict[str, Any], components: dict[str, Any]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": _operation_id(route),
        "tags": [route.path.split("/")[3] if route.path.startswith("/api/v1/") else "system"],
        "parameters": [
            *_path_parameters(route),
            *_query_parameters(described.get("query"), components),
        ],
        "responses": {str(route.status): _response(route, described)},
        **_security(route.access),
    }
    if "body" in described:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": described["body"]}},
        }
    operation["responses"]["default"] = {
        "description": "It was refused, or it failed",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    return operation


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


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    kinds = {"id": {"type": "integer"}, "text": {"type": "string"}}
    return [
        {"name": name, "in": "path", "required": True, "schema": kinds[kind]}
        for name, kind in route.names.items()
    ]


def _query_parameters(
    query: dict[str, Any] | None, components: dict[str, Any]
) -> list[dict[str, Any]]:
    if query is None:
        return []
    shape = components[query["$ref"].rpartition("/")[2]]
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in shape["properties"].items()
    ]


def _response(route: Route, described: dict[str, Any]) -> dict[str, Any]:
    response: dict[str, Any] = {"description": HTTPStatus(route.status).phrase}
    if "answer" in described:
        response["content"] = {"application/json": {"schema": described["answer"]}}
        if described["answer"].get("type") == "array":
            response["headers"] = _HEADERS
    return response
