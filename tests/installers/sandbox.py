"""A copy of this computer in which packages are really installed: what is written there is gone afterwards."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_BEGIN = """\
set -e
mount -t tmpfs tmpfs "$1" && cd "$1" && mkdir upper work root
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" root
mount --rbind /dev root/dev && mount -t proc proc root/proc
mount -t tmpfs tmpfs root/run && mount -t tmpfs tmpfs root/tmp
mkdir root/tmp/given && mount --bind "$2" root/tmp/given
chmod 1777 root/tmp
exec chroot root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash
"""
_END = "-- end of step --"


class Sandbox:
    """A root shell in the copy; `given` is a folder that both sides see, as /tmp/given inside."""

    def __init__(self, folder: Path, given: Path) -> None:
        if os.geteuid() != 0 or shutil.which("unshare") is None:
            pytest.fail(
                "a package is installed by root, with unshare; run: sudo scripts/test tests/installers"
            )
        folder.mkdir()
        self._shell = subprocess.Popen(
            [
                *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc"),
                *("bash", "-c", _BEGIN, "bash", str(folder), str(given)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def tries(self, script: str) -> tuple[int, str]:
        """Run a step; give its exit status and all that it printed."""
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f'(set -e\n{script}\n) </dev/null 2>&1\necho "$?{_END}"\n')
        self._shell.stdin.flush()
        printed = ""
        for line in self._shell.stdout:
            before, end, _ = line.partition(_END)
            if end:
                return int(before.rpartition("\n")[2]), printed
            printed += line
        raise AssertionError(f"the sandbox ended:\n{printed}")

    def does(self, script: str) -> str:
        """Run a step that succeeds; give what it printed."""
        status, printed = self.tries(script)
        assert status == 0, printed
        return printed

    def close(self) -> None:
        """End it and all that runs in it."""
        self._shell.kill()
        self._shell.communicate()
