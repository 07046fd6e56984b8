"""Faults that take one check away, one at a time: of permission, municipality, zone or key.

A mutant patches the running program; `killed_by` says what the matrix finds. The matrix asks without
changing anything (`UNCHANGED`), so one world serves all of them. Changes of the store that no cell
reaches (an UPDATE comes after the SELECT that finds nothing) are not among them: the contract tests
of the operations database watch over those.
"""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch

from appliance.domain import access, people
from appliance.domain.access import AdministerSystem, Permission, Role, ViewNetwork
from appliance.flow import horizon, live, zoned_history
from appliance.flow.admission import Registry
from appliance.services import roles, tokens, users
from broker import reception, subscriber_peer, topics
from storage.operations import limited
from storage.operations.statements import OwnStatements
from tests.api.matrix import Cell, World, cells, deviations
from tests.api.matrix_growth import growth_deviations
from tests.api.matrix_names import number_deviations
from tests.api.matrix_store import (
    enclave_deviations,
    noted_deviations,
    store_deviations,
)
from tests.api.matrix_streams import (
    device_deviations,
    event_deviations,
    mqtt_deviations,
    screen_deviations,
)
from tests.api.matrix_wills import will_deviations
from tests.api.promotions import promotion_deviations
from web import live as web_live
from web import reading_requests
from web.routes import Open
from web.table import ROUTES

MINE: Final = re.compile(r"(?:\w+\.)?municipality (?:= :mine|IN \(:mine, :common\))")
"""How a statement says that it stays within a municipality."""

Look = Callable[[World], Awaitable[list[str]]]


@dataclass
class Mutant:
    """One check that is missing, and where to look first."""

    name: str
    broken: Callable[[], AbstractContextManager[Any]]
    looks: tuple[Look, ...] = ()
    routes: frozenset[str] | None = None
    """The cells of these routes tell; None: all of them."""
    at_last: tuple[Look, ...] = ()
    """Where to look when no cell tells."""


async def killed_by(world: World, mutant: Mutant, everything: list[Cell]) -> str:
    """Say by what the matrix finds it; empty: it does not."""
    with mutant.broken():
        wrong = await _seen(world, mutant.looks)
        if wrong or (mutant.looks and mutant.routes is None):
            return wrong
        chosen = [c for c in everything if mutant.routes is None or c.route.path in mutant.routes]
        found = await deviations(world, iter(chosen), 1)
        return found[0] if found else await _seen(world, mutant.at_last)


async def _seen(world: World, looks: tuple[Look, ...]) -> str:
    for look in looks:
        try:
            async with asyncio.timeout(15):
                wrong = await look(world)
        except Exception as broken:  # noqa: BLE001 - a fault may well break everything
            wrong = [repr(broken)]
        if wrong:
            return wrong[0]
    return ""


# Permissions and municipalities ------------------------------------------------------------------


def mutants_of_access() -> Iterator[Mutant]:
    authorise = access.authorise

    def anywhere(actor: Any, permission: Any, municipality: Any) -> Any:
        wanted = municipality if municipality is not None else actor.municipality
        access.must_hold(actor, permission)
        return access.Grant(access._KEY, actor, wanted)

    def anything(actor: Any, _permission: Any, municipality: Any) -> Any:
        return authorise(actor, _first_held(actor), municipality)

    def everything(actor: Any, _permission: Any) -> Any:
        return access.SystemGrant(access._KEY, actor)

    names = ("web.asking", "web.live", "web.serving")
    yield Mutant("authorise: any municipality", lambda: _patched(names, "authorise", anywhere))
    yield Mutant("authorise: any permission, at the door too", lambda: _both(names, anything))
    yield Mutant(
        "authorise_system: anybody, at the door too",
        lambda: _patched((*names, "web.reading_requests"), "authorise_system", everything, _no),
    )
    yield Mutant(
        "the door asks for no permission", lambda: patch.object(reading_requests, "must_hold", _no)
    )
    yield Mutant(
        "authorise: no zones",
        lambda: patch.object(access, "Enclave", lambda municipality, *_: municipality),
    )
    yield Mutant(
        "permissions: zones take none away",
        lambda: patch.object(
            access.Actor,
            "permissions",
            property(lambda a: access.POLICY[a.role] if a.own is None else a.own),
        ),
    )
    for route in ROUTES:
        if not isinstance(route.access, Open):
            yield Mutant(
                f"{route.method} {route.path} for less",
                lambda route=route: _weaker(route),
                routes=frozenset({route.path}),
            )


def _first_held(actor: Any) -> type[Permission]:
    return min(actor.permissions, key=lambda p: p.name)


def _no(*_: Any, **__: Any) -> None:
    """A check that is not made."""


@contextmanager
def _patched(
    names: tuple[str, ...], what: str, instead: Any, at_door: Any = None
) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for name in names:
            with contextlib.suppress(AttributeError):
                stack.enter_context(patch(f"{name}.{what}", instead))
        if at_door is not None:
            stack.enter_context(patch.object(reading_requests, "must_hold", at_door))
        yield


def _both(names: tuple[str, ...], instead: Any) -> AbstractContextManager[None]:
    return _patched(names, "authorise", instead, _no)


@contextmanager
def _weaker(route: Any) -> Iterator[None]:
    """Ask for less at the door, and where it is asked again: what takes a SystemGrant refuses twice,
    so that either check alone is as good as both.
    """
    before = route.access
    object.__setattr__(route, "access", _weaker_than(before))
    try:
        with _no_second_check() if before is AdministerSystem else contextlib.nullcontext():
            yield
    finally:
        object.__setattr__(route, "access", before)


def _no_second_check() -> AbstractContextManager[Any]:
    def everything(actor: Any, _permission: Any) -> Any:
        return access.SystemGrant(access._KEY, actor)

    return patch("web.asking.authorise_system", everything)


def _weaker_than(wanted: type[Permission]) -> Any:
    """What it includes, else seeing; for that, being signed in."""
    return Open.SIGNED_IN if wanted is ViewNetwork else ViewNetwork


# The store ---------------------------------------------------------------------------------------


def mutants_of_store(world: World) -> Iterator[Mutant]:
    """Take the municipality out of every query that has been noted, and the zones out of every table."""
    for statement in sorted(filter(MINE.search, world.questions)):
        yield Mutant(
            f"store: {' '.join(statement.split())[:90]}",
            lambda s=statement: _unlimited(s),
            routes=frozenset(world.asked_by[statement]),
            at_last=(number_deviations, growth_deviations, store_deviations),
        )
    for table in limited.SEEN:
        yield Mutant(
            f"zones: all of {table}",
            lambda table=table: _whole_table(table),
            at_last=(enclave_deviations,),
        )


@contextmanager
def _unlimited(statement: str) -> Iterator[None]:
    run, instead = OwnStatements._execute, MINE.sub(":mine = :mine", statement)

    def broken(self: Any, asked: str, values: Any) -> Any:
        return run(self, instead if asked == statement else asked, values)

    with patch.object(OwnStatements, "_execute", broken):
        yield


@contextmanager
def _whole_table(table: str) -> Iterator[None]:
    rewrite = limited._limited

    def broken(statement: str, tables: frozenset[str]) -> str:
        return rewrite(statement, tables).replace(
            f"SELECT * FROM temp.seen_{table})", f"SELECT * FROM main.{table})"
        )

    with patch.object(limited, "_limited", broken), patch.object(limited, "_rewritten", {}):
        yield


# Streams, devices, tokens ------------------------------------------------------------------------

_SCREENS: Final = (screen_deviations, event_deviations)


def mutants_of_streams() -> Iterator[Mutant]:
    def all_of_it(self: Any, events: Any) -> Any:
        return list(events)

    def all_of_town(self: Any, events: Any) -> Any:
        return [event for event in events if event.municipality == self.municipality]

    def joins(actor: Any, _permission: Any, municipality: Any) -> Any:
        return access.Grant(access._KEY, actor, municipality)

    def joins_all(actor: Any, _permission: Any) -> Any:
        return access.SystemGrant(access._KEY, actor)

    yield Mutant("live: any stream", lambda: patch.object(web_live, "authorise", joins), _SCREENS)
    yield Mutant(
        "live: global for all",
        lambda: patch.object(web_live, "authorise_system", joins_all),
        _SCREENS,
    )
    yield Mutant("live: all events", lambda: patch.object(live.Screen, "seen", all_of_it), _SCREENS)
    yield Mutant("live: no zones", lambda: patch.object(live.Screen, "seen", all_of_town), _SCREENS)
    yield Mutant(
        "live: no incident is looked at",
        lambda: patch.object(
            horizon.Horizon, "shows", lambda _s, event, _e: event.type == "incident"
        ),
        _SCREENS,
    )
    whole = lambda self, municipality: self._history.of(municipality)  # noqa: E731
    yield Mutant(
        "history: no zones",
        lambda: patch.object(zoned_history.ZonedHistory, "of", whole),
        routes=frozenset({"/api/v1/analytics/trends"}),
        looks=(trend_deviations,),
    )


async def trend_deviations(world: World) -> list[str]:
    """Somebody limited counts the readings of their zones."""
    counted = {}
    for name in ("viewer", "limited", "limited token"):
        answer = await world.who(name).client.get("analytics/trends?days=1")
        counted[name] = (answer.body["readings"][0]["count"], answer.body["alerts"][0]["count"])
    readings = await world.weir.here.admin.get(f"sensors/{world.things['here']['sensor']}/readings")
    mine = int(readings.headers["X-Total-Count"])
    wrong = [n for n in ("limited", "limited token") if counted[n] != (mine, 1)]
    return [f"{name} counts {counted[name]}, not {mine}" for name in wrong]


def mutants_of_broker() -> Iterator[Mutant]:
    looks = (mqtt_deviations, will_deviations)

    def lets_in(actor: Any, _permission: Any, municipality: Any) -> Any:
        wanted = municipality if municipality is not None else actor.municipality
        return access.Grant(access._KEY, actor, wanted)

    def anything(*_: Any) -> bool:
        return True

    prefix = property(lambda _self: "m/0/")
    yield Mutant(
        "broker: no permission", lambda: patch.object(reception, "authorise", lets_in), looks
    )
    yield Mutant("broker: no walls", lambda: patch.object(topics.Walls, "prefix", prefix), looks)
    yield Mutant("broker: any filter", lambda: _any_filter(anything), looks)
    yield Mutant("broker: no zones", lambda: _no_zones(anything), looks)
    yield Mutant(
        "broker: zones know no alerts",
        lambda: patch.object(horizon.Horizon, "lets_hear", lambda s, t, p: t.startswith("alerts/")),
        looks,
    )


@contextmanager
def _any_filter(anything: Any) -> Iterator[None]:
    with patch("broker.free_topics.may_hear", anything):
        yield


@contextmanager
def _no_zones(anything: Any) -> Iterator[None]:
    with patch.object(subscriber_peer.Subscriber, "may_hear", anything):
        yield


def mutants_of_people() -> Iterator[Mutant]:
    looks = (promotion_deviations,)
    for module in (roles, tokens, users):
        yield Mutant(
            f"{module.__name__}: gives what one has not",
            lambda module=module: patch.object(module, "must_not_exceed", _no),
            looks,
        )
    yield Mutant(
        "tokens: more than their makers",
        lambda: patch.object(people.ApiToken, "as_actor", _alone),
        looks,
    )
    yield Mutant("zones of others can be named", _no_zone_check, looks)
    unproven = lambda self, digest: (k for ks in self.book.keys.values() for k in ks)  # noqa: E731
    yield Mutant(
        "devices: any key", lambda: patch.object(Registry, "_valid", unproven), (device_deviations,)
    )


@contextmanager
def _no_zone_check() -> Iterator[None]:
    with (
        patch.object(users, "must_all_be_zones", _no),
        patch.object(tokens, "must_all_be_zones", _no),
    ):
        yield


def _alone(token: Any, maker: Any) -> Any:
    mine = access.POLICY[token.role] if token.scopes is None else token.scopes
    role = Role.CUSTOM if token.scopes is not None else token.role
    del maker
    return access.Actor(
        token.created_by,
        token.name,
        role,
        token.municipality,
        token.id,
        own=mine,
        zones=token.zones,
    )


async def all_mutants(world: World, *, baseline: bool = True) -> tuple[list[Mutant], list[Cell]]:
    """Give every mutant, and the cells, those first that ask for another's.

    Those of the store are found by asking everything once, which `baseline` leaves out.
    """
    everything = sorted(cells(world), key=lambda cell: cell.whose, reverse=True)
    wrong = await noted_deviations(world, iter(everything)) if baseline else []
    if wrong:
        raise AssertionError(f"the matrix is not right without any fault: {wrong[:3]}")
    mutants = [
        *mutants_of_access(),
        *mutants_of_streams(),
        *mutants_of_broker(),
        *mutants_of_people(),
        *mutants_of_store(world),
    ]
    return mutants, everything
