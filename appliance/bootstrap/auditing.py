"""The audit log put together: the key that seals it, the heads beside it, and who writes into it."""

from appliance.config.configuration import Configuration
from appliance.domain.audit import Head
from appliance.domain.errors import StartRefused
from appliance.domain.ids import NOBODY
from appliance.machine.audit_heads import HeadsFile
from appliance.machine.audit_key import audit_seal
from appliance.machine.folder import DataFolder
from appliance.ports.audit import AuditKeeping
from appliance.ports.clock import Clock
from appliance.ports.operations import Operations, SystemTables
from appliance.services.audit.operations import RecordedOperations
from appliance.supervisor import Part


class Auditing:
    """How this installation keeps its audit log."""

    def __init__(
        self, configuration: Configuration, folder: DataFolder, operations: Operations, clock: Clock
    ) -> None:
        heads = HeadsFile(folder.path / "audit.heads")
        key = configuration.audit_key or folder.path / "audit.key"
        try:
            seal = audit_seal(key, may_make=not heads.path.exists())
        except OSError as error:
            raise StartRefused(
                problem=f"the key of the audit log {key} can't be used ({error.strerror})",
                remedy="make it readable for Weir, or name another with --audit-key",
            ) from None
        self._operations = operations
        self._heads = heads
        self.recorded = RecordedOperations(operations, seal, heads, clock)
        self.keeping = AuditKeeping(
            seal=seal,
            heads=heads,
            refused=self.recorded.refused,
            looked=self.recorded.looked,
        )

    def part(self) -> Part:
        """Give the part that begins with the notes, and writes what is counted."""
        return Part("audit", self._begin, self.recorded.run, self.recorded.stop)

    async def _begin(self) -> None:
        self._heads.begin(await self._operations.read_system(_heads_of_all))


def _heads_of_all(system: SystemTables) -> list[Head]:
    chains = [system.nobody(), *(system.of(m.id) for m in system.municipalities())]
    found = []
    for tables in chains:
        last = tables.audit.last()
        if last is not None:
            found.append(Head(last.municipality or NOBODY, last.number, last.hash))
    return found
