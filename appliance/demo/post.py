"""Keeps the demo's letters at home: they go to its postbox, all others where they belong."""

from appliance.demo import kept
from appliance.domain.errors import DeliveryFailed
from appliance.domain.telling import ChannelKind, Parcel
from appliance.ports.operations import Operations
from appliance.ports.telling import Messenger


class SortedPost:
    """Sends mail of the demo municipality through `demo`, and of every other through `real`."""

    def __init__(self, operations: Operations, demo: Messenger, real: Messenger | None) -> None:
        self._operations = operations
        self._demo = demo
        self._real = real

    @property
    def kind(self) -> ChannelKind:
        return ChannelKind.EMAIL

    async def send(self, parcel: Parcel) -> None:
        of_demo = await self._operations.read_system(kept.recall)
        if of_demo is not None and of_demo.municipality == parcel.channel.municipality:
            await self._demo.send(parcel)
        elif self._real is not None:
            await self._real.send(parcel)
        else:
            name = f"e-mail channel {parcel.channel.name!r}"
            problem = "sending email is not set up"
            raise DeliveryFailed(channel=name, problem=problem, permanent=False)
