"""The outside: doors for devices and people, and the ear for commands."""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from appliance.bootstrap.announcing import announcing
from appliance.bootstrap.bundles import Bundler
from appliance.bootstrap.core import Core
from appliance.bootstrap.listeners import Listeners, Start
from appliance.bootstrap.places import places
from appliance.config.configuration import Address, Configuration
from appliance.control.commands.audit import Auditors
from appliance.control.commands.backups import create
from appliance.control.commands.files import (
    export_readings,
    import_network,
    import_readings,
    import_sensors,
)
from appliance.control.commands.inspection import doctor, status, trace
from appliance.control.commands.keys import issue_keys
from appliance.control.commands.people import People
from appliance.control.commands.scrubbing import scrub
from appliance.control.desk import Command, Desk, Problem
from appliance.control.server import ControlServer
from appliance.domain.errors import StartRefused
from appliance.domain.forwarded import Proxies
from appliance.flow.reading_events import publish_alerts, withdraw_alerts
from appliance.flow.recovery import MOST_RETAINED, active_alerts
from appliance.health.base import Surroundings
from appliance.health.checks import run_checks
from appliance.machine.descriptors import raise_limit
from appliance.machine.folder import DataFolder
from appliance.services.assembly import Services, open_services
from appliance.services.diagnosis import Trouble
from appliance.services.signing_in.passwords import Passwords
from appliance.supervisor import Part
from broker.front_door import FrontDoor
from broker.http_front import fronts
from broker.line_door import LineDoor
from broker.options import DoorOptions, HttpOptions, LineOptions
from broker.ways import Way
from storage.export import FileExporter
from storage.gis.read import read_network_file
from web.app import create_app
from web.http.server import WebServer
from web.options import WebOptions


class Outside:
    """Everything through which others reach the core."""

    def __init__(self, configuration: Configuration, folder: DataFolder, core: Core) -> None:
        self._configuration = configuration
        self._folder = folder
        self._core = core
        self._listeners = Listeners(configuration, core.certificates)
        self._places = places(raise_limit())
        doors = DoorOptions(
            max_connections=self._places.mqtt,
            max_strangers=self._places.mqtt * 2 // 5,
            free_topics=configuration.mqtt_free_topics,
        )
        self._mqtt = FrontDoor(
            core.registry, core.intake, core.registry, core.clock, core.sessions, doors
        )
        core.registry.notify(self._mqtt.look_again)
        lines = LineOptions(max_connections=self._places.tcp, max_strangers=self._places.tcp // 2)
        self._tcp = LineDoor(core.registry, core.intake, core.clock, lines)
        self._services: Services | None = None
        self._web: WebServer | None = None
        self._control: ControlServer | None = None
        core.world.diagnosis.connect(self._troubles)

    @property
    def services(self) -> Services:
        """What people can ask for; there once the core has started."""
        if self._services is None:
            raise RuntimeError("the services are not open yet")
        return self._services

    def parts(self, *, doors: bool) -> list[Part]:
        """Give the parts in the order in which they start; without doors only commands get in."""
        inner = [Part("services", start=self._open_services)]
        if not doors:
            return inner
        return [
            *inner,
            Part("sessions", start=self._core.sessions.start, stop=self._core.sessions.stop),
            Part("certificates", self._core.certificates.start, self._core.certificates.run),
            Part("mqtt", self._start_mqtt, self._mqtt.run, self._mqtt.stop),
            *(self._further(n, self._mqtt.listen) for n in ("mqtts", "mqtt-ws", "mqtt-wss")),
            Part("tcp", self._start_tcp, self._tcp.run, self._tcp.stop),
            self._further("tcps", self._tcp.listen),
            Part("web", self._start_web, self._run_web, self._stop_web),
            announcing(self._configuration, self._listeners, self._folder),
            Part("control", self._start_control, stop=self._stop_control),
        ]

    async def _open_services(self) -> None:
        self._services = await open_services(replace(self._core.world, doors=self._doors))

    def _doors(self) -> dict[str, str]:
        return {name: str(address) for name, address in self._listeners.bound.items()}

    async def _start_mqtt(self) -> None:
        await self._listeners.open("mqtt", self._mqtt.start)
        self._core.watcher.connect(self._mqtt, self._core.deliverer.poke)
        relay = partial(publish_alerts, self._mqtt)
        active = await active_alerts(self._core.operations)
        relay(active)
        withdraw_alerts(self._mqtt, active, MOST_RETAINED)
        self._core.hub.connect(relay)

    async def _start_tcp(self) -> None:
        await self._listeners.open("tcp", self._tcp.start)

    def _further(self, name: str, start: Start) -> Part:
        """Give the part that opens a further way to a door, if its option is given."""
        return Part(name, start=partial(self._listeners.open, name, start))

    async def _start_web(self) -> None:
        options = WebOptions(origins=self._configuration.origins)
        proxies = Proxies(self._configuration.trusted_proxies)
        web = WebServer(create_app(self.services, options), proxies)
        most = self._places.http
        front = fronts(HttpOptions(max_connections=most, max_strangers=most // 2))

        async def listen(host: str, port: int, way: Way) -> int:
            return await web.listen(host, port, front(way))

        try:
            for name in ("http", "https"):
                await self._listeners.open(name, listen)
        except StartRefused:
            await web.stop()
            raise
        self._web = web

    async def _run_web(self) -> None:
        if self._web is not None:
            await self._web.run()

    async def _stop_web(self) -> None:
        if self._web is not None:
            await self._web.stop()

    async def _start_control(self) -> None:
        # An update stops this program, and starts the next one as this one was started.
        about = {
            "pid": os.getpid(),
            "arguments": sys.argv[1:],
            "http": str(self._listeners.bound["http"]),
        }
        self._control = ControlServer(self.desk(), self.commands(), self._folder.control, about)
        await self._control.start()

    async def _stop_control(self) -> None:
        if self._control is not None:
            await self._control.stop()

    def desk(self) -> Desk:
        """Give what commands work with."""
        core, scratch = self._core, self._folder.path / "tmp"
        scratch.mkdir(exist_ok=True)
        return Desk(
            world=core.world,
            walk=core.walk,
            read_network=read_network_file,
            exporter=FileExporter(),
            problems=self.problems,
            acknowledged_at=core.walk.acknowledged_at,
            told_at=core.watcher.told_at,
            scrub=core.scrub,
            backups=core.backups,
            scratch=scratch,
        )

    async def _troubles(self) -> list[Trouble]:
        return [Trouble(p.code, p.severity, p.what, p.hint) for p in await self.problems()]

    async def problems(self) -> list[Problem]:
        """Say what is wrong with the appliance now."""
        issues = await run_checks(
            Surroundings(
                world=self._core.world,
                folder=self._folder.path,
                listens_beyond_loopback=self.listens_beyond_loopback,
                mail_server=self._configuration.smtp_host,
                watched=lambda: self._core.watcher.sequence,
                watched_until=lambda: self._core.watcher.until,
                faults=self._core.passed_over,
                flaws=self._core.scrub.flaws,
                audit_wrongs=self._core.audit.wrongs,
                backups_in=self._configuration.backup_to,
                newest_backup=self._core.backups.newest,
            )
        )
        return [Problem(issue.code, issue.severity, issue.what, issue.hint) for issue in issues]

    @property
    def listens_beyond_loopback(self) -> bool:
        """Whether others on the network can connect, and listen in."""
        return self._listeners.plain_beyond_loopback

    @property
    def bound(self) -> Mapping[str, Address]:
        """Where each door listens, by option."""
        return self._listeners.bound

    @property
    def ready(self) -> str:
        """Name every listener, as the `ready` line does."""
        return self._listeners.ready

    def commands(self) -> Mapping[str, Command]:
        """Give the commands that can be carried out."""
        services = self.services
        people = People(services.setup, services.users, Passwords(), services.sign_in)
        auditors = Auditors(self._core.audit)
        return {
            "init": people.init,
            "user-list": people.list,
            "user-add": people.add,
            "user-enable": people.enable,
            "user-disable": people.disable,
            "user-password": people.password,
            "user-reset-totp": people.reset_totp,
            "user-sign-out": people.sign_out,
            "import-network": import_network,
            "import-sensors": import_sensors,
            "issue-keys": issue_keys,
            "import-readings": import_readings,
            "export-readings": export_readings,
            "audit-verify": auditors.verify,
            "audit-accept": auditors.accept,
            "audit-export": auditors.export,
            "backup-create": create,
            "doctor": doctor,
            "doctor-bundle": Bundler(self._configuration, self._folder, self._core).write,
            "scrub": scrub,
            "status": status,
            "trace": trace,
        }
