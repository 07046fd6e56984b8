"""Weir with its regular jobs at work all the time, so that a kill meets them.

python -m tests.faults.busy serve ...
"""

import asyncio
import sys
from functools import partial

from appliance.bootstrap.core import Core
from appliance.cli.main import main
from appliance.supervisor import Part
from storage.history import sealing

PAUSE = 0.2
_parts = Core.parts


async def _work(core: Core) -> None:
    while True:
        for job in core.jobs():
            await job.work()
            await asyncio.sleep(PAUSE)


def _busy_parts(core: Core) -> list[Part]:
    return [*_parts(core), Part("busy", run=partial(_work, core))]


if __name__ == "__main__":
    Core.parts = _busy_parts  # type: ignore[method-assign]
    assert sealing.WORTH_SEALING > 1
    sealing.WORTH_SEALING = 1  # type: ignore[misc]  # however little there is
    sys.exit(main())
