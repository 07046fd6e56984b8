// The service worker: keeps the program itself, never what the API says. The build fills in the first two lines.
const VERSION = "__VERSION__";
const FILES = __FILES__;
const NAME = `weir-${VERSION}`;

async function install() {
  const cache = await caches.open(NAME);
  // A file that a former version has too is not fetched again: its name tells its content.
  for (const name of FILES) {
    const known = name.startsWith("/assets/") ? await caches.match(name, { ignoreVary: true }) : undefined;
    if (known) await cache.put(name, known);
    else await cache.add(new Request(name, { cache: "no-cache" }));
  }
}

async function activate() {
  const ours = (await caches.keys()).filter((name) => name.startsWith("weir-") && name !== NAME);
  // The former version stays: a page that still runs it may need its parts.
  await Promise.all(ours.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function page() {
  return (await caches.match("/", { cacheName: NAME, ignoreVary: true })) ?? fetch("/");
}

// A file is the same in whatever form it is sent: what Vary says is no reason to ask again.
async function file(request) {
  const known = (await caches.match(request, { cacheName: NAME, ignoreVary: true })) ?? (await caches.match(request, { ignoreVary: true }));
  if (known) return known;
  const answer = await fetch(request);
  // Parts that were too large to fetch ahead (the map) are kept when they were first used.
  if (answer.ok && new URL(request.url).pathname.startsWith("/assets/")) {
    await (await caches.open(NAME)).put(request, answer.clone());
  }
  return answer;
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (/^\/(api|ws|metrics|healthz|openapi\.json|tls)\b/.test(pathname) || pathname.split("/").at(-1).includes(".")) return;
    event.respondWith(page());
  } else if (pathname.startsWith("/assets/") || FILES.includes(pathname)) event.respondWith(file(request));
});
