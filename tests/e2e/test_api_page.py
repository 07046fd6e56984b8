"""A newcomer finds an endpoint, its permission and its fields, and copies a curl line."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browsing import DESK, PHONE, fits
from tests.e2e.conftest import OpenPage
from tests.running import Running

ONE = "#patch_sensors_sensor"


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desktop", "phone"])
def test_an_endpoint_is_found_and_its_curl_line_copied(
    weir: Running, open_page: OpenPage, size: tuple[int, int]
):
    page = open_page(f"{weir.url}/api/docs", size=size)
    operations = page.locator("details.operation")
    expect(operations.nth(100)).to_be_attached()
    page.locator("#search").fill("patch sensors")
    expect(page.locator("details.operation:not([hidden])").nth(10)).to_have_count(0)
    page.locator(f"{ONE} summary").click()
    shown = page.locator(ONE)
    expect(shown).to_contain_text("threshold_config")
    expect(shown).to_contain_text("devices.manage")
    expect(shown).to_contain_text("If-Match")
    expect(shown).to_contain_text(f"curl -X PATCH '{weir.url}/api/v1/sensors/SENSOR'")
    copy = shown.locator(".curl button")
    copy.click()
    expect(copy).to_have_text(re.compile("Copied"))
    assert fits(page)
