"""The keys of devices, and how much devices may send."""

import csv
import io
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from appliance.domain.access import ManageDevices
from appliance.domain.devices import KeptKey
from appliance.domain.errors import Invalid
from appliance.domain.ids import SensorId
from appliance.domain.pace import DeviceLimits, Pace
from appliance.services.device_keys import IssuedKey
from web.asking import Ask, Reply
from web.problems import Unreadable
from web.routes import PREFIX, Route
from web.shapes import Id, Time, read_json, time_or_none
from web.writing import JSON

_CSV = "text/csv"
_COLUMN = "device_id"
_USUAL = DeviceLimits()


class KeyOut(Struct, frozen=True):
    """One key of a device, without its text."""

    fingerprint: str
    """Tells keys apart."""
    valid_until: Time | None
    """Null: the present key."""
    last_used_at: Time | None
    """When a device last showed it; null: never."""


class KeysQuery(Struct, frozen=True):
    """For a CSV file, which can't say it."""

    old_valid_for_seconds: float | None = None


class KeysIn(Struct, frozen=True):
    """Which devices shall have new keys."""

    device_ids: Annotated[list[Annotated[str, Meta(max_length=128)]], Meta(max_length=10_000)]
    old_valid_for_seconds: float = 86_400.0
    municipality_id: Id | None = None


class IssuedKeyOut(Struct, frozen=True):
    """The new key of one device, shown this once; or why it has none."""

    device_id: str
    api_key: str | None
    problem: str


class PaceBody(Struct, frozen=True):
    """Messages a second in the long run, and how many may come at once."""

    messages_per_second: float
    burst: int


class LimitsIn(Struct, frozen=True):
    """How much devices may send; `total` is the super admin's to change."""

    device: PaceBody
    total: PaceBody | None = None
    municipality_id: Id | None = None


class HeldBackOut(Struct, frozen=True):
    """A device that sent more than it may."""

    device_id: str
    times: int
    seconds_ago: float


class LimitsOut(Struct, frozen=True):
    """How much each device may send, and all of a municipality together."""

    device: PaceBody
    total: PaceBody
    municipality_id: int
    held_back: list[HeldBackOut] = field(default_factory=list)
    """Who had to wait or was refused since the start, the latest first."""


async def list_keys(ask: Ask[ManageDevices]) -> list[KeyOut]:
    """Give the keys of one sensor's device."""
    sensor = SensorId(ask.path["sensor"])
    kept = await ask.found(lambda grant: ask.services.device_keys.of(grant, sensor))
    return [_key_out(key) for key in kept]


async def revoke_keys(ask: Ask[ManageDevices]) -> Reply:
    """End the keys of one sensor's device."""
    sensor = SensorId(ask.path["sensor"])
    await ask.found(lambda grant: ask.services.device_keys.revoke(grant, sensor))
    return Reply(status=204)


async def issue_keys(ask: Ask[ManageDevices]) -> Reply:
    """Give many devices new keys: a list in JSON, or a CSV file, which is answered with one."""
    is_csv = ask.headers.get("Content-Type", "").partition(";")[0].strip().lower() == _CSV
    said = _from_csv(ask) if is_csv else _from_json(ask.payload)
    grant = await ask.one(said.municipality_id)
    issued = await ask.services.device_keys.issue(
        grant, said.device_ids, said.old_valid_for_seconds
    )
    if is_csv:
        return Reply(_written(issued), headers={"Content-Type": f"{_CSV}; charset=utf-8"})
    return Reply([IssuedKeyOut(one.device_id, one.api_key, one.problem) for one in issued])


async def get_limits(ask: Ask[ManageDevices]) -> LimitsOut:
    """Give how much devices may send, and which send more."""
    grant = await ask.one()
    keys = ask.services.device_keys
    held = [
        HeldBackOut(one.device_id, one.times, round(one.seconds_ago, 1))
        for one in keys.held_back(grant)
    ]
    return _limits_out(grant.municipality, await keys.limits(grant), held)


async def put_limits(ask: Ask[ManageDevices]) -> LimitsOut:
    """Change how much devices may send."""
    said: LimitsIn = ask.body
    grant, keys = await ask.one(said.municipality_id), ask.services.device_keys
    device = Pace(said.device.messages_per_second, said.device.burst)
    if said.total is None:
        changed = await keys.limit_devices(grant, device)
    else:
        total = Pace(said.total.messages_per_second, said.total.burst)
        changed = await keys.limit_all(ask.beyond(), grant, DeviceLimits(device, total))
    return _limits_out(grant.municipality, changed, [])


def _from_json(payload: bytes) -> KeysIn:
    try:
        return read_json(payload, KeysIn)  # type: ignore[no-any-return]
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"The body is not JSON: {error}") from None


def _from_csv(ask: Ask[ManageDevices]) -> KeysIn:
    text = ask.payload.decode("utf-8-sig", "replace")
    separator = max(",;\t", key=text.partition("\n")[0].count)
    try:
        rows = list(csv.DictReader(io.StringIO(text), delimiter=separator, strict=True))
    except csv.Error as problem:
        raise Invalid(field=_COLUMN, problem=f"this is no CSV file: {problem}") from None
    if rows and _COLUMN not in rows[0]:
        raise Invalid(field=_COLUMN, problem=f"line 1 does not name a column {_COLUMN}")
    seconds = ask.query.old_valid_for_seconds
    usual = KeysIn([]).old_valid_for_seconds
    names = [(row[_COLUMN] or "").strip() for row in rows]
    return KeysIn([name for name in names if name], usual if seconds is None else seconds)


def _written(issued: list[IssuedKey]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("device_id", "api_key", "problem"))
    writer.writerows((one.device_id, one.api_key or "", one.problem) for one in issued)
    return text.getvalue().encode()


def _key_out(key: KeptKey) -> KeyOut:
    return KeyOut(key.fingerprint, time_or_none(key.until), time_or_none(key.used_at))


def _limits_out(municipality: int, limits: DeviceLimits, held: list[HeldBackOut]) -> LimitsOut:
    device, total = (PaceBody(pace.rate, pace.burst) for pace in (limits.device, limits.total))
    return LimitsOut(device, total, municipality, held)


ROUTES = (
    Route(
        method="POST",
        path=f"{PREFIX}/devices/keys",
        access=ManageDevices,
        handler=issue_keys,
        query=KeysQuery,
        reads={JSON: (KeysIn,), _CSV: ()},
        answer=list[IssuedKeyOut],
        gives_file=(_CSV,),
        status=201,
        summary="New keys for many devices: `{device_ids: […]}`, or CSV with a column `device_id`",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/devices/limits",
        access=ManageDevices,
        handler=get_limits,
        answer=LimitsOut,
        summary="How much devices may send, and which sent more",
    ),
    Route(
        method="PUT",
        path=f"{PREFIX}/devices/limits",
        access=ManageDevices,
        handler=put_limits,
        body=LimitsIn,
        answer=LimitsOut,
        summary="Change how much each device may send; as super admin also all of them together",
    ),
    Route(
        method="GET",
        path=f"{PREFIX}/sensors/{{sensor}}/keys",
        access=ManageDevices,
        handler=list_keys,
        answer=list[KeyOut],
        summary="The keys of a sensor's device, and when they were used last",
    ),
    Route(
        method="DELETE",
        path=f"{PREFIX}/sensors/{{sensor}}/keys",
        access=ManageDevices,
        handler=revoke_keys,
        status=204,
        summary="End all keys of a sensor's device at once",
    ),
)
