"""Servers of time series that Weir is compared with: started in a folder, written to, asked."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx

from scripts.bench import servers

PATIENCE_S = 600.0


def room(folder: Path) -> int:
    """Give the bytes of everything in the folder, sparse files as far as they are filled.

    PostgreSQL's log is left out: it has a size of its own, whatever the number of readings.
    """
    kept = (f for f in folder.rglob("*") if not f.is_symlink() and "pg_wal" not in f.parts)
    return sum(min(stat.st_size, stat.st_blocks * 512) for stat in (f.lstat() for f in kept))


class InfluxDB:
    """InfluxDB 1.x with its defaults; every write is synced to its log (wal-fsync-delay 0)."""

    def __init__(self, folder: Path, compact_after: str = "4h") -> None:
        """Start it, with a database named bench."""
        self.folder, port = folder, servers.free_port()
        folder.mkdir(parents=True)
        config = folder / "influxdb.conf"
        config.write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{servers.free_port()}"\n'
            f'[meta]\ndir = "{folder}/meta"\n'
            f'[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\n'
            # So that it has compacted all soon after the last write, and not hours later.
            'cache-snapshot-write-cold-duration = "10s"\n'
            f'compact-full-write-cold-duration = "{compact_after}"\n'
            "[monitor]\nstore-enabled = false\n"
            f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\n'
        )
        self.server = servers.Server(
            folder, [servers.program("influxd"), "-config", str(config)], port
        )
        self.port = port
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S)
        self._client.post("/query", params={"q": "CREATE DATABASE bench"}).raise_for_status()

    @staticmethod
    def version() -> str:
        """Give its version."""
        return servers.version(servers.program("influxd"), "version")

    def write(self, lines: bytes, precision: str = "ms") -> None:
        """Keep these lines of its protocol."""
        answer = self._client.post(
            "/write", params={"db": "bench", "precision": precision}, content=lines
        )
        answer.raise_for_status()

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Give the series that answer a query, times in milliseconds."""
        return self.series(self.read(query))

    def read(self, query: str) -> bytes:
        """Give the answer to a query as it comes."""
        span = {"db": "bench", "epoch": "ms"}
        answer = self._client.post("/query", params=span, data={"q": query})
        return answer.raise_for_status().content

    @staticmethod
    def series(answer: bytes) -> list[dict[str, Any]]:
        """Take an answer apart."""
        result = json.loads(answer)["results"][0]
        if "error" in result:
            raise SystemExit(f"InfluxDB: {result['error']}")
        found: list[dict[str, Any]] = result.get("series", [])
        return found

    def stop(self) -> None:
        """End it."""
        self._client.close()
        self.server.stop()


class VictoriaMetrics:
    """VictoriaMetrics with its defaults, but a retention that is long enough."""

    def __init__(self, folder: Path, *options: str) -> None:
        """Start it."""
        self.folder, port = folder, servers.free_port()
        command = [
            servers.program("victoria-metrics"),
            f"-storageDataPath={folder / 'data'}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=100y",
            "-search.latencyOffset=0s",  # show what is there, also of the last 30 s
            *options,
        ]
        self.server = servers.Server(folder, command, port)
        self.port = port
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S)

    @staticmethod
    def version() -> str:
        """Give its version."""
        if shutil.which("dpkg-query"):  # Debian's own build names no version itself
            return servers.version("dpkg-query", "-W", "-f", "${Version}", "victoria-metrics")
        return servers.version(servers.program("victoria-metrics"), "-version")

    def write(self, lines: bytes) -> None:
        """Keep these lines of its JSON."""
        self._client.post("/api/v1/import", content=lines).raise_for_status()

    def write_lines(self, lines: bytes) -> None:
        """Keep these lines of InfluxDB's protocol, times in seconds."""
        answer = self._client.post("/write", params={"precision": "s"}, content=lines)
        answer.raise_for_status()

    def flush(self) -> None:
        """Make what was written visible at once."""
        self._client.get("/internal/force_flush").raise_for_status()

    def merge(self) -> None:
        """Do what it does by itself when nobody is looking; return when it is done."""
        self._client.get("/internal/force_merge").raise_for_status()
        servers.wait_until(self._is_merged, "VictoriaMetrics merges", PATIENCE_S, every=0.5)

    def _is_merged(self) -> bool:
        lines = self._client.get("/metrics").text.splitlines()
        merges = [line for line in lines if line.startswith("vm_active_force_merges")]
        active = [line for line in lines if line.startswith("vm_active_merges{")]
        return all(float(line.rsplit(" ", 1)[1]) == 0 for line in merges + active)

    def ask(self, path: str, **parameters: str | float) -> list[dict[str, Any]]:
        """Give the series that answer a query (path query or query_range), times in seconds."""
        return self.series(self.read(path, **parameters))

    def read(self, path: str, **parameters: str | float) -> bytes:
        """Give the answer to a query as it comes, and not from its cache of answers."""
        answer = self._client.post(f"/api/v1/{path}", data={"nocache": "1", **parameters})
        if answer.is_error:
            raise SystemExit(f"VictoriaMetrics: {answer.text}")
        return answer.content

    @staticmethod
    def series(answer: bytes) -> list[dict[str, Any]]:
        """Take an answer apart."""
        found: list[dict[str, Any]] = json.loads(answer)["data"]["result"]
        return found

    def stop(self) -> None:
        """End it, with everything on the disk."""
        self._client.close()
        self.server.stop()


class PostgreSQL:
    """PostgreSQL with room for its work; what a sensible owner of this machine sets, and no more."""

    settings = (
        "shared_buffers=1GB",
        "work_mem=256MB",
        "maintenance_work_mem=512MB",
        "max_wal_size=8GB",
        "effective_cache_size=8GB",
        "random_page_cost=1.1",
        "jit=off",
    )

    def __init__(self, folder: Path) -> None:
        """Make a cluster and start it; as its own user where we are root, which it refuses."""
        self.folder, self.port = folder, servers.free_port()
        self._as = self._user(folder)
        self._bin = newest_postgresql()
        self._data = folder / "data"
        self._run("initdb", "-D", str(self._data), "-U", "bench", "-A", "trust", "-E", "UTF8")
        options = [
            *self._as,
            str(self._bin / "postgres"),
            *("-D", str(self._data), "-p", str(self.port), "-h", "127.0.0.1"),
            *("-c", f"unix_socket_directories={folder}"),
        ]
        for setting in self.settings:
            options += ["-c", setting]
        self.server = servers.Server(folder, options, self.port)

    @staticmethod
    def _user(folder: Path) -> list[str]:
        folder.mkdir(parents=True)
        if folder.owner() != "root":
            return []
        shutil.chown(folder, "postgres", "postgres")
        for parent in folder.parents:
            if parent.name.startswith("weir-bench-"):
                parent.chmod(0o711)
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

    def _run(self, name: str, *options: str) -> None:
        command = [*self._as, str(self._bin / name), *options]
        done = subprocess.run(  # noqa: S603
            command, cwd=self.folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr}")

    @staticmethod
    def version() -> str:
        """Give its version."""
        return servers.version(str(newest_postgresql() / "postgres"), "--version")

    def stop(self) -> None:
        """End it."""
        self.server.stop()


def newest_postgresql() -> Path:
    """Give the folder of the newest installed PostgreSQL's programs."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[4])
    )
    if not found:
        raise SystemExit("PostgreSQL is not installed")
    return found[-1].parent
