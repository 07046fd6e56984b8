"""A backup of a running server, restored elsewhere, serves with nothing lost."""

import subprocess
from pathlib import Path
from typing import Any

import httpx

from tests.cli.test_serving import import_sensors, post, signed_in
from tests.running import ROOT, WEIR, Running, command, environment, running

PASSPHRASE = "wet stones under the weir"


def complaint(*arguments: str, status: int = 2) -> str:
    done = subprocess.run(
        [*WEIR, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(),
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stderr


def everything(weir: Running) -> dict[str, Any]:
    """Give what the API knows of sensors, their readings, people and municipalities."""
    with signed_in(weir) as api:
        sensors = api.get("/api/v1/sensors").json()
        return {
            "towns": sorted(town["name"] for town in api.get("/api/v1/municipalities").json()),
            "people": sorted(user["username"] for user in api.get("/api/v1/users").json()),
            "readings": {
                sensor["device_id"]: [
                    (row["timestamp"], row["value"])
                    for row in api.get(f"/api/v1/sensors/{sensor['id']}/readings").json()
                ]
                for sensor in sensors
            },
        }


def made_lines(weir: Running) -> list[str]:
    """Give where backups went, as the audit log says."""
    with signed_in(weir) as api:
        lines = api.get("/api/v1/audit", params={"action": "backup.made"}).json()
        return [line["details"]["to"] for line in lines]


def test_a_server_made_of_a_backup_has_everything_and_the_same_keys_of_devices(
    tmp_path: Path,
) -> None:
    data, new, to = tmp_path / "data", tmp_path / "new", tmp_path / "backups"
    phrase = tmp_path / "phrase"
    phrase.write_text(PASSPHRASE + "\n")
    with running(data) as weir:
        with signed_in(weir) as api:
            other = api.post("/api/v1/municipalities", json={"name": "Millbrook"}).json()["id"]
        keys = import_sensors(data, weir.municipality, "HERE-1")
        keys |= import_sensors(data, other, "THERE-1")
        for device, key in keys.items():
            for value in (1.5, 2.5, 3.5):
                assert post(weir, device, key, {"value": value}).status_code < 300
        command(data, "backup", "create", f"--to={to}", f"--passphrase-file={phrase}")
        assert made_lines(weir) == [str(to)]
        before = everything(weir)
        assert len(before["readings"]["THERE-1"]) == 3
    assert "have a passphrase" in complaint("restore", f"--from={to}", f"--data={new}")
    assert "name the new folder" in complaint("restore", f"--from={to}")
    restored = ("restore", f"--from={to}", f"--passphrase-file={phrase}")
    assert "was made at" in complaint(
        *restored, f"--data={new}", "--at=2020-01-01T00:00:00Z", status=1
    )
    assert "is not empty" in complaint(*restored, f"--data={data}")
    command(new, *restored)
    with running(new) as weir:
        assert everything(weir) == before
        answer = httpx.post(
            f"{weir.url}/api/v1/sensors/THERE-1/readings",
            headers={"X-API-Key": keys["THERE-1"]},
            json={"value": 4.5},
        )
        assert answer.json()["stored"] == 1
        assert command(new, "audit", "verify")["heads"] == ""
        assert weir.log == ""
