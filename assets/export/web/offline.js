/* Keeps what this page is made of, so that it opens without a network afterwards. */

const NAME = "bonsai-@version@";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(clean()));
self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && new URL(event.request.url).origin === location.origin) event.respondWith(kept(event.request));
});

async function clean() {
  for (const name of await caches.keys()) if (name.startsWith("bonsai-") && name !== NAME) await caches.delete(name);
  await self.clients.claim();
}

async function kept(request) {
  const cache = await caches.open(NAME), found = await cache.match(request, { ignoreSearch: true });
  if (found) return found;
  const response = await fetch(request);
  if (response.status === 200) await cache.put(request, response.clone());
  return response;
}
