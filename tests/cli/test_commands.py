"""`weir keys`, `weir audit` and `weir user`, beside a running server and without one: results and exit status."""

import csv
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.running import PASSWORD, ROOT, WEIR, Running, command, environment, found, start


@dataclass
class Two:
    """Two municipalities that have a device of the same name each."""

    folder: Path
    here: int
    there: int
    keys: dict[int, str]
    weir: Running

    def report(self, municipality: int, key: str = "") -> int:
        """Have a device report with its key, or another; give the status."""
        path = f"{self.weir.url}/api/v1/sensors/PS-{municipality}/readings"
        headers = {"X-API-Key": key or self.keys[municipality]}
        return httpx.post(path, json={"value": 3.1, "unit": "bar"}, headers=headers).status_code

    @contextmanager
    def sign_in(self) -> Iterator[httpx.Client]:
        """Give a client of the super admin."""
        with httpx.Client(base_url=f"{self.weir.url}/api/v1/", timeout=30) as api:
            said = {"username": "ada", "password": PASSWORD}
            token = api.post("auth/login", json=said).raise_for_status().json()["access_token"]
            api.headers["Authorization"] = f"Bearer {token}"
            yield api

    def devices(self, *names: str) -> str:
        """Write a file of devices; give its path."""
        file = self.folder.parent / "devices.csv"
        file.write_text("\n".join(("device_id", *names)) + "\n")
        return str(file)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("commands") / "data"
    folder.mkdir()
    made = Two(folder, found(folder), 0, {}, start(folder))
    with made.sign_in() as api:
        added = api.post("municipalities", json={"name": "Otherton"}).raise_for_status()
        made.there = added.json()["id"]
        for municipality in (made.here, made.there):
            sensor = {
                "device_id": f"PS-{municipality}",
                "name": "One",
                "sensor_type": "pressure",
                "unit": "bar",
                "municipality_id": municipality,
            }
            answer = api.post("sensors", json=sensor).raise_for_status()
            made.keys[municipality] = answer.json()["api_key"]
    yield made
    if made.weir.process.poll() is None:
        made.weir.stop()


def said_by(folder: Path, *arguments: str, status: int) -> tuple[str, str]:
    """Run a command as people do, without --json; give what it printed."""
    done = subprocess.run(
        [*WEIR, *arguments, "--data", str(folder)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(),
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def test_keys_of_one_municipality_are_changed_and_who_is_not_there_is_named(two: Two):
    rows = two.folder.parent / "keys.csv"
    here = f"--municipality={two.here}"
    listed = two.devices(f"PS-{two.here}", f"PS-{two.there}")
    figures = command(two.folder, "keys", listed, here, "--overlap=0", "--output", str(rows))
    assert figures["issued"] == 1
    assert [one["device_id"] for one in figures["refused"]] == [f"PS-{two.there}"]
    with rows.open(newline="") as file:
        mine, other = csv.DictReader(file)
    assert (other["api_key"], mine["problem"]) == ("", "")
    assert other["problem"]
    assert two.report(two.here) == 401, "the old one ended at once"
    two.keys[two.here] = mine["api_key"]
    assert two.report(two.here) == 201
    assert two.report(two.there) == 201, "the other municipality's key is what it was"


def test_keys_go_to_the_console_without_a_file_and_the_old_ones_overlap(two: Two):
    here = f"--municipality={two.here}"
    printed, notes = said_by(two.folder, "keys", two.devices(f"PS-{two.here}"), here, status=0)
    (row,) = csv.DictReader(printed.splitlines())
    assert notes == "1 keys issued, 0 devices refused\n"
    assert two.report(two.here) == 201
    assert two.report(two.here, row["api_key"]) == 201
    two.keys[two.here] = row["api_key"]


def test_keys_used_wrongly_or_in_vain_change_nothing(two: Two):
    here = f"--municipality={two.here}"
    good = two.devices(f"PS-{two.here}")
    command(two.folder, "keys", good, here, "--overlap=soon", status=2)
    command(two.folder, "keys", str(two.folder / "nowhere.csv"), here, status=2)
    command(two.folder, "keys", good, status=2)  # it must be said whose
    bad = two.folder.parent / "bad.csv"
    bad.write_text("name\nPS\n")
    _, problem = said_by(two.folder, "keys", str(bad), here, status=1)
    assert "device_id" in problem
    figures = command(two.folder, "keys", two.devices("GHOST"), here, status=1)
    assert figures["issued"] == 0
    assert two.report(two.here) == 201


def test_the_audit_log_is_verified_and_taken_out_beside_a_running_server(two: Two):
    figures = command(two.folder, "audit", "verify")
    chains = {one["municipality_id"]: one for one in figures["chains"]}
    assert set(chains) == {None, two.here, two.there}
    head = chains[two.there]["head"]["hash"]
    command(two.folder, "audit", "verify", f"--head={head}")
    command(two.folder, "audit", "verify", f"--head={'0' * 64}", status=1)
    command(two.folder, "audit", "verify", "--head=nonsense", status=2)
    file = two.folder.parent / "audit.jsonl"
    written = command(
        two.folder, "audit", "export", f"--municipality={two.there}", "--output", str(file)
    )
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert written["lines"] == len(lines)
    assert {json.loads(line["line"])[1] for line in lines} == {two.there}
    assert lines[-1]["hash"] == head, "an export is in the log after what it took out"
    printed, _ = said_by(two.folder, "audit", "export", "--system", status=0)
    assert printed.startswith("municipality,number,")
    command(two.folder, "audit", "export", "--output=log.txt", status=2)


def test_people_are_signed_out_and_lose_their_second_factor_from_the_console(two: Two):
    with two.sign_in() as api:
        assert api.get("auth/me").status_code == 200
        command(two.folder, "user", "sign-out", "ada")
        assert api.get("auth/me").status_code == 401
    command(two.folder, "user", "reset-totp", "ada")
    command(two.folder, "user", "sign-out", "nobody", status=1)
    command(two.folder, "user", "sign-out", status=2)


def test_the_same_commands_work_while_no_server_runs(two: Two):
    assert two.weir.stop() == 0, two.weir.log
    here = f"--municipality={two.here}"
    rows = two.folder.parent / "keys-2.csv"
    listed = two.devices(f"PS-{two.here}", "GHOST")
    figures = command(two.folder, "keys", listed, here, "--overlap=0", "--output", str(rows))
    assert (figures["issued"], len(figures["refused"])) == (1, 1)
    command(two.folder, "keys", two.devices("GHOST"), here, status=1)
    command(two.folder, "user", "sign-out", "ada")
    assert all(chain["sound"] for chain in command(two.folder, "audit", "verify")["chains"])
    printed, _ = said_by(two.folder, "audit", "export", here, status=0)
    last = list(csv.DictReader(printed.splitlines()))[-1]
    assert (last["action"], last["who_kind"]) == ("device.key_rotated", "system"), last
    two.weir = start(two.folder)
    with rows.open(newline="") as file:
        key = next(csv.DictReader(file))["api_key"]
    assert two.report(two.here) == 401
    assert two.report(two.here, key) == 201
    assert two.report(two.there) == 201
