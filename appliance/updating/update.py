"""An update, step by step. Until the switch nothing has changed; from then on there is a way back.

verify ─▶ refuse what is not meant ─▶ unpack ─▶ back up ─▶ migrate a copy
       ─▶ stop ─▶ copy what may go back ─▶ switch ─▶ start ─▶ watch ─▶ done
                                                        └─ anything wrong ─▶ go back
"""

import platform as machine
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from appliance.control.client import Ear
from appliance.domain.errors import Conflict, Failed, FileRefused, WeirError
from appliance.domain.work import ShowProgress
from appliance.machine.folder import DataFolder
from appliance.updating.databases import GO_BACK, NEVER_BACK, Databases
from appliance.updating.package import read
from appliance.updating.places import Installation
from appliance.updating.record import UNFINISHED, Record, State, Step
from appliance.updating.release import Release, order_of
from appliance.updating.server import Health, Server
from appliance.updating.trust import Trust
from storage.backup.writing import need_room
from storage.formats import formats

WATCH: Final = 120.0
"""Seconds that a new version is watched, if nobody says otherwise."""
_LOOK_EVERY: Final = 1.0
_SILENT: Final = 3
"""Looks in a row without an answer, from which on it is not healthy."""


class WentBack(Failed):
    """The new version was not healthy: {reason}. The old one serves again."""

    hint = "nothing acknowledged is lost; {further}"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What else whoever updates has said."""

    allow_downgrade: bool = False
    one_way: bool = False
    watch: float = WATCH


@dataclass(frozen=True, slots=True)
class Around:
    """What an update works with."""

    folder: DataFolder
    installation: Installation
    version: str
    """That which is in use."""
    server: Server | None
    record: Record
    databases: Databases
    back_up: Callable[[], str]
    """Makes a whole backup, and says where it is."""
    problems: Callable[[], dict[str, str]]
    """What was critical before, by code."""
    show: ShowProgress


class Update:
    """One update of one installation."""

    def __init__(self, around: Around, wishes: Wishes) -> None:
        self._a = around
        self._wishes = wishes

    def run(self, package: Path, trust: Trust) -> State:
        """Update, and return when the new version has been watched long enough.

        Raises what is refused before anything changes, and WentBack after everything is as it was.
        """
        a = self._a
        a.record.begin()
        self._refuse_while_unfinished()
        if a.server is None:
            with a.folder.alone():  # or one serves that can't be asked, and so not be stopped
                pass
        release = read(package, trust)
        self._refuse_what_is_not_meant(package, release)
        need_room(a.installation.folder, 2 * release.size)
        state = a.record.put(self._new_state(release))
        try:
            state = self._prepare(package, release, state)
        except WeirError as error:
            a.record.move(state, Step.REFUSED, str(error))
            raise
        return self._switch(state)

    def go_back(self, state: State, reason: str) -> State:
        """Have the version from before serve again, wherever the update was cut off.

        Readings that the new version has acknowledged stay.
        """
        a = self._a
        there = a.installation.can_go_back(state.came_from)
        if not there and state.step is not Step.GOING_BACK:
            raise Conflict(what=f"version {state.came_from} is not here any more")
        state = a.record.move(state, Step.GOING_BACK, reason)
        if a.server is not None:
            a.server.stop()
        with a.folder.alone():
            aside = a.databases.put_back(state.kept)
            a.installation.go_back(state.came_from)
        if aside is not None:
            a.record.say(f"what people changed since the switch is in {aside}")
        if a.server is not None:
            a.server.start(a.installation.program)
        return a.record.move(state, Step.WENT_BACK, reason)

    def _refuse_while_unfinished(self) -> None:
        state = self._a.record.state()
        if state is not None and state.step in UNFINISHED:
            raise Conflict(
                what=f"the update to {state.to} was cut off while {state.step}: "
                "`weir update --go-back` returns to the version before, and "
                "`weir update --finish` stays with the new one"
            )

    def _refuse_what_is_not_meant(self, package: Path, release: Release) -> None:
        for problem, remedy in self._objections(release):
            raise FileRefused(
                file=package, problem=problem, remedy=f"{remedy}; nothing was changed"
            )

    def _objections(self, release: Release) -> list[tuple[str, str]]:
        own, now, new = formats(), order_of(self._a.version), order_of(release.version)
        found = []
        if release.platform != this_platform():
            wrong = f"it is for {release.platform}, and this is {this_platform()}"
            found.append((wrong, "get the package for this platform"))
        older = [name for name, number in own.items() if release.formats.get(name, 0) < number]
        if older:
            wrong = (
                f"version {release.version} can't open the data of {self._a.version} ({older[0]})"
            )
            found.append((wrong, "restore a backup that it has made, if you must go back to it"))
        if new == now:
            found.append((f"version {release.version} is in use already", "there is nothing to do"))
        if new < now and not self._wishes.allow_downgrade:
            wrong = f"version {release.version} is older than {self._a.version}"
            found.append((wrong, "say --allow-downgrade if you mean it"))
        if now < order_of(release.minimum):
            wrong = f"version {release.version} takes over from {release.minimum} on only"
            found.append((wrong, f"update to {release.minimum} first"))
        moved = [n for n in sorted(NEVER_BACK) if release.formats.get(n, 0) > own[n]]
        if moved and not self._wishes.one_way:
            wrong = f"it changes how {moved[0]} is kept, so Weir can't go back by itself afterwards"
            found.append((wrong, "say --one-way if you mean it; a backup is made in any case"))
        return found

    def _new_state(self, release: Release) -> State:
        own = formats()
        root = getattr(self._a.installation, "root", "")
        return State(
            step=Step.PREPARING,
            came_from=self._a.version,
            to=release.version,
            root=str(root),
            began=int(self._a.record.now()),
            moved=tuple(name for name in GO_BACK if release.formats.get(name, 0) != own[name]),
        )

    def _prepare(self, package: Path, release: Release, state: State) -> State:
        """Do everything that needs no stop, while the old version serves."""
        a = self._a
        program = a.installation.add(package, release, a.show)
        state = a.record.put(replace(state, backup=a.back_up()))
        a.record.say(f"{state.came_from} to {state.to}: backed up to {state.backup}")
        a.databases.rehearse(program)
        a.record.say(f"{state.came_from} to {state.to}: the new version has migrated a copy")
        return state

    def _switch(self, state: State) -> State:
        a, before = self._a, self._a.problems()
        state = a.record.move(state, Step.SWITCHING)
        began = time.monotonic()
        try:
            if a.server is not None:
                a.server.stop()
        except WeirError as error:
            a.record.move(state, Step.REFUSED, str(error))  # it serves as before
            raise
        try:
            state, new = self._change_over(state, began)
            if a.server is None or new is None:
                return a.record.move(state, Step.DONE, "nobody serves, so nothing was watched")
            state = a.record.move(state, Step.WATCHING)
            reason = self._watch(a.server, new, before)
        except (WeirError, OSError) as error:
            reason = str(error).rstrip(".")
            state = a.record.state() or state
        if reason:
            self.go_back(state, reason)
            aside = "look into what people changed meanwhile: `weir doctor` says what"
            raise WentBack(reason=reason, further=aside if state.kept else "report this")
        return self.finish(state)

    def finish(self, state: State) -> State:
        """Stay with the new version; Conflict when it is not the current one."""
        if self._a.installation.version() != state.to:
            raise Conflict(what=f"version {state.to} is not in use: `weir update --go-back`")
        self._a.databases.forget()
        self._a.installation.tidy(state.came_from)
        return self._a.record.move(state, Step.DONE)

    def _change_over(self, state: State, began: float) -> tuple[State, Ear | None]:
        a = self._a
        with a.folder.alone():
            state = a.record.put(replace(state, kept=a.databases.keep(state.moved)))
            a.installation.switch(state.to)
        if a.server is None:
            return state, None
        new = a.server.start(a.installation.program)
        return a.record.put(replace(state, stood_still=time.monotonic() - began)), new

    def _watch(self, server: Server, new: Ear, before: dict[str, str]) -> str:
        """Look at the new version for a while; give what is wrong with it, or nothing."""
        silent, until = 0, time.monotonic() + self._wishes.watch
        while silent or time.monotonic() < until:  # it must not end with a look that saw nothing
            health = server.health(new)
            silent = 0 if health.answers else silent + 1
            wrong = _wrong(health, before) or ("it does not answer" if silent >= _SILENT else "")
            if wrong:
                return wrong
            time.sleep(_LOOK_EVERY)
        return ""


def this_platform() -> str:
    """Name the kind of computer, as packages do."""
    names = {"amd64": "x86_64", "arm64": "aarch64"}
    kind = machine.machine().lower()
    return f"{sys.platform}-{names.get(kind, kind)}"


def _wrong(health: Health, before: dict[str, str]) -> str:
    if not health.alive:
        return "it has ended"
    new = {code: what for code, what in (health.problems or {}).items() if code not in before}
    return "; ".join(new.values())
