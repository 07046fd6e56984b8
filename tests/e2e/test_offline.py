"""A phone without a connection: it opens, shows what was so, and loses nothing that is written on it."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.e2e.browsing import GONE, PHONE, Guard, axe
from tests.e2e.conftest import OpenAs, until_live
from tests.e2e.test_incidents import photo, report
from tests.e2e.towns import Town, Utility, made
from tests.running import PASSWORD, Running, running, start

WHILE_AWAY = GONE + r"|ERR_INTERNET_DISCONNECTED"


@pytest.fixture
def away(guard: Guard) -> None:
    """The console tells of every call that finds no server; that is what these tests are about."""
    guard.forgive(WHILE_AWAY)


def until(page: Page, expression: str) -> None:
    """Wait until something is so on the page; `wait_for_function` is against the content policy."""
    deadline = time.monotonic() + 20
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(100)


def kept(page: Page) -> Page:
    """Wait until this device has the program, and the situation of now."""
    until(page, "navigator.serviceWorker.controller !== null")
    until(
        page,
        """new Promise((resolve) => {
            const asked = indexedDB.open("weir");
            asked.onsuccess = () => {
                const names = asked.result.transaction("kept").objectStore("kept").getAllKeys();
                names.onsuccess = () => {
                    asked.result.close();
                    resolve(names.result.some((key) => key.endsWith("/situation")));
                };
            };
        })""",
    )
    return page


def waiting(page: Page, count: int) -> None:
    if count:
        expect(page.locator(f"[data-waiting='{count}']").first).to_be_visible()
    else:
        expect(page.locator("[data-waiting]")).to_have_count(0, timeout=40_000)


def incidents(town: Town) -> list[dict[str, Any]]:
    with town.api() as client:
        found: list[dict[str, Any]] = client.get("/incidents").json()
        return found


@pytest.mark.usefixtures("away")
def test_what_is_written_in_a_week_without_a_connection_arrives_once_and_in_order(
    here: Town, open_as: OpenAs, guard: Guard
):
    with here.api() as client:
        known = made(client, "/incidents", title="Known before")
    page = open_as(
        "technician", here, f"/incidents/{known['id']}", size=PHONE, service_workers="allow"
    )
    expect(page.get_by_role("heading", name="Known before")).to_be_visible()
    page.get_by_role("link", name="All incidents").click()
    expect(page.get_by_role("link", name="Known before")).to_be_visible()
    kept(page)
    context: BrowserContext = page.context
    context.set_offline(True)

    page.reload()
    expect(page.get_by_role("link", name="Known before")).to_be_visible()
    expect(page.get_by_text("No connection. This is from")).to_be_visible()
    report(page, "Water in the cellar")
    expect(page.get_by_text("Only this device knows it")).to_be_visible()
    page.get_by_label("Comment").fill("Ankle deep")
    page.get_by_role("button", name="Write it down").click()
    waiting(page, 3)
    axe(page)
    page.goto(f"{here.weir.url}/incidents/{known['id']}")
    page.get_by_role("button", name="Work on it").click()
    expect(page.get_by_text("waiting to become “In progress”")).to_be_visible()
    page.close()  # the phone's battery is empty

    assert_all_arrives(context, here)


def assert_all_arrives(context: BrowserContext, here: Town) -> None:
    """After a restart everything still waits; it arrives once there is a connection, once."""
    page = context.new_page()
    page.goto(f"{here.weir.url}/incidents")
    waiting(page, 4)
    assert [each["title"] for each in incidents(here)] == ["Known before"]
    context.set_offline(False)
    waiting(page, 0)
    until_live(page)
    new, old = incidents(here)
    assert (new["title"], old["status"]) == ("Water in the cellar", "in_progress")
    with here.api() as client:
        story = client.get(f"/incidents/{new['id']}/timeline").json()
    assert [each["kind"] for each in story] == ["reported", "attached", "commented"]


@pytest.mark.usefixtures("away")
def test_after_a_week_away_all_arrives_once_and_who_was_faster_is_told(
    utility: Utility, there: Town, open_as: OpenAs, guard: Guard
):
    guard.forgive("ERR_FAILED")
    town = utility.town("Far Hill", roles=("operator", "technician"))
    town.report(0.1)
    with town.api() as desk:
        incident = made(desk, "/incidents", title="Leak at the far hill")["id"]
    page = open_as(
        "technician", town, f"/incidents/{incident}", size=PHONE, service_workers="allow"
    )
    expect(page.get_by_role("heading", name="Leak at the far hill")).to_be_visible()
    kept(page)
    context = page.context
    page.route("**/comments?**", lose_the_answer)
    with page.expect_event("requestfailed", lambda each: "/comments" in each.url):
        comment(page, "Its answer was lost")
    waiting(page, 1)
    context.set_offline(True)
    page.unroute("**/comments?**")
    comment(page, "Written in the dead spot")
    page.get_by_role("button", name="Work on it").click()
    waiting(page, 3)
    acknowledge(page, town, "I can hear it hiss")
    waiting(page, 4)
    assert page.evaluate(AGE, WEEK) == 4
    page.close()  # and in the drawer for a week
    meanwhile(town, incident)
    back_after_a_week(context, town, incident)
    with there.api() as other:
        assert other.get("/incidents").json() == other.get("/alerts").json() == []


WEEK = 7 * 24 * 3_600_000
AGE = """(age) => new Promise((resolve) => {
    const asked = indexedDB.open("weir");
    asked.onsuccess = () => {
        const turn = asked.result.transaction("outbox", "readwrite");
        const all = turn.objectStore("outbox").getAll();
        all.onsuccess = () => {
            for (const item of all.result) {
                const triedAt = item.triedAt === null ? null : item.triedAt - age;
                turn.objectStore("outbox").put({ ...item, at: item.at - age, triedAt });
            }
        };
        turn.oncomplete = () => { asked.result.close(); resolve(all.result.length); };
    };
})"""
"""Makes what waits on the phone older: nothing else there knows how long it was away."""


def lose_the_answer(request: Route) -> None:
    """Let it reach the server, and the line break before the answer is back."""
    if request.request.method != "POST":
        request.continue_()
        return
    assert request.fetch().status == 201
    request.abort()


def comment(page: Page, words: str) -> None:
    page.get_by_label("Comment").fill(words)
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_role("list", name="What happened")).to_contain_text(words)


def acknowledge(page: Page, town: Town, note: str) -> None:
    page.goto(f"{town.weir.url}/alarms")
    page.locator("[data-alert]").click()
    page.get_by_role("button", name="With a note …").click()
    page.get_by_label("Note").fill(note)
    page.get_by_role("dialog").get_by_role("button", name="Acknowledge", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def meanwhile(town: Town, incident: int) -> None:
    """The desk does not wait for a phone in a drawer."""
    with town.api() as desk:
        (alert,) = desk.get("/alerts").json()
        act = f"/alerts/{alert['id']}/acknowledge"
        desk.post(act, json={"notes": "Seen at the desk"}).raise_for_status()
        path = f"/incidents/{incident}"
        desk.patch(path, json={"status": "in_progress"}).raise_for_status()
        desk.patch(path, json={"status": "resolved"}).raise_for_status()


def back_after_a_week(context: BrowserContext, town: Town, incident: int) -> None:
    page = context.new_page()
    page.goto(f"{town.weir.url}/incidents/{incident}")
    waiting(page, 4)
    context.set_offline(False)
    expect(page.get_by_text("2 need you.")).to_be_visible(timeout=40_000)
    faster = page.get_by_text(f"{town.person('operator')} had acknowledged")
    expect(faster).to_be_visible()
    waiting(page, 2)
    page.get_by_role("button", name="Look").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("may have arrived already")).to_be_visible()
    expect(dialog.get_by_text("Somebody else has set the status to “Resolved”")).to_be_visible()
    axe(page)
    for left in (1, 0):
        dialog.get_by_role("button", name="Discard").first.click()
        expect(dialog.get_by_role("button", name="Discard")).to_have_count(left)
    page.keyboard.press("Escape")
    waiting(page, 0)
    with town.api() as desk:
        story = desk.get(f"/incidents/{incident}/timeline").json()
        said = [each["note"] for each in story if each["kind"] == "commented"]
        assert said == ["Its answer was lost", "Written in the dead spot"]
        assert desk.get(f"/incidents/{incident}").json()["status"] == "resolved"
        (alert,) = desk.get("/alerts").json()
        steps = desk.get(f"/alerts/{alert['id']}/changes").json()[1:]
    assert [(each["kind"], each["note"]) for each in steps] == [
        ("moved", "Seen at the desk"),
        ("commented", "I can hear it hiss"),
    ]


@pytest.mark.usefixtures("away")
def test_a_report_that_was_only_begun_is_there_a_day_later(
    here: Town, there: Town, open_as: OpenAs, guard: Guard
):
    page = open_as("technician", here, "/incidents", size=PHONE, service_workers="allow")
    context = kept(page).context
    context.set_offline(True)
    begin_a_report(page)
    page.close()  # and the app is opened the next day

    page = context.new_page()
    page.goto(f"{here.weir.url}/incidents")
    page.get_by_role("list", name="Reports begun here").get_by_role("link").click()
    expect(page.get_by_label("What has happened?")).to_have_value("Hiss under the bridge")
    expect(page.get_by_role("radio", name="Critical")).to_be_checked()
    expect(page.get_by_label("Description")).to_have_value("Only at night")
    expect(page.locator("figure", has_text="bridge.png")).to_be_visible()
    expect(page.get_by_text("Begun on this device")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Report", exact=True).click()
    expect(page.get_by_text("Only this device knows it")).to_be_visible()
    context.set_offline(False)
    waiting(page, 0)
    page.goto(f"{here.weir.url}/incidents")
    expect(page.get_by_role("link", name=re.compile("Hiss under the bridge"))).to_have_count(1)
    expect(page.get_by_role("list", name="Reports begun here")).to_have_count(0)
    (made_now,) = [one for one in incidents(here) if one["title"] == "Hiss under the bridge"]
    assert (made_now["severity"], made_now["description"]) == ("critical", "Only at night")
    with there.api() as other:
        assert other.get("/incidents").json() == []


@pytest.mark.usefixtures("away")
def test_a_photo_alone_is_a_report_begun(here: Town, there: Town, open_as: OpenAs, guard: Guard):
    page = open_as("technician", here, "/incidents", size=PHONE, service_workers="allow")
    context = kept(page).context
    context.set_offline(True)
    page.get_by_role("button", name="New incident").click()
    page.get_by_label("Take a photo").set_input_files([photo("valve.png")])  # type: ignore[list-item]
    until(page, PHOTO_IS_KEPT)
    page.close()

    page = context.new_page()
    page.goto(f"{here.weir.url}/incidents")
    begun = page.get_by_role("list", name="Reports begun here")
    expect(begun.get_by_role("listitem")).to_have_count(1)
    begun.get_by_role("link").click()
    expect(page.locator("figure", has_text="valve.png")).to_be_visible()
    expect(page.get_by_label("What has happened?")).to_have_value("")
    page.get_by_role("button", name="Cancel").click()
    expect(begun).to_have_count(0)


def begin_a_report(page: Page) -> None:
    """Write, take a photo, and go no further."""
    page.get_by_role("button", name="New incident").click()
    page.get_by_label("What has happened?").fill("Hiss under the bridge")
    page.locator("label", has_text="Critical").click()
    page.get_by_label("Take a photo").set_input_files([photo("bridge.png")])  # type: ignore[list-item]
    expect(page.locator("figure", has_text="bridge.png")).to_be_visible()
    page.get_by_text("More", exact=True).first.click()
    page.get_by_label("Description").fill("Only at night")
    until(page, IS_KEPT)


IS_KEPT = """new Promise((resolve) => {
    const asked = indexedDB.open("weir");
    asked.onsuccess = () => {
        const all = asked.result.transaction("kept").objectStore("kept").getAll();
        all.onsuccess = () => {
            asked.result.close();
            const drafts = all.result.filter((one) => one.key.startsWith("draft/"));
            const says = drafts.some((one) => one.value.description === "Only at night");
            resolve(drafts.length === 2 && says);
        };
    };
})"""
"""Whether the words and the photos of the draft are on the device."""

PHOTO_IS_KEPT = IS_KEPT.replace(
    "resolve(drafts.length === 2 && says)",
    "resolve(drafts.some((one) => one.value[0]?.name === 'valve.png'))",
)


@pytest.mark.usefixtures("away")
def test_two_people_tick_off_a_checklist_one_of_them_without_a_connection(
    here: Town, there: Town, open_as: OpenAs, guard: Guard
):
    guard.forgive("status of 404")
    with here.api() as desk:
        incident = made(desk, "/incidents", title="Burst at the mill")["id"]
        path = f"/incidents/{incident}/checklist"
        texts = ("Shut valve 7", "Tell the school", "Stop pump 2")
        valve, school, pump = [made(desk, path, text=text)["id"] for text in texts]
        page = open_as(
            "technician", here, f"/incidents/{incident}", size=PHONE, service_workers="allow"
        )
        expect(page.get_by_role("checkbox", name="Stop pump 2")).to_be_visible()
        context = kept(page).context
        tick_without_a_connection(page)
        desk.patch(f"{path}/{school}", json={"done": True}).raise_for_status()
        for is_done in (True, False):  # done at the desk by mistake, and taken back
            desk.patch(f"{path}/{pump}", json={"done": is_done}).raise_for_status()
        page = context.new_page()
        page.goto(f"{here.weir.url}/incidents/{incident}")
        expect(page.get_by_role("checkbox", name="Set a barrier")).to_be_checked()
        context.set_offline(False)
        expect(page.get_by_text("1 needs you.")).to_be_visible(timeout=40_000)
        waiting(page, 1)
        expect(page.get_by_role("checkbox", name="Stop pump 2")).not_to_be_checked()
        expect(page.get_by_role("checkbox", name="Tell the school")).to_be_checked()
        items = desk.get(path).json()
    done = {item["text"]: item["done_by"] for item in items if item["done"]}
    assert set(done) == {"Shut valve 7", "Tell the school", "Set a barrier"}
    assert done["Shut valve 7"] == done["Set a barrier"] != done["Tell the school"]
    assert [each["id"] for each in items[:3]] == [valve, school, pump]
    with there.api() as other:
        assert other.get(path).status_code == 404


def tick_without_a_connection(page: Page) -> None:
    """Tick two items off, and a third that is itself written just now; then the battery is empty."""
    page.context.set_offline(True)
    page.get_by_label("Next step").fill("Set a barrier")
    page.get_by_role("button", name="Add", exact=True).first.click()
    for name in ("Shut valve 7", "Stop pump 2", "Set a barrier"):
        page.get_by_role("checkbox", name=name).click()
        expect(page.get_by_role("checkbox", name=name)).to_be_checked()
    waiting(page, 4)
    axe(page)
    page.close()


@pytest.mark.usefixtures("away")
def test_a_phone_starts_without_the_server_and_takes_up_where_it_was(
    tmp_path: Path, open_as: OpenAs, guard: Guard
):
    with running(tmp_path / "data") as first:
        town = Utility(first).town(roles=("operator", "technician"))
        town.report(3.0)
        page = open_as("technician", town, "/sensors", size=PHONE, service_workers="allow")
        expect(page.get_by_text("Mill Lane").first).to_be_visible()
        kept(page)
        first.stop()
        page.reload()
        expect(page.get_by_text("Mill Lane").first).to_be_visible()
        expect(page.get_by_text("No connection for").first).to_be_visible()
        page.goto(f"{first.url}/incidents")
        report(page, "Written while the server was off")
        expect(page.get_by_text("Only this device knows it")).to_be_visible()
        second: Running = start(first.folder, "--http", first.http)
        try:
            heading = page.get_by_role("heading", name="Written while the server was off")
            expect(page.locator("[data-detail]")).to_be_visible(timeout=40_000)
            expect(heading).to_be_visible()
            again = Town(
                second, town.id, town.name, town.number, town.sensor, town.device, town.key
            )
            assert len(incidents(again)) == 1
        finally:
            second.stop()


@pytest.mark.usefixtures("away")
def test_nothing_of_one_person_is_left_for_the_next(
    here: Town, there: Town, open_as: OpenAs, guard: Guard
):
    with here.api() as client:
        made(client, "/incidents", title="Secret of the first town")
    page = open_as("technician", here, "/incidents", size=PHONE, service_workers="allow")
    expect(page.get_by_role("link", name="Secret of the first town")).to_be_visible()
    kept(page)
    page.context.set_offline(True)
    report(page, "Never sent")
    waiting(page, 2)
    page.context.set_offline(False)
    waiting(page, 0)

    page.goto(f"{here.weir.url}/account")
    page.get_by_role("button", name="Sign out").last.click()
    page.get_by_label("Username").fill(there.operator)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    until_live(page)
    page.goto(f"{here.weir.url}/incidents")
    expect(page.get_by_text("No incidents.")).to_be_visible()
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_text("No incidents.")).to_be_visible()
    assert "Secret" not in page.content()
    left = page.evaluate(
        """() => new Promise((resolve) => {
            const asked = indexedDB.open("weir");
            asked.onsuccess = () => {
                const all = asked.result.transaction("kept").objectStore("kept").getAll();
                all.onsuccess = () => resolve(JSON.stringify(all.result));
            };
        })"""
    )
    assert "Secret" not in left
    assert "Mill Lane" not in left


@pytest.mark.usefixtures("away")
def test_signing_out_with_unsent_words_asks_first(here: Town, open_as: OpenAs, guard: Guard):
    page = open_as("technician", here, "/incidents", size=PHONE, service_workers="allow")
    guard.forgive("ERR_FAILED")
    page.route(
        "**/api/v1/incidents?**",
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    report(page, "Only here")
    waiting(page, 2)
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="My account").click()
    page.get_by_role("button", name="Sign out").last.click()
    dialog = page.get_by_role("dialog", name="Not everything has been sent")
    axe(page)
    dialog.get_by_role("button", name="Discard and sign out").click()
    expect(page.get_by_label("Username")).to_be_visible()


def test_it_can_be_installed(here: Town, open_as: OpenAs, guard: Guard):
    page = open_as("viewer", here, "/incidents", service_workers="allow")
    manifest = page.request.get(f"{here.weir.url}/manifest.webmanifest")
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    for icon in manifest.json()["icons"]:
        assert page.request.get(here.weir.url + icon["src"]).ok
    assert page.request.get(f"{here.weir.url}/sw.js").headers["cache-control"] == "no-cache"
    until(page, "navigator.serviceWorker.controller !== null")
    cached = page.evaluate(
        "caches.keys().then((names) => caches.open(names[0]))"
        ".then((cache) => cache.keys()).then((all) => all.map((each) => new URL(each.url).pathname))"
    )
    assert "/" in cached
    assert [path for path in cached if path.startswith(("/api", "/ws"))] == []
