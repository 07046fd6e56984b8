"""Makes keys for updates, and signed packages of what was built. See scripts/sign-update."""

import argparse
import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from appliance.updating.release import Release
from appliance.updating.signing import files_of, latest, pack
from appliance.updating.trust import line_of
from appliance.updating.update import this_platform
from storage.formats import formats


def main() -> None:
    """Do what was asked."""
    parser = argparse.ArgumentParser(prog="scripts/sign-update", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    keys = commands.add_parser("keys", help="make a pair: keep release.key away from the network")
    keys.add_argument("folder", type=Path)
    keys.add_argument("--name", default="release")
    packing = commands.add_parser("pack", help="make a signed package of a built folder or file")
    packing.add_argument("built", type=Path)
    packing.add_argument("--version", required=True)
    packing.add_argument("--minimum", default="0.1.0", help="oldest version that can go to it")
    packing.add_argument("--platform", default=this_platform())
    packing.add_argument("--key", type=Path, required=True)
    packing.add_argument("--to", type=Path, required=True)
    packing.add_argument("--latest", type=Path, help="also write what --update-url serves")
    packing.add_argument("--quick", action="store_true", help="larger, but made in seconds")
    packing.add_argument(
        "--formats", default="", help="as the built program says them, if not as this checkout"
    )
    parsed = parser.parse_args()
    if parsed.command == "keys":
        make_keys(parsed.folder, parsed.name)
    else:
        make_package(parsed)


def make_keys(folder: Path, name: str) -> None:
    """Write a new pair, and never over an old one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(folder / f"{name}.key", flags, 0o600), "wb") as file:
        file.write(private)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    (folder / f"{name}.pub").write_text(line_of(public, name), encoding="ascii")
    print(f"{folder / name}.key signs, {folder / name}.pub is for --update-key or WEIR_RELEASE_KEY")


def make_package(parsed: argparse.Namespace) -> None:
    """Write the package, and what tells of it."""
    key = load_pem_private_key(parsed.key.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        sys.exit(f"{parsed.key} is no Ed25519 key")
    said = dict(pair.split("=") for pair in parsed.formats.split(",") if pair)
    release = Release(
        version=parsed.version,
        platform=parsed.platform,
        minimum=parsed.minimum,
        formats=formats() | {name: int(number) for name, number in said.items()},
        files=tuple(files_of(parsed.built)),
    )
    pack(parsed.built, release, key, parsed.to, quick=parsed.quick)
    if parsed.latest is not None:
        parsed.latest.write_bytes(latest(release, parsed.to.name, key))
    print(
        f"{parsed.to}: version {release.version}, {len(release.files)} files, "
        f"{parsed.to.stat().st_size >> 20} MiB"
    )


if __name__ == "__main__":
    main()
