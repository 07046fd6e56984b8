"""Versions of Weir to update to: each a folder with a launcher of this checkout, changed a little."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from appliance.updating.release import Release
from appliance.updating.signing import files_of, pack
from appliance.updating.trust import line_of
from appliance.updating.update import this_platform
from storage.formats import formats
from tests.running import ROOT, environment

LAUNCHER = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from storage.migrations import runner
shipped = runner.shipped()
steps = {{steps!r}}
migrations = [runner.Migration(len(shipped) + n, "newer", s) for n, s in enumerate(steps, 1)]
runner.shipped = lambda: (*shipped, *migrations)
{{more}}
from appliance.cli.main import main
sys.exit(main())
"""
DIES_AT_ONCE = "if 'serve' in sys.argv: sys.exit(3)"
DIES_LATER = """
if 'serve' in sys.argv:
    import os, threading
    from appliance.bootstrap import run
    say = run._say_ready
    def doomed(*given):
        say(*given)
        threading.Timer(1.5, os._exit, (9,)).start()
    run._say_ready = doomed
"""
IS_DEAF = """
if 'serve' in sys.argv:
    from web.api import system
    from appliance.health import checks
    async def sick(surroundings):
        return [checks.Issue("sick", "critical", "the new version feels unwell", "go back")]
    checks.CHECKS["sick"] = sick
"""
NEW_TABLE = "CREATE TABLE newer (x INTEGER) STRICT"
BROKEN = "CREATE TABLE oops (; "


def build(folder: Path, *steps: str, more: str = "") -> Path:
    """Make the folder of a version: with further migrations, and changed as `more` says."""
    folder.mkdir(parents=True)
    (folder / "_internal").mkdir()
    launcher = folder / "_internal" / "launcher.py"
    launcher.write_text(LAUNCHER.format(steps=steps, more=more))
    program = folder / "weir"
    program.write_text(
        f'#!/bin/sh\nhere=$(cd "$(dirname "$0")" && pwd)\n'
        f'exec {sys.executable} "$here/_internal/launcher.py" "$@"\n'
    )
    program.chmod(0o755)
    (folder / "_internal" / "link").symlink_to("launcher.py")
    return folder


def a_release(built: Path, version: str, schema: int = 0, **overrides: Any) -> Release:
    """Give what a package says; `schema` is by how much it moves."""
    own = formats()
    said: dict[str, Any] = {
        "version": version,
        "platform": this_platform(),
        "minimum": "0.1",
        "formats": own | {"schema": own["schema"] + schema},
        "files": tuple(files_of(built)),
    }
    return Release(**said | overrides)


class Publisher:
    """Somebody who signs packages."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.key = Ed25519PrivateKey.generate()
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = folder / "release.pub"
        self.public.write_text("# ours\n" + line_of(public, "test"))

    def package(
        self, version: str, *steps: str, more: str = "", schema: int = 0, **overrides: Any
    ) -> Path:
        """Build, sign and give a package; `schema` is by how much it moves, without `steps`."""
        built = build(self.folder / f"built-{version}", *steps, more=more)
        release = a_release(built, version, schema or len(steps), **overrides)
        package = self.folder / f"weir-{version}.weir-update"
        pack(built, release, self.key, package)
        return package


def install(root: Path, version: str) -> Path:
    """Lay out an installation with one version, and give its program."""
    build(root / "releases" / version)
    (root / "current").symlink_to(f"releases/{version}")
    return root / "current" / "weir"


def weir(
    program: Path, *arguments: str, status: int = 0, within: float = 120
) -> dict[str, Any] | str:
    """Run a command of a version; give its figures, or what it complains about."""
    done = subprocess.run(
        [str(program), *arguments, "--json"],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=within,
        check=False,
    )
    assert done.returncode == status, f"{arguments}: {done.stdout}\n{done.stderr}"
    if status:
        return done.stderr
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures
