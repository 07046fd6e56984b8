"""The table of checks."""

from typing import Final

from appliance.health import (
    audit_log,
    damage,
    disk_space,
    insecure_lan,
    no_mail_server,
    not_set_up,
    old_backup,
    outbox_stuck,
    own_faults,
    silent_sensors,
    stopped_webhooks,
    tls_certificate,
    views_behind,
    wrong_clock,
)
from appliance.health.base import Check, Issue, Surroundings

CHECKS: Final[dict[str, Check]] = {
    "audit_log": audit_log.check,
    "damage": damage.check,
    "disk_space": disk_space.check,
    "insecure_lan": insecure_lan.check,
    "no_mail_server": no_mail_server.check,
    "not_set_up": not_set_up.check,
    "old_backup": old_backup.check,
    "outbox_stuck": outbox_stuck.check,
    "own_faults": own_faults.check,
    "silent_sensors": silent_sensors.check,
    "stopped_webhooks": stopped_webhooks.check,
    "tls_certificate": tls_certificate.check,
    "views_behind": views_behind.check,
    "wrong_clock": wrong_clock.check,
}

_ORDER: Final = ("critical", "high", "medium", "low")


async def run_checks(surroundings: Surroundings) -> list[Issue]:
    """Run every check and give what is wrong, worst first."""
    issues = [issue for check in CHECKS.values() for issue in await check(surroundings)]
    return sorted(issues, key=lambda issue: _ORDER.index(issue.severity))
