"""What `weir check` does: say what `weir serve` would refuse, without touching anything."""

from pathlib import Path

from appliance.bootstrap import listeners
from appliance.bootstrap.backups import passphrase_of
from appliance.config.configuration import Configuration
from appliance.domain.errors import StartRefused
from appliance.machine.folder import DataFolder
from appliance.updating.trust import trust


def look_over(configuration: Configuration) -> None:
    """Raise StartRefused for the first option with which Weir would not start, or be of no use.

    What only trying can show stays for the start: whether a port is taken, or the folder in use.
    """
    DataFolder(configuration.data).look_over()
    listeners.look_over(configuration)
    passphrase_of(configuration)
    if configuration.update_key is not None:
        trust(configuration.update_key)
    key = configuration.audit_key
    if key is not None and key.exists():
        _read(key)


def _read(key: Path) -> None:
    try:
        key.read_bytes()
    except OSError as error:
        raise StartRefused(
            problem=f"--audit-key {key} can't be read ({error.strerror})",
            remedy="make it readable for Weir, or name another with --audit-key",
        ) from None
