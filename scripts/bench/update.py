"""An update of the executable with a migration, while devices of two municipalities publish all the time.

The new version is watched for as long as `--watch` says; in the end every reading that a device was told
to be on the disk is asked for, and every one that was sent must have been acknowledged.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from tests.installers.bare import SIGNER, write_key
from tests.installers.conftest import another_version
from tests.installers.test_update import package
from tests.running import ROOT
from tests.updating.site import Site, serving
from tests.updating.versions import NEW_TABLE


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--built", type=Path, default=ROOT / "dist/weir", help="as scripts/build made it"
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=300.0,
        help="readings a second (default 300): a device counts to 60,000",
    )
    parser.add_argument(
        "--watch", type=int, default=120, help="seconds that the new one is watched"
    )
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        for name, value in measure(folder, asked.built, asked.rate, asked.watch).items():
            print(f"{name:58} {value:10.1f}")
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, built: Path, rate: float, watch: int) -> dict[str, float]:
    """Give the figures by name; it fails when a reading is missing."""
    (folder / "opt/releases").mkdir(parents=True)
    another_version(built, folder / "opt/releases/0.1.0", "0.1.0")
    (folder / "opt/current").symlink_to("releases/0.1.0")
    with serving(folder, folder / "opt", every=2 / rate) as site:
        write_key(SIGNER, site.publisher.folder)
        newer = package(site, "0.2.0", NEW_TABLE)
        began, before = time.monotonic(), sent(site)
        said = site.update(newer, f"--watch={watch}")
        took, came = time.monotonic() - began, sent(site) - before
        site.everything_acknowledged_is_there()
    return {
        "seconds of the whole update": took,
        "seconds in which nobody served": said["update"]["stood_still"],
        "longest time without an ack at a device, seconds": max(
            d.longest_wait for d in site.devices
        ),
        "readings sent meanwhile, a second": came / took,
        "readings sent": sent(site),
        "of them never acknowledged": sum(len(d.sent) - len(d.acked) for d in site.devices),
        "acknowledged, and not to be found": 0,  # or it had failed
    }


def sent(site: Site) -> int:
    """Count what the devices have sent until now."""
    return sum(len(device.sent) for device in site.devices)


if __name__ == "__main__":
    main()
