"""The page that shows all pictures of a folder."""

from pathlib import Path

from scripts.picturing.camera import SIZES, THEMES, file_name
from scripts.picturing.scenes import Scene

_HEAD = """# Every screen

Two towns on one appliance: the demo, some minutes after its main has burst, and Brookfield beside it. Each screen at
1920×1080, 1366×768 and 390×844, light and dark, as Chromium draws it. `scripts/screenshots` takes the pictures anew and
writes this page.
"""
_SIZE_NAMES = {size: f"{width}×{height}" for size, (width, height) in SIZES.items()}


def written(scenes: list[Scene], folder: Path) -> Path:
    """Write the page for these scenes, in their order."""
    file = folder / "README.md"
    file.write_text("\n".join([_HEAD, *map(_section, scenes)]), encoding="utf-8")
    return file


def _section(scene: Scene) -> str:
    links = (
        f"[{_SIZE_NAMES[size]} {theme}]({file_name(scene, size, theme)})"
        for size in SIZES
        for theme in THEMES
    )
    lines = [
        f"## {scene.name}",
        "",
        f"{scene.words}. `{scene.address}`",
        "",
        f"![{scene.name} at a desk, light]({file_name(scene, 'desk', 'light')})",
        f"![{scene.name} on a phone, dark]({file_name(scene, 'phone', 'dark')})",
        "",
        *(f"{link}," for link in links),
    ]
    return "\n".join(lines).rstrip(",") + "\n"
