"""The table of options: command line, environment, file and documentation come from it."""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["text", "path", "file", "address", "networks", "switch", "number", "choice"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option: `--name`, `WEIR_NAME`, and `name` in the TOML file."""

    name: str
    kind: Kind
    default: str | float | bool | None
    help: str
    unit: str = ""
    secret: bool = False
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return "WEIR_" + self.key.upper()

    @property
    def key(self) -> str:
        """Its name in the TOML file."""
        return self.name.replace("-", "_")


LISTENERS: Final = ("http", "https", "mqtt", "mqtts", "mqtt-ws", "mqtt-wss", "tcp", "tcps")


def _networks(listener: str) -> Option:
    return Option(
        f"{listener}-from",
        "networks",
        "",
        f"networks that may connect to --{listener}, separated by commas, for example "
        "192.168.7.0/24; none is everybody",
    )


OPTIONS: Final = (
    Option("data", "path", None, "folder that keeps everything (default: the platform's)"),
    Option("http", "address", "127.0.0.1:8000", "where browsers, apps and HTTP devices connect"),
    Option("mqtt", "address", "127.0.0.1:1883", "where MQTT devices and subscribers connect"),
    Option("tcp", "address", "127.0.0.1:9999", "where devices that send JSON lines connect"),
    Option("https", "address", None, "where browsers, apps and HTTP devices connect with TLS"),
    Option("mqtts", "address", None, "where MQTT devices and subscribers connect with TLS"),
    Option("mqtt-ws", "address", None, "where MQTT over WebSocket connects"),
    Option("mqtt-wss", "address", None, "where MQTT over WebSocket connects with TLS"),
    Option("tcps", "address", None, "where devices that send JSON lines connect with TLS"),
    *(_networks(listener) for listener in LISTENERS),
    Option(
        "trusted-proxy",
        "networks",
        "",
        "networks of reverse proxies before --http and --https, separated by commas: from them, and "
        "from nobody else, Forwarded and X-Forwarded-For say whom a request comes from",
    ),
    Option(
        "tls-cert",
        "file",
        "",
        "certificate of your own for all listeners with TLS, PEM, with its chain; read again when "
        "it changes; none has Weir's own authority make one",
    ),
    Option("tls-key", "file", "", "private key of --tls-cert, PEM, without a passphrase"),
    Option(
        "tls-names",
        "text",
        "",
        "further names and addresses of this server for the certificate, separated by commas; "
        "its own names and addresses and the host of --public-url are in it anyway",
    ),
    Option(
        "mqtt-origins",
        "text",
        "",
        "origins whose pages in a browser may open MQTT over WebSocket, separated by commas; "
        "programs need none",
    ),
    Option(
        "insecure-lan",
        "switch",
        default=False,
        help="listen beyond this computer without TLS; anybody on the network can then listen in",
    ),
    Option(
        "announce",
        "switch",
        default=False,
        help="tell the local network by mDNS where Weir is, if it listens beyond this computer",
    ),
    Option(
        "mqtt-free-topics",
        "text",
        "",
        "MQTT filters, separated by commas, under which programs with an operator's or admin's token "
        "may publish and subscribe among themselves; none is off",
    ),
    Option("demo", "switch", default=False, help="add a demo municipality, devices and a burst"),
    Option(
        "demo-burst-after", "number", 180.0, "when the demo's main bursts, after start", "seconds"
    ),
    Option("public-url", "text", "", "address of this server in e-mails, as people reach it"),
    Option("smtp-host", "text", "", "mail server for notifications; none sends no e-mail"),
    Option("smtp-port", "number", 587.0, "port of the mail server"),
    Option(
        "smtp-security",
        "choice",
        "starttls",
        "how the way to the mail server is protected",
        choices=("starttls", "tls", "none"),
    ),
    Option("smtp-username", "text", "", "name at the mail server, where it wants one"),
    Option("smtp-password", "text", "", "password at the mail server", secret=True),
    Option("smtp-from", "text", "", "sender of e-mails (default: weir@ this computer's name)"),
    Option(
        "allow-loopback-webhooks",
        "switch",
        default=False,
        help="let webhooks call this computer itself, for testing",
    ),
    Option(
        "origins",
        "text",
        "null,file://,app://,http://localhost:3000",
        "origins whose pages may call the API and open the live stream, separated by commas; what is"
        " said replaces the control room's, so name those as well",
    ),
    Option("disk-warns", "number", 80.0, "how full the disk is when that becomes an issue", "%"),
    Option(
        "disk-gives-up",
        "number",
        90.0,
        "how full the disk is when what can be made again gives its room back; never with 64 GiB free",
        "%",
    ),
    Option(
        "disk-refuses",
        "number",
        95.0,
        "how full the disk is when QoS 0 readings, uploads and imports are refused; "
        "never with 16 GiB free",
        "%",
    ),
    Option(
        "disk-withholds",
        "number",
        97.0,
        "how full the disk is when nothing is acknowledged any more and devices keep their data; "
        "never with 8 GiB free",
        "%",
    ),
    Option(
        "disk-ballast",
        "number",
        None,
        "room that is kept for a full disk in a file of its own; 0 is none "
        "(default: a 64th of the disk, at most 256)",
        "MiB",
    ),
    Option(
        "audit-key",
        "file",
        "",
        "private key that seals the audit log, made when there is none (default: audit.key in the "
        "data folder); best kept where who can write the data folder can't read it",
    ),
    Option(
        "backup-to",
        "path",
        "",
        "folder, best on another disk, into which a backup is made every night; none makes none",
    ),
    Option("backup-keep", "number", 14.0, "how many nightly backups are kept"),
    Option(
        "backup-passphrase-file",
        "file",
        "",
        "file whose first line is the passphrase under which backups keep their keys; none leaves "
        "the keys in them as they are",
    ),
    Option(
        "update-key",
        "file",
        "",
        "public keys whose packages `weir update` takes, beside the one that Weir was built with",
    ),
    Option(
        "update-url",
        "text",
        "",
        "where `weir update --look` asks which version is newest; none never asks",
    ),
    Option(
        "log-level",
        "choice",
        "info",
        "how much is reported",
        choices=("debug", "info", "warning", "error"),
    ),
)

BY_NAME: Final = {option.name: option for option in OPTIONS}
