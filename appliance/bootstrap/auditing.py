"""The audit log put together: the key that seals it, the heads beside it, and who writes into it."""

from appliance.config.configuration import Configuration
from appliance.domain.audit import AuditLine, Head
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
        heads = HeadsFile(folder.audit_heads)
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
        self._seal = seal
        self._key = key
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
        newest, oldest = await self._operations.read_system(_ends_of_all)
        ends = (*newest, *oldest)
        if ends and not any(self._seal.is_signed(line.hash, line.signature) for line in ends):
            raise StartRefused(
                problem=f"the key of the audit log {self._key} is another than its lines were sealed with",
                remedy="put it back from a backup",
            )
        self._heads.begin(
            Head(line.municipality or NOBODY, line.number, line.hash) for line in newest
        )


def _ends_of_all(system: SystemTables) -> tuple[list[AuditLine], list[AuditLine]]:
    """Give the newest and the oldest line of each chain: somebody may have been at a few of them."""
    newest, oldest = [], []
    for tables in (system.nobody(), *(system.of(m.id) for m in system.municipalities())):
        last = tables.audit.last()
        if last is not None:
            newest.append(last)
            oldest += tables.audit.after(0, 1)
    return newest, oldest
