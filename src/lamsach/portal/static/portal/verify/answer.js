// The answer to a text: valid, invalid, or that nothing can be concluded. The same rule stands in
// `lamsach.portal.answers` for browsers without JavaScript.

import { eventOf } from '../hcert/dcc.js';
import { TrustList } from '../hcert/trust.js';
import { verify } from '../hcert/verify.js';
import { obstacle } from './lists.js';

// What only a present list, or a right clock, can tell. All else is wrong whatever the lists say.
const LISTS_DECIDE = [null, 'KEY_NOT_IN_TRUST_LIST'];
const CLOCK_DECIDES = [
  'PUBLIC_KEY_NOT_YET_VALID',
  'PUBLIC_KEY_EXPIRED',
  'CWT_NOT_YET_VALID',
  'CWT_EXPIRED',
];

/**
 * {verdict: 'valid'|'invalid'|'unknown', code, moment, shown}: `moment` (seconds) is the date that
 * goes with the reason, `shown` what to read off and compare with the travel document.
 */
export async function answerTo(text, lists, at) {
  const trust = lists?.trust ?? (await TrustList.read({}));
  const revocations = lists?.revocations ?? null;
  const { code, body, key, envelope } = await verify(text, trust, { at, revocations });
  const hindered = obstacle(lists, at);
  const shown = code === null ? facts(body, envelope) : null;
  const undecided =
    LISTS_DECIDE.includes(code) || (hindered === 'CLOCK_WRONG' && CLOCK_DECIDES.includes(code));
  if (hindered !== null && undecided) {
    const moment = hindered === 'LISTS_OLD' ? lists.validUntil : null;
    return { verdict: 'unknown', code: hindered, moment, shown };
  }
  const verdict = code === null ? 'valid' : 'invalid';
  return { verdict, code, moment: momentOf(code, key, envelope), shown };
}

function momentOf(code, key, envelope) {
  switch (code) {
    case 'PUBLIC_KEY_NOT_YET_VALID':
      return key.starts;
    case 'PUBLIC_KEY_EXPIRED':
      return key.ends;
    case 'CWT_NOT_YET_VALID':
      return Math.max(Number(envelope.issued ?? 0), Number(envelope.notBefore ?? 0));
    case 'CWT_EXPIRED':
      return Number(envelope.expires);
    default:
      return null;
  }
}

/** What a person at the counter compares: of a legal body only. */
function facts(body, envelope) {
  const { group, event } = eventOf(body);
  const names = body.get('nam');
  const latin = [names.get('fnt'), names.get('gnt')].filter(Boolean).join('<<');
  return {
    name: [names.get('fn'), names.get('gn')].filter(Boolean).join(' ') || latin,
    latin,
    birth: plain(body.get('dob')).slice(0, 10),
    group,
    product: group === 'v' ? event.get('mp') : null,
    dose: group === 'v' ? `${plain(event.get('dn'))}/${plain(event.get('sd'))}` : null,
    day: plain(event.get({ v: 'dt', t: 'sc', r: 'fr' }[group])).slice(0, 10),
    country: event.get('co'),
    issuer: event.get('is'),
    identifier: event.get('ci'),
    expires: Number(envelope.expires),
  };
}

/** A value without its tag or its form as a fraction, as text. */
function plain(value) {
  const inner = value !== null && typeof value === 'object' ? value.value : value;
  return inner !== null && typeof inner === 'object' ? plain(inner) : String(inner ?? '');
}
