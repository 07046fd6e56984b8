"""Which pictures are made: every screen of the application, and what lies behind its first sight."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Page

from scripts.picturing.seeding import ADMIN, CHIEF, Seeded
from tests.running import ROOT

SCREENS = ROOT / "web" / "ui" / "src" / "app" / "screens.ts"
_SCREEN = re.compile(r'name: "(\w+)",\s+path: "(/[a-z/-]+)"')
_OF_THE_CHIEF = ("devices", "municipalities", "system")
"""A device that nobody knows belongs to no town: only the super admin sees who knocked."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One sight; `who` is signed in, or nobody."""

    name: str
    path: str
    words: str
    """What is seen, in a line."""
    who: str | None = ADMIN
    then: Callable[[Page], None] = field(default=lambda _: None)
    """What a person does before the picture is taken."""

    @property
    def address(self) -> str:
        """Where it is, with a word for what is chosen."""
        return re.sub(r"\d{4,}", "…", self.path)


FIRST_START = Scene("setUp", "/", "The first start: the code that the console prints", None)
"""Only before anybody looks after the appliance."""
SIGN_IN = Scene("signIn", "/", "The door", None)


def screens_of_the_router() -> dict[str, str]:
    """Give the path of every screen that the application has, by its name there."""
    return dict(_SCREEN.findall(SCREENS.read_text(encoding="utf-8")))


def scenes(seeded: Seeded) -> list[Scene]:
    """Give all scenes, the door first, then by screen."""
    words = _first_sights()
    first = [
        Scene(name, path, words[name], CHIEF if name in _OF_THE_CHIEF else ADMIN)
        for name, path in screens_of_the_router().items()
    ]
    found = [SIGN_IN, *first, *_behind(seeded)]
    order = [SIGN_IN.name, *screens_of_the_router()]
    return sorted(found, key=lambda scene: order.index(scene.name.partition("-")[0]))


def _first_sights() -> dict[str, str]:
    return {
        "overview": "Is everything all right? Minutes after a main burst in the north district",
        "alarms": "What must be dealt with, the worst first",
        "map": "The network with live values; the burst's district is marked",
        "sensors": "All sensors with their values and the age of each",
        "devices": "Devices that knocked and that nobody has registered yet",
        "people": "Who may do what",
        "rules": "When an alarm is raised",
        "incidents": "The board: who deals with what happened",
        "maintenance": "Work: what is overdue, due and planned",
        "wall": "The big display, read only, taking turns by itself",
        "notifications": "Who is told, by which way",
        "settings": "What holds for the municipality",
        "firstSteps": "The first steps, here when the place is given",
        "account": "One's own language, units, time zone, theme, password and second factor",
        "audit": "Who did what, in a chain that proves itself",
        "municipalities": "The super admin's towns",
        "system": "The appliance's own health",
        "help": "How-to pages, inside the product and offline",
        "about": "Version, parts and their licences, keys",
    }


def _behind(seeded: Seeded) -> list[Scene]:
    """Give what one comes to from the screens: one alarm, one sensor, tabs."""
    alarm, incident = f"/alarms/{seeded.alert}", f"/incidents/{seeded.incident}"
    sensor = f"/sensors/{seeded.sensor}"
    return [
        Scene("alarms-one", alarm, "One alarm: what it means, what to do, its evidence"),
        Scene("alarms-history", "/alarms/history", "Alarms that were, searched and exported"),
        Scene("map-asset", f"/map?show=asset:{seeded.asset}", "A pipe and its history"),
        Scene("map-zone", f"/map?show=zone:{seeded.zone}", "A zone and what lies in it"),
        Scene("sensors-one", sensor, "A pressure during the burst, beside what is usual"),
        Scene(
            "sensors-device",
            f"/sensors/{seeded.device}",
            "A logger with a low battery, and its messages that were refused",
            then=_to_the_device,
        ),
        Scene("devices-keys", "/devices?tab=keys", "Keys in bulk, with labels for the cases"),
        Scene("devices-rejected", "/devices?tab=rejected", "What was refused, and why"),
        Scene("people-roles", "/people?tab=roles", "Roles of one's own"),
        Scene("rules-one", f"/rules/{seeded.rule}", "A rule, played again on history"),
        Scene("incidents-one", incident, "An incident: checklist, photos, alarms, timeline"),
        Scene("incidents-report", f"{incident}/report", "The report, as it is printed"),
        Scene("notifications-deliveries", "/notifications?tab=deliveries", "What was told"),
        Scene("settings-retention", "/settings?tab=retention", "How long what is kept"),
        Scene(
            "system-backups", "/system?tab=backups", "Backups and whether they can be read", CHIEF
        ),
    ]


def _to_the_device(page: Page) -> None:
    page.get_by_role("heading", name="Its device").first.scroll_into_view_if_needed()
