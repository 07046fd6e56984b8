"""Runs a program with what the unit of systemd leaves it: its system calls, and no memory both written and run.

    python confined.py UNIT PROGRAM ARGUMENT...

systemd itself isn't there to do it in tests; the sets of calls are those that it names.
"""

import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path

ALLOW, NOT_PERMITTED = 0x7FFF0000, 0x00050001
NO_NEW_PRIVILEGES, MEMORY_DENY_WRITE_EXECUTE = 38, 65


def members(name: str) -> set[str]:
    """Give the calls of a set, with those of the sets in it."""
    said = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager", name],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found: set[str] = set()
    for line in said.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            found |= members(word)
        elif word and not word.startswith("#"):
            found.add(word)
    return found


def allowed(unit: str) -> set[str]:
    """Give the calls that the unit allows."""
    calls = members("@default") | {"execve", "exit", "exit_group", "rt_sigreturn"}
    for sign, names in re.findall(r"^SystemCallFilter=(~?)(.*)$", unit, re.MULTILINE):
        for name in names.split():
            calls = calls - members(name) if sign else calls | members(name)
    return calls


def confine(unit: str) -> None:
    """Give up the rest, for this process and those after it."""
    filtering, system = ctypes.CDLL("libseccomp.so.2"), ctypes.CDLL(None, use_errno=True)
    filtering.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(filtering.seccomp_init(NOT_PERMITTED))
    for call in sorted(allowed(unit)):
        number = filtering.seccomp_syscall_resolve_name(call.encode())
        if number >= 0:
            filtering.seccomp_rule_add_array(rules, ALLOW, number, 0, None)
    assert system.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    # Linux 6.3 and newer; systemd does it by a filter.
    system.prctl(MEMORY_DENY_WRITE_EXECUTE, 1, 0, 0, 0)
    assert filtering.seccomp_load(rules) == 0


if __name__ == "__main__":
    confine(Path(sys.argv[1]).read_text())
    os.execv(sys.argv[2], sys.argv[2:])
