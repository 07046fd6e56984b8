"""How many QoS 1 acks a second leave the front door when the intake settles at once.

    python -m tests.broker.load [connections] [window] [seconds]

The door runs in this process, the load generator in another. 100-byte payloads, no subscriber.
"""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE

from broker.codec.encode import encode
from broker.codec.packets import Connect, Publish
from tests.broker.doors import Doors, FakeIntake

TOPIC = "sensors/PS-001/data"
PAYLOAD = b'{"device_id": "PS-001", "timestamp": "2026-05-01T03:00:00Z", "value": 3.2, "unit": "bar"}'.ljust(
    100
)


class BatchingIntake(FakeIntake):
    """Settles all that came in one turn of the loop in the next, as a group commit would."""

    def take(self, message, settled):  # type: ignore[no-untyped-def]
        if not self.waiting:
            asyncio.get_running_loop().call_soon(self.settle)
        self.waiting.append(settled)
        return True


class Pump(asyncio.Protocol):
    """Keeps a window of messages unacknowledged; every ack lets the next message out."""

    def __init__(self, number: int, window: int, delays: list[float]) -> None:
        self.number, self.window, self.delays = number, window, delays
        self.acks = 0
        self.sent_at = 0.0
        self.message = encode(Publish(TOPIC, PAYLOAD, 1, packet_id=1))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.signed_in = False
        name = f"load-{self.number}"
        transport.write(
            encode(Connect(client_id=name, username="PS-001", password=b"key-of-PS-001"))
        )

    def data_received(self, data: bytes) -> None:
        if not self.signed_in:
            self.signed_in, data = True, data[4:]
            count = self.window
        else:
            count = len(data) // 4
            self.acks += count
            self.delays.append(time.perf_counter() - self.sent_at)
        self.sent_at = time.perf_counter()
        self.transport.write(self.message * count)


async def load(port: int, connections: int, window: int, seconds: float) -> None:
    loop, delays = asyncio.get_running_loop(), []
    pumps = [
        (await loop.create_connection(lambda n=n: Pump(n, window, delays), "127.0.0.1", port))[1]
        for n in range(connections)
    ]
    await asyncio.sleep(1)
    begin, before = time.perf_counter(), sum(pump.acks for pump in pumps)
    delays.clear()
    await asyncio.sleep(seconds)
    rate = (sum(pump.acks for pump in pumps) - before) / (time.perf_counter() - begin)
    delays.sort()
    p99 = delays[int(len(delays) * 0.99)] * 1_000
    sys.stdout.write(
        f"{connections} connections x window {window}: {rate:,.0f} acks/s, p99 {p99:.1f} ms\n"
    )


async def serve(connections: str, window: str, seconds: str) -> None:
    doors = Doors(intake=BatchingIntake())
    async with doors.open():
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.broker.load", "against", str(doors.port)),
            *(connections, window, seconds),
            stdout=PIPE,
        )
        output, _ = await process.communicate()
        sys.stdout.write(output.decode())


if __name__ == "__main__":
    if sys.argv[1:2] == ["against"]:
        port, connections, window, seconds = sys.argv[2:]
        asyncio.run(load(int(port), int(connections), int(window), float(seconds)))
    else:
        asyncio.run(serve(*(sys.argv[1:] + ["20", "1", "5"][len(sys.argv) - 1 :])))
