"""Everything that people can ask for, put together from the ports."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from appliance.ports.clock import Clock, IdSource
from appliance.ports.disk import DiskState
from appliance.ports.files import AttachedFiles
from appliance.ports.listening import Trust
from appliance.services.access_tokens import AccessTokens, keep_signing_key
from appliance.services.alerts import Alerts
from appliance.services.analytics import Analytics
from appliance.services.assets import Assets
from appliance.services.attachments import Attachments
from appliance.services.audit import Audit
from appliance.services.bulk_imports import BulkImports
from appliance.services.channels import Channels
from appliance.services.cursors import SealedCursors
from appliance.services.device_door import DeviceDoor
from appliance.services.device_keys import DeviceKeys
from appliance.services.doorkeeper import Doorkeeper
from appliance.services.freshness import Freshness
from appliance.services.gateway_door import GatewayDoor
from appliance.services.incidents import Incidents
from appliance.services.intake import IntakeBook
from appliance.services.knocks import KnockList
from appliance.services.maintenance import Maintenance
from appliance.services.monitoring import Monitoring
from appliance.services.municipalities import Municipalities
from appliance.services.passwords import Passwords
from appliance.services.pipelines import Pipelines
from appliance.services.preferences import PreferencesOfPeople
from appliance.services.push import PushDevices
from appliance.services.readings import ReadingsOfSensors
from appliance.services.record_exports import RecordExports
from appliance.services.repeats import Repeats, keep_answers_key
from appliance.services.replay import Replays
from appliance.services.retention import RetentionSettings
from appliance.services.roles import Roles
from appliance.services.rollups import Rollups
from appliance.services.rules import Rules
from appliance.services.screens import Screens
from appliance.services.second_factors import SecondFactors
from appliance.services.sensor_types import SensorTypes
from appliance.services.sensors import Sensors
from appliance.services.sessions import Sessions
from appliance.services.settings import Settings
from appliance.services.setup import SetUp
from appliance.services.signin import SignIn
from appliance.services.timeline import Timelines
from appliance.services.tokens import Tokens
from appliance.services.undertakings import HeedfulOperations
from appliance.services.users import Users
from appliance.services.world import World
from appliance.services.zones import Zones


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One service for each noun."""

    alerts: Alerts
    analytics: Analytics
    assets: Assets
    attachments: Attachments
    audit: Audit
    bulk_imports: BulkImports
    channels: Channels
    clock: Clock
    cursors: SealedCursors
    device_door: DeviceDoor
    device_keys: DeviceKeys
    knocks: KnockList
    disk: DiskState
    files: AttachedFiles
    gateway_door: GatewayDoor
    ids: IdSource
    incidents: Incidents
    intake: IntakeBook
    maintenance: Maintenance
    monitoring: Monitoring
    municipalities: Municipalities
    pipelines: Pipelines
    preferences: PreferencesOfPeople
    push: PushDevices
    readings: ReadingsOfSensors
    record_exports: RecordExports
    repeats: Repeats
    replays: Replays
    retention: RetentionSettings
    roles: Roles
    rollups: Rollups
    rules: Rules
    screens: Screens
    sensor_types: SensorTypes
    sensors: Sensors
    settings: Settings
    setup: SetUp
    second_factors: SecondFactors
    sessions: Sessions
    sign_in: SignIn
    timelines: Timelines
    tokens: Tokens
    trust: Callable[[], Trust]
    users: Users
    zones: Zones


async def open_services(world: World) -> Services:
    """Put the services together; makes this installation's signing key the first time."""
    key = await world.operations.write_system(keep_signing_key)
    repeats, world = await _repeats(world), _heedful(world)
    freshness = Freshness(world)
    device_door = DeviceDoor(world)
    sensors = Sensors(world, freshness)
    passwords = Passwords()
    doorkeeper = await Doorkeeper(world, passwords).start()
    sign_in = SignIn(world, passwords, doorkeeper, AccessTokens(key))
    municipalities = Municipalities(world)
    return Services(
        alerts=Alerts(world, freshness),
        analytics=Analytics(world, freshness),
        assets=Assets(world),
        attachments=Attachments(world),
        audit=Audit(world),
        bulk_imports=BulkImports(world),
        channels=Channels(world),
        clock=world.clock,
        cursors=SealedCursors(key),
        device_door=device_door,
        device_keys=DeviceKeys(world),
        knocks=KnockList(world, sensors),
        disk=world.disk,
        files=world.files,
        gateway_door=GatewayDoor(world, device_door),
        ids=world.ids,
        incidents=Incidents(world),
        intake=IntakeBook(world, freshness),
        maintenance=Maintenance(world),
        monitoring=Monitoring(world),
        municipalities=municipalities,
        pipelines=Pipelines(world),
        preferences=PreferencesOfPeople(world),
        push=PushDevices(world),
        readings=ReadingsOfSensors(world, freshness),
        record_exports=RecordExports(world, world.exporter),
        repeats=repeats,
        replays=Replays(world, freshness),
        retention=RetentionSettings(world),
        roles=Roles(world),
        rollups=Rollups(world, freshness),
        rules=Rules(world),
        screens=Screens(world),
        sensor_types=SensorTypes(world),
        sensors=sensors,
        settings=Settings(world, municipalities),
        setup=SetUp(world, passwords),
        second_factors=SecondFactors(world, doorkeeper, sign_in),
        sessions=Sessions(world, sign_in),
        sign_in=sign_in,
        timelines=Timelines(world, freshness),
        tokens=Tokens(world),
        trust=world.trust,
        users=Users(world, passwords, sign_in),
        zones=Zones(world),
    )


async def _repeats(world: World) -> Repeats:
    secret = await world.operations.write_system(lambda t: keep_answers_key(t, world.ids))
    return Repeats(world, secret)


def _heedful(world: World) -> World:
    return replace(world, operations=HeedfulOperations(world.operations))
