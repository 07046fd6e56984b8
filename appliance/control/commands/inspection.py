"""`weir doctor` and `weir trace`."""

from collections.abc import Iterable
from typing import Final

from appliance.control.desk import Desk, Order, Outcome, Problem
from appliance.domain import instant
from appliance.domain.alerts import Alert
from appliance.domain.errors import Invalid, NotFound
from appliance.domain.ids import DeviceId, SensorId, Sequence
from appliance.domain.instant import Instant
from appliance.domain.readings import REMEDIES, Mark, Rejection, StoredBatch
from appliance.domain.sensors import Sensor
from appliance.ports.operations import SystemTables
from appliance.ports.pages import AlertFilter, Page
from appliance.services.freshness import Freshness

SHOWN: Final = 20


async def doctor(desk: Desk, order: Order) -> Outcome:
    """Say what is wrong and what to do: the appliance itself, and what devices sent in vain."""
    await Freshness(desk.world).watch()
    problems = await desk.problems()
    device = order.arguments.get("device")
    rejections = await desk.world.operations.read_system(lambda t: _rejections(t, device))
    lines = [f"{p.severity:8} {p.what}\n         → {p.hint}" for p in problems]
    lines += list(_rejection_lines(rejections))
    if not problems:
        lines.insert(0, "all is well with the appliance")
    return Outcome(
        "\n".join(lines),
        {
            "problems": [_plain_problem(p) for p in problems],
            "rejections": [_plain_rejection(r) for r in rejections],
        },
        failed=any(p.severity in {"critical", "high"} for p in problems),
    )


async def status(desk: Desk, order: Order) -> Outcome:
    """Say that it runs, and what is wrong with the appliance."""
    del order
    return Outcome("", {"problems": [_plain_problem(p) for p in await desk.problems()]})


def _rejections(tables: SystemTables, device: str | None) -> list[Rejection]:
    ledgers = [tables.of(m.id).ledger for m in tables.municipalities()]
    ledgers.append(tables.nobody().ledger)
    name = DeviceId(device) if device is not None else None
    found = [r for ledger in ledgers for r in ledger.rejections(name, Page(SHOWN))[0]]
    return sorted(found, key=lambda r: -r.at)[:SHOWN]


def _rejection_lines(rejections: list[Rejection]) -> Iterable[str]:
    if rejections:
        yield f"the last {len(rejections)} messages and sign-ins that were rejected:"
    for one in rejections:
        yield f"  {instant.text(one.at)} {one.device_id} by {one.door.value}: {one.reason.value}"
        yield f"         {one.detail}" + (f" — it sent {one.excerpt}" if one.excerpt else "")
        yield f"         → {REMEDIES[one.reason]}"


def _plain_problem(problem: Problem) -> dict[str, object]:
    return {
        "code": problem.code,
        "severity": problem.severity,
        "what": problem.what,
        "hint": problem.hint,
    }


def _plain_rejection(one: Rejection) -> dict[str, object]:
    return {
        "at": instant.text(one.at),
        "device_id": one.device_id,
        "door": one.door.value,
        "reason": one.reason.value,
        "detail": one.detail,
        "excerpt": one.excerpt,
        "remedy": REMEDIES[one.reason],
    }


Step = tuple[str, Instant, str]


async def trace(desk: Desk, order: Order) -> Outcome:
    """Show the way of one reading: each step with its time and how long it took."""
    sensor_id, time = _parse_id(order.arguments["id"])
    sensor = await desk.world.operations.read_system(lambda t: _sensor(t, sensor_id))
    placed = await desk.world.history.of(sensor.municipality).find(sensor.id, time)
    if not len(placed.readings):
        raise NotFound(kind="reading", name=order.arguments["id"])
    sequence = Sequence(int(placed.sequences[0]))
    batch = await desk.world.journal.batch(sequence)
    passes, alerts = await desk.world.operations.read_system(
        lambda t: (t.watch.passes(sequence), _alerts(t, sensor, time))
    )
    arrived = Instant(int(placed.readings.arrived[0]))
    steps = list(_steps(batch, arrived, passes, alerts))
    for name, at, about in (
        ("acknowledged", desk.acknowledged_at(sequence), "to the device"),
        ("told", desk.told_at(sequence), "live screens and subscribers"),
    ):
        if at is not None:
            steps.append((name, Instant(at), about))
    steps.sort(key=lambda step: step[1])
    value = sensor.unit.from_si(float(placed.readings.values[0]))
    marks = Mark(int(placed.readings.marks[0]))
    head = (
        f"{sensor.device_id} ({sensor.name}): {value:g} {sensor.unit.symbol} at "
        f"{instant.text(time)}{', late' if marks & Mark.LATE else ''}"
    )
    lines = [head, *(_line(step, arrived) for step in steps)]
    figures: dict[str, object] = {
        "sensor_id": sensor.id,
        "sequence": sequence,
        "steps": [{"step": n, "at": instant.text(at), "about": about} for n, at, about in steps],
    }
    return Outcome("\n".join(lines), figures)


def _steps(
    batch: StoredBatch | None,
    arrived: Instant,
    passes: dict[str, Instant],
    alerts: list[Alert],
) -> Iterable[Step]:
    if batch is None:
        yield "arrived", arrived, "and the journal has forgotten the rest: it is sealed in history"
    else:
        yield "arrived", arrived, f"through the {batch.door.value} door"
        yield "checked", batch.checked_at, f"with {batch.counts.received} readings of its round"
        yield "stored", batch.stored_at, f"in the journal as batch {batch.sequence}"
    if "watched" in passes:
        yield "watched", passes["watched"], "detection and rules"
    for alert in alerts:
        yield "alert", alert.created_at, f"{alert.id} {alert.title}: {alert.description}"


def _line(step: Step, arrived: Instant) -> str:
    name, at, about = step
    return f"  {name:12} {instant.text(at):27} +{(at - arrived) / 1000:9.2f} ms  {about}"


def _parse_id(text: str) -> tuple[SensorId, Instant]:
    sensor, _, time = text.partition("-")
    try:
        return SensorId(int(sensor, 16)), Instant(int(time, 16))
    except ValueError:
        raise Invalid(
            field="ID", problem=f"{text!r} is not the id of a reading, as the API shows it"
        ) from None


def _sensor(tables: SystemTables, sensor: SensorId) -> Sensor:
    for municipality in tables.municipalities():
        found = tables.of(municipality.id).sensors.get(sensor)
        if found is not None:
            return found
    raise NotFound(kind="sensor", name=f"{sensor:x}")


def _alerts(tables: SystemTables, sensor: Sensor, time: Instant) -> list[Alert]:
    alerts, _ = tables.of(sensor.municipality).alerts.page(
        AlertFilter(sensor=sensor.id), Page(SHOWN)
    )
    return [alert for alert in alerts if alert.raised_at == time]
