"""A running server with every listener there is, and the clients that people really use."""

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import paho.mqtt.client as paho
import pytest
import websockets

from tests.cli.test_serving import import_sensors
from tests.machine.test_certificates import Files
from tests.running import PASSWORD, Running, command, running, start

ALL = ("https", "mqtts", "mqtt-ws", "mqtt-wss", "tcps")


@dataclass
class Secure:
    """The server, what to trust, and a device's key."""

    weir: Running
    root: Path
    key: str

    @property
    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.root))

    def port(self, listener: str) -> int:
        return int(self.weir.further[listener].rpartition(":")[2])

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port('https')}"


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    folder = tmp_path_factory.mktemp("tls")
    data = folder / "data"
    listeners = [part for name in ALL for part in (f"--{name}", "127.0.0.1:0")]
    allowed = ["--http-from", "127.0.0.0/8", "--https-from", "127.0.0.1,10.0.0.0/8"]
    with running(data, *listeners, *allowed) as weir:
        keys = import_sensors(data, weir.municipality, "PS-1")
        answer = httpx.get(f"{weir.url}/api/v1/tls/root.crt")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/x-x509-ca-cert"
        root = folder / "root.crt"
        root.write_bytes(answer.content)
        yield Secure(weir, root, keys["PS-1"])
        assert weir.stop() == 0
        assert [line for line in weir.log.splitlines() if " INFO " not in line] == []


def test_the_ready_line_names_the_first_three_as_ever_and_then_the_others(secure: Secure) -> None:
    (line,) = (each for each in secure.weir.output.splitlines() if each.startswith("ready "))
    names = [part.partition("=")[0] for part in line.removeprefix("ready ").split()]
    assert names[:3] == ["http", "mqtt", "tcp"]
    assert set(names[3:]) == set(ALL)


def test_a_browser_that_trusts_the_root_has_the_page_and_the_api(secure: Secure) -> None:
    with httpx.Client(base_url=secure.url, verify=secure.trusting) as browser:
        assert browser.get("/").status_code == 200
        said = browser.get("/api/v1/tls").json()
        login = {"username": "ada", "password": PASSWORD}
        assert browser.post("/api/v1/auth/login", json=login).status_code == 200
    assert [pin.startswith("sha256/") for pin in said["pins"]] == [True, True]
    assert {"localhost", "127.0.0.1"} <= set(said["names"])
    assert said["own_authority"] is True
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(secure.url)


async def test_the_live_stream_runs_over_wss(secure: Secure) -> None:
    async with httpx.AsyncClient(base_url=secure.url, verify=secure.trusting) as api:
        login = {"username": "ada", "password": PASSWORD}
        token = (await api.post("/api/v1/auth/login", json=login)).json()["access_token"]
    url = f"{secure.url.replace('https', 'wss')}/ws/{secure.weir.municipality}?token={token}"
    async with websockets.connect(url, ssl=secure.trusting) as live, asyncio.timeout(10):
        assert json.loads(await live.recv())["type"] == "replay"


@pytest.mark.parametrize("way", ["mqtt", "mqtts", "mqtt-ws", "mqtt-wss"])
def test_paho_reports_with_every_qos_by_every_way(secure: Secure, way: str) -> None:
    client = paho.Client(
        paho.CallbackAPIVersion.VERSION2,
        client_id=way,
        transport="websockets" if "ws" in way else "tcp",
    )
    client.username_pw_set("PS-1", secure.key)
    if way in {"mqtts", "mqtt-wss"}:
        client.tls_set_context(secure.trusting)
    acknowledged, refused = threading.Semaphore(0), threading.Event()
    client.on_publish = lambda *_: acknowledged.release()
    client.on_connect_fail = lambda *_: refused.set()
    port = int(secure.weir.mqtt.rpartition(":")[2]) if way == "mqtt" else secure.port(way)
    client.connect("localhost" if "s" in way else "127.0.0.1", port)
    client.loop_start()
    try:
        big = json.dumps([{"value": 3.0, "timestamp": 1_790_000_000 + n} for n in range(1_000)])
        for qos in (0, 1, 2):
            client.publish("sensors/PS-1/data", big, qos)
            assert acknowledged.acquire(timeout=30)
    finally:
        client.disconnect()
        client.loop_stop()
    assert not refused.is_set()


def test_a_logger_sends_lines_over_tls(secure: Secure) -> None:
    line = json.dumps({"device_id": "PS-1", "api_key": secure.key, "value": 3.3}) + "\n"
    with (
        socket.create_connection(("127.0.0.1", secure.port("tcps")), timeout=30) as plain,
        secure.trusting.wrap_socket(plain, server_hostname="localhost") as wire,
    ):
        wire.sendall(line.encode() * 3)
        with wire.makefile("rb") as answers:
            assert all(b'"status":"ok"' in answers.readline() for _ in range(3))


def test_all_is_well_with_the_certificate(secure: Secure) -> None:
    problems = command(secure.weir.folder, "doctor", status=0)["problems"]
    assert [each for each in problems if each["code"] == "tls_certificate"] == []


def test_who_is_in_no_listed_network_is_hung_up_on_whatever_its_headers_say(
    tmp_path: Path,
) -> None:
    weir = start(
        *(tmp_path / "data", "--https", "127.0.0.1:0"),
        *("--http-from", "10.0.0.0/8", "--https-from", "10.0.0.0/8", "--mqtt-from", "10.0.0.0/8"),
    )
    try:
        forged = {
            "X-Forwarded-For": "10.0.0.1",
            "Forwarded": "for=10.0.0.1",
            "X-Real-IP": "10.0.0.1",
        }
        for url in (weir.url, f"https://{weir.further['https']}"):
            with pytest.raises(httpx.TransportError):
                httpx.get(f"{url}/healthz", headers=forged, verify=False)
        host, port = weir.mqtt.split(":")
        with socket.create_connection((host, int(port)), timeout=30) as device:
            assert device.recv(1) == b""
        assert weir.stop() == 0
    finally:
        weir.kill()
    assert weir.log.count("refused 127.0.0.1") == 3


def test_a_certificate_of_ones_own_is_served(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write("localhost")
    mine = ("--tls-cert", str(files.certificate), "--tls-key", str(files.key))
    weir = start(tmp_path / "data", "--https", "0.0.0.0:0", *mine)
    try:
        port = weir.further["https"].rpartition(":")[2]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        said = httpx.get(f"https://127.0.0.1:{port}/api/v1/tls", verify=context).json()
        assert (said["names"], said["own_authority"], said["root"]) == (["localhost"], False, None)
        assert httpx.get(f"{weir.url}/api/v1/tls/root.crt").status_code == 404
        assert "insecure" not in weir.output
        assert weir.stop() == 0
    finally:
        weir.kill()
