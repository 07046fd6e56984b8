"""Watches one municipality's readings for what its rules ask for."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import numpy as np

from appliance.detection.base import Method, Outcome, Records, blank, layout
from appliance.detection.book import RuleBook
from appliance.detection.methods import methods_for
from appliance.detection.post import Arrivals, Post, cause_layout, causes_of
from appliance.detection.saving import pack, unpack
from appliance.detection.segments import NONE, newer_than_all_before
from appliance.detection.watched import Units, Watched, ended, told
from appliance.domain.errors import UnitUnknown
from appliance.domain.instant import EARLIEST, MINUTE, Instant
from appliance.domain.readings import Ints, Mark, Readings
from appliance.domain.rules import Rule
from appliance.domain.sensors import Sensor

__all__ = ["RuleBook", "Watch", "Watched"]

_CLOCK: Final = layout(until="<i8")
_NEWEST: Final = layout(sensor="<i8", newest="<i8")
_MOST_FAULTS: Final = 20
_SET_BACK: Final = MINUTE
"""An arrival that lies so far behind what has been seen was read off a clock that was set back."""


class Watch:
    """Turns readings and the passing of time into findings and anomalies.

    What it finds does not depend on how the readings are cut into batches, nor on when `advance` is
    called between them, as long as that is not ahead of readings still to come. A reading whose
    device time is not after the newest of its sensor changes nothing but the silence that it ends.
    Imported readings are history, not news, and are passed over (`replay` looks at them).

    Where the computer's clock was set back, readings without a time of their own are taken as news
    all the same, at the time that has passed: otherwise nobody would be told of anything until that
    clock had caught up.

    A method that raises is passed over this time, keeps the state that it had, and is named in
    `faults`: what the others notice is told all the same.

    Not safe for several threads at once.
    """

    def __init__(self, book: RuleBook, saved: Mapping[str, bytes] | None, now: Instant) -> None:
        """Go on from what was saved; where that is missing or unreadable, begin now.

        `started_fresh` names the parts that could not be read. What had been raised for causes
        that the book no longer has is in `dropped`: give it on once, with effects.
        """
        self._until = int(EARLIEST)
        self._sensors: Ints = np.empty(0, np.int64)
        self._newest: Ints = np.empty(0, np.int64)
        self._units: Units = {}
        self._posts: dict[str, Post] = {}
        self.faults: list[tuple[str, Exception]] = []
        """Which method raised what, until somebody takes them out."""
        self.started_fresh: tuple[str, ...] = ()
        former = self._load(saved or {}, methods_for(book))
        self.dropped: Watched = self._settle(book, former, now, fresh=not saved)

    def change(self, book: RuleBook, now: Instant) -> Watched:
        """Go by this book from now on. Causes whose condition is the same keep their state.

        What is no longer watched is cleared if it had been raised; a new or changed rule sees the
        readings that arrive after it was made.
        """
        former = {name: post.causes for name, post in self._posts.items()}
        return self._settle(book, former, now, fresh=False)

    def observe(self, readings: Readings) -> Watched:
        """Go through readings in the order in which they came."""
        arrivals = self._arrivals(readings)
        if arrivals is None:
            return Watched()
        in_order = arrivals.in_order(self._news(arrivals))
        return Watched.sum(
            self._told(post, partial(post.observe, self._seen_by(post, arrivals, in_order)))
            for post in self._posts.values()
        )

    def advance(self, now: Instant) -> Watched:
        """Let every timer run out that is due before now."""
        self._until = max(self._until, now)
        return Watched.sum(
            self._told(post, partial(post.advance, self._until)) for post in self._posts.values()
        )

    def resume(self, stopped: Instant, resumed: Instant) -> Watched:
        """Go on after a time in which nobody watched; first finishes what was due before `stopped`.

        Timers that ran out since then wait until `resumed` and a minute (or their own length, if
        that is shorter), so that a restart is no flood of false alarms.
        """
        watched = self.advance(stopped)
        self._until = max(self._until, resumed)
        for post in self._posts.values():
            self._told(post, partial(_resume, post, self._until))
        return watched

    def save(self) -> dict[str, bytes]:
        """Give all that is remembered, for the next start."""
        clock = blank(_CLOCK, 1)
        clock["until"] = self._until
        newest = blank(_NEWEST, len(self._sensors))
        newest["sensor"], newest["newest"] = self._sensors, self._newest
        posts = {name: pack(post.causes) for name, post in self._posts.items()}
        return {"clock": pack(clock), "newest": pack(newest), **posts}

    def _load(
        self, saved: Mapping[str, bytes], methods: Mapping[str, Method]
    ) -> dict[str, Records]:
        layouts = {name: cause_layout(method) for name, method in methods.items()}
        read = {
            name: unpack(data, {"clock": _CLOCK, "newest": _NEWEST, **layouts}.get(name, _CLOCK))
            for name, data in saved.items()
        }
        self.started_fresh = tuple(name for name, records in read.items() if records is None)
        known = {name: records for name, records in read.items() if records is not None}
        if "clock" in known:
            self._until = int(known.pop("clock")["until"][0])
        if "newest" in known:
            newest = known.pop("newest")
            self._sensors, self._newest = newest["sensor"].copy(), newest["newest"].copy()
        return known

    def _settle(
        self, book: RuleBook, former: Mapping[str, Records], now: Instant, *, fresh: bool
    ) -> Watched:
        methods = methods_for(book)
        self._settle_sensors(book)
        causes = _causes(book, methods, now)
        cleared = []
        self._posts = {}
        for name, method in methods.items():
            records = causes[name]
            base = _began(book, records["sensor"], now) if fresh else records["began"]
            records["state"] = method.begin(records["settings"], base)
            if name in former:
                cleared.append(ended(_carry(former[name], records), now))
            if len(records):
                self._posts[name] = Post(method, records, self._sensors)
        return Watched.sum(cleared)

    def _settle_sensors(self, book: RuleBook) -> None:
        self._units = {sensor.id: sensor.unit for sensor in book.sensors}
        known = dict(zip(self._sensors.tolist(), self._newest.tolist(), strict=True))
        self._sensors = np.array(sorted(self._units), np.int64)
        self._newest = np.array([known.get(s, NONE) for s in self._sensors.tolist()], np.int64)

    def _arrivals(self, readings: Readings) -> Arrivals | None:
        """Group what concerns watched sensors; arrival never goes back behind what has been seen."""
        live = (readings.marks & Mark.IMPORTED) == 0
        if not live.all():
            readings = readings.take(live)
        if not len(readings) or not len(self._sensors):
            return None
        times, arrived = self._in_passing_time(readings)
        slots = np.searchsorted(self._sensors, readings.sensors)
        slots[slots == len(self._sensors)] = 0
        order = np.argsort(slots, kind="stable")
        order = order[(self._sensors[slots] == readings.sensors)[order]]
        if not len(order):
            return None
        slots = slots[order]
        starts = np.flatnonzero(np.append(True, slots[1:] != slots[:-1]))
        return Arrivals(
            slots[starts],
            starts,
            np.diff(np.append(starts, len(slots))),
            times[order],
            arrived[order],
            readings.values[order],
        )

    def _in_passing_time(self, readings: Readings) -> tuple[Ints, Ints]:
        """Give times and arrivals as they are watched; each stamped by us has a time of its own."""
        arrived = np.maximum.accumulate(np.maximum(readings.arrived, self._until))
        times = readings.times
        back = readings.arrived + _SET_BACK < arrived
        if back.any():
            back &= times == readings.arrived
            arrived = arrived + np.cumsum(back)
            times = np.where(back, arrived, times)
        self._until = int(arrived[-1])
        return times, arrived

    def _news(self, arrivals: Arrivals) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Mark the readings later than all before of their sensor, and remember the newest."""
        segment = np.repeat(np.arange(len(arrivals.slots)), arrivals.counts)
        newest = self._newest[arrivals.slots]
        news = newer_than_all_before(arrivals.times, arrivals.starts, segment, newest)
        newest = np.maximum(newest, np.maximum.reduceat(arrivals.times, arrivals.starts))
        self._newest[arrivals.slots] = newest
        return news

    def _seen_by(self, post: Post, every: Arrivals, in_order: Arrivals) -> Arrivals:
        return every if post.method.sees_every_reading else in_order

    def _told(self, post: Post, work: Callable[[], Outcome | None]) -> Watched:
        try:
            outcome = work()
            if outcome is None:
                return Watched()
            return told(post.method, post.causes, outcome, self._units)
        except Exception as error:  # noqa: BLE001 the boundary of faults: flow/faults.py
            if len(self.faults) < _MOST_FAULTS:
                self.faults.append((post.method.name, error))
            return Watched()


def _resume(post: Post, resumed: int) -> None:
    post.resume(resumed)


def _causes(book: RuleBook, methods: Mapping[str, Method], now: Instant) -> dict[str, Records]:
    keys: dict[str, list[tuple[int, int, int]]] = {name: [] for name in methods}
    settings: dict[str, list[object]] = {name: [] for name in methods}
    for rule, sensors in book.causes():
        name = rule.condition.type
        for sensor in sensors:
            settled = _settled(methods[name], rule, sensor)
            if settled is not None:
                began = min(now, max(rule.updated_at, sensor.updated_at))
                keys[name].append((rule.id, sensor.id, began))
                settings[name].append(settled)
    return {name: causes_of(method, keys[name], settings[name]) for name, method in methods.items()}


def _began(book: RuleBook, sensors: Ints, now: Instant) -> Ints:
    """Give for each sensor when a watch that begins now could begin with it."""
    return np.array([max(now, book.born.get(s, now)) for s in sensors.tolist()], np.int64)


def _settled(method: Method, rule: Rule, sensor: Sensor) -> tuple[object, ...] | None:
    """Give the settings, or None where the rule says nothing about such a sensor."""
    try:
        return method.settle(rule.condition, sensor)
    except UnitUnknown:
        return None


def _carry(former: Records, causes: Records) -> Records:
    """Take over the state of causes that are the same as before; give the former ones that are not."""
    places = {
        key: index
        for index, key in enumerate(
            zip(former["rule"].tolist(), former["sensor"].tolist(), strict=True)
        )
    }
    pairs = zip(causes["rule"].tolist(), causes["sensor"].tolist(), strict=True)
    before = np.array([places.get(key, -1) for key in pairs], np.int64)
    here = np.flatnonzero(before >= 0)
    there = before[here]
    same = _bytes(former["settings"][there]) == _bytes(causes["settings"][here])
    kept, source = here[same.all(axis=1)], there[same.all(axis=1)]
    for column in ("state", "began", "last_at"):
        causes[column][kept] = former[column][source]
    gone = np.ones(len(former), np.bool_)
    gone[source] = False
    return former[gone]


def _bytes(records: Records) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    flat = np.ascontiguousarray(records)
    return flat.view(np.uint8).reshape(len(flat), flat.dtype.itemsize)
