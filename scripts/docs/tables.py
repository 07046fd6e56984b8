"""Tables of the domain: who may do what, why readings are refused, in what units."""

import json
from collections import defaultdict

from appliance.domain.access import POLICY, Permission, Role, including
from appliance.domain.quantities import UNITS, Quantity, Unit
from appliance.domain.readings import REMEDIES, Reason
from appliance.domain.sensors import Limits, SensorType
from scripts.docs.markdown import bullets, member_docs, page, paragraph, sentence, table
from storage.operations.sensor_types import common_types
from web.api.devices import REFUSED
from web.routes import Open
from web.table import ROUTES

_REJECTED = 422


def permissions() -> str:
    """Give the page of permissions."""
    people = [role for role in Role if role not in {Role.DEVICE, Role.CUSTOM}]
    return page(
        "Who may do what",
        paragraph(
            "Made of the one table by which the program decides (`appliance/domain/access.py`); the tests ask every"
            " route, the live stream and MQTT as everybody and compare with it. What is not said here is refused."
        ),
        paragraph(
            "A person has one role. All but the super admin belong to one municipality and see nothing of another's;"
            " what is asked for there is answered as if it did not exist. A municipality makes roles of its own of"
            " these permissions (`POST /api/v1/roles`), and tokens of them (`POST /api/v1/tokens`): nobody gives what"
            " they don't have. How: [people-and-roles.md](../how-to/people-and-roles.md)."
        ),
        table(
            ("permission", *(f"`{role.value}`" for role in people), "zones"),
            (
                (
                    f"`{p.name}`",
                    *("yes" if p in POLICY[role] else "–" for role in people),
                    "yes" if p.within_zones else "–",
                )
                for p in sorted(all_permissions(), key=lambda p: p.name)
                if p not in POLICY[Role.DEVICE]
            ),
        ),
        paragraph(
            "“zones”: whether somebody who is limited to zones can have it. Technicians and people with a role of the"
            " municipality's own can be limited; of all other permissions of their role nothing is left to them."
        ),
        bullets(f"`{p.name}`: {_meaning(p)}" for p in sorted(all_permissions(), key=_name)),
        "## Devices",
        paragraph(
            "A device's key is not a person's sign-in: its role is `device`, which has"
            f" {' and '.join(f'`{p.name}`' for p in POLICY[Role.DEVICE])} and nothing else. With it it may use:"
        ),
        bullets(
            [
                *(
                    f"`{r.method} {r.template}` – {r.summary}"
                    for r in ROUTES
                    if r.access is Open.DEVICE
                ),
                "MQTT: publish `sensors/{its id}/…`, a gateway also for its devices; hear nothing",
                "TCP: lines with its key",
            ]
        ),
    )


def _name(permission: type[Permission]) -> str:
    return permission.name


def _meaning(permission: type[Permission]) -> str:
    included = sorted(p.name for p in including([permission]) - {permission})
    with_it = f" It includes {', '.join(f'`{name}`' for name in included)}." if included else ""
    return sentence(permission.__doc__) + with_it


def all_permissions(above: type[Permission] = Permission) -> list[type[Permission]]:
    """Give every permission there is, each before those that include it."""
    return [p for one in above.__subclasses__() for p in (one, *all_permissions(one))]


def rejections() -> str:
    """Give the page of reasons."""
    meanings = member_docs(Reason)
    return page(
        "Why a message is not taken",
        paragraph(
            "The ledger counts by these reasons, and `weir doctor` and `GET /api/v1/intake/rejections` show the last ones"
            " with what was sent. Over MQTT 3.1.1 a refused reading is acknowledged all the same, since there is no"
            " other answer; HTTP and TCP say the reason."
        ),
        *(_reason(reason, meanings[reason.name]) for reason in Reason),
    )


def _reason(reason: Reason, meaning: str) -> str:
    over_http = "" if reason is Reason.NOT_ITS_TOPIC else f" HTTP {REFUSED.get(reason, _REJECTED)}."
    remedy = REMEDIES[reason].replace("<", "\\<")
    return f"## {reason.value}\n\n{paragraph(meaning + over_http)}\n\n→ {remedy}."


def units() -> str:
    """Give the page of units."""
    by_quantity: dict[Quantity, dict[Unit, list[str]]] = defaultdict(lambda: defaultdict(list))
    for (quantity, name), unit in UNITS.items():
        by_quantity[quantity][unit].append(name)
    return page(
        "Units",
        paragraph(
            "A device sends its own unit or none, which means the sensor's. Upper and lower case are the same. Inside,"
            " everything is in the SI unit: value × factor + offset."
        ),
        *(_quantity(quantity, by_quantity[quantity]) for quantity in Quantity),
    )


def _quantity(quantity: Quantity, known: dict[Unit, list[str]]) -> str:
    si = next(unit.symbol for unit in known if unit.factor == 1 and unit.offset == 0)
    rows = (
        (f"`{unit.symbol}`", _spellings(unit, names), f"{unit.factor:.12g}", f"{unit.offset:.12g}")
        for unit, names in known.items()
    )
    return (
        f"## {quantity.value}: {si}\n\n{table(('unit', 'also written', 'factor', 'offset'), rows)}"
    )


def _spellings(unit: Unit, names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names if name != unit.symbol.lower())


def units_of_screens() -> str:
    """Give the table by which screens convert: the very one that readings came in by."""
    rows = [
        {"symbol": u.symbol, "quantity": u.quantity.value, "factor": u.factor, "offset": u.offset}
        for u in dict.fromkeys(UNITS.values())
    ]
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def sensor_types() -> str:
    """Give the page of sensor types."""
    return page(
        "Sensor types that come with Weir",
        paragraph(
            "The code is what `sensor_type` wants in the CSV file and in the API. A value outside the plausible range is"
            " quarantined: kept, but shown to nobody as a value and not watched. Operating limits are open until"
            " somebody sets them for a sensor. More types: `POST /api/v1/admin/sensor-types`."
        ),
        table(("code", "name", "unit", "plausible range"), map(_type, common_types())),
    )


def _type(kind: SensorType) -> tuple[str, ...]:
    return f"`{kind.code}`", kind.name, kind.unit, _range(kind.plausible, kind)


def _range(limits: Limits, kind: SensorType) -> str:
    unit = UNITS[kind.quantity, kind.unit.lower()]
    low, high = (None if si is None else unit.from_si(si) for si in (limits.low, limits.high))
    return "any" if low is None or high is None else f"{low:,g} to {high:,g}"
