"""Ways out: mail and webhooks."""

from typing import Protocol

from appliance.domain.telling import ChannelKind, Parcel


class Messenger(Protocol):
    """Sends one kind of notification."""

    @property
    def kind(self) -> ChannelKind:
        """Which channels it serves."""
        ...

    async def send(self, parcel: Parcel) -> None:
        """Send, and return when the other side has taken it.

        Raises DeliveryFailed; `will_never_work` says that trying again is useless. The message
        carries the delivery's key, so that a receiver can recognise a second copy.
        """
        ...
