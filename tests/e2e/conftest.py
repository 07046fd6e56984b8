"""The browser, and a utility with two municipalities on a really running appliance.

How a test of a screen is written:

    def test_…(here: Town, open_as: OpenAs, guard: Guard):
        page = open_as("operator", here, "/alarms", size=PHONE)   # signed in; the line is live
        here.report(1.2)                                          # its device reports; an alarm opens
        expect(page.get_by_role("listitem")).to_contain_text("Pressure too low")
        axe(page)                                                 # nothing that axe-core finds

Find things as a person does (`get_by_role`, `get_by_label`); wait by `expect(…)`, never by time, and
not by `page.wait_for_function`, which the content policy forbids (`page.evaluate` it allows). All
modules share one appliance (`weir`); each has its own towns `here` and `there` on it; where a test
needs a town that nobody else has touched, `utility.town()`. At the end of every test nothing may have been said in the
console and nobody else been asked; `guard.forgive(r"status of 409")` names what a test provokes.
"""

from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.browsing import DESK, PHONE, Guard, chromium
from tests.e2e.towns import ROLES, Town, Utility, made, signed_in
from tests.running import PASSWORD, ROOT, Running, running

__all__ = ["Browser", "OpenAs", "OpenPage", "Town", "Utility", "made", "signed_in"]

BUILT = ROOT / "web" / "static" / "index.html"
WITHIN = 20_000
"""Milliseconds; two cores do everything at once here."""

expect.set_options(timeout=WITHIN)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module; each page has a profile of its own.

    Not for longer: Playwright keeps an event loop running in this thread until it is closed, and no
    asyncio test of another folder can run beside that.
    """
    with chromium() as found:
        yield found


@pytest.fixture(scope="package")
def weir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One appliance for all of these tests, with the super admin `ada`."""
    if not BUILT.exists():
        pytest.fail("The screens have not been built; build them with: scripts/build-ui")
    with running(tmp_path_factory.mktemp("weir") / "data") as found:
        yield found


@pytest.fixture(scope="package")
def utility(weir: Running) -> Utility:
    return Utility(weir)


@pytest.fixture(scope="module")
def here(utility: Utility) -> Town:
    """The municipality that a test is about, with people of every role."""
    return utility.town(roles=ROLES)


@pytest.fixture(scope="module")
def there(utility: Utility) -> Town:
    """Another one, which must notice nothing."""
    return utility.town("Quay Street")


@pytest.fixture
def guard() -> Iterator[Guard]:
    """What went wrong on all pages of a test; at its end it must be nothing."""
    found = Guard()
    yield found
    found.must_be_clean()


class OpenPage(Protocol):
    """Opens a page in a fresh profile, as another person at another machine would have it."""

    def __call__(
        self,
        url: str,
        *,
        size: tuple[int, int] = DESK,
        kept: dict[str, Any] | None = None,
        **options: Any,
    ) -> Page:
        """`options` are Playwright's of a context (`locale`, `color_scheme`, `permissions`, …)."""


class OpenAs(Protocol):
    """Opens a page of somebody who is signed in, and waits until what is shown is live."""

    def __call__(
        self,
        role: str,
        town: Town,
        path: str = "/",
        *,
        size: tuple[int, int] = DESK,
        language: str | None = None,
        **options: Any,
    ) -> Page: ...


@pytest.fixture
def open_page(browser: Browser, guard: Guard) -> Iterator[OpenPage]:
    opened: list[BrowserContext] = []

    def open_page(
        url: str,
        *,
        size: tuple[int, int] = DESK,
        kept: dict[str, Any] | None = None,
        **options: Any,
    ) -> Page:
        options = {"locale": "en-GB", "timezone_id": "Europe/Berlin"} | options
        if size[0] <= PHONE[0]:
            options = {"has_touch": True, "is_mobile": True} | options
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, storage_state=kept, **options
        )
        opened.append(context)
        guard.watch(context, urlsplit(url).netloc)
        page = context.new_page()
        page.set_default_timeout(WITHIN)
        page.goto(url)
        return page

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture
def open_as(browser: Browser, open_page: OpenPage) -> OpenAs:
    def open_as(
        role: str,
        town: Town,
        path: str = "/",
        *,
        size: tuple[int, int] = DESK,
        language: str | None = None,
        **options: Any,
    ) -> Page:
        if language is not None:
            with town.api(role) as client:
                client.patch("/preferences", json={"language": language}).raise_for_status()
        kept = kept_session(browser, town.weir.url, town.person(role))
        page = open_page(town.weir.url + path, size=size, kept=kept, **options)
        until_live(page)
        return page

    return open_as


def until_live(page: Page) -> Page:
    """Wait until the live line says that what is shown is true now."""
    expect(page.locator("[data-state=live]").first).to_be_attached()
    return page


def kept_session(browser: Browser, url: str, username: str) -> dict[str, Any]:
    """Sign in and give what a browser keeps of it over a restart."""
    context = browser.new_context()
    answer = context.request.post(
        f"{url}/api/v1/auth/login",
        headers={"Origin": url},
        data={"username": username, "password": PASSWORD, "keep": "cookie"},
    )
    assert answer.ok, answer.text()
    kept: dict[str, Any] = dict(context.storage_state())
    context.close()
    was_in = {"name": "weir.was-in", "value": "yes"}
    kept["origins"] = [{"origin": url, "localStorage": [was_in]}]
    return kept
