"""Bodies as an integrator would send them, for the document and the page that shows it."""

from typing import Any, Final

from web.routes import PREFIX, Route

_BODIES: Final[dict[str, Any]] = {
    "POST /auth/login": {"username": "ada", "password": "wet stones under the weir"},
    "POST /municipalities": {"name": "Brookfield", "time_zone": "Europe/Berlin"},
    "POST /users": {
        "username": "grace",
        "password": "another long pass phrase",
        "email": "grace@example.org",
        "role": "operator",
    },
    "POST /sensors": {
        "device_id": "PS-001",
        "name": "Mill Lane",
        "sensor_type": "pressure",
        "unit": "bar",
        "location": {"type": "Point", "coordinates": [13.4, 52.5]},
    },
    "PATCH /sensors/{sensor}": {"name": "Mill Lane, new chamber"},
    "POST /sensors/{sensor}/readings": {"value": 3.2, "unit": "bar"},
    "POST /rules": {
        "name": "Low pressure",
        "sensor_type": "pressure",
        "severity": "critical",
        "condition": {
            "type": "threshold",
            "operator": "<",
            "value": 2,
            "unit": "bar",
            "for_seconds": 60,
        },
    },
    "POST /rules/replay": {
        "from": "2026-03-01T00:00:00Z",
        "to": "2026-03-08T00:00:00Z",
        "rule": {
            "name": "Low pressure",
            "sensor_type": "pressure",
            "condition": {"type": "threshold", "operator": "<", "value": 2, "unit": "bar"},
        },
    },
    "POST /incidents": {
        "title": "Water on the road",
        "description": "In front of Mill Lane 7",
        "severity": "high",
    },
    "PUT /incidents/{incident}": {"status": "in_progress", "notes": "On our way"},
    "POST /alerts/{alert}/acknowledge": {"notes": "On our way"},
    "POST /alerts/{alert}/assign": {"user_id": 12, "notes": "Nearest"},
    "POST /alerts/acknowledge": {"ids": [77, 78], "notes": "One burst, two alarms"},
    "POST /tokens": {"name": "dashboard", "role": "viewer"},
    "POST /pipelines": {
        "name": "Main",
        "geometry": {"type": "LineString", "coordinates": [[13.4, 52.5], [13.41, 52.51]]},
    },
    "PATCH /preferences": {"units": {"pressure": "bar"}, "theme": "dark"},
    "PATCH /settings": {"time_zone": "Europe/Berlin"},
}
_READING: Final = {"value": 3.2, "unit": "bar", "timestamp": "2026-03-01T12:00:00Z"}
_READINGS: Final = {
    "one": _READING,
    "backlog": [_READING, {**_READING, "timestamp": "2026-03-01T12:01:00Z"}],
}
_READ: Final[dict[str, dict[str, Any]]] = {
    "POST /sensors/{device:text}/readings application/json": _READINGS,
    "POST /ingest/sensors/{device:text}/data application/json": _READINGS,
    "POST /devices/keys application/json": {"two": {"device_ids": ["PS-001", "PS-002"]}},
    "POST /devices/keys text/csv": {"two": "device_id\r\nPS-001\r\nPS-002\r\n"},
    "POST /iot/lorawan/uplink application/json": {
        "plain": {"device_eui": "70B3D57ED005A1B2", "payload": "03670110", "rssi": -97},
        "chirpstack": {
            "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
            "time": "2026-03-01T12:00:00Z",
            "deviceInfo": {"devEui": "70b3d57ed005a1b2"},
            "data": "A2cBEA==",
        },
        "things_stack": {
            "end_device_ids": {"dev_eui": "70B3D57ED005A1B2"},
            "received_at": "2026-03-01T12:00:00Z",
            "uplink_message": {"f_cnt": 7, "frm_payload": "A2cBEA=="},
        },
    },
    "POST /iot/nbiot/message application/json": {
        "one": {"imei": "490154203237518", "value": 3.2, "signal_strength": -88}
    },
    "POST /iot/gsm/sms application/json": {
        "one": {"phone_number": "+491701234567", "message": "PS-001:3.2:bar"}
    },
}
_DEEPEST: Final = 4


def example_of(route: Route, body: dict[str, Any], components: dict[str, Any]) -> Any:  # noqa: ANN401
    """Give a body that somebody might send; one is made from the schema where none is written."""
    written = _BODIES.get(f"{route.method} {route.path.removeprefix(PREFIX)}")
    return _sample(body, components, 0) if written is None else written


def examples_of(route: Route, kind: str) -> dict[str, Any]:
    """Give what somebody might send as this media type, each by a name."""
    written = _READ.get(f"{route.method} {route.path.removeprefix(PREFIX)} {kind}", {})
    return {name: {"value": value} for name, value in written.items()}


def _sample(schema: dict[str, Any], components: dict[str, Any], depth: int) -> Any:  # noqa: ANN401
    if "$ref" in schema:
        return _sample(components[schema["$ref"].rpartition("/")[2]], components, depth + 1)
    for name in ("default", "const"):
        if name in schema:
            return schema[name]
    if "enum" in schema:
        return schema["enum"][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if name in schema:
            return _sample(schema[name][0], components, depth)
    return _of_type(schema, components, depth)


def _of_type(schema: dict[str, Any], components: dict[str, Any], depth: int) -> Any:  # noqa: ANN401
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            wanted = schema.get("required") or (list(fields)[:1] if depth < _DEEPEST else [])
            return {name: _sample(fields[name], components, depth + 1) for name in wanted}
        case "array":
            return _array(schema, components, depth)
        case "string":
            timed = schema.get("format") == "date-time"
            return "2026-03-01T12:00:00Z" if timed else "text"[: schema.get("maxLength", 4)]
        case "integer" | "number":
            return max(schema.get("minimum", 1), 1)
        case "boolean":
            return True
        case _:
            return None


def _array(schema: dict[str, Any], components: dict[str, Any], depth: int) -> list[Any]:
    items = schema.get("prefixItems") or [schema.get("items") or {}] * schema.get("minItems", 1)
    return [_sample(item, components, depth + 1) for item in items]
