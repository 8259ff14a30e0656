/**
 * Replaces what a recording must not show: secrets, names, ids, addresses, and every value of a field that is not known.
 * The same value gets the same replacement, so that relations stay visible. A message keeps its words.
 */
import { SIZES } from '../../../src/model/ducklings.ts';
import { isJwt } from '../../../src/model/jwt.ts';
import { TOKEN_TYPES } from '../../../src/model/tokens.ts';

/** What the run is called in a recording: as long as any other, and as valid a part of a username. */
export const RECORDED_RUN = 'mdacc_live_20000101000000_00000000';

type Kind = 'secret' | 'id' | 'page' | 'email' | 'name';

/** How the value of a known field is shown. */
type Field = 'username' | 'name' | 'sent' | 'word' | 'code' | 'plain' | 'time' | 'message' | 'path' | 'type' | Kind;

/** The fields of the API. Of any other, only the type is shown. */
const FIELDS: Readonly<Record<string, Field>> = {
  username: 'username',
  email: 'email',
  first_name: 'type',
  last_name: 'type',
  id: 'id',
  roles: 'word',
  is_service_account: 'plain',
  is_deprovisioned: 'plain',
  users: 'plain',
  total_count: 'type',
  next_page_token: 'page',
  tokens: 'plain',
  token: 'secret',
  name: 'sent',
  description: 'sent',
  ttl: 'plain',
  expire_at: 'time',
  created_ts: 'time',
  read_only: 'plain',
  token_type: 'word',
  config: 'plain',
  read_write: 'plain',
  read_scaling: 'plain',
  instance_size: 'word',
  flock_size: 'plain',
  cooldown_seconds: 'plain',
  accounts: 'plain',
  ducklings: 'plain',
  type: 'word',
  status: 'word',
  message: 'message',
  code: 'code',
  data: 'plain',
  httpStatus: 'plain',
  issues: 'plain',
  path: 'path',
};

/** Words that may stand in quotes in a message, and as an element of an issue's path. */
const VOCABULARY: ReadonlySet<string> = new Set([
  ...Object.keys(FIELDS),
  ...SIZES,
  ...TOKEN_TYPES,
  ...['limit', 'page_token', 'MotherDuck Extension', 'MotherDuck Flights', 'true', 'false'],
]);

/** Roles, sizes, types and states that are known; another one is shown by its type. */
const WORDS: ReadonlySet<string> = new Set([
  ...SIZES,
  ...TOKEN_TYPES,
  ...['admin', 'builder', 'explorer', 'member', 'active', 'cooldown', 'rw'],
]);

export interface Known {
  /** The run's name, in whatever letters. */
  readonly run: string;
  /** Usernames and what is shown for each. */
  readonly usernames: ReadonlyMap<string, string>;
  /** What else must not be shown: secrets, hosts, names of the organization, words that the user gave. */
  readonly hidden: Iterable<string>;
}

export class Anonymous {
  readonly #run: string;
  readonly #usernames: ReadonlyMap<string, string>;
  readonly #hidden: readonly string[];
  readonly #shown = new Map<string, string>();
  readonly #counts = new Map<Kind, number>();
  /** What the run itself sent, which therefore is no secret. */
  readonly #sent = new Set<string>();

  constructor({ run, usernames, hidden }: Known) {
    this.#run = run;
    this.#usernames = new Map([...usernames].map(([name, shown]) => [name.toLowerCase(), shown]));
    this.#hidden = [...new Set(hidden)].filter((word) => word !== '').sort((a, b) => b.length - a.length);
  }

  /** Notes the names and descriptions in a request's body, which later are shown as they are. */
  noteSent(body: unknown): void {
    if (Array.isArray(body)) for (const each of body) this.noteSent(each);
    if (typeof body !== 'object' || body === null) return;
    for (const [key, value] of Object.entries(body)) {
      if (typeof value === 'string' && FIELDS[key] === 'sent') this.#sent.add(value);
      else this.noteSent(value);
    }
  }

  /** A value that is shown as its kind and a number. */
  replaced(kind: Kind, value: string): string {
    const key = value.toLowerCase();
    const known = this.#shown.get(key);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const shown = `<${kind === 'secret' && isJwt(value) ? 'jwt' : kind} ${count}>`;
    this.#shown.set(key, shown);
    return shown;
  }

  username(value: string): string {
    const own = this.#withoutRun(value);
    if (this.#isOwn(own)) return own;
    return this.#usernames.get(value.toLowerCase()) ?? this.replaced('name', value);
  }

  /** A body's JSON. */
  json(value: unknown, key?: string): unknown {
    const field = key === undefined ? 'plain' : this.#fieldOf(key, value);
    if (value === null) return null;
    if (field === undefined) return typeName(value);
    if (Array.isArray(value)) return value.map((each) => this.#element(each, key));
    if (typeof value === 'object') {
      if (field !== 'plain') return typeName(value);
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [this.#key(name), this.json(each, name)]));
    }
    return typeof value === 'string' ? this.#string(value, field) : this.#scalar(value, field);
  }

  /** A message or another text, with its words. */
  text(value: string): string {
    let text = value;
    const shown = [...this.#shown].sort(([a], [b]) => b.length - a.length);
    for (const [name, replacement] of shown) text = withoutWord(text, name, replacement);
    for (const word of this.#hidden) text = withoutWord(text, word, '<hidden>');
    for (const [name, replacement] of this.#usernames) text = withoutWord(text, name, replacement);
    text = this.#withoutRun(text);
    text = text.replace(
      /(["'`“‘])([^"'`“”‘’<>]{1,300})(["'`”’])/g,
      (all, open: string, inner: string, close: string) => (this.#isQuotable(inner) ? all : `${open}<text>${close}`),
    );
    for (const [pattern, replacement] of PATTERNS) {
      text = text.replace(pattern, (found) => (found.startsWith(RECORDED_RUN) ? found : replacement));
    }
    return text.replace(/\s+/g, ' ').slice(0, 300);
  }

  #isQuotable(word: string): boolean {
    return VOCABULARY.has(word) || this.#sent.has(word) || this.#isOwn(word) || PLACEHOLDER.test(word);
  }

  #isOwn(name: string): boolean {
    return new RegExp(`^${RECORDED_RUN}_(?:[A-Za-z0-9_-]{1,240}|é)$`).test(name);
  }

  /** An element of a list: an object, or a value of the list's field. */
  #element(value: unknown, key: string | undefined): unknown {
    if (typeof value === 'object') return Array.isArray(value) ? typeName(value) : this.json(value);
    if (key === 'path') return typeof value === 'number' || VOCABULARY.has(String(value)) ? value : typeName(value);
    const field = key === undefined ? undefined : FIELDS[key];
    return typeof value === 'string' && field === 'word' ? this.#string(value, field) : typeName(value);
  }

  #fieldOf(key: string, value: unknown): Field | undefined {
    const field = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
    // A field that should be a string, and is a list: its elements are of that kind.
    return field === 'plain' && typeof value === 'string' ? 'type' : field;
  }

  #scalar(value: unknown, field: Field): unknown {
    const isShown = field === 'plain' && (typeof value === 'boolean' || Math.abs(Number(value)) < 1e9);
    return isShown ? value : typeName(value);
  }

  #string(value: string, field: Field): unknown {
    if (value === '') return '';
    switch (field) {
      case 'username':
        return this.username(value);
      case 'id':
        return /^(rw|rs\.\d+)$/.test(value) ? value : this.replaced('id', value);
      case 'secret':
      case 'page':
      case 'email':
      case 'name':
        return this.replaced(field, value);
      case 'sent':
        return this.#sent.has(value) ? this.#withoutRun(value) : this.replaced('name', value);
      case 'word':
        return WORDS.has(value.toLowerCase()) ? value : typeName(value);
      case 'code':
        return /^[A-Z]+(_[A-Z]+)*$|^[a-z]+(_[a-z]+)*$/.test(value) && !this.#hides(value) ? value : typeName(value);
      case 'time':
        return timeFormat(value);
      case 'message':
        return this.text(value);
      case 'path':
        return /^(users|tokens|ducklings|instances|accounts|active_?accounts)\.[a-z]{1,40}$/i.test(value) &&
          !this.#hides(value)
          ? value
          : typeName(value);
      default:
        return typeName(value);
    }
  }

  /** Whether the value holds something that must not be shown. */
  #hides(value: string): boolean {
    return value.split('.').some((part) => this.text(part) !== part);
  }

  /** A field's name; not every one needs to be the API's. */
  #key(name: string): string {
    if (Object.hasOwn(FIELDS, name)) return name;
    return /^[A-Za-z][A-Za-z_]{0,40}$/.test(name) && !this.#hides(name) ? name : '<field>';
  }

  #withoutRun(text: string): string {
    if (this.#run === '') return text;
    return text.replace(new RegExp(escaped(this.#run), 'gi'), RECORDED_RUN);
  }
}

const PLACEHOLDER = /^<[a-z]+( \d+)?>$|^(person|account|left)_\d+$/;

/** What is no word of a message, whoever it is about. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, '<address>'],
  [/[\w.+-]+@[\w.-]+/g, '<email>'],
  [/\b[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}\b/g, '<jwt>'],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, '<address>'],
  [/\b(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?\b/gi, '<host>'],
  [/\b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{16,}\b/gi, '<text>'],
  [/\b\d{10,}\b/g, '<number>'],
];

/** `2026-11-29T10:00:00.000Z` as `<time 0000-00-00T00:00:00.000Z>`: its format stays. */
function timeFormat(value: string): string {
  return /^[\dTZ:.+ -]{8,40}$/.test(value) ? `<time ${value.replace(/\d/g, '0')}>` : '<string>';
}

export function typeName(value: unknown): string {
  return `<${value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value}>`;
}

/** Takes a word out of a text, in whatever letters; inside of a longer word only when it is no common one. */
function withoutWord(text: string, word: string, shown: string): string {
  if (word.length < 2 || !text.toLowerCase().includes(word.toLowerCase())) return text;
  const [before, after] = word.length < 8 ? ['(?<![\\p{L}\\p{N}_])', '(?![\\p{L}\\p{N}_])'] : ['', ''];
  const pattern = new RegExp(before + escaped(word) + after, 'giu');
  // What was replaced before is no text any more.
  return text.replace(new RegExp(`<[a-z]+ \\d+>|(?:${pattern.source})`, 'giu'), (found) =>
    /^<[a-z]+ \d+>$/.test(found) ? found : shown,
  );
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** A part of a path; as it is where it is no valid encoding. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
