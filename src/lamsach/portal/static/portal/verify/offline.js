// The service worker's part: after the first visit the page and both lists are there without a
// network. `KEPT`, `LISTS` and `STORE` come from the address that loads this.
/* global KEPT, LISTS, STORE */

const LISTS_STORE = 'verify-lists';
const PATIENCE = 4000; // milliseconds for a list before the kept one answers

self.addEventListener('install', (event) => {
  const keep = async () => {
    const store = await caches.open(STORE);
    await store.addAll(KEPT.map((address) => new Request(address, { cache: 'reload' })));
    await Promise.all(LISTS.map((address) => fetchList(address).catch(() => null)));
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
  if (LISTS.includes(pathname)) event.respondWith(listFirstFromNetwork(pathname));
  else if (KEPT.includes(pathname)) event.respondWith(kept(pathname, request));
});

async function kept(address, request) {
  const store = await caches.open(STORE);
  return (await store.match(address)) ?? fetch(request);
}

/** The list from the site; the kept one when there is no site within a few seconds. */
async function listFirstFromNetwork(address) {
  const store = await caches.open(LISTS_STORE);
  const known = await store.match(address);
  const fetched = fetchList(address);
  if (!known) return fetched;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, known));
  return Promise.race([fetched.catch(() => known), late]);
}

async function fetchList(address) {
  const response = await fetch(address, { cache: 'no-cache' });
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  const store = await caches.open(LISTS_STORE);
  await store.put(address, response.clone());
  return response;
}
