"""What people note: incidents with their story and files, maintenance, and the assets of the network."""

from typing import Protocol

from appliance.domain.attachments import Attachment
from appliance.domain.checklists import ChecklistItem
from appliance.domain.ids import (
    AlertId,
    AssetId,
    AttachmentId,
    ChecklistItemId,
    IncidentId,
    MaintenanceId,
    UserId,
)
from appliance.domain.incidents import Incident, IncidentEntry
from appliance.domain.instant import Instant
from appliance.domain.maintenance import MaintenanceEntry
from appliance.domain.network import Asset, NetworkNode, Pipeline
from appliance.ports.pages import AssetFilter, IncidentFilter, Page, WorkFilter


class IncidentTable(Protocol):
    """Incidents, what happened to each, and the alerts that belong to it."""

    def page(self, chosen: IncidentFilter, page: Page) -> tuple[list[Incident], int]:
        """Give one page, newest first, and how many there are in all."""
        ...

    def get(self, incident: IncidentId) -> Incident | None:
        """Give one."""
        ...

    def put(self, incident: Incident, *, was: int | None) -> bool:
        """Add (was None) or replace if its version still is `was`; say whether."""
        ...

    def remove(self, incident: IncidentId) -> None:
        """Remove one with its story and what is known of its files; maintenance stays."""
        ...

    def same_report(
        self, by: UserId, title: str, description: str, *, since: Instant
    ) -> Incident | None:
        """Give an identical report of the same person since then."""
        ...

    def entries(self, incident: IncidentId, page: Page) -> tuple[list[IncidentEntry], int]:
        """Give one page of its story, oldest first, and how many entries there are in all."""
        ...

    def last_entry(self, incident: IncidentId) -> int:
        """Give the number of its newest entry, 0 when there is none."""
        ...

    def add_entry(self, entry: IncidentEntry) -> None:
        """Add an entry; Conflict when there is one of this number, NotFound without the incident."""
        ...

    def alerts(self, incident: IncidentId) -> list[AlertId]:
        """Give the alerts that belong to it."""
        ...

    def link(self, incident: IncidentId, alert: AlertId) -> bool:
        """Say that an alert belongs to it; give whether that was new."""
        ...

    def unlink(self, incident: IncidentId, alert: AlertId) -> bool:
        """Say that an alert does not belong to it; give whether it did."""
        ...


class ChecklistTable(Protocol):
    """What is to be done in incidents, step by step."""

    def of(self, incident: IncidentId) -> list[ChecklistItem]:
        """Give those of one incident, in their order."""
        ...

    def get(self, item: ChecklistItemId) -> ChecklistItem | None:
        """Give one."""
        ...

    def put(self, item: ChecklistItem, *, was: int | None) -> bool:
        """Add (was None) or replace if its version still is `was`; say whether."""
        ...

    def move(self, item: ChecklistItemId, place: int) -> bool:
        """Put one at a place from 1 on, beyond the last at the end; say whether it is elsewhere now.

        The others make room: their numbers change, their versions do not.
        """
        ...

    def remove(self, item: ChecklistItemId) -> None:
        """Remove one."""
        ...


class AttachmentTable(Protocol):
    """What is known of the files of incidents."""

    def of(self, incident: IncidentId) -> list[Attachment]:
        """Give those of one incident, oldest first."""
        ...

    def get(self, attachment: AttachmentId) -> Attachment | None:
        """Give one."""
        ...

    def add(self, attachment: Attachment) -> None:
        """Add one; the file must be on the disk already."""
        ...

    def remove(self, attachment: AttachmentId) -> None:
        """Remove one; whoever does that removes the file after the commit."""
        ...

    def bytes_kept(self) -> int:
        """Add up the sizes of all files."""
        ...

    def files(self) -> frozenset[str]:
        """Give the names of all files."""
        ...


class MaintenanceTable(Protocol):
    """Work that is planned, under way or done."""

    def page(self, chosen: WorkFilter, page: Page) -> tuple[list[MaintenanceEntry], int]:
        """Give one page, latest first (done, due, planned, made), and how many there are in all."""
        ...

    def get(self, entry: MaintenanceId) -> MaintenanceEntry | None:
        """Give one."""
        ...

    def put(self, entry: MaintenanceEntry, *, was: int | None) -> bool:
        """Add (was None) or replace if its version still is `was`; say whether."""
        ...

    def remove(self, entry: MaintenanceId) -> None:
        """Remove one."""
        ...

    def windows(self, now: Instant) -> list[MaintenanceEntry]:
        """Give what keeps a sensor out of service, and what is to do so now."""
        ...


class AssetTable(Protocol):
    """The assets of the network, nodes and links, one by one."""

    def page(self, chosen: AssetFilter, page: Page) -> tuple[list[Asset], int]:
        """Give one page by code, or nearest first, and how many there are in all."""
        ...

    def get(self, asset: AssetId) -> Asset | None:
        """Give one."""
        ...

    def node_coded(self, code: str) -> NetworkNode | None:
        """Give the node with this code."""
        ...

    def link_coded(self, code: str) -> Pipeline | None:
        """Give the link with this code."""
        ...

    def put_node(self, found: NetworkNode) -> None:
        """Add or replace one; Conflict when its code is another's."""
        ...

    def put_link(self, found: Pipeline) -> None:
        """Add or replace one; Conflict when its code is another's."""
        ...

    def put_all(self, assets: list[Asset]) -> None:
        """Add or replace many at once; Conflict when a code is another's."""
        ...

    def remove(self, asset: AssetId) -> None:
        """Remove one; whoever does that has seen that nothing refers to it."""
        ...

    def links_at(self, code: str) -> list[Pipeline]:
        """Give the links that begin or end at the node with this code."""
        ...

    def sensors_on(self, link: AssetId, most: int) -> tuple[list[str], int]:
        """Give the device ids of sensors on a link, at most so many, and how many there are."""
        ...
