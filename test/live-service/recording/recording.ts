/** A recording: requests and answers of a run, without secrets and names, small enough for an issue. Pure. */
import { fieldOf, listOf } from '../raw-api.ts';
import { isLiveServiceAccount } from '../users.ts';
import { Anonymous, decoded, RECORDED_RUN, typeName } from './anonymous.ts';
import { CUT, type RecordedSettings, settingsOf } from './settings.ts';

/** A request and its answer as they were, with everything that must not be shown. */
export interface Exchange {
  /** Milliseconds since 1970, by the clock of the service. */
  readonly at: number;
  readonly method: string;
  /** The path and the query. */
  readonly target: string;
  readonly authorization: string | undefined;
  readonly requestBody: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Recorded {
  /** `POST /v1/users`, with the query. */
  readonly request: string;
  /** Left out: the Admin. `nobody`: no token. Else the secret of a token, or an unknown one. */
  readonly as?: string;
  readonly body?: unknown;
  readonly status: number;
  /** Left out where they are the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body's JSON, or what is said of another text. */
  readonly answer: unknown;
  /** Seconds since the recording began. */
  readonly after: number;
  /** How often the same was asked and answered, if more than once. */
  readonly times?: number;
}

/** How many users there were beside those of the run. */
export interface Others {
  readonly person: number;
  readonly account: number;
  readonly left: number;
}

export interface Recording {
  readonly recording: 1;
  readonly made_by: string;
  readonly of: 'MotherDuck' | 'a sandbox';
  readonly settings: RecordedSettings;
  readonly others: Others;
  /** Requests about the accounts of others, which were left out. */
  readonly left_out: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly exchanges: readonly Recorded[];
}

export interface RecordingOptions {
  readonly run: string;
  readonly admin: string;
  readonly made_by: string;
  /** What must not be shown, beside what is found in the exchanges. */
  readonly hidden: Iterable<string>;
  /** Whether repeats and requests about others stay. */
  readonly whole?: boolean;
}

const USUAL_HEADERS = { 'content-type': 'application/json', date: '<time>' };

export function recordingOf(exchanges: readonly Exchange[], options: RecordingOptions): Recording {
  const { usernames, names, others } = whoIsThere(exchanges, options.run);
  const hidden = [options.admin, ...options.hidden, ...names];
  const anonymous = new Anonymous({ run: options.run, usernames, hidden });
  const own = options.whole ? exchanges : exchanges.filter(({ target }) => !isAboutOthers(target, options.run));
  for (const { requestBody } of own) anonymous.noteSent(parsed(requestBody));
  const began = own[0]?.at ?? 0;
  const shown = () => own.map((exchange) => recorded(exchange, anonymous, options.admin, began));
  // Twice: an early message may repeat an id that only a later answer shows to be one.
  shown();
  const all = options.whole ? shown() : withoutRepeats(shown());
  return {
    recording: 1,
    made_by: options.made_by,
    of: exchanges.some(({ headers }) => headers.has('x-sandbox')) ? 'a sandbox' : 'MotherDuck',
    settings: settingsOf(all, others),
    others,
    left_out: exchanges.length - own.length,
    headers: USUAL_HEADERS,
    exchanges: all,
  };
}

/** One exchange a line, so that a difference between two recordings can be read. */
export function recordingText({ exchanges, ...head }: Recording): string {
  const start = JSON.stringify(head, undefined, 1).replace(/\n}$/, ',\n "exchanges": [\n');
  return `${start}${exchanges.map((each) => JSON.stringify(each)).join(',\n')}\n]}\n`;
}

/** A request that names an account which is not of the run. */
function isAboutOthers(target: string, run: string): boolean {
  const name = /^\/v1\/users\/([^/?]+)/.exec(target)?.[1];
  return name !== undefined && !decoded(name).toLowerCase().startsWith(`${run}_`);
}

function recorded(exchange: Exchange, anonymous: Anonymous, admin: string, began: number): Recorded {
  const { method, authorization, status, headers, text } = exchange;
  const bearer = /^Bearer +(.+)$/i.exec(authorization ?? '')?.[1];
  const body = parsed(exchange.requestBody);
  const as = bearer === undefined ? 'nobody' : bearer === admin ? undefined : anonymous.replaced('secret', bearer);
  const shownHeaders = headersOf(headers, anonymous);
  const isUsual = JSON.stringify(shownHeaders) === JSON.stringify(USUAL_HEADERS);
  return {
    request: `${method} ${targetOf(exchange.target, anonymous)}`,
    ...(as === undefined ? {} : { as }),
    ...(body === undefined ? {} : { body: anonymous.json(body) }),
    status,
    ...(isUsual ? {} : { headers: shownHeaders }),
    answer: answerOf(text, headers, anonymous),
    after: Math.max(0, Math.round((exchange.at - began) / 1000)),
  };
}

const QUERY: ReadonlySet<string> = new Set(['limit', 'is_service_account', 'is_deprovisioned']);

function targetOf(target: string, anonymous: Anonymous): string {
  const [path = '', query] = target.split('?');
  const [, version, users, username, rest, id, ...more] = path.split('/');
  const known = [version, users].join('/') === 'v1/users' || path === '/v1/active_accounts';
  if (!known || more.length > 0) return '/<path>';
  const shown = [
    '',
    version,
    users,
    ...(username === undefined ? [] : [encodeURIComponent(anonymous.username(decoded(username)))]),
    ...(rest === undefined ? [] : [rest === 'tokens' || rest === 'instances' ? rest : '<path>']),
    ...(id === undefined ? [] : [anonymous.replaced('id', decoded(id))]),
  ].join('/');
  if (query === undefined) return shown;
  const parameters = [...new URLSearchParams(query)].map(([name, value]) => {
    if (name === 'page_token') return `page_token=${anonymous.replaced('page', value)}`;
    return QUERY.has(name) && /^(\d{1,6}|true|false)$/.test(value) ? `${name}=${value}` : '<parameter>';
  });
  return `${shown}?${parameters.join('&')}`;
}

/** The headers that a client goes by; of those about rate limits the names. */
function headersOf(headers: Headers, anonymous: Anonymous): Record<string, string> {
  const type = headers.get('content-type');
  const retry = headers.get('retry-after');
  const shown: Record<string, string> = {};
  if (type !== null)
    shown['content-type'] = /^(application|text)\/[a-z+-]+(; ?charset=utf-8)?$/i.test(type) ? type : '<string>';
  if (headers.has('date')) shown.date = Number.isNaN(Date.parse(headers.get('date') ?? '')) ? '<string>' : '<time>';
  if (retry !== null)
    shown['retry-after'] = /^\d{1,6}$/.test(retry) ? retry : Number.isNaN(Date.parse(retry)) ? '<string>' : '<time>';
  for (const [name, value] of headers) {
    const isKnown = /^(x-)?rate-?limit(-[a-z]{1,20}){0,3}$/.test(name) && anonymous.text(name) === name;
    if (isKnown) shown[name] = /^\d+$/.test(value) ? '<number>' : '<string>';
  }
  return shown;
}

function answerOf(text: string, headers: Headers, anonymous: Anonymous): unknown {
  const json = parsed(text);
  if (json !== undefined) return withoutLongLists(anonymous.json(json));
  if (text === '') return '<nothing>';
  // A page of a proxy names its hosts.
  const isShort =
    text.length <= 100 && !/[<>]/.test(text) && (headers.get('content-type') ?? '').startsWith('text/plain');
  return isShort
    ? { text: anonymous.text(text) }
    : `<text of ${text.length > 1000 ? 'more than 1000' : 'up to 1000'} characters>`;
}

/** How many elements of a list are kept beside those that show a field or a type that no other does. */
const KEPT = 3;
/** Of a long list of users or accounts: those of the run, some others, and whatever is of another shape. */
function withoutLongLists(json: unknown): unknown {
  if (Array.isArray(json)) {
    const seen = new Set<string>();
    const kept = json.filter((each, index) => {
      const shapes = [...shapesOf(each), ...flagsOf(each)].filter((shape) => !seen.has(shape));
      for (const shape of shapes) seen.add(shape);
      return shapes.length > 0 || index < KEPT || JSON.stringify(each).includes(RECORDED_RUN);
    });
    const rest = json.length - kept.length;
    return [...kept.map(withoutLongLists), ...(rest === 0 ? [] : [`<and ${rest} more>`])];
  }
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, withoutLongLists(value)]));
}

/** What tells people, service accounts and deprovisioned users apart. */
function flagsOf(json: unknown): string[] {
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([name, value]) => (typeof value === 'boolean' ? [`${name} ${value}`] : []));
}

/** Every field with its type, as `ducklings[].id string`. */
export function shapesOf(json: unknown, path = ''): string[] {
  if (typeof json === 'string' && CUT.test(json)) return [];
  if (Array.isArray(json)) return [`${path} list`, ...json.flatMap((each) => shapesOf(each, `${path}[]`))];
  if (typeof json === 'object' && json !== null) {
    const fields = Object.entries(json).flatMap(([name, value]) =>
      shapesOf(value, path === '' ? name : `${path}.${name}`),
    );
    return [`${path} object`, ...fields];
  }
  return [`${path} ${shownType(json)}`];
}

/** The type of a value in a recording, where the type may stand for the value; a time's format is part of it. */
function shownType(value: unknown): string {
  if (value === null) return 'null';
  const stands = typeof value === 'string' ? /^<(string|number|boolean|object|list)>$/.exec(value)?.[1] : undefined;
  if (stands !== undefined) return stands;
  const time = typeof value === 'string' ? /^<time (.*)>$/.exec(value)?.[1] : undefined;
  return time === undefined ? typeName(value).slice(1, -1) : `time ${time}`;
}

/**
 * Drops what was asked and answered before, with a count. Only what changes nothing: a question, or what was refused.
 */
function withoutRepeats(exchanges: readonly Recorded[]): Recorded[] {
  const kept = new Map<string, { exchange: Recorded; times: number }>();
  for (const [index, exchange] of exchanges.entries()) {
    const { after: _, ...rest } = exchange;
    const changes = !exchange.request.startsWith('GET ') && exchange.status < 400;
    const key = changes ? String(index) : JSON.stringify(rest);
    const known = kept.get(key);
    if (known === undefined) kept.set(key, { exchange, times: 1 });
    else known.times += 1;
  }
  return [...kept.values()].map(({ exchange, times }) => (times === 1 ? exchange : { ...exchange, times }));
}

interface People {
  readonly usernames: ReadonlyMap<string, string>;
  /** First and last names. */
  readonly names: ReadonlySet<string>;
  readonly others: Others;
}

/** Who else is in the organization, by all lists of users together. */
function whoIsThere(exchanges: readonly Exchange[], run: string): People {
  const usernames = new Map<string, string>();
  const names = new Set<string>();
  const counts = { person: 0, account: 0, left: 0 };
  for (const { method, target, text } of exchanges) {
    if (method !== 'GET' || !/^\/v1\/users(\?|$)/.test(target)) continue;
    for (const user of listOf(parsed(text), 'users')) {
      const username = String(fieldOf(user, 'username') ?? '');
      for (const name of [fieldOf(user, 'first_name'), fieldOf(user, 'last_name')])
        if (typeof name === 'string') names.add(name);
      const key = username.toLowerCase();
      if (username === '' || usernames.has(key) || key.startsWith(`${run}_`)) continue;
      const isLeft = fieldOf(user, 'is_deprovisioned') === true;
      const kind = isLeft ? 'left' : isLiveServiceAccount(user) ? 'account' : 'person';
      counts[kind] += 1;
      usernames.set(key, `${kind}_${counts[kind]}`);
    }
  }
  return { usernames, names, others: counts };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
