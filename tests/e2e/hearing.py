"""Hears what a page plays: the samples that go to the loudspeaker, not what the page says of itself."""

import time

from playwright.sync_api import BrowserContext, Page

EAR = """(() => {
    const connect = AudioNode.prototype.connect;
    AudioNode.prototype.connect = function (to, ...rest) {
        if (to === this.context.destination) {
            window.ear = this.context.createAnalyser();
            connect.call(this, window.ear);
        }
        return connect.call(this, to, ...rest);
    };
    new MutationObserver(() => console.info(`sound ${document.documentElement.dataset.sound}`))
        .observe(document, { attributes: true, attributeFilter: ["data-sound"], subtree: true });
})()"""
LOUD = 0.05
_LEVEL = """() => {
    if (!window.ear) return 0;
    const samples = new Float32Array(window.ear.fftSize);
    window.ear.getFloatTimeDomainData(samples);
    return Math.max(...samples.map(Math.abs));
}"""


def listen(context: BrowserContext) -> None:
    """Listen to all pages that are opened here from now on."""
    context.add_init_script(EAR)


def hear(page: Page, within: float = 30.0) -> None:
    """Wait until the page can be heard; a tone is there in part of the time only."""
    deadline = time.monotonic() + within
    while page.evaluate(_LEVEL) < LOUD:
        assert time.monotonic() < deadline, "nothing is to be heard"
        page.wait_for_timeout(50)


def says_by_itself(page: Page, state: str, within: float = 15_000) -> None:
    """Wait until the page says this of its sound, without touching it.

    Whatever Playwright asks a page counts as a touch by the person there (`userGesture` of the
    protocol), and a touch is what lets a browser make sounds. The console can be read without.
    """
    page.wait_for_event("console", lambda said: said.text == f"sound {state}", timeout=within)
