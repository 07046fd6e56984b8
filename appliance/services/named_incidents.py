"""Incidents as people are shown them: with what they name, in the words of others."""

from dataclasses import dataclass

from appliance.domain.findings import Evidence
from appliance.domain.incidents import Incident
from appliance.ports.tables import Tables


@dataclass(frozen=True, slots=True)
class NamedIncident:
    """An incident with the name of its sensor."""

    incident: Incident
    sensor_name: str | None
    evidence: Evidence | None = None
    """What its description is taken from, where that is why its alert came."""


def named(tables: Tables, incident: Incident) -> NamedIncident:
    """Give an incident with the name of its sensor."""
    sensor = None if incident.sensor is None else tables.sensors.get(incident.sensor)
    name = None if sensor is None else sensor.name
    return NamedIncident(incident, name, _described_by(tables, incident))


def _described_by(tables: Tables, incident: Incident) -> Evidence | None:
    """Find in its alert what the description says, unless a person wrote it."""
    if incident.alert is None or not incident.description:
        return None
    alert = tables.alerts.get(incident.alert)
    if alert is None:
        return None
    if alert.evidence.words == incident.description:
        return alert.evidence
    before = (change.evidence for change in tables.alerts.changes(alert.id) if change.evidence)
    return next((each for each in before if each.words == incident.description), None)
