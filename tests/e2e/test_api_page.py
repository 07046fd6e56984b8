"""A newcomer finds an endpoint, its permission and its fields, and copies a curl line."""

import pytest

from tests.e2e.chromium import Browser
from tests.running import Running

ONE = "#patch_sensors_sensor"


@pytest.mark.parametrize("size", [(1366, 900), (390, 844)], ids=["desktop", "phone"])
def test_an_endpoint_is_found_and_its_curl_line_copied(
    weir: Running, chromium: Browser, size: tuple[int, int]
):
    page = chromium.page(size)
    page.goto(f"{weir.url}/api/docs")
    page.wait_for("document.querySelectorAll('details.operation').length > 100")
    page.fill("#search", "patch sensors")
    page.wait_for("document.querySelectorAll('details.operation:not([hidden])').length < 10")
    page.click(f"{ONE} summary")
    page.wait_for_text(ONE, "threshold_config")
    shown = page.text(ONE)
    assert "devices.manage" in shown
    assert "If-Match" in shown
    assert f"curl -X PATCH '{weir.url}/api/v1/sensors/SENSOR'" in shown
    page.click(f"{ONE} .curl button")
    page.wait_for_text(f"{ONE} .curl button", "Copied")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.foreign_requests(weir.url.removeprefix("http://")) == []
    assert page.complaints == []
