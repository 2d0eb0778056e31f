// The service worker's part: after the first visit the page is there without a network. (The lists
// are kept by the page, lists.js.) `KEPT` and `STORE` come from the address that loads this.
/* global KEPT, STORE */

const LISTS_STORE = 'verify-lists';

self.addEventListener('install', (event) => {
  const keep = async () => {
    const store = await caches.open(STORE);
    await store.addAll(KEPT.map((address) => new Request(address, { cache: 'reload' })));
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener('activate', (event) => {
  const tidy = async () => {
    const ours = [STORE, LISTS_STORE];
    const old = (await caches.keys()).filter((name) => name.startsWith('verify-'));
    await Promise.all(old.filter((name) => !ours.includes(name)).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (KEPT.includes(pathname)) event.respondWith(kept(pathname, request));
});

async function kept(address, request) {
  const store = await caches.open(STORE);
  return (await store.match(address)) ?? fetch(request);
}
