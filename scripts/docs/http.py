"""The HTTP API and its figures: made from the table of routes and from what /metrics writes."""

import json
import re
from importlib.metadata import version
from itertools import groupby

from appliance.domain.readings import Counts
from appliance.services.monitoring import Figures, Health
from scripts.docs.markdown import bullets, page, paragraph, table
from web.metrics import HELP, text_of
from web.openapi import document
from web.routes import Access, Open, Route
from web.table import ROUTES

_OPEN = {
    Open.PUBLIC: "anybody",
    Open.SIGNED_IN: "whoever is signed in",
    Open.DEVICE: "a device with its key",
}


def openapi() -> str:
    """Give the OpenAPI document, as /api/v1/openapi.json does."""
    return json.dumps(document(ROUTES, version("weir")), indent=1, ensure_ascii=False) + "\n"


def routes() -> str:
    """Give the page of routes."""
    grouped = groupby(sorted(ROUTES, key=lambda r: (_group(r), r.template)), _group)
    return page(
        "The HTTP API",
        paragraph(
            "`GET /api/v1/openapi.json` describes every field (OpenAPI 3.1; also checked in as"
            " `web/reference/openapi.json`), and `/api/docs` shows it. The live stream"
            " `/ws/{municipality_id|global}` is in [events.md](events.md)."
        ),
        paragraph(
            "Sign in with `POST /api/v1/auth/login` and send `Authorization: Bearer <access_token>`; a program"
            " sends an API token instead. Lists are arrays with `X-Total-Count` and `Link` headers. A super admin"
            " names a municipality with `municipality_id`. Refusals carry `{detail}` and often `hint`; 422 carries"
            " `{detail: [{loc, msg, type}]}`. Times are ISO 8601 with zone, and come out in UTC."
        ),
        *(f"## {name}\n\n{bullets(map(_route, several))}" for name, several in grouped),
    )


def _group(route: Route) -> str:
    parts = route.template.split("/")
    return parts[3] if route.template.startswith("/api/v1/") else "the server"


def _route(route: Route) -> str:
    return f"`{route.method} {route.template}` – {route.summary}. For: {_access(route.access)}."


def _access(access: Access) -> str:
    return _OPEN[access] if isinstance(access, Open) else f"`{access.name}`"


def metrics() -> str:
    """Give the page of figures."""
    written = text_of(_an_hour())
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", written, re.MULTILINE))
    labels = {n: re.findall(r'(\w+)="', " ".join(_samples(written, n))) for n in HELP}
    return page(
        "Figures for Prometheus",
        paragraph(
            "`GET /metrics` gives them in Prometheus' text format, to this computer, or to an admin's API token."
            " They are over all municipalities and name none."
        ),
        table(
            ("figure", "kind", "label", "meaning"),
            (
                (
                    f"`{name}`",
                    kinds[name],
                    ", ".join(f"`{x}`" for x in dict.fromkeys(labels[name])),
                    text,
                )
                for name, text in HELP.items()
            ),
        ),
    )


def _samples(written: str, name: str) -> list[str]:
    return [line for line in written.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]


def _an_hour() -> Figures:
    health = Health(
        status="healthy",
        database="healthy",
        cpu_percent=1.0,
        memory_percent=1.0,
        sensors=1,
        reporting=1,
        health_score=100.0,
    )
    return Figures(
        health=health,
        counts={"municipalities": 1, "users": 1, "sensors": 1, "open_alerts": 0},
        last_hour=Counts(1, 1, 1, 1, {"malformed": 1}),
        journal_sequence=1,
        history_sequence=1,
        resident_bytes=1,
        cpu_seconds=1.0,
        disk_free_bytes=1,
        disk_level=0,
    )
