// The EU Digital COVID Certificate, schema 1.3.3, as `lamsach.hcert.contents.dcc` reads it: the same
// checks, the same forgiveness. Lengths count characters as people do, not halves of them.

import { CborMap, Float, Tag, isInteger } from './cbor.js';

export const KEY = 1;

const GROUPS = ['v', 't', 'r'];
const MAX_TEXT = 80;
const VERSION = /^\d+[^\n]\d+[^\n]\d+$/u;
const BIRTH = /^(?:(?:19|20)\d\d(?:-\d\d){0,2})?$/;
const BIRTH_WITH_TIME = /^(?:19|20)\d\d-\d\d-\d\d[T ][^\n]{0,32}$/u;
const DAY = /^(\d{4})-(\d\d)-(\d\d)/;
const DATE_TIME = new RegExp(
  '^\\d{4}-\\d\\d-\\d\\d(?:[Tt ]\\d\\d(?::?\\d\\d(?::?\\d\\d(?:[.,]\\d{1,12})?)?)?' +
    '[ \\t\\n\\r\\f\\v]?(?:[Zz]|[+-]\\d\\d(?::?\\d\\d)?)?)?$',
);

const text = (value) => typeof value === 'string';
const short = (value) => text(value) && Array.from(value).length <= MAX_TEXT;
// The schema's pattern [A-Z]{1,10} has no anchors: any capital letter satisfies it.
const country = (value) => text(value) && /[A-Z]/.test(value);
const dose = (value) =>
  value instanceof Float
    ? Number.isInteger(value.value) && value.value >= 1
    : isInteger(value) && value >= 1;

/** A date, or a date and time in any of the forms that issuers wrote. */
function moment(value) {
  if (value instanceof Tag) {
    if (value.number === 1) return isInteger(value.value) || value.value instanceof Float;
    if (value.number !== 0) return false;
    return moment(text(value.value) ? value.value : null);
  }
  if (!text(value)) return false;
  const found = DAY.exec(value);
  if (!found || (value.length !== found[0].length && !DATE_TIME.test(value))) return false;
  const [year, month, day] = found.slice(1).map(Number);
  const last = [31, leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return year >= 1 && day >= 1 && day <= last;
}

function leap(year) {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const REQUIRED = {
  v: { tg: text, vp: text, mp: text, ma: text, dn: dose, sd: dose, dt: moment, co: country },
  t: { tg: text, tt: text, sc: moment, tr: text, co: country },
  r: { tg: text, fr: moment, co: country, df: moment, du: moment },
};
const OPTIONAL = { v: {}, t: { nm: short, ma: text, tc: short }, r: {} };
const ISSUER = { is: short, ci: short };

/** The groups that a certificate holds: what its key must be allowed to sign. */
export function kindsOf(body) {
  return GROUPS.filter((group) => body.get(group) !== null);
}

/** Whether the body is as the schema says. */
export function isLegal(body) {
  const version = body.get('ver');
  if (!text(version) || !VERSION.test(version)) return false;
  if (!namesAreLegal(body.get('nam')) || !birthIsLegal(body.get('dob'))) return false;
  const groups = kindsOf(body);
  if (groups.length !== 1) return false;
  const [group] = groups;
  const events = body.get(group);
  if (!Array.isArray(events) || events.length !== 1) return false;
  const [event] = events;
  if (!(event instanceof CborMap)) return false;
  const passes = ([field, check]) => check(event.get(field));
  return (
    Object.entries({ ...REQUIRED[group], ...ISSUER }).every(passes) &&
    Object.entries(OPTIONAL[group]).every((rule) => event.get(rule[0]) === null || passes(rule))
  );
}

/** The one event of a legal body, and its group. */
export function eventOf(body) {
  const [group] = kindsOf(body);
  return { group, event: body.get(group)[0] };
}

function namesAreLegal(names) {
  if (!(names instanceof CborMap)) return false;
  const given = ['fnt', 'gnt', 'fn', 'gn'].filter((field) => names.get(field) !== null);
  return given.every((field) => short(names.get(field))) && given.some((field) => field.length === 3);
}

function birthIsLegal(value) {
  const born = value instanceof Tag && value.number === 0 ? value.value : value;
  return text(born) && (BIRTH.test(born) || BIRTH_WITH_TIME.test(born));
}
