"""A demo in the folder is nobody's trouble: its silence and its mail are no issue, its town no choice."""

from pathlib import Path

from tests.running import command, running, start


def test_after_a_demo_the_own_utility_is_meant_and_all_is_well(tmp_path: Path):
    folder = tmp_path / "data"
    demo = start(folder, "--demo", "--demo-burst-after=9999")
    demo.stop()
    with running(folder):
        password = tmp_path / "password"
        password.write_text("wet stones under the weir\n")
        own = command(
            folder, "init", "--municipality=Own", "--admin=ada", f"--password-file={password}"
        )
        assert command(folder, "doctor")["problems"] == []
        sensors = tmp_path / "sensors.csv"
        sensors.write_text(
            "device_id,name,sensor_type,unit,latitude,longitude\nPS-1,Mill Lane,pressure,bar,,\n"
        )
        command(folder, "import", "sensors", str(sensors), f"--output={tmp_path / 'keys.csv'}")
        added = command(folder, "user", "add", "bob", f"--password-file={password}")
        assert added["users"][0]["municipality_id"] == own["municipality_id"]
