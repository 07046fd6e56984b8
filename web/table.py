"""Every route there is."""

from typing import Final

from web.api import (
    alerts,
    assets,
    audit,
    channels,
    devices,
    first_start,
    geo,
    incidents,
    intake,
    iot,
    maintenance,
    network,
    overview,
    people,
    readings,
    replay,
    retention,
    rollups,
    rules,
    second_factor,
    sensors,
    sessions,
    signing_in,
    system,
    transport,
)
from web.routes import Route

_DESCRIBED: Final[tuple[Route, ...]] = (
    *first_start.ROUTES,
    *signing_in.ROUTES,
    *second_factor.ROUTES,
    *sessions.ROUTES,
    *people.ROUTES,
    *sensors.ROUTES,
    *readings.ROUTES,
    *rollups.ROUTES,
    *devices.ROUTES,
    *iot.ROUTES,
    *network.ROUTES,
    *assets.ROUTES,
    *rules.ROUTES,
    *replay.ROUTES,
    *retention.ROUTES,
    *alerts.ROUTES,
    *incidents.ROUTES,
    *maintenance.ROUTES,
    *geo.ROUTES,
    *channels.ROUTES,
    *intake.ROUTES,
    *overview.ROUTES,
    *audit.ROUTES,
    *system.ROUTES,
    *transport.ROUTES,
)

ROUTES: Final = (*_DESCRIBED, system.describing(_DESCRIBED))
