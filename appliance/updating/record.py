"""What an update has done so far, on the disk before it does the next: whoever finds it can go on."""

import json
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from appliance.domain.instant import Instant, text
from appliance.machine.durable import write_durably
from appliance.ports.clock import Clock

STATE: Final = "state.json"
LOG: Final = "log.txt"
_LONGEST_LOG: Final = 1 << 20
"""Bytes; of a longer log the older half goes."""


class Step(StrEnum):
    """Where an update is. From SWITCHING on it can only be finished or gone back."""

    PREPARING = "preparing"
    SWITCHING = "switching"
    WATCHING = "watching"
    GOING_BACK = "going back"
    DONE = "done"
    WENT_BACK = "went back"
    REFUSED = "refused"


UNFINISHED: Final = frozenset({Step.SWITCHING, Step.WATCHING, Step.GOING_BACK})


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One update."""

    step: Step
    came_from: str
    to: str
    root: str
    """Of an installation by releases; empty for one file."""
    began: int
    moved: tuple[str, ...] = ()
    """Databases whose layout the new version changes, so that they go back with the program."""
    kept: tuple[str, ...] = field(default=())
    """Those of which there is a copy from before; they are put back only if all are there."""
    reason: str = ""
    backup: str = ""
    stood_still: float = 0.0
    """Seconds between the last ack of the old version and the open doors of the new one."""


class Record:
    """The state and the log of updates of one data folder."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self._clock = clock

    def now(self) -> Instant:
        """Give the time."""
        return self._clock.now()

    def begin(self) -> None:
        """Make the folder."""
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def state(self) -> State | None:
        """Give the newest update; None when there has been none."""
        try:
            given = json.loads((self.folder / STATE).read_text(encoding="utf-8"))
            lists = {name: tuple(given[name]) for name in ("moved", "kept")}
            return State(**given | lists | {"step": Step(given["step"])})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, state: State) -> State:
        """Have it on the disk."""
        write_durably(self.folder / STATE, json.dumps(asdict(state)).encode())
        return state

    def move(self, state: State, step: Step, reason: str = "") -> State:
        """Note durably that it is one step further."""
        self.say(f"{state.came_from} to {state.to}: {step}{f': {reason}' if reason else ''}")
        return self.put(replace(state, step=step, reason=reason or state.reason))

    def say(self, line: str) -> None:
        """Add a line to the log."""
        file = self.folder / LOG
        if file.exists() and file.stat().st_size > _LONGEST_LOG:
            old = file.read_bytes()
            file.write_bytes(old[len(old) // 2 :].partition(b"\n")[2])
        with file.open("a", encoding="utf-8") as log:
            log.write(f"{text(self.now())} {line}\n")

    def last_lines(self, most: int = 20) -> list[str]:
        """Give the end of the log."""
        try:
            return (self.folder / LOG).read_text(encoding="utf-8").splitlines()[-most:]
        except OSError:
            return []
