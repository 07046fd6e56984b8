"""Weir as a service of Windows: answers the service control manager while it serves.

Written after Microsoft's "Writing a ServiceMain Function" and "Service State Transitions"; the tests can't run it,
because no Windows is there. Through ctypes: for four functions no package is wanted.
"""

import asyncio
import ctypes
import sys
from collections.abc import Callable
from typing import Final

from appliance.config.configuration import Configuration
from appliance.machine.services import WINDOWS_NAME

OWN_PROCESS: Final = 0x10
STOPPED, START_PENDING, STOP_PENDING, RUNNING = 1, 2, 3, 4
ACCEPT_STOP: Final = 0x1
ACCEPT_SHUTDOWN: Final = 0x4
CONTROL_STOP, CONTROL_INTERROGATE, CONTROL_SHUTDOWN = 1, 4, 5
CALL_NOT_IMPLEMENTED: Final = 120
SERVICE_SPECIFIC: Final = 1066
LOG: Final = "service.log"
"""In the data folder: what a console would show. It is kept as it is: Weir says little."""
PATIENCE: Final = 30_000
"""Milliseconds that a start or a stop may take before the manager gives it up."""

Stop = Callable[[], None]
Serve = Callable[[Callable[[Stop], None]], int]
"""Serves until stopped, and gives the exit status; it hands over how it is stopped."""


class Status(ctypes.Structure):
    """SERVICE_STATUS."""

    _fields_ = [  # type: ignore[mutable-override]
        (name, ctypes.c_uint32)
        for name in ("kind", "state", "accepts", "exit", "own_exit", "checkpoint", "hint")
    ]


def status_of(state: int, result: int = 0) -> Status:
    """Give what the manager is told: when pending, also for how long."""
    pending = state in {START_PENDING, STOP_PENDING}
    accepts = ACCEPT_STOP | ACCEPT_SHUTDOWN if state == RUNNING else 0
    exit_code = SERVICE_SPECIFIC if result else 0
    return Status(
        OWN_PROCESS, state, accepts, exit_code, result, int(pending), PATIENCE if pending else 0
    )


class WindowsService:
    """One service in this process."""

    def __init__(self, tell: Callable[[Status], None], serve: Serve) -> None:
        self._tell_manager = tell
        self._serve = serve
        self._stop: Stop = _nothing
        self.result = 0

    def main(self) -> None:
        """Do what ServiceMain does: register, serve, say that it has stopped."""
        self._tell(START_PENDING)
        self.result = 1
        try:
            self.result = self._serve(self._started)
        finally:
            self._tell(STOPPED, self.result)

    def control(self, number: int) -> int:
        """Do what the manager asks for."""
        if number in {CONTROL_STOP, CONTROL_SHUTDOWN}:
            self._tell(STOP_PENDING)
            self._stop()
            return 0
        return 0 if number == CONTROL_INTERROGATE else CALL_NOT_IMPLEMENTED

    def _started(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._tell(RUNNING)

    def _tell(self, state: int, result: int = 0) -> None:
        self._tell_manager(status_of(state, result))


def run_as_service(configuration: Configuration) -> int:
    """Run until the manager stops it; 1 at once where no manager started this program."""
    if sys.platform == "win32":
        library = ctypes.WinDLL("advapi32", use_last_error=True)
        library.RegisterServiceCtrlHandlerExW.restype = ctypes.c_void_p
        handler_type = ctypes.WINFUNCTYPE(
            ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p
        )
        main_type = ctypes.WINFUNCTYPE(None, ctypes.c_uint32, ctypes.c_void_p)
        handles: list[int] = []

        def tell(status: Status) -> None:
            library.SetServiceStatus(ctypes.c_void_p(handles[0]), ctypes.byref(status))

        service = WindowsService(tell, _serving(configuration))
        handler = handler_type(lambda number, *_rest: service.control(number))

        def service_main(*_given: object) -> None:
            handles.append(library.RegisterServiceCtrlHandlerExW(WINDOWS_NAME, handler, None))
            service.main()

        class Entry(ctypes.Structure):
            _fields_ = (("name", ctypes.c_wchar_p), ("main", main_type))

        entries = (Entry * 2)(Entry(WINDOWS_NAME, main_type(service_main)), Entry())
        return service.result if library.StartServiceCtrlDispatcherW(entries) else 1
    return 1


def _serving(configuration: Configuration) -> Serve:
    from appliance.cli.serve import serve_until  # noqa: PLC0415  it loads all of Weir

    def serve(started: Callable[[Stop], None]) -> int:
        async def run() -> int:
            until, loop = asyncio.Event(), asyncio.get_running_loop()
            # Told before it's ready: reading a long journal takes longer than the manager waits.
            started(lambda: _soon(loop, until))
            return await serve_until(configuration, until, print)

        configuration.data.mkdir(parents=True, exist_ok=True)
        # A service has no console, and nobody who keeps what it prints.
        with (configuration.data / LOG).open("a", encoding="utf-8", buffering=1) as log:
            sys.stdout = sys.stderr = log
            return asyncio.run(run())

    return serve


def _soon(loop: asyncio.AbstractEventLoop, until: asyncio.Event) -> None:
    loop.call_soon_threadsafe(until.set)


def _nothing() -> None: ...
