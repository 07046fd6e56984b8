"""Everything that people can ask for, put together from the ports."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from appliance.ports.clock import Clock, IdSource
from appliance.ports.disk import DiskState
from appliance.ports.files import AttachedFiles
from appliance.ports.listening import Trust
from appliance.ports.software import Software
from appliance.services.alerts import Alerts
from appliance.services.analytics import Analytics
from appliance.services.assets import Assets
from appliance.services.attachments import Attachments
from appliance.services.audit.log import Audit
from appliance.services.backups import BackupShelf
from appliance.services.channels import Channels
from appliance.services.charts import Charts
from appliance.services.checklists import Checklists
from appliance.services.cursors import SealedCursors
from appliance.services.device_door import DeviceDoor
from appliance.services.device_keys import DeviceKeys
from appliance.services.diagnosis import Diagnosis
from appliance.services.files.bulk_imports import BulkImports
from appliance.services.files.network_imports import NetworkImports
from appliance.services.files.record_exports import RecordExports
from appliance.services.freshness import Freshness
from appliance.services.gateway_door import GatewayDoor
from appliance.services.incidents import Incidents
from appliance.services.intake import IntakeBook
from appliance.services.knocks import KnockList
from appliance.services.maintenance import Maintenance
from appliance.services.map.asset_stories import AssetStories
from appliance.services.map.base_maps import BaseMaps
from appliance.services.map.edits import Edits
from appliance.services.map.search import Search
from appliance.services.map.tiles import Tiles
from appliance.services.monitoring import Monitoring
from appliance.services.municipalities import Municipalities
from appliance.services.overview.overview import Overviews
from appliance.services.pipelines import Pipelines
from appliance.services.preferences import PreferencesOfPeople
from appliance.services.progress import SetUpProgress
from appliance.services.push import PushDevices
from appliance.services.readings import ReadingsOfSensors
from appliance.services.repeats import Repeats, keep_answers_key
from appliance.services.replay import Replays
from appliance.services.retention import RetentionSettings
from appliance.services.roles import Roles
from appliance.services.rollups import Rollups
from appliance.services.rules import Rules
from appliance.services.screens import Screens
from appliance.services.sensor_types import SensorTypes
from appliance.services.sensors import Sensors
from appliance.services.settings import Settings
from appliance.services.setup import SetUp
from appliance.services.signing_in.access_tokens import AccessTokens, keep_signing_key
from appliance.services.signing_in.doorkeeper import Doorkeeper
from appliance.services.signing_in.passwords import Passwords
from appliance.services.signing_in.second_factors import SecondFactors
from appliance.services.signing_in.sessions import Sessions
from appliance.services.signing_in.signin import SignIn
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
    asset_stories: AssetStories
    assets: Assets
    attachments: Attachments
    audit: Audit
    backups: BackupShelf
    base_maps: BaseMaps
    bulk_imports: BulkImports
    channels: Channels
    charts: Charts
    checklists: Checklists
    cursors: SealedCursors
    device_door: DeviceDoor
    device_keys: DeviceKeys
    knocks: KnockList
    edits: Edits
    gateway_door: GatewayDoor
    incidents: Incidents
    intake: IntakeBook
    maintenance: Maintenance
    monitoring: Monitoring
    municipalities: Municipalities
    network_imports: NetworkImports
    overviews: Overviews
    pipelines: Pipelines
    preferences: PreferencesOfPeople
    progress: SetUpProgress
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
    search: Search
    sensor_types: SensorTypes
    sensors: Sensors
    settings: Settings
    setup: SetUp
    second_factors: SecondFactors
    sessions: Sessions
    sign_in: SignIn
    tiles: Tiles
    timelines: Timelines
    tokens: Tokens
    users: Users
    world: World
    zones: Zones

    @property
    def clock(self) -> Clock:
        """What time it is."""
        return self.world.clock

    @property
    def ids(self) -> IdSource:
        """Where ids come from."""
        return self.world.ids

    @property
    def diagnosis(self) -> Diagnosis:
        """What is wrong with Weir itself."""
        return self.world.diagnosis

    @property
    def disk(self) -> DiskState:
        """How much room there is."""
        return self.world.disk

    @property
    def files(self) -> AttachedFiles:
        """Where files are that people attached."""
        return self.world.files

    @property
    def software(self) -> Software:
        """What others wrote that is in this program."""
        return self.world.software

    @property
    def trust(self) -> Callable[[], Trust]:
        """What tells which certificate is shown now."""
        return self.world.trust


async def open_services(world: World) -> Services:
    """Put the services together; makes this installation's signing key the first time."""
    key = await world.operations.write_system(keep_signing_key)
    repeats, world = await _repeats(world), _heedful(world)
    passwords = Passwords()
    doorkeeper = await Doorkeeper(world, passwords).start()
    sign_in = SignIn(world, passwords, doorkeeper, AccessTokens(key))
    return _put_together(world, repeats, _Signing(key, passwords, doorkeeper, sign_in))


@dataclass(frozen=True, slots=True)
class _Signing:
    """What signing in is made of."""

    key: bytes
    passwords: Passwords
    doorkeeper: Doorkeeper
    sign_in: SignIn


def _put_together(world: World, repeats: Repeats, signing: _Signing) -> Services:
    freshness, sign_in, municipalities = Freshness(world), signing.sign_in, Municipalities(world)
    device_door, sensors = DeviceDoor(world), Sensors(world, freshness)
    return Services(
        alerts=Alerts(world, freshness),
        analytics=Analytics(world, freshness),
        asset_stories=AssetStories(world),
        assets=Assets(world),
        attachments=Attachments(world),
        audit=Audit(world),
        backups=BackupShelf(world),
        base_maps=BaseMaps(world),
        bulk_imports=BulkImports(world),
        channels=Channels(world),
        charts=Charts(world, freshness),
        checklists=Checklists(world),
        cursors=SealedCursors(signing.key),
        device_door=device_door,
        device_keys=DeviceKeys(world),
        knocks=KnockList(world, sensors),
        edits=Edits(world),
        gateway_door=GatewayDoor(world, device_door),
        incidents=Incidents(world),
        intake=IntakeBook(world, freshness),
        maintenance=Maintenance(world),
        monitoring=Monitoring(world),
        municipalities=municipalities,
        network_imports=NetworkImports(world),
        overviews=Overviews(world),
        pipelines=Pipelines(world),
        preferences=PreferencesOfPeople(world),
        progress=SetUpProgress(world, freshness),
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
        search=Search(world),
        sensor_types=SensorTypes(world),
        sensors=sensors,
        settings=Settings(world, municipalities),
        setup=SetUp(world, signing.passwords),
        second_factors=SecondFactors(world, signing.doorkeeper, sign_in),
        sessions=Sessions(world, sign_in),
        sign_in=sign_in,
        tiles=Tiles(world),
        timelines=Timelines(world, freshness),
        tokens=Tokens(world),
        users=Users(world, signing.passwords, sign_in),
        world=world,
        zones=Zones(world),
    )


async def _repeats(world: World) -> Repeats:
    secret = await world.operations.write_system(lambda t: keep_answers_key(t, world.ids))
    return Repeats(world, secret)


def _heedful(world: World) -> World:
    return replace(world, operations=HeedfulOperations(world.operations))
