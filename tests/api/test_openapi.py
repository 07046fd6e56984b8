"""The document says everything that an integrator needs, and only what is so."""

from typing import Any

import jsonschema_rs
import msgspec
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from web.openapi import document
from web.routes import Open, Route
from web.table import ROUTES

DOCUMENT = document(ROUTES, "1.0")


def operation(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][route.template][route.method.lower()]
    return found


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref")
    if reference is None:
        return part
    found: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def parameters(route: Route) -> set[str]:
    return {resolved(one)["name"] for one in operation(route)["parameters"]}


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_the_document_is_openapi_3_1():
    OPENAPI_31_VALIDATOR.validate(msgspec.json.decode(msgspec.json.encode(DOCUMENT)))


def test_every_part_of_the_api_is_described():
    assert [tag for tag in DOCUMENT["tags"] if tag["description"] == tag["name"]] == []


@pytest.mark.parametrize("route", [r for r in ROUTES if r.body], ids=named)
def test_the_example_of_a_body_is_one(route: Route):
    body = operation(route)["requestBody"]["content"]["application/json"]
    assert route.body is not None
    msgspec.convert(body["example"], route.body)


def test_conventions_are_on_the_operations_that_keep_them():
    for route in ROUTES:
        names, answers = parameters(route), operation(route)["responses"]
        assert ("Idempotency-Key" in names) == route.is_repeatable, route.path
        if route.listing is not None:
            assert {"cursor", "sort"} <= names, route.path
        assert ("If-Match" in names) == ("412" in answers), route.path
        needs = isinstance(route.access, type)
        assert needs == ("municipality_id" in names), route.path
        assert ("403" in answers) == (needs or route.access is Open.DEVICE), route.path
        assert ("401" in answers) == (route.access is not Open.PUBLIC), route.path
        for answer in answers.values():
            assert "X-Request-Id" in resolved(answer)["headers"], route.path


def test_every_path_has_its_parameters_with_bounds():
    for route in ROUTES:
        for one in operation(route)["parameters"]:
            if one.get("in") == "path":
                schema = one["schema"]
                assert schema["type"] == "string" or schema["maximum"] == 2**48 - 1


def test_every_body_that_is_sent_and_every_file_that_is_given_has_its_media_types():
    for route in ROUTES:
        described = operation(route)
        content = described.get("requestBody", {}).get("content", {})
        assert bool(content) == route.takes_body, route.path
        assert set(content) >= {*route.reads, *route.takes_file}, route.path
        done = described["responses"][str(route.status)]
        given = {*route.gives_file, *(["application/json"] if route.answer else [])}
        assert set(done.get("content", {})) == given, route.path
        assert given or route.status == 204, f"{route.path} does not say what it answers"


EXAMPLES = [
    (route, kind, name)
    for route in ROUTES
    for kind in route.reads
    for name in operation(route)["requestBody"]["content"][kind]["examples"]
]


@pytest.mark.parametrize(("route", "kind", "name"), EXAMPLES, ids=str)
def test_the_examples_of_what_devices_and_files_say_are_such(route: Route, kind: str, name: str):
    content = operation(route)["requestBody"]["content"][kind]
    schema = {**content["schema"], "components": DOCUMENT["components"]}
    jsonschema_rs.validator_for(schema).validate(content["examples"][name]["value"])


def test_everything_that_is_read_by_hand_has_an_example():
    read = {(route.path, kind) for route in ROUTES for kind in route.reads}
    assert {(route.path, kind) for route, kind, _ in EXAMPLES} == read


def test_every_whole_number_that_is_filtered_by_is_bounded():
    """SQLite knows no more than 64 bits: a larger one is refused at the door."""
    for route in ROUTES:
        if route.query is None:
            continue
        schema = msgspec.json.schema(route.query)
        for name, said in schema["$defs"][route.query.__name__]["properties"].items():
            for kind in said.get("anyOf", [said]):
                if kind.get("items", kind).get("type") == "integer":
                    bounds = {"maximum", "exclusiveMaximum"} & kind.get("items", kind).keys()
                    assert bounds, (route.path, name)
