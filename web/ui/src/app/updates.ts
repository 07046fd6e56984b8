const TRIED = "weir.started-again";
const NOT_AGAIN_FOR = 60_000;
/** For a page of which nothing, or not the screen that was asked for, can be shown. */
const NOT_AGAIN_SO_SOON = 5000;
const ASK_EVERY = 2000;

let isIncomplete = false;
let isAsking = false;

/**
 * A page that stays open over an update of the server (a wall does for months) knows names of files that
 * are no more. When one of them is missing the page starts again, and is the new one; at most once a minute,
 * and only while the server answers: else the browser's own page would be all that is left of it.
 */
export function startAgainAfterUpdates(): void {
  addEventListener("vite:preloadError", () => {
    isIncomplete = true;
    void startAgain(NOT_AGAIN_FOR);
  });
}

/** Whether a part of the program could not be had; a browser remembers that of it until the page starts again. */
export function lacksAPart(): boolean {
  return isIncomplete;
}

/** Start the page again as soon as the server answers; for one that can't go on as it is. Returns how to end it. */
export function startAgainWhenItAnswers(): () => void {
  const timer = setInterval(() => void startAgain(NOT_AGAIN_SO_SOON), ASK_EVERY);
  return () => clearInterval(timer);
}

async function startAgain(notAgainFor: number): Promise<void> {
  const last = Number(sessionStorage.getItem(TRIED));
  if (isAsking || Date.now() - last < notAgainFor) return;
  isAsking = true;
  if (await answers()) {
    sessionStorage.setItem(TRIED, String(Date.now()));
    location.reload();
  }
  isAsking = false;
}

async function answers(): Promise<boolean> {
  try {
    return (await fetch(location.href, { method: "HEAD", cache: "no-store" })).ok;
  } catch {
    return false;
  }
}
