// Has Lighthouse judge pages of a running Weir, as somebody who is signed in sees them.
// usage: node judge.mjs <<< '{"chromium": …, "origin": …, "username": …, "password": …, "paths": {name: path}, "form": "desktop"}'
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The packages lie in a folder of their own, so that the checkout stays as it is.
const require = createRequire(`${process.env.LIGHTHOUSE_HOME}/`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { default: lighthouse, desktopConfig } = await load("lighthouse");
const { default: puppeteer } = await load("puppeteer-core");

const CATEGORIES = ["performance", "accessibility", "best-practices"];
const FIGURES = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "speed-index"];
const { chromium, origin, username, password, paths, form, flags } = JSON.parse(readFileSync(0, "utf8"));

const browser = await puppeteer.launch({ executablePath: chromium, args: flags, headless: true });
const told = {};
try {
  const page = await browser.newPage();
  await judge("sign-in", "/", { isFirst: true });
  await page.goto(origin);
  await page.evaluate(async (who) => {
    const answer = await fetch("/api/v1/auth/login", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...who, keep: "cookie" }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    localStorage.setItem("weir.was-in", "yes");
  }, { username, password });
  for (const [name, path] of Object.entries(paths)) await judge(name, path);
  // A phone on which it has been opened before: the program lies on it.
  if (form === "mobile") {
    for (const [name, path] of Object.entries(paths)) await judge(`${name} again`, path, { isKept: true });
  }

  async function judge(name, path, { isFirst = false, isKept = false } = {}) {
    await page.goto(isKept ? `${origin}${path}` : "about:blank");
    if (isKept) await page.evaluate(() => navigator.serviceWorker.ready.then(() => null));
    else {
      // The program's own cache would make every page but the first look faster than a first visit is.
      const tools = await page.createCDPSession();
      await tools.send("Storage.clearDataForOrigin", { origin, storageTypes: "service_workers,cache_storage" });
      await tools.send("Network.clearBrowserCache");
    }
    const { lhr } = await lighthouse(`${origin}${path}`, {
      onlyCategories: CATEGORIES, disableStorageReset: !isFirst, logLevel: "error", output: "json",
    }, form === "desktop" ? desktopConfig : undefined, page);
    const wrong = Object.values(lhr.categories).flatMap((category) => category.auditRefs.filter(({ id, weight }) => {
      const { score } = lhr.audits[id];
      return weight > 0 && score !== null && score < 0.9;
    }).map(({ id }) => ({ category: category.id, id, score: lhr.audits[id].score, title: lhr.audits[id].title, details: (lhr.audits[id].details?.items ?? []).slice(0, 5) })));
    told[name] = {
      scores: Object.fromEntries(Object.values(lhr.categories).map(({ id, score }) => [id, Math.round(score * 100)])),
      figures: Object.fromEntries(FIGURES.map((id) => [id, lhr.audits[id].numericValue])),
      wrong,
      problem: lhr.runtimeError?.message ?? null,
    };
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(told));
