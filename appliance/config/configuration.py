"""The configuration of one run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from appliance.domain.disk import Watermarks
from appliance.domain.forwarded import Network


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 picks a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        """Write it as it is given on the command line."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Say whether only this computer can connect."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Every option, checked; the table in `options.py` says what each means."""

    data: Path
    http: Address
    mqtt: Address
    tcp: Address
    https: Address | None = None
    mqtts: Address | None = None
    mqtt_ws: Address | None = None
    mqtt_wss: Address | None = None
    tcps: Address | None = None
    networks: Mapping[str, tuple[Network, ...]] = field(default_factory=dict)
    """Who may connect, by listener; none is everybody."""
    trusted_proxies: tuple[Network, ...] = ()
    """Whose word is taken for whom a request comes from."""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_names: tuple[str, ...] = ()
    mqtt_origins: tuple[str, ...] = ()
    insecure_lan: bool
    mqtt_free_topics: tuple[str, ...]
    demo: bool
    demo_burst_after: float
    public_url: str
    smtp_host: str
    smtp_port: int
    smtp_security: Literal["starttls", "tls", "none"]
    smtp_username: str
    smtp_password: str = field(repr=False)
    smtp_from: str
    allow_loopback_webhooks: bool
    origins: tuple[str, ...]
    disk: Watermarks = field(default_factory=Watermarks)
    disk_ballast: int | None = None
    """Bytes; None leaves it to the size of the disk."""
    audit_key: Path | None = None
    """None: `audit.key` in the data folder."""
    announce: bool = False
    backup_to: Path | None = None
    """None: no nightly backups."""
    backup_keep: int = 14
    backup_passphrase_file: Path | None = None
    update_key: Path | None = None
    update_url: str = ""
    log_level: str = "info"
