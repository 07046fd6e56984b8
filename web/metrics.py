"""Figures in Prometheus' text format, version 0.0.4."""

from collections.abc import Iterator
from typing import Final

from appliance.services.monitoring import Figures

HELP: Final = {
    "weir_up": "Whether the operations database answers",
    "weir_readings_last_hour": "Readings that came in during the last hour, by what became of them",
    "weir_rejected_last_hour": "Readings not taken during the last hour, by reason",
    "weir_municipalities": "Municipalities",
    "weir_users": "People who can sign in",
    "weir_sensors": "Sensors",
    "weir_sensors_reporting": "Sensors that report as often as they use to",
    "weir_open_alerts": "Alerts that nobody has acknowledged",
    "weir_journal_sequence": "Place of the newest batch in the journal",
    "weir_history_sequence": "Place of the newest batch that history has",
    "weir_disk_free_bytes": "Room on the disk with the data folder, the ballast included",
    "weir_disk_level": "How full it is: 0 room, 1 warns, 2 gives up derived data, 3 refuses, 4 withholds acks",
    "process_resident_memory_bytes": "Memory in use",
    "process_cpu_seconds_total": "Processor time used",
}


def text_of(figures: Figures) -> str:
    """Write the figures; every name in HELP is written."""
    lines: list[str] = []
    for name, samples in _samples(figures).items():
        kind = "counter" if name.endswith("_total") else "gauge"
        lines += [f"# HELP {name} {HELP[name]}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{labels} {value}" for labels, value in samples]
    return "\n".join([*lines, ""])


Sample = tuple[str, float]


def _samples(figures: Figures) -> dict[str, list[Sample]]:
    counts, health = figures.counts, figures.health
    plain = {
        "weir_up": int(health.database == "healthy"),
        "weir_municipalities": counts["municipalities"],
        "weir_users": counts["users"],
        "weir_sensors": counts["sensors"],
        "weir_sensors_reporting": health.reporting,
        "weir_open_alerts": counts["open_alerts"],
        "weir_journal_sequence": figures.journal_sequence,
        "weir_history_sequence": figures.history_sequence,
        "weir_disk_free_bytes": figures.disk_free_bytes,
        "weir_disk_level": figures.disk_level,
        "process_resident_memory_bytes": figures.resident_bytes,
        "process_cpu_seconds_total": figures.cpu_seconds,
    }
    return {
        **{name: [("", float(value))] for name, value in plain.items()},
        "weir_readings_last_hour": list(_columns(figures)),
        "weir_rejected_last_hour": [
            (f'{{reason="{reason}"}}', float(n))
            for reason, n in sorted(figures.last_hour.rejected.items())
        ],
    }


def _columns(figures: Figures) -> Iterator[Sample]:
    for column in ("stored", "duplicate", "late", "quarantined"):
        yield f'{{column="{column}"}}', float(getattr(figures.last_hour, column))
