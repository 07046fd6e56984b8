"""Makes the demo municipality: all of it in one transaction, or nothing."""

from dataclasses import dataclass
from typing import Final

from appliance.demo import kept, place
from appliance.demo.districts import districts
from appliance.demo.fleet import Instrument
from appliance.demo.kept import Kept
from appliance.domain.access import Role
from appliance.domain.devices import key_digest
from appliance.domain.ids import ChannelId, DeviceId, MunicipalityId, RuleId, SensorId, UserId
from appliance.domain.instant import Instant
from appliance.domain.network import NetworkModel
from appliance.domain.people import Municipality, User
from appliance.domain.rules import Rule, Severity, Threshold
from appliance.domain.sensors import Limits, Sensor, SensorStatus, unit_for
from appliance.domain.telling import Channel, ChannelKind
from appliance.ports.clock import IdSource
from appliance.ports.operations import SystemTables
from appliance.ports.pages import Page
from appliance.ports.tables import Tables
from appliance.services.setup import found_municipality

USERNAME: Final = "demo"
DUTY: Final = "duty@marram-bay.example"
LOWEST_BAR: Final = 2.5
"""Below every pressure of a normal day, above what is left in the district of the burst."""
HOLDS_FOR: Final = 30.0


@dataclass(frozen=True, slots=True)
class Founder:
    """Founds the demo; `password_hash` is that of `password`."""

    fleet: tuple[Instrument, ...]
    model: NetworkModel
    password: str
    password_hash: str
    ids: IdSource
    now: Instant

    def found(self, tables: SystemTables) -> Kept:
        """Add municipality, network, sensors, rule, channel and sign-in; give what opens them."""
        municipality = Municipality(
            id=MunicipalityId(self.ids.new_id()),
            name=_free_name({m.name for m in tables.municipalities()}, place.NAME),
            time_zone=place.TIME_ZONE,
            demo=True,
            created_at=self.now,
        )
        found_municipality(tables, municipality, self.ids.new_id, self.now)
        own = tables.of(municipality.id)
        own.network.merge(self.model, self.ids.new_id)
        keys = {one.device_id: self.ids.new_secret() for one in self.fleet}
        own.sensors.add(
            (sensor, key_digest(keys[sensor.device_id])) for sensor in self._sensors(own)
        )
        for zone in districts(municipality.id, self.ids, self.now):
            own.zones.put(zone)
        own.rules.put(self._rule(municipality.id))
        own.channels.put(self._channel(municipality.id))
        user = self._user(municipality.id, {u.username for u in tables.users()})
        tables.put_user(user)
        founded = Kept(municipality.id, user.username, self.password, keys)
        kept.remember(tables, founded)
        return founded

    def _sensors(self, tables: Tables) -> list[Sensor]:
        types = {one.code: one for one in tables.sensors.types()}
        where = place.positions(self.model)
        pipes = {p.link.code: p.id for p in tables.network.pipelines(Page())[0]}
        return [
            Sensor(
                id=SensorId(self.ids.new_id()),
                municipality=tables.municipality.id,
                device_id=DeviceId(one.device_id),
                name=one.name,
                type=types[one.sensor_type],
                unit=unit_for(types[one.sensor_type], one.unit),
                status=SensorStatus.ACTIVE,
                whitelisted=True,
                protocol=one.door.value,
                position=where[one.column],
                pipeline=pipes[one.code] if one.sensor_type == "flow" else None,
                operating=Limits(),
                created_at=self.now,
                updated_at=self.now,
            )
            for one in self.fleet
        ]

    def _rule(self, municipality: MunicipalityId) -> Rule:
        return Rule(
            id=RuleId(self.ids.new_id()),
            municipality=municipality,
            name=f"Pressure below {LOWEST_BAR} bar",
            sensor=None,
            sensor_type="pressure",
            condition=Threshold(operator="<", value=LOWEST_BAR, unit="bar", for_seconds=HOLDS_FOR),
            severity=Severity.CRITICAL,
            alert_type="low_pressure",
            created_at=self.now,
            updated_at=self.now,
        )

    def _channel(self, municipality: MunicipalityId) -> Channel:
        return Channel(
            id=ChannelId(self.ids.new_id()),
            municipality=municipality,
            name="Duty engineer",
            kind=ChannelKind.EMAIL,
            target=DUTY,
            created_at=self.now,
        )

    def _user(self, municipality: MunicipalityId, taken: set[str]) -> User:
        return User(
            id=UserId(self.ids.new_id()),
            username=_free_name(taken, USERNAME),
            email=DUTY,
            full_name="Demo operator",
            role=Role.OPERATOR,
            municipality=municipality,
            password_hash=self.password_hash,
            created_at=self.now,
        )


def _free_name(taken: set[str], wanted: str) -> str:
    """Give the name, or the first of `name 2`, `name 3` … that nobody has."""
    used = {name.casefold() for name in taken}
    several = [wanted, *(f"{wanted} {n}" for n in range(2, len(used) + 3))]
    return next(name for name in several if name.casefold() not in used)
