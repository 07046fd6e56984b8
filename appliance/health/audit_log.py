"""Is the audit log what was written?"""

from appliance.health.base import Issue, Surroundings


async def check(surroundings: Surroundings) -> list[Issue]:
    """Give an issue when the last proof (every night, or `weir audit verify`) found the log changed."""
    wrongs = surroundings.audit_wrongs()
    if not wrongs:
        return []
    more = f" and {len(wrongs) - 1} more" if len(wrongs) > 1 else ""
    return [
        Issue(
            "audit_log",
            "critical",
            f"the audit log is not what was written: {wrongs[0]}{more}",
            "run `weir audit verify` to see every line, find out who could write operations.db, and "
            "compare with a backup; `weir audit accept` after a backup was put back on purpose",
        )
    ]
