"""The application that is installed already: its pages come from a file, and it reads what `clients.md` says.

It is not ours to change. What it does is done here by a page of a `file://` origin in a real browser, with
the calls, the fields and the WebSocket that it has; whatever is missing is named.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.towns import Town, made
from tests.running import PASSWORD

APP = """
window.missing = [];
window.call = async (method, path, body, headers = {}) => {
    const answer = await fetch(`${window.base}/api/v1/${path}`, {
        method,
        headers: {
            ...(window.token && { Authorization: `Bearer ${window.token}` }),
            ...(body && { "Content-Type": "application/json" }),
            ...headers,
        },
        ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
};
window.read = (where, row, fields) => {
    const names = fields.split(" ");
    if (!row || typeof row !== "object") window.missing.push(`${where}: ${JSON.stringify(row)}`);
    else for (const name of names) if (row[name] === undefined) window.missing.push(`${where}: ${name}`);
    return row;
};
window.list = (where, answer, fields) => {
    if (!Array.isArray(answer.body)) window.missing.push(`${where}: no bare array`);
    else if (answer.body.length === 0) window.missing.push(`${where}: nothing in it`);
    else for (const row of answer.body) window.read(where, row, fields);
    return answer.body;
};
window.signIn = async (username, password) => {
    const { status, body } = await window.call("POST", "auth/login", { username, password });
    if (status !== 200) return { status, detail: body.detail };
    window.token = body.access_token;
    window.read("login", body, "access_token refresh_token token_type user");
    window.read("user", body.user, "id username email full_name is_super_admin municipality_id");
    return body;
};
window.watch = (path, token, limit) => new Promise((resolve) => {
    const heard = [];
    const at = window.base.replace("http", "ws");
    const socket = new WebSocket(`${at}/ws/${path}?token=${token}&replay_limit=${limit}`);
    window.heard = heard;
    socket.onmessage = (event) => {
        heard.push(JSON.parse(event.data));
        if (heard.length === 1) resolve(heard[0]);
    };
    socket.onclose = (event) => resolve({ closed: event.code });
});
"""
ALERT = (
    "id alert_type severity status title description created_at location sensor_id pipeline_id "
    "municipality_id acknowledged_at resolved_at"
)
SENSOR = (
    "id device_id name status protocol sensor_type location battery_level signal_strength "
    "last_reading_at last_reading municipality_id pipeline_id"
)
CONTROL_ROOM = f"""async ({{ sensor, municipality }}) => {{
    const {{ call, list, read }} = window;
    const sensors = list("sensors", await call("GET", "sensors"), "{SENSOR}");
    if (typeof sensors[0].sensor_type !== "string") window.missing.push("sensors: sensor_type as text");
    list("readings", await call("GET", `sensors/${{sensor}}/readings?hours=24&limit=10`),
        "id timestamp value unit is_anomaly quality_score");
    const [alert] = list("alerts", await call("GET", "alerts?limit=50&status=open&severity=critical"), "{ALERT}");
    read("summary", (await call("GET", "alerts/statistics/summary")).body, "total open critical high");
    const seen = await call("POST", `alerts/${{alert.id}}/acknowledge`, {{ notes: "seen" }});
    const mended = await call("POST", `alerts/${{alert.id}}/resolve`, {{ resolution_notes: "done" }});
    list("pipelines", await call("GET", "pipelines"), "id name geometry status diameter material municipality_id");
    const health = (await call("GET", "monitoring/health")).body;
    read("health", health.components.system, "cpu_percent memory_percent");
    read("health", health.components.sensors, "health_score");
    read("health", health.components.database, "status");
    const trends = (await call("GET", "analytics/trends?days=7")).body;
    for (const name of ["readings", "alerts"]) list("trends", {{ body: trends[name] }}, "date count");
    list("top alerts", await call("GET", "analytics/top-alerts?limit=5"), "name alert_count");
    const made = await call("POST", `alerts/${{alert.id}}/incident`, {{}});
    const line = (await call("GET", `geo/incidents/${{made.body.id}}/timeline?hours_before=2&resolution=5`)).body;
    read("timeline", line, "incident metadata timeline_events features related_alerts");
    read("timeline", line.incident, "title description severity created_at");
    read("timeline", line.metadata, "start_time incident_time");
    list("timeline events", {{ body: line.timeline_events }},
        "timestamp reading_count average_value anomaly_count sensors");
    for (const each of line.features) read("features", each.properties,
        "timestamp sensor_name value unit is_anomaly anomaly_score");
    return [seen.status, mended.status, health.status];
}}"""
SUPER_ADMIN = """async () => {
    const { call, read } = window;
    const stats = (await call("GET", "admin/system/stats")).body;
    read("stats", stats, "municipalities users sensors open_alerts");
    read("stats", stats.sensors, "total");
    const kind = { name: "Inflow", code: "inflow_app", unit: "m3/h", threshold_config: { min: 0, max: 90 } };
    return (await call("POST", "admin/sensor-types", kind)).status;
}"""
PHONE = """async ({ sensor, municipality }) => {
    const { call, list, read } = window;
    const one = (await call("GET", `sensors/${sensor}`)).body;
    read("sensor", one.sensor_type, "name unit");
    list("readings", await call("GET", `sensors/${sensor}/readings?hours=24&limit=50`), "timestamp value");
    await call("GET", "alerts?status=open&severity=critical&limit=50");
    const report = { title: "Water on the road", description: "by number 7", incident_type: "leak",
        severity: "high", municipality_id: municipality };
    const key = { "Idempotency-Key": "phone-1-17" };
    const first = await call("POST", "incidents", report, key);
    const again = await call("POST", "incidents", report, key);
    const same = await call("POST", "incidents", report);
    const listed = list("incidents", await call("GET", "incidents"),
        "id title description status notes sensor_name created_at");
    const changed = await call("PUT", `incidents/${first.body.id}`, { status: "in_progress", notes: "digging" });
    const phone = await call("POST", "notifications/register-device",
        { push_token: "ExponentPushToken[x]", platform: "android" });
    return {
        made: [first.status, again.body.id === first.body.id, same.body.id === first.body.id],
        count: listed.filter((each) => each.title === report.title).length,
        changed: [changed.status, changed.body.status, changed.body.notes],
        phone: phone.status,
    };
}"""


@pytest.fixture
def app(browser: Browser, here: Town, tmp_path: Path) -> Iterator[Page]:
    """The application's window: a page from disk."""
    file = tmp_path / "index.html"
    file.write_text(f"<!doctype html><title>Control room</title><script>{APP}</script>")
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    assert page.evaluate("location.origin") in {"null", "file://"}
    page.evaluate("base => { window.base = base; }", here.weir.url)
    yield page
    context.close()
    assert said == []


def sign_in(app: Page, username: str, password: str = PASSWORD) -> dict[str, Any]:
    found: dict[str, Any] = app.evaluate(
        "([name, password]) => window.signIn(name, password)", [username, password]
    )
    return found


def missing(app: Page) -> list[str]:
    found: list[str] = app.evaluate("window.missing")
    return found


def with_pipe(town: Town) -> None:
    line = {"type": "LineString", "coordinates": [[13.4, 52.5], [13.41, 52.51]]}
    with town.api("admin") as admin:
        made(admin, "/pipelines", name="Mill Main", geometry=line, diameter=150, material="PVC")


def test_the_control_room_app_reads_all_its_fields_from_a_page_on_disk(
    app: Page, here: Town, there: Town
):
    refused = sign_in(app, here.operator, "wrong")
    assert (refused["status"], isinstance(refused["detail"], str)) == (401, True)
    tokens = sign_in(app, here.operator)
    again = app.evaluate(
        "token => window.call('POST', 'auth/refresh', { refresh_token: token })",
        tokens["refresh_token"],
    )
    assert again["body"].keys() >= tokens.keys()
    app.evaluate("token => { window.token = token; }", again["body"]["access_token"])
    me = app.evaluate("window.call('GET', 'auth/me')")["body"]
    assert me["municipality_id"] == here.id
    with_pipe(here)
    here.report(3.0)
    here.report(0.4)
    said = {"sensor": here.sensor, "municipality": here.id}
    seen, mended, health = app.evaluate(CONTROL_ROOM, said)
    assert (seen, mended) == (200, 200)
    assert health in {"healthy", "warning"}
    sign_in(app, here.person("super_admin"))
    assert app.evaluate(SUPER_ADMIN) == 201
    assert missing(app) == []
    with there.api() as client:
        assert client.get("/alerts").json() == client.get("/incidents").json() == []


def test_it_hears_every_event_from_a_page_on_disk_and_nothing_of_its_neighbours(
    app: Page, here: Town, there: Town
):
    token = sign_in(app, here.operator)["access_token"]
    watch = "([path, token, limit]) => window.watch(path, token, limit)"
    assert app.evaluate(watch, [str(there.id), token, 50]) == {"closed": 1008}
    assert app.evaluate(watch, ["global", token, 50]) == {"closed": 1008}
    replay = app.evaluate(watch, [str(here.id), token, 50])
    assert (replay["type"], isinstance(replay["data"], list)) == ("replay", True)
    there.report(0.2)
    here.report(3.5)
    here.report(0.4)
    with here.api("technician") as client:
        made(client, "/incidents", title="Heard by the app")
    fields = {
        "sensor_reading": "sensor_id device_id value unit timestamp is_anomaly",
        "alert": "id alert_type severity status title sensor_id location created_at",
        "incident": "id title status",
    }
    heard = until_heard(app, *fields)
    of = {each["type"]: each["data"] for each in heard[1:]}
    for kind, names in fields.items():
        assert of[kind].keys() >= set(names.split()), kind
    readings = [each["data"] for each in heard if each["type"] == "sensor_reading"]
    assert {each["sensor_id"] for each in readings} == {here.sensor}
    assert app.evaluate(watch, [str(here.id), "nonsense", 50]) == {"closed": 1008}


def until_heard(app: Page, *kinds: str) -> list[dict[str, Any]]:
    """Wait until events of these kinds have come; give all."""
    for _ in range(200):
        heard: list[dict[str, Any]] = app.evaluate("window.heard")
        if {each["type"] for each in heard} >= set(kinds):
            return heard
        app.wait_for_timeout(50)
    raise AssertionError(f"not all of {kinds} were heard: {heard}")


def test_the_phone_app_may_send_everything_twice(app: Page, here: Town):
    here.report(3.1)
    sign_in(app, here.person("technician"))
    came = app.evaluate(PHONE, {"sensor": here.sensor, "municipality": here.id})
    assert missing(app) == []
    assert came["made"] == [201, True, True]
    assert came["count"] == 1
    assert came["changed"] == [200, "in_progress", "digging"]
    assert 200 <= came["phone"] < 300
