"""Whoever reads another language meets no English sentence of the server on any screen."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from appliance.domain.readings import REMEDIES
from appliance.domain.titles import BUILT_IN
from tests.e2e.browsing import Guard
from tests.e2e.conftest import OpenAs, OpenPage, until_live
from tests.e2e.test_screens import FURTHER, REGISTRY, UI, go
from tests.e2e.towns import Town, Utility, made

SENSOR = "Calle 7"
WORDS = (
    "the is are was were this that with and of for from been which have not by on at below above"
)
OWN = {"fr": {"on"}, "pt": {"for"}}
"""Those of them that another language has too: “on attend”, “quando for”."""
ENGLISH = {
    language: re.compile(
        rf"\b({'|'.join(set(WORDS.split()) - OWN.get(language, set()))})\b", re.IGNORECASE
    )
    for language in ("es", "fr", "pt", "ar")
}
"""Words that no sentence of English does without, and that the other language has not."""

TEXTS = """() => {
  const apart = "[lang=en], code, pre, kbd, script, noscript, style, svg, [hidden]";
  const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (all.nextNode()) {
    const text = all.currentNode.textContent.trim(), holder = all.currentNode.parentElement;
    if (text && !holder.closest(apart)) found.push(text);
  }
  for (const each of document.querySelectorAll("[aria-label], [title], [placeholder]"))
    if (!each.closest(apart))
      for (const name of ["aria-label", "title", "placeholder"])
        if (each.getAttribute(name)) found.push(each.getAttribute(name));
  return found;
}"""


@pytest.fixture(scope="module")
def town(utility: Utility) -> Town:
    """A town in which Weir itself had something to say, of each kind."""
    town = utility.town(SENSOR, roles=("operator",))
    with town.api("super_admin") as admin:
        at = f"/sensors/{town.sensor}"
        limits = {"threshold_config": {"min": 1.5, "max": 5}}
        admin.patch(at, json=limits).raise_for_status()
        (own,) = [
            each
            for each in admin.get("/rules").json()
            if not each["built_in"] and each["municipality_id"] == town.id
        ]
        admin.patch(f"/rules/{own['id']}", json={"name": "Muy baja"}).raise_for_status()
    town.report(1.1)
    report = f"{town.weir.url}/api/v1/sensors/{town.device}/readings"
    headers = {"X-API-Key": town.key}
    assert httpx.post(report, headers=headers, content=b"{").status_code == 422
    assert httpx.post(report, headers=headers, json={"value": 1, "unit": "m3/h"}).status_code == 422
    return town


@pytest.fixture(scope="module")
def paths(town: Town) -> dict[str, str]:
    """All screens, tabs and details, with an incident that was made of an alarm."""
    with town.api() as client:
        alerts = client.get("/alerts").json()
        alert = next(each for each in alerts if each["alert_type"] == "out_of_range")
        body = {"title": None, "description": None, "incident_type": None, "notes": None}
        incident = made(client, f"/alerts/{alert['id']}/incident", **body)["id"]
    of = {"alert": alert["id"], "incident": incident, "sensor": town.sensor}
    registered = REGISTRY.findall((UI / "app" / "screens.ts").read_text(encoding="utf-8"))
    apart = {"/wall", "/about"}  # about: names of licences and of programs
    return {each: each.format(**of) for each in (*registered, *FURTHER) if each not in apart}


def sentences(language: str) -> dict[str, str]:
    """Give all strings of a catalogue that are more than one word and have no facts in them."""

    def walk(tree: dict[str, Any], before: str) -> Iterator[tuple[str, str]]:
        for key, value in tree.items():
            if isinstance(value, dict):
                yield from walk(value, f"{before}.{key}")
            elif " " in value and "{" not in value:
                yield f"{before}.{key}", value

    files = sorted((UI / "strings" / language).glob("*.json"))
    return {
        where: text
        for file in files
        for where, text in walk(json.loads(file.read_text(encoding="utf-8")), file.stem)
    }


def known_english(language: str) -> set[str]:
    """Give English sentences that the screens or the server have, and that this language says otherwise."""
    theirs = set(sentences(language).values())
    return ({*sentences("en").values(), *BUILT_IN.values(), *REMEDIES.values()}) - theirs


def english(page: Page, known: set[str], language: str) -> list[str]:
    """Give what is on the page that is or reads like English and does not say so by `lang`."""
    texts = set(page.evaluate(TEXTS))
    return sorted(
        each
        for each in texts
        if ENGLISH[language].search(each) or each in known or each.partition(":")[0] in known
    )


MISSING = r"Failed to load resource|net::ERR_|dynamically imported module|Unable to preload CSS"
IN_SPANISH = {
    "/alarms": "Fuera de los límites de operación: Calle 7",
    "/alarms/{alert}": "Fuera de los límites de operación: Calle 7",
    "/rules": "Presión inusual",
    "/sensors/{sensor}": "0 de 14 días",
    "/incidents/{incident}": "Fuera de los límites de operación: Calle 7",
    "/devices?tab=rejected": "Envíe una unidad de lo que mide el sensor",
}
"""What Weir itself had to say in this town, and where."""


@pytest.mark.parametrize("language", ["es", "fr", "pt", "ar"])
def test_no_screen_has_a_sentence_of_english(
    open_as: OpenAs, town: Town, paths: dict[str, str], guard: Guard, language: str
):
    guard.forgive(r"status of 404.*tls|tls.*status of 404")
    page = open_as("super_admin", town, "/about", language=language)
    page.evaluate("id => localStorage.setItem('weir.municipality', id)", str(town.id))
    page.reload()
    until_live(page)
    wrong, known = [], known_english(language)
    for path, address in paths.items():
        go(page, address, language)
        if language == "es" and path in IN_SPANISH:
            expect(page.get_by_text(IN_SPANISH[path]).first).to_be_visible()
        wrong += [f"{path}: {each}" for each in english(page, known, language)]
    for turn in ("alarms", "overview", "map", f"sensors:{town.sensor}"):
        on_the_wall(page, f"{town.weir.url}/wall?screens={turn}&every=3600", language)
        wrong += [f"the wall, {turn}: {each}" for each in english(page, known, language)]
    with town.api("super_admin") as client:
        client.patch("/preferences", json={"language": "en"}).raise_for_status()
    assert not wrong, "\n".join(wrong)


def on_the_wall(page: Page, address: str, language: str) -> None:
    """Open the wall with one of its screens, and wait until it has what it shows."""
    page.goto(address)
    until_live(page)
    expect(page.locator("main[data-turn]")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", language)
    catalogue = json.loads((UI / "strings" / language / "app.json").read_text(encoding="utf-8"))
    expect(page.get_by_text(catalogue["loading"])).to_have_count(0)


def refuse(page: Page, what: str) -> None:
    """Answer no question whether the server is there, and nothing whose address has `what` in it."""

    def away(route: Route) -> None:
        if route.request.method == "HEAD" or what in route.request.url:
            route.abort("connectionrefused")
        else:
            route.continue_()

    page.route("**/*", away)


def test_a_language_that_does_not_come_at_once_is_there_when_the_server_is(
    open_page: OpenPage, town: Town, guard: Guard
):
    guard.forgive(MISSING)
    page = open_page(town.weir.url)
    expect(page.get_by_label("Username")).to_be_visible()
    page.evaluate("() => localStorage.setItem('weir.preferences', '{\"language\": \"es\"}')")
    refuse(page, "/assets/language-es-")
    page.reload()
    expect(page.get_by_role("alert")).to_have_text(re.compile("Se intenta de nuevo"))
    page.wait_for_timeout(3000)  # so long nobody answers
    page.unroute_all()
    expect(page.get_by_label("Usuario")).to_be_visible()


def test_a_screen_whose_program_does_not_come_is_there_when_the_server_is(
    open_as: OpenAs, town: Town, guard: Guard
):
    guard.forgive(MISSING)
    page = open_as("operator", town, "/alarms", service_workers="block")
    refuse(page, "/assets/")
    page.get_by_role("link", name="Incidents").first.click()
    expect(page.get_by_role("alert").get_by_text("Trying again")).to_be_visible()
    page.wait_for_timeout(3000)
    page.unroute_all()
    expect(page.get_by_role("heading", name="Incidents").first).to_be_visible()
