const TRIED = "weir.started-again";
const NOT_AGAIN_FOR = 60_000;

/**
 * A page that stays open over an update of the server (a wall does for months) knows names of files that
 * are no more. When one of them is missing the page starts again, and is the new one; at most once a minute,
 * and only while the server answers: else the browser's own page would be all that is left of it.
 */
export function startAgainAfterUpdates(): void {
  addEventListener("vite:preloadError", () => {
    const last = Number(sessionStorage.getItem(TRIED));
    if (Date.now() - last < NOT_AGAIN_FOR) return;
    void answers().then((isThere) => {
      if (!isThere) return;
      sessionStorage.setItem(TRIED, String(Date.now()));
      location.reload();
    });
  });
}

async function answers(): Promise<boolean> {
  try {
    return (await fetch(location.href, { method: "HEAD", cache: "no-store" })).ok;
  } catch {
    return false;
  }
}
