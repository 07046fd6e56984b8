"""Every route there is."""

from typing import Final

from web.api import devices, readings, sensors, signing_in
from web.routes import Route

ROUTES: Final[tuple[Route, ...]] = (
    *signing_in.ROUTES,
    *sensors.ROUTES,
    *readings.ROUTES,
    *devices.ROUTES,
)
