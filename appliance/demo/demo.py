"""`weir serve --demo`: a town on the map, its devices, and a main that bursts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from appliance.demo import kept, place
from appliance.demo.device import Device
from appliance.demo.fleet import fleet
from appliance.demo.founding import Founder
from appliance.demo.kept import Kept
from appliance.demo.lines import Address, line_through
from appliance.demo.past import Past, TakesChecked
from appliance.demo.postbox import Postbox
from appliance.demo.town import Town, simulated
from appliance.domain.ids import MunicipalityId, SensorId
from appliance.domain.instant import EARLIEST, SECOND, Instant
from appliance.domain.readings import Door
from appliance.ports.operations import SystemTables
from appliance.ports.pages import Page, SensorFilter
from appliance.ports.tables import Tables
from appliance.services.signing_in.passwords import Passwords
from appliance.services.world import World

_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to connect to

Learn = Callable[[MunicipalityId], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the newcomer is told."""

    municipality: MunicipalityId
    username: str
    password: str
    mail_port: int
    lines: tuple[str, ...]
    """For the console, the address to open left out: only the caller knows it."""


class Demo:
    """The demo. Everything it writes belongs to its own municipality, which it founds itself."""

    def __init__(
        self,
        world: World,
        walk: TakesChecked,
        postbox: Postbox,
        show: Callable[[str], None],
        *,
        burst_after: float = 180.0,
        learn: Learn | None = None,
    ) -> None:
        self._world = world
        self._walk = walk
        self._postbox = postbox
        self._show = show
        self._burst_after = burst_after
        self._learn = learn
        self._kept: Kept | None = None
        self._burst_at: Instant | None = None

    async def prepare(self) -> DemoReport:
        """Found the demo, or find that of an earlier start; a second call finds the first's."""
        found = await self._world.operations.read_system(kept.recall)
        self._kept = found or await self._found()
        return DemoReport(
            self._kept.municipality,
            self._kept.username,
            self._kept.password,
            self._postbox.port,
            self._words(self._kept),
        )

    async def run(self, doors: Mapping[str, Address]) -> None:
        """Let the devices report, the past be written and the main burst, until cancelled.

        `doors` are where `http`, `mqtt` and `tcp` listen.
        """
        opened = self._must_be_prepared()
        now = self._world.clock.now()
        self._burst_at = Instant(now + int(self._burst_after * SECOND))
        town = await asyncio.to_thread(simulated, place.TIME_ZONE)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._postbox.run())
            group.create_task(self._write_past(town, opened, now))
            group.create_task(self._announce_burst())
            for device in self._devices(town, opened, doors):
                group.create_task(device.run())

    def _must_be_prepared(self) -> Kept:
        if self._kept is None:
            raise RuntimeError("prepare() comes first")
        return self._kept

    def _words(self, opened: Kept) -> tuple[str, ...]:
        minutes = self._burst_after / 60
        when = f"{minutes:.0f} min" if minutes >= 1 else f"{self._burst_after:.0f} s"
        devices = f"{len(fleet())} devices of {place.NAME} report every 10 s"
        then = "within a minute alarms come up on the map, and mail arrives"
        return (
            f"demo: sign in as {opened.username} with the password {opened.password}",
            f"demo: {devices}; in {when} a main bursts near North Quay: {then}",
            "demo: the network is EPA's Net3 at a made-up place; its life is simulated",
        )

    async def _found(self) -> Kept:
        model = await asyncio.to_thread(place.network)
        password = self._world.ids.new_secret()[:16]
        founder = Founder(
            fleet(),
            model,
            password,
            await Passwords().hash(password),
            self._world.ids,
            self._world.clock.now(),
        )
        founded = await self._world.operations.write_system(founder.found)
        await self._world.directory.start()
        self._world.watching.poke()
        return founded

    def _devices(self, town: Town, opened: Kept, doors: Mapping[str, Address]) -> list[Device]:
        return [
            Device(
                one,
                line_through(
                    one.door, _reachable(doors, one.door), one.device_id, opened.keys[one.device_id]
                ),
                town,
                self._world.clock,
                lambda: self._burst_at,
            )
            for one in fleet()
            if one.device_id in opened.keys
        ]

    async def _write_past(self, town: Town, opened: Kept, now: Instant) -> None:
        """Write the weeks before, or the gap since the last run, then learn what is usual."""
        sensors = await self._world.operations.read(opened.municipality, _sensors)
        after = self._past_known_until(opened, sensors)
        past = Past(self._walk, town, fleet())
        written = await past.write(opened.municipality, sensors, after, now)
        done = replace(opened, past_until=now)

        def change(tables: SystemTables) -> None:
            kept.remember(tables, done)

        await self._world.operations.write_system(change)
        self._kept = done
        if written:
            self._show(f"demo: {written} readings of the past are written")
        if self._learn is not None:
            await self._learn(opened.municipality)

    def _past_known_until(self, opened: Kept, sensors: Mapping[str, SensorId]) -> Instant:
        """Give up to when its past is complete; before the first writing has ended it is not."""
        if not opened.past_until:
            return EARLIEST
        contacts = self._world.watching.contacts
        times = [contacts[s].time for s in sensors.values() if s in contacts]
        return max([opened.past_until, *(time for time in times if time is not None)])

    async def _announce_burst(self) -> None:
        await asyncio.sleep(self._burst_after)
        self._show("demo: a main near North Quay has burst")


def _sensors(tables: Tables) -> dict[str, SensorId]:
    return {str(one.device_id): one.id for one in tables.sensors.page(SensorFilter(), Page())[0]}


def _reachable(doors: Mapping[str, Address], door: Door) -> Address:
    """Give where to connect to: what listens everywhere is reached on the loopback."""
    address = doors[door.value]
    return Address(_EVERYWHERE.get(address.host, address.host), address.port)
