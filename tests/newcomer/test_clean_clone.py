"""Somebody who has never seen Weir clones it and types one command."""

import re
import signal
import subprocess
import sysconfig
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import READY, ROOT, environment

DOORS = [f"--{door}=127.0.0.1:0" for door in ("http", "mqtt", "tcp")]
BUILT_WITHIN = 120
"""Seconds for the build of the screens and the start."""
STAMP = """
source scripts/lib/setup.sh
printf %s "$root" >"$venv/.root"
fingerprint requirements.lock >"$venv/.ready-requirements.lock"
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clean clone of what is committed, set up without installing anything anew."""
    folder = tmp_path / "weir"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    venv.create(folder / ".venv", symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder / ".venv")}))
    packages.joinpath("outer.pth").write_text(f"{folder}\n{sysconfig.get_path('purelib')}\n")
    weir = folder / ".venv" / "bin" / "weir"
    weir.write_text(f"#!{folder}/.venv/bin/python\nfrom appliance.__main__ import main\n\nmain()\n")
    weir.chmod(0o755)
    subprocess.run(["bash", "-c", STAMP], cwd=folder, check=True)
    # What the screens are built with was installed by scripts/test; the clone builds them itself.
    for tools in (".cache/node", "web/ui/node_modules"):
        (folder / tools).parent.mkdir(exist_ok=True)
        (folder / tools).symlink_to(ROOT / tools)
    return folder


@pytest.fixture
def serving(clone: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """`scripts/serve --demo` in the clone, typed from another folder."""
    output = tmp_path / "output"
    with output.open("w") as out:
        process = subprocess.Popen(
            [clone / "scripts/serve", "--demo", "--data", str(tmp_path / "data"), *DOORS],
            cwd=tmp_path,
            env={k: v for k, v in environment().items() if not k.startswith("PYTHON")},
            stdout=out,
            stderr=out,
            text=True,
        )
    yield process, output
    process.kill()
    process.wait(10)


def test_in_a_clean_clone_one_command_serves_the_page_and_stops_cleanly(
    clone: Path, serving: tuple[subprocess.Popen[str], Path]
):
    process, output = serving
    assert not (clone / "web" / "static").exists()
    url = f"http://{ready(process, output)}"
    built = clone / "web" / "static"
    assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}
    assert httpx.get(url).text == (built / "index.html").read_text()
    for file in (f for f in built.rglob("*") if f.is_file() and f.suffix != ".br"):
        name = file.relative_to(built).as_posix()
        answer = httpx.get(f"{url}/{name}")
        if name.startswith("."):
            assert answer.status_code == 404, name
        else:
            assert answer.status_code == 200, name
            assert answer.content == file.read_bytes()
    name, password = re.search(
        r"sign in as (.+) with the password (\S+)", output.read_text()
    ).groups()
    said = {"username": name, "password": password}
    assert httpx.post(f"{url}/api/v1/auth/login", json=said).status_code == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert "Traceback" not in output.read_text()


def ready(process: subprocess.Popen[str], output: Path) -> str:
    deadline = time.monotonic() + BUILT_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        found = READY.search(output.read_text())
        if found:
            return found[1]
        time.sleep(0.02)  # a process of its own: there is nothing to be woken by
    raise AssertionError(output.read_text())
