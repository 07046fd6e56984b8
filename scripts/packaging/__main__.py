"""Makes the packages of what `scripts/build` built. See scripts/package."""

import argparse
import sys
from pathlib import Path

from scripts.packaging.deb import make_deb
from scripts.packaging.staging import ROOT, Missing, project_version
from scripts.packaging.tarball import make_tarball
from scripts.packaging.windows import make_windows


def main() -> int:
    """Make what was asked for; say where it lies."""
    parser = argparse.ArgumentParser(prog="scripts/package", description=__doc__)
    parser.add_argument("kind", choices=("deb", "tarball", "windows"))
    parser.add_argument("--from", dest="folder", type=Path, default=ROOT / "dist/weir")
    parser.add_argument("--to", type=Path, default=ROOT / "dist/release")
    parser.add_argument("--version", default=project_version())
    parser.add_argument("--quick", action="store_true", help="larger, but made in seconds")
    asked = parser.parse_args()
    try:
        if asked.kind == "deb":
            file = make_deb(asked.folder, asked.version, asked.to, quick=asked.quick)
        elif asked.kind == "tarball":
            file = make_tarball(asked.folder, asked.version, asked.to, quick=asked.quick)
        else:
            file = make_windows(asked.folder, asked.version, asked.to, quick=asked.quick)
    except Missing as problem:
        sys.stderr.write(f"weir: {problem}\n")
        return 1
    print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
