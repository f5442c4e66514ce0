/* Keeps what this page is made of, so that it opens without a network afterwards. */

const NAME = "bonsai-@version@";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(clean()));
self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && new URL(event.request.url).origin === location.origin) event.respondWith(kept(event));
});

async function clean() {
  for (const name of await caches.keys()) if (name.startsWith("bonsai-") && name !== NAME) await caches.delete(name);
  await self.clients.claim();
}

async function kept(event) {
  const cache = await caches.open(NAME), found = await cache.match(event.request, { ignoreSearch: true });
  if (found) return found;
  const response = await fetch(event.request);
  // kept while the page reads it: a long file shows how far it is, and one that breaks off is not kept
  if (response.status === 200) event.waitUntil(cache.put(event.request, response.clone()).catch(() => {}));
  return response;
}
