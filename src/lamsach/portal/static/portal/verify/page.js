// The page of the border officer: camera first, the answer over the whole screen, the next scan
// without a touch. Everything is judged here; nothing that is scanned leaves the device.

import { answerTo } from './answer.js';
import { fetchLists, keptLists, obstacle } from './lists.js';
import { Scanner } from './scanner.js';
import { prepare, signal } from './signals.js';

const SHOWN_AT_LEAST = 3000; // milliseconds
const GONE_AFTER = 2500; // without the code in sight
const AGAIN_AFTER = 300_000; // the same code, held there: judged anew
const FETCH_EVERY = 900_000;
const PAUSE = 60; // between two looks, so that the device stays cool

const find = (id) => document.getElementById(id);
const words = JSON.parse(find('words').textContent);
const page = document.body;
const answer = find('answer');

let lists = null;
// A kept list answers at once; what the site says since then follows within a moment.
const listsAreThere = keptLists(words.addresses).then((kept) => {
  useLists(kept);
  const fetched = refreshLists();
  return kept ?? fetched;
});
let present = { text: null, since: 0, seen: 0, kept: false };

function now() {
  return Date.now() / 1000;
}

function useLists(newest) {
  lists = newest ?? lists;
  find('lists').textContent = lists ? day(lists.validUntil) : '–';
  find('lists-line').hidden = false;
}

async function refreshLists() {
  useLists(await fetchLists(words.addresses));
  page.dataset.lists = obstacle(lists, now()) ?? 'ready';
}

/** A moment as people at any border read it, in the device's own time. */
function day(seconds) {
  const moment = new Date(seconds * 1000);
  if (Number.isNaN(moment.getTime())) return '';
  const two = (number) => String(number).padStart(2, '0');
  const date = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())];
  return `${date.join('-')} ${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** Judge a text and show the answer; `kept` until somebody goes on (a picture, pasted text). */
async function judge(text, kept) {
  present = { text, since: Date.now(), seen: Date.now(), kept };
  await listsAreThere;
  const found = await answerTo(text, lists, now());
  if (present.text === text) show(found);
}

function show({ verdict, code, moment, shown }) {
  page.dataset.verdict = verdict;
  answer.querySelectorAll('[data-verdict]').forEach((part) => {
    part.hidden = part.dataset.verdict !== verdict;
  });
  const [vi, en] = words.sentences[code ?? 'VALID'];
  find('reason-vi').textContent = vi;
  find('reason-en').textContent = en;
  find('reason-date').textContent = moment === null ? '' : day(moment);
  find('facts').hidden = shown === null;
  const facts = shown && {
    ...shown,
    product: shown.product && (words.products[shown.product] ?? shown.product),
    expires: day(shown.expires),
  };
  answer.querySelectorAll('[data-fact]').forEach((part) => {
    const value = facts?.[part.dataset.fact] ?? '';
    part.textContent = value;
    part.closest('[data-row]').hidden = value === '';
  });
  answer.hidden = false;
  answer.focus({ preventScroll: true });
  signal(verdict);
}

function clear() {
  answer.hidden = true;
  delete page.dataset.verdict;
  present = { text: null, since: 0, seen: 0, kept: false };
}

async function watch(scanner, video) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    if (document.hidden || present.kept) continue;
    const { text, failed } = await scanner.look(video);
    if (failed) return instead();
    const moment = Date.now();
    if (text && (text !== present.text || moment - present.since > AGAIN_AFTER)) {
      await judge(text, false);
    } else if (text) {
      present.seen = moment;
    } else if (
      present.text &&
      moment - present.since > SHOWN_AT_LEAST &&
      moment - present.seen > GONE_AFTER
    ) {
      clear();
    }
  }
}

/** Without a camera, or without a reader: picture and text remain. */
function instead() {
  page.dataset.camera = 'none';
  find('other').open = true;
}

async function begin() {
  const scanner = new Scanner();
  find('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    find('problem').hidden = true;
    const [picture] = find('picture').files;
    const text = find('text').value.trim();
    if (!text && !picture) return;
    const read = text ? { text } : await scanner.lookInto(picture).catch(() => ({ text: null }));
    if (read.text) await judge(read.text, true);
    find('problem').hidden = Boolean(read.text);
    find('form').reset();
  });
  find('picture').addEventListener('change', () => find('form').requestSubmit());
  find('next').addEventListener('click', clear);
  document.addEventListener('pointerdown', prepare);
  document.addEventListener('keydown', (event) => {
    prepare();
    if (event.key === 'Escape' && !answer.hidden) clear();
  });
  prepare();
  setInterval(refreshLists, FETCH_EVERY);
  window.addEventListener('online', refreshLists);
  try {
    const video = find('video');
    await scanner.open(video);
    find('other').open = false;
    page.dataset.camera = 'on';
    await watch(scanner, video);
  } catch {
    instead();
  }
}

if ('serviceWorker' in navigator) {
  navigator.serviceWorker.register(words.addresses.worker, { scope: words.addresses.page });
  Promise.all([navigator.serviceWorker.ready, listsAreThere]).then(() => {
    page.dataset.offline = 'ready';
  });
}
if ('DecompressionStream' in window && crypto.subtle) begin();
