"""What the two commands do on a fresh machine, seen by programs that stand in for Python and apt."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.running import ROOT

PYTHON = r"""#!/bin/bash
# Stands in for Python: writes down what is asked of it, and makes what a real one would make.
echo "$(basename "$0") $*" >>"$ASKED"
case "$*" in
--version) echo "Python 3.11.7" ;;
*"%d.%d-venv"*) echo "python3.11-venv" ;;
*"-m venv --clear "*)
  made="${@: -1}"
  mkdir -p "$made/bin" && cp "$0" "$made/bin/python"
  ;;
*"--editable "*)
  printf '#!/bin/bash\nprintf "<%%s>" "$@"\n' >"$(dirname "$0")/weir"
  chmod +x "$(dirname "$0")/weir"
  ;;
*"-m pytest"*) printf '<%s>' "$@" ;;
esac
exit 0
"""
REFUSES = '#!/bin/bash\necho "$(basename "$0") $*" >>"$ASKED"\nexit 1\n'


class Machine:
    """A checkout without .venv, on a machine where nothing but the stand-ins can be run."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "weir"
        self.tools = folder / "bin"
        self.asked_file = folder / "asked"
        self.tools.mkdir()
        for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
            self.put(name)
        for name in ("serve", "test", "lib/setup.sh"):
            self.put(f"scripts/{name}")
        # The build of the screens is for test_clean_clone: it needs a real Node.
        (self.root / "scripts/lib/ui.sh").write_text("provide_ui() { :; }\n")
        self.provide("python3.11", PYTHON)
        for name in ("apt-get", "sudo"):
            self.provide(name, REFUSES)
        for name in ("mosquitto", "mosquitto_pub", "chromium"):
            self.provide(name, "#!/bin/bash\n")

    def put(self, name: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, self.root / name)

    def provide(self, name: str, text: str) -> None:
        (self.tools / name).write_text(text)
        (self.tools / name).chmod(0o755)

    def type(self, *command: str, status: int = 0) -> tuple[str, str]:
        """Run a script from another folder; give what it prints."""
        done = subprocess.run(
            [self.root / command[0], *command[1:]],
            cwd=self.tools,
            env={"PATH": f"{self.tools}:/usr/bin:/bin", "ASKED": str(self.asked_file)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, done.stderr
        return done.stdout, done.stderr

    @property
    def asked(self) -> list[str]:
        """What was asked of the stand-ins since the last look."""
        lines = self.asked_file.read_text().splitlines() if self.asked_file.exists() else []
        self.asked_file.write_text("")
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def installs(asked: list[str]) -> list[str]:
    return [line.partition(" install ")[2] for line in asked if " install " in line]


def test_the_first_start_sets_up_and_becomes_weir_serve_with_the_options_as_given(machine: Machine):
    printed, said = machine.type("scripts/serve", "--demo", "--data", "a folder")
    assert printed == "<serve><--demo><--data><a folder>"
    packages, weir = installs(machine.asked)
    assert packages == f"--require-hashes --requirement {machine.root}/requirements.lock"
    assert weir == f"--no-deps --no-build-isolation --editable {machine.root}"
    assert "making .venv" in said
    assert "installing the packages" in said


def test_a_second_start_asks_nothing_of_anybody(machine: Machine):
    machine.type("scripts/serve")
    assert machine.asked
    assert machine.type("scripts/serve", "--http", "[::1]:0") == ("<serve><--http><[::1]:0>", "")
    assert machine.asked == []


def test_a_set_up_that_was_cut_off_is_done_again(machine: Machine):
    machine.type("scripts/serve")
    next(iter((machine.root / ".venv").glob(".ready-*"))).unlink()
    assert machine.asked
    assert machine.type("scripts/serve")[0] == "<serve>"
    assert len(installs(machine.asked)) == 2


def test_a_changed_lock_is_installed_into_the_environment_that_is_there(machine: Machine):
    machine.type("scripts/serve")
    assert machine.asked
    with (machine.root / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert machine.type("scripts/serve")[0] == "<serve>"
    asked = machine.asked
    assert len(installs(asked)) == 2
    assert not [line for line in asked if "-m venv" in line]


def test_the_tests_get_their_own_packages_and_the_paths_as_given(machine: Machine):
    printed, _ = machine.type("scripts/test", "tests/unit", "-k", "two words")
    assert printed == "<-m><pytest><tests/unit><-k><two words>"
    assert f"--requirement {machine.root}/requirements-dev.lock" in installs(machine.asked)[0]
    assert machine.type("scripts/serve")[0] == "<serve>", "what the tests need is enough"
    assert machine.asked == []


def test_what_can_not_be_installed_is_named_with_the_command_for_it(machine: Machine):
    machine.provide(
        "python3.11", PYTHON.replace("case ", '[[ "$*" == *ensurepip* ]] && exit 1\ncase ')
    )
    printed, said = machine.type("scripts/serve", status=1)
    assert printed == ""
    assert "sudo apt-get install python" in said
    assert "-venv" in said


def test_without_a_python_one_line_says_what_to_install(machine: Machine):
    machine.provide("python3.11", "#!/bin/bash\nexit 1\n")
    for name in ("python3.12", "python3.13", "python3.14", "python3", "python"):
        machine.provide(name, "#!/bin/bash\nexit 1\n")
    printed, said = machine.type("scripts/serve", status=1)
    assert printed == ""
    (line,) = said.splitlines()
    assert "sudo apt-get install python3" in line
