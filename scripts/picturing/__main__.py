"""Pictures of every screen, of two towns with a burst main, as small WebP files and a page."""

import argparse
import tempfile
from pathlib import Path

from scripts.picturing.camera import Camera
from scripts.picturing.page import written
from scripts.picturing.scenes import FIRST_START, Scene, scenes
from scripts.picturing.seeding import seed
from tests.e2e.browsing import chromium
from tests.running import ROOT, Running, start

DOCS = ROOT / "appliance" / "docs" / "screens"
BURST_AFTER = "5"
STARTS_WITHIN = 300.0


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=DOCS)
    parser.add_argument(
        "--only", default="", help="names of scenes or screens, with commas between"
    )
    asked = parser.parse_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    wanted = set(filter(None, asked.only.split(",")))
    with tempfile.TemporaryDirectory() as scratch:
        demo = ("--demo", "--demo-burst-after", BURST_AFTER)
        weir = start(Path(scratch) / "data", *demo, within=STARTS_WITHIN)
        try:
            all_scenes = _pictured(weir, asked.to, wanted)
        finally:
            weir.stop(within=60)
    if not wanted:
        _forget_others(asked.to, all_scenes)
        written(all_scenes, asked.to)


def _pictured(weir: Running, folder: Path, wanted: set[str]) -> list[Scene]:
    with chromium() as browser:
        camera = Camera(browser, weir.url, folder)
        _take(camera, [FIRST_START], wanted)  # only while nobody looks after it
        seeded = seed(weir)
        camera.town = seeded.demo
        found = scenes(seeded)
        _take(camera, found, wanted)
    return [FIRST_START, *found]


def _take(camera: Camera, several: list[Scene], wanted: set[str]) -> None:
    for scene in several:
        if not wanted or wanted & {scene.name, scene.name.partition("-")[0]}:
            for file in camera.take(scene):
                print(f"{file.name} {file.stat().st_size // 1000} kB", flush=True)


def _forget_others(folder: Path, several: list[Scene]) -> None:
    """Remove pictures of what is no longer there."""
    known = {scene.name for scene in several}
    for file in folder.glob("*.webp"):
        if file.name.rsplit("-", 2)[0] not in known:
            file.unlink()


if __name__ == "__main__":
    main()
