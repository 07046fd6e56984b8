"""A running appliance behind real HTTP, with two municipalities that must never meet."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.appliance import Weir, running


@pytest.fixture
async def weir(tmp_path: Path) -> AsyncIterator[Weir]:
    """An appliance with HERE and THERE, each with an admin and one pressure sensor."""
    async with running(tmp_path) as appliance:
        yield appliance
