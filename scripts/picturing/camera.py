"""Takes pictures of a running appliance with a browser, as small WebP files."""

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page

from scripts.picturing.scenes import Scene
from tests.e2e.browsing import DESK, PHONE, WALL
from tests.e2e.conftest import kept_session

SIZES: Final = {"wall": WALL, "desk": DESK, "phone": PHONE}
THEMES: Final = ("light", "dark")
QUALITY: Final = 45
SETTLES_MS: Final = 700
DRAWS_MS: Final = 4000
"""What a map or a chart takes to draw without a graphics card; nothing is measured here."""
LOADED_WITHIN: Final = 60_000


def file_name(scene: Scene, size: str, theme: str) -> str:
    """Say what the file of a picture is called."""
    return f"{scene.name}-{size}-{theme}.webp"


@dataclass
class Camera:
    """Pictures into a folder. Each person is signed in once, at a desk and on a phone."""

    browser: Browser
    url: str
    folder: Path
    town: int = 0
    """Which one the super admin looks into; 0 is the first."""
    _open: dict[tuple[str | None, bool], Page] = field(default_factory=dict)

    def take(self, scene: Scene, sizes: tuple[str, ...] = tuple(SIZES)) -> list[Path]:
        """Picture one scene at each size in both themes; give the files."""
        found: list[Path] = []
        for is_phone in (False, True):
            mine = [size for size in sizes if (size == "phone") == is_phone]
            if mine:
                found += self._take(self._page(scene.who, is_phone=is_phone), scene, mine)
        return found

    def _take(self, page: Page, scene: Scene, sizes: list[str]) -> list[Path]:
        """Go there once; the rest is a matter of the window's size and theme."""
        self._resize(page, sizes[0])
        self._go(page, scene)
        found: list[Path] = []
        for size in sizes:
            self._resize(page, size)
            for theme in THEMES:
                page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                scene.then(page)
                page.wait_for_timeout(DRAWS_MS if page.locator("canvas").count() else SETTLES_MS)
                found.append(_write(page, self.folder / file_name(scene, size, theme)))
        return found

    def _resize(self, page: Page, size: str) -> None:
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})

    def _go(self, page: Page, scene: Scene) -> None:
        page.goto(self.url + scene.path)
        if scene.who is not None:
            page.locator("[data-state=live]").first.wait_for(state="attached")
        page.locator("h1").first.wait_for(state="attached")
        page.get_by_text("Loading …").first.wait_for(state="detached")

    def _page(self, who: str | None, *, is_phone: bool) -> Page:
        if (who, is_phone) not in self._open:
            context = self.browser.new_context(
                locale="en-GB",
                timezone_id="Europe/Berlin",
                storage_state=kept_session(self.browser, self.url, who) if who else None,
                has_touch=is_phone,
                is_mobile=is_phone,
            )
            look = f"localStorage.setItem('weir.municipality', '{self.town}')"
            context.add_init_script(look)
            page = context.new_page()
            page.set_default_timeout(LOADED_WITHIN)
            self._open[who, is_phone] = page
        return self._open[who, is_phone]


def _write(page: Page, file: Path) -> Path:
    """Write what is seen now."""
    tools = page.context.new_cdp_session(page)
    asked = {"format": "webp", "quality": QUALITY}
    file.write_bytes(base64.b64decode(tools.send("Page.captureScreenshot", asked)["data"]))
    return file
