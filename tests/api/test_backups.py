"""Backups over HTTP: a super admin sees and makes them, a municipality learns that it is in one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.errors import StorageFailed
from appliance.ports.backups import KeyWish, Made
from appliance.services.backing_up import BackingUp
from tests.api.appliance import Weir, eventually


async def ended(weir: Weir) -> dict[str, Any]:
    """Wait until nothing is being made, and give everything."""

    async def look() -> dict[str, Any] | None:
        found = (await weir.chief.get("admin/backups")).body
        return found if found["running"] is None and found["last"] else None

    return await eventually(look, within=60)


async def test_a_super_admin_makes_one_now_and_sees_it_read_back_whole(weir: Weir, tmp_path: Path):
    before = (await weir.chief.get("admin/backups")).body
    assert (before["backups"], before["last"], before["nightly"]) == ([], None, False)
    asked = await weir.chief.post("admin/backups")
    assert (asked.status, asked.body["outcome"], asked.body["cause"]) == (202, "running", "asked")
    after = await ended(weir)
    (backup,) = after["backups"]
    assert after["last"]["outcome"] == "done"
    assert after["last"]["name"] == backup["name"]
    assert (backup["verified"], backup["own"], backup["problems"]) == (True, True, [])
    assert backup["bytes"] > 0
    assert backup["keys"] == "inside"
    assert after["free_bytes"] > 0
    assert f"--from {after['folder']}" in after["restore"]
    assert after["restore"].startswith("weir restore ")
    lines = (await weir.chief.get("audit?action=backup.")).body
    assert [(one["action"], one["who"]["name"]) for one in lines] == [
        ("backup.made", "chief"),
        ("backup.asked", "chief"),
    ]
    (tmp_path / "backups" / backup["name"] / "backup.json").write_bytes(b"nothing of use")
    damaged = (await weir.chief.get("admin/backups")).body["backups"]
    assert [(one["name"], one["verified"]) for one in damaged] == [(backup["name"], False)]
    assert "damaged" in damaged[0]["problems"][0]


async def test_a_municipality_learns_when_it_was_saved_and_nothing_of_where(weir: Weir):
    for town in (weir.here, weir.there):
        found = (await town.admin.get("backups")).body
        assert found == {"nightly": False, "newest_at": None, "whole": None}
        for answer in (
            await town.admin.get("admin/backups"),
            await town.admin.post("admin/backups"),
        ):
            assert answer.status == 403
    other = await weir.here.admin.get(f"backups?municipality_id={weir.there.id}")
    assert other.status == 404
    operator = await weir.person(weir.here, "operator")
    assert (await operator.get("backups")).status == 403
    await weir.chief.post("admin/backups")
    made = (await ended(weir))["backups"][0]
    for town in (weir.here, weir.there):
        found = (await town.admin.get("backups")).body
        assert found == {"nightly": False, "newest_at": made["made_at"], "whole": True}


async def test_one_that_fails_is_remembered_with_what_helps_and_the_next_succeeds(
    weir: Weir, tmp_path: Path
):
    place = tmp_path / "backups"
    place.write_text("a file where the folder should be")
    await weir.chief.post("admin/backups")
    failed = await ended(weir)
    assert (failed["last"]["outcome"], failed["last"]["name"]) == ("failed", None)
    assert any(str(place) in problem for problem in failed["last"]["problems"])
    assert failed["backups"] == []
    place.unlink()
    await weir.chief.post("admin/backups")

    async def done() -> bool:
        found = (await weir.chief.get("admin/backups")).body
        return found["running"] is None and found["last"]["outcome"] == "done"

    assert await eventually(done, within=60)


async def test_the_nightly_one_is_told_from_the_others_and_survives_a_start(weir: Weir):
    core = weir.core
    plan = replace(core.backing_up.plan, nightly=True, keep=1)
    nights = BackingUp(plan, lambda: core.backups, core.auditing.recorded, core.clock)
    await nights.nightly()
    await nights.nightly()
    seen = (await weir.chief.get("admin/backups")).body
    assert len(seen["backups"]) == 1
    assert seen["last_nightly"]["outcome"] == "done"
    assert seen["last_nightly"]["name"] == seen["backups"][0]["name"]

    class Broken:
        async def create(self, to: Path, wish: KeyWish | None, show: object) -> Made:
            raise StorageFailed(store="the backup", problem="the disk is gone")

    again = BackingUp(plan, Broken, core.auditing.recorded, core.clock)  # type: ignore[arg-type]
    with pytest.raises(StorageFailed):
        await again.nightly()
    kept = await again.runs()
    assert [run.outcome.value for run in kept] == ["failed", "done", "done"]
