"""The demo as a part of the running appliance."""

from collections.abc import Callable

from appliance.bootstrap.core import Core
from appliance.bootstrap.outside import Outside
from appliance.config.configuration import Configuration
from appliance.demo.demo import Demo
from appliance.demo.lines import Address
from appliance.demo.postbox import Postbox
from appliance.supervisor import Part

Show = Callable[[str], None]


def demo_part(
    configuration: Configuration, core: Core, outside: Outside, postbox: Postbox, show: Show
) -> Part:
    """Give the part that founds the demo and keeps its devices reporting."""
    demo = Demo(
        core.world,
        core.walk,
        postbox,
        show,
        burst_after=configuration.demo_burst_after,
        learn=core.learn_one,
    )

    async def start() -> None:
        report = await demo.prepare()
        show(f"demo: open http://{outside.bound['http']} in a browser")
        for line in report.lines:
            show(line)

    async def run() -> None:
        await demo.run({d: Address(a.host, a.port) for d, a in outside.bound.items()})

    return Part("demo", start=start, run=run)
