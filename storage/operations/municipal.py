"""Everything of one municipality, within one transaction."""

import apsw

from appliance.domain.instant import Instant
from appliance.domain.people import Municipality
from appliance.ports.audit import AuditTable
from appliance.ports.belonging import PreferenceTable, RoleTable, ZoneTable
from appliance.ports.map import BaseMapTable, EditTable, MapTable
from appliance.ports.records import (
    AssetTable,
    AttachmentTable,
    ChecklistTable,
    IncidentTable,
    MaintenanceTable,
)
from appliance.ports.tables import (
    AlertTable,
    AnomalyTable,
    ChannelTable,
    DeviceTable,
    EventTable,
    LedgerTable,
    NetworkTable,
    OutboxTable,
    RuleTable,
    SensorTable,
    UserTable,
)
from storage.operations.alerts import AlertRows
from storage.operations.anomalies import AnomalyRows
from storage.operations.assets import AssetRows
from storage.operations.attachments import AttachmentRows
from storage.operations.audit import AuditRows
from storage.operations.channels import ChannelRows
from storage.operations.checklists import ChecklistRows
from storage.operations.devices import DeviceRows
from storage.operations.events import EventRows
from storage.operations.incidents import IncidentRows
from storage.operations.ledger import LedgerRows
from storage.operations.maintenance import MaintenanceRows
from storage.operations.map import MapRows
from storage.operations.map_edits import BaseMapRows, EditRows
from storage.operations.network import NetworkRows
from storage.operations.outbox import OutboxRows
from storage.operations.preferences import PreferenceRows
from storage.operations.pruning import prune
from storage.operations.roles import RoleRows
from storage.operations.rules import RuleRows
from storage.operations.sensors import SensorRows
from storage.operations.statements import OwnStatements
from storage.operations.users import UserRows
from storage.operations.zones import ZoneRows


class MunicipalTables:
    """The port's Tables. Every statement run through it is limited to this municipality.

    With `LimitedStatements`, on a connection made for that, also to somebody's zones.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        municipality: Municipality,
        kind: type[OwnStatements] = OwnStatements,
    ) -> None:
        statements = kind(connection, municipality.id)
        self.municipality = municipality
        self.sensors: SensorTable = SensorRows(statements)
        self.devices: DeviceTable = DeviceRows(statements)
        self.rules: RuleTable = RuleRows(statements)
        self.alerts: AlertTable = AlertRows(statements)
        self.incidents: IncidentTable = IncidentRows(statements)
        self.assets: AssetTable = AssetRows(statements)
        self.attachments: AttachmentTable = AttachmentRows(statements)
        self.checklists: ChecklistTable = ChecklistRows(statements)
        self.maintenance: MaintenanceTable = MaintenanceRows(statements)
        self.network: NetworkTable = NetworkRows(statements)
        self.channels: ChannelTable = ChannelRows(statements)
        self.outbox: OutboxTable = OutboxRows(statements)
        self.ledger: LedgerTable = LedgerRows(statements)
        self.anomalies: AnomalyTable = AnomalyRows(statements)
        self.events: EventTable = EventRows(statements)
        self.users: UserTable = UserRows(statements)
        self.preferences: PreferenceTable = PreferenceRows(statements)
        self.roles: RoleTable = RoleRows(statements)
        self.zones: ZoneTable = ZoneRows(statements)
        self.audit: AuditTable = AuditRows(statements)
        self.map: MapTable = MapRows(statements)
        self.edits: EditTable = EditRows(statements)
        self.base_maps: BaseMapTable = BaseMapRows(statements)
        self._statements = statements

    def prune(self, before: Instant, most: int) -> int:
        return prune(self._statements, before, most)
