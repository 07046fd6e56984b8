"""What every operation of the OpenAPI document shares: headers, parameters, problems, sign-in."""

from typing import Any, Final

Schema = dict[str, Any]

JSON: Final = "application/json"
ID: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": 2**48 - 1}

INTRODUCTION: Final = """\
Everything that the control room, the phones and other programs ask of Weir.

Sign in with `POST /api/v1/auth/login` and send `Authorization: Bearer <access_token>`, or make an \
API token for a program. Devices have keys of their own (`X-API-Key`).

Lists are arrays; `X-Total-Count` says how many rows there are in all and `Link` where it goes on. \
`sort=-created_at,name` orders; a cursor (`cursor=` to begin, then `X-Next-Cursor`) neither misses \
nor repeats rows while others are added. A parameter that a list does not know is refused.

`ETag` names what was read. Sent back in `If-Match` with a change, the change is done only if \
nobody else has made one since (412 otherwise); sent in `If-None-Match` with a GET, an unchanged \
thing is answered 304 without content.

With an `Idempotency-Key` a POST can be repeated safely: it is done once, and answered as then.

What is refused says why in `detail` (for people) and `code` (for programs); `request_id` finds it \
in the log. Times are ISO 8601 with zone, positions GeoJSON with longitude first.
"""

TAGS: Final = {
    "auth": "Signing in and out, and who one is",
    "setup": "The first start",
    "municipalities": "The utilities that this installation serves",
    "users": "People",
    "tokens": "Credentials for programs",
    "sensors": "Measured points, their devices' keys, and their readings",
    "sensor-types": "What can be measured",
    "series": "Readings of several sensors for one chart",
    "readings": "Readings of many sensors together",
    "ingest": "Readings from devices",
    "iot": "Readings from gateways: LoRaWAN, NB-IoT, SMS",
    "tls": "The certificate of this installation",
    "openapi.json": "This description",
    "devices": "What devices may send, and unknown ones that knocked",
    "gateways": "Devices that report for others",
    "imports": "Much at once, from files",
    "exports": "Much at once, to files",
    "permissions": "What there is to be allowed",
    "roles": "What people and programs are allowed together",
    "colleagues": "The names of one's colleagues",
    "sessions": "Where somebody is signed in",
    "webhooks": "Programs that are told",
    "zones": "Parts of the network, to which people can be limited",
    "pipelines": "Pipes",
    "network": "Nodes of the network",
    "map": "What the map draws",
    "search": "Everything that has a name",
    "rules": "When an alert is raised",
    "alerts": "What Weir noticed, and what people do about it",
    "incidents": "What people noticed, and what they do about it",
    "maintenance": "What is and was worked on",
    "channels": "Who is told, and how",
    "deliveries": "What was and is to be told",
    "notifications": "Phones that want to be told",
    "overview": "Is everything all right?",
    "analytics": "Figures over time",
    "geo": "What happened on the map",
    "ledger": "What became of every message",
    "intake": "Messages that were refused",
    "monitoring": "How Weir itself is",
    "retention": "How long what is kept",
    "settings": "What a municipality, and the whole installation, can set",
    "preferences": "What a person can set for themselves",
    "audit": "Who did what",
    "backups": "Copies of everything",
    "parts": "What others wrote that is in this server",
    "admin": "Beyond municipalities",
    "system": "For machines that look after Weir",
}

HEADERS: Final[dict[str, Schema]] = {
    "ETag": {
        "description": "Names this representation (RFC 9110 8.8.3)",
        "schema": {"type": "string"},
        "example": '"5b1d3f0c2a9e8d7c6b.1f2e3d4c5b6a798081"',
    },
    "X-Request-Id": {
        "description": "Names this request; the log says it, too",
        "schema": {"type": "string", "maxLength": 64},
    },
    "X-Total-Count": {"description": "Rows in all", "schema": {"type": "integer", "minimum": 0}},
    "Link": {
        "description": "Where the list goes on: `next` and `prev` (RFC 8288)",
        "schema": {"type": "string"},
        "example": '</api/v1/alerts?limit=100&offset=100>; rel="next"',
    },
    "X-Next-Cursor": {
        "description": "What to send as `cursor` for the rows after these; not there at the end",
        "schema": {"type": "string"},
    },
    "Idempotency-Replayed": {
        "description": "`true` on an answer that was given before, under the same key",
        "schema": {"type": "string", "const": "true"},
    },
    "Retry-After": {
        "description": "Seconds after which to try again",
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {"description": "How to sign in", "schema": {"type": "string"}},
}


def _parameter(name: str, where: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": where, "description": description, "schema": schema}


TEXT: Final[Schema] = {"type": "string"}
PARAMETERS: Final[dict[str, Schema]] = {
    "IfMatch": _parameter(
        "If-Match", "header", "ETag of what is to be changed; without it the last change wins", TEXT
    ),
    "IfNoneMatch": _parameter(
        "If-None-Match", "header", "ETag of what one has: 304 if it is still so", TEXT
    ),
    "IdempotencyKey": _parameter(
        "Idempotency-Key",
        "header",
        "A new random text for each request, the same when it is repeated (within 48 hours)",
        {"type": "string", "maxLength": 255},
    ),
    "Municipality": _parameter(
        "municipality_id", "query", "Which municipality is meant; for super admins", ID
    ),
    "Cursor": _parameter(
        "cursor",
        "query",
        "Empty to begin, then what `X-Next-Cursor` said; instead of `offset`",
        {"type": "string", "maxLength": 2_000},
    ),
}

SECURITY: Final[dict[str, Schema]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token from signing in (10 minutes), or an API token",
    },
    "device": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "The key of the device",
    },
}

PROBLEM: Final[Schema] = {
    "type": "object",
    "description": "What was refused or failed",
    "required": ["detail", "code"],
    "properties": {
        "detail": {
            "description": "For people; a list where fields are wrong (422)",
            "oneOf": [
                {"type": "string"},
                {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
            ],
        },
        "code": {"type": "string", "description": "For programs; it never changes"},
        "hint": {"type": "string", "description": "What to do about it"},
        "reason": {
            "type": "string",
            "description": "Which sentence `detail` is, to say it in another language; it never changes",
        },
        "facts": {
            "type": "object",
            "description": "The names and numbers in that sentence",
            "additionalProperties": {"oneOf": [{"type": "string"}, {"type": "number"}]},
        },
        "request_id": {"type": "string", "description": "The same as X-Request-Id"},
    },
}
FIELD_PROBLEM: Final[Schema] = {
    "type": "object",
    "description": "What is wrong with a field",
    "required": ["loc", "msg", "type"],
    "properties": {
        "loc": {"type": "array", "items": {"type": "string"}},
        "msg": {"type": "string"},
        "type": {"type": "string"},
    },
}

_PROBLEMS: Final = {
    400: ("BadRequest", "It can't be read, or not be done as asked", "unreadable"),
    401: ("NotSignedIn", "Sign in first, or again", "not_signed_in"),
    403: ("NotAllowed", "This needs a permission that you don't have", "not_allowed"),
    404: ("NotFound", "It is not there, or another municipality's", "not_found"),
    408: ("TooSlow", "The body came too slowly", "request_timeout"),
    409: ("Conflict", "It is there already, or does not fit what is there", "conflict"),
    412: ("Outdated", "It has changed since you read it; nothing was done", "outdated"),
    413: ("TooLarge", "The body is too large", "request_entity_too_large"),
    422: ("Invalid", "A field, parameter or header is wrong", "invalid"),
    429: ("TooMany", "A limit was reached; try again later", "too_many"),
    500: ("Failed", "Something went wrong in Weir; its log says what", "internal_server_error"),
    502: ("NotTaken", "The other program or mail server did not take it", "delivery_failed"),
    503: ("Unavailable", "A store can't be reached just now", "storage_failed"),
    507: ("DiskFull", "There is no room on the disk", "disk_full"),
}
_MORE_HEADERS: Final = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}


def headers(*names: str) -> Schema:
    """Refer to headers; every answer has X-Request-Id."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, "X-Request-Id")}


def parameter(name: str) -> Schema:
    """Refer to a parameter."""
    return {"$ref": f"#/components/parameters/{name}"}


def problem(status: int) -> Schema:
    """Refer to what is answered with this status."""
    return {"$ref": f"#/components/responses/{_PROBLEMS[status][0]}"}


def problems() -> dict[str, Schema]:
    """Describe every refusal and failure, by its name."""
    return {
        name: {
            "description": description,
            "headers": headers(*_MORE_HEADERS.get(status, [])),
            "content": {
                JSON: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "example": _example(status, description, code),
                }
            },
        }
        for status, (name, description, code) in _PROBLEMS.items()
    }


def _example(status: int, description: str, code: str) -> Schema:
    detail: Any = description
    if status == 422:  # noqa: PLR2004
        detail = [{"loc": ["body", "name"], "msg": "Expected `str`", "type": "value_error"}]
    return {"detail": detail, "code": code, "request_id": "a1b2c3d4e5f6"}
