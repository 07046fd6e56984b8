"""What makes a service of Weir: the unit of systemd, the property list of launchd."""

import plistlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LABEL: Final = "org.weir.weir"
"""The name of the service under launchd."""
OPEN_FILES: Final = 65_536
"""10,000 devices, 2,000 other connections, and files."""
STOP_WITHIN: Final = 10
"""Seconds."""

_COMMON: Final = """\
[Unit]
Description=Weir, the server of a water utility
Documentation=file:///usr/share/doc/weir
After=network.target time-sync.target
# It is to come back whatever happened, without anybody there, and however often.
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
ExecStart={start}
Environment=PYTHONUNBUFFERED=1
Restart=always
RestartSec=5
# Wrong options don't become right by themselves: `systemctl status weir` says which.
RestartPreventExitStatus=2
TimeoutStartSec=120
TimeoutStopSec={stop}
WatchdogSec=30
KillMode=mixed
LimitNOFILE={files}
# A dump of memory would hold keys.
LimitCORE=0
UMask=0077
StandardOutput=journal
StandardError=journal
"""
_SYSTEM: Final = """\
User=weir
Group=weir
OOMScoreAdjust=-500
StateDirectory=weir
StateDirectoryMode=0700
ConfigurationDirectory=weir

# Nothing of this computer but its own data, and the network. For a backup on a disk or in a folder of yours:
# `systemctl edit weir`, and there [Service] and ReadWritePaths=/media/backup.
ProtectSystem=strict
ProtectHome=true
PrivateTmp=true
PrivateDevices=true
PrivateUsers=true
ProtectClock=true
ProtectControlGroups=true
ProtectHostname=true
ProtectKernelLogs=true
ProtectKernelModules=true
ProtectKernelTunables=true
ProtectProc=invisible
NoNewPrivileges=true
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=true
MemoryDenyWriteExecute=true
RemoveIPC=true
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=true
RestrictRealtime=true
RestrictSUIDSGID=true
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
"""
_INSTALL: Final = """
[Install]
WantedBy={target}
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the program of a service lies, what it keeps, and whose it is."""

    program: Path
    data: Path
    configuration: Path | None = None
    of_the_system: bool = True
    """Else of the person who installs it."""

    @property
    def command(self) -> list[str]:
        """The program with its arguments."""
        told = [] if self.configuration is None else ["--config", str(self.configuration)]
        return [str(self.program), "serve", "--data", str(self.data), *told]


def systemd_unit(place: Place) -> str:
    """Give the unit: watched, restarted, stopped in time; a system's one also locked in."""
    start = " ".join(_quoted(word) for word in place.command)
    unit = _COMMON.format(start=start, stop=STOP_WITHIN, files=OPEN_FILES)
    if not place.of_the_system:
        return unit + _INSTALL.format(target="default.target")
    return unit + _SYSTEM + _INSTALL.format(target="multi-user.target")


def launchd_plist(place: Place) -> bytes:
    """Give the property list: kept alive, with room for devices, its output in the data folder."""
    log = str(place.data / "service.log")
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": place.command,
            "RunAtLoad": True,
            "KeepAlive": True,
            "ThrottleInterval": 10,
            "ExitTimeOut": STOP_WITHIN,
            "ProcessType": "Interactive",  # else it gets little of the processor and the disk
            "SoftResourceLimits": {"NumberOfFiles": OPEN_FILES, "Core": 0},
            "HardResourceLimits": {"NumberOfFiles": OPEN_FILES, "Core": 0},
            "Umask": 0o077,
            "StandardOutPath": log,
            "StandardErrorPath": log,
            **({"UserName": "_weir", "GroupName": "_weir"} if place.of_the_system else {}),
        }
    )


def _quoted(word: str) -> str:
    """Write a word of a command line as systemd.service(5) reads it."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or " " in word else word
