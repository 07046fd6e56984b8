"""Puts the demo together: its parts start last, its mail stays on this computer."""

from collections.abc import Callable
from dataclasses import replace

from appliance.bootstrap.core import Core
from appliance.bootstrap.outside import Outside
from appliance.config.configuration import Configuration
from appliance.demo.demo import Demo
from appliance.demo.lines import Address
from appliance.demo.post import SortedPost
from appliance.demo.postbox import Postbox
from appliance.domain.ids import MunicipalityId
from appliance.domain.telling import ChannelKind
from appliance.flow.learning import learn_all
from appliance.outbound.mail import MailMessenger, MailOptions
from appliance.ports.telling import Messenger
from appliance.supervisor import Part

FROM = "weir@demo.localhost.example"


def demo_parts(
    configuration: Configuration, core: Core, outside: Outside, show: Callable[[str], None]
) -> list[Part]:
    """Give the demo's part, and sort the post; to be called before anything has started.

    `show` is given each line for the console.
    """
    postbox = Postbox(configuration.data / "demo-mail", show)
    _sort_post(configuration, core, postbox)

    async def learn(municipality: MunicipalityId) -> None:
        found = await core.operations.read(municipality, lambda tables: tables.municipality)
        await learn_all(core.operations, core.history, core.clock, found)
        core.watcher.poke()

    demo = Demo(
        core.world,
        core.walk,
        postbox,
        show,
        burst_after=configuration.demo_burst_after,
        learn=learn,
    )

    async def prepare() -> None:
        for line in (await demo.prepare()).lines:
            show(line)
        show(f"demo: open http://{outside.bound['http']}")

    async def run() -> None:
        await demo.run({name: Address(at.host, at.port) for name, at in outside.bound.items()})

    return [Part("demo", start=prepare, run=run)]


def _sort_post(configuration: Configuration, core: Core, postbox: Postbox) -> None:
    """Send the demo municipality's mail to its postbox, and everybody else's where it went."""
    url = configuration.public_url or (
        f"http://{configuration.http}" if configuration.http.port else ""
    )
    options = MailOptions(host="127.0.0.1", port=postbox.port, from_address=FROM, public_url=url)
    real = next((m for m in core.messengers if m.kind is ChannelKind.EMAIL), None)
    post: Messenger = SortedPost(core.operations, MailMessenger(options, core.clock), real)
    others = tuple(m for m in core.messengers if m.kind is not ChannelKind.EMAIL)
    core.messengers = (post, *others)
    core.world = replace(core.world, messengers=core.messengers)
    core.deliverer.use(post)
