// Shows the page "My work" without a connection, as it was seen last, and sends the reports that were kept.

importScripts("/static/kept_reports.js");

const CACHE = "tend-work";
const TOO_SLOW = 4000;
// Pages hold what is known of leads. What is older is not shown, and deleted.
const LONGEST_KEPT = 24 * 60 * 60 * 1000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin) return;
  const isPage = event.request.mode === "navigate" && address.pathname.startsWith("/work/");
  if (isPage || address.pathname.startsWith("/static/")) event.respondWith(answer(event.request, address, isPage));
});

// The newest there is; what was seen last when there is no connection, or hardly one.
async function answer(request, address, isPage) {
  const name = isPage ? address.pathname : request.url;
  const cache = await caches.open(CACHE);
  const fresh = fetch(request).then(async (response) => {
    // A link that has ended takes what it had shown with it.
    if (isPage && [404, 410].includes(response.status)) await caches.delete(CACHE);
    else if (response.ok && !response.redirected) await cache.put(name, response.clone());
    if (isPage) await deleteOld(cache);
    return response;
  });
  const known = await cache.match(name);
  if (!known || (isPage && isOld(known))) return fresh;
  const late = new Promise((resolve) => setTimeout(() => resolve(known), TOO_SLOW));
  return Promise.race([fresh.catch(() => known), late]);
}

const isOld = (page) => Date.now() - Date.parse(page.headers.get("date") ?? "") > LONGEST_KEPT;

async function deleteOld(cache) {
  for (const request of await cache.keys()) {
    const page = new URL(request.url).pathname.startsWith("/work/") && (await cache.match(request));
    if (page && isOld(page)) await cache.delete(request);
  }
}

self.addEventListener("sync", (event) => {
  if (event.tag === "reports") event.waitUntil(sendInBackground());
});

// The browser asks again later when this fails.
async function sendInBackground() {
  await sendAlone();
  for (const page of await self.clients.matchAll()) page.postMessage("sent");
  if ((await allKept()).some((report) => !report.refused)) throw new Error("some reports wait for a connection");
}
