/** Replays a recording in a new sandbox, and lists where the sandbox answers otherwise. */
import { Secret } from '../../../src/model/secret.ts';
import { TOKEN_TYPES, type TokenType } from '../../../src/model/tokens.ts';
import { counted } from '../../../src/model/wording.ts';
import type { SandboxResponse } from '../../../src/sandbox/endpoint.ts';
import type { Organization } from '../../../src/sandbox/organization.ts';
import { tooManyRequests } from '../../../src/sandbox/server.ts';
import { memorySandbox } from '../../sandbox/memory.ts';
import { fieldOf, listOf } from '../raw-api.ts';
import { decoded, RECORDED_RUN } from './anonymous.ts';
import { type Exchange, type Recorded, type Recording, recordingOf, shapesOf } from './recording.ts';
import { lengthOf } from './settings.ts';

export interface Difference {
  /** `status`, `code`, `message`, `field tokens[].id`, `header retry-after`. */
  readonly of: string;
  readonly recorded: string;
  readonly sandbox: string;
}

export interface Compared {
  readonly recorded: Recorded;
  /** Of the recording's exchanges, from 1. */
  readonly number: number;
  readonly differences: readonly Difference[];
}

const ADMIN = 'the-admin-token-of-a-replay';

/** Gives every exchange, with how the sandbox answers otherwise. */
export async function compare(recording: Recording): Promise<Compared[]> {
  const replay = new Replay(recording);
  await replay.populate();
  const replayed: Exchange[] = [];
  for (const exchange of recording.exchanges) replayed.push(await replay.ask(exchange));
  const listed = await replay.list();
  const whole = { run: RECORDED_RUN, admin: ADMIN, made_by: '', hidden: [], whole: true } as const;
  const { exchanges: answers } = recordingOf([...replayed, ...listed], whole);
  const users = usersByKind(answers);
  const shown = new Set<string>();
  return recording.exchanges.map((recorded, index) => {
    const answered = answers[index];
    const differences =
      answered === undefined
        ? []
        : [
            ...differencesOf(
              { ...recorded, answer: withoutUsers(recorded.answer) },
              { ...answered, answer: withoutUsers(answered.answer) },
              recording.headers,
            ),
            ...userDifferences(recorded.answer, answered.answer, users).filter((each) => isNew(each, shown)),
          ];
    return { recorded, number: index + 1, differences };
  });
}

/** Each list of users has the same ones, so that a difference in them is shown once. */
function isNew(difference: Difference, shown: Set<string>): boolean {
  const key = JSON.stringify(difference);
  return !shown.has(key) && shown.add(key) !== undefined;
}

/** The sandbox in which a recording is replayed, and what its replacements stand for there. */
class Replay {
  readonly #recording: Recording;
  readonly #organization: Organization;
  readonly #began: number;
  /** From a replacement, such as `<id 3>`, to the sandbox's value. */
  readonly #bound = new Map<string, string>();

  constructor(recording: Recording) {
    this.#recording = recording;
    this.#organization = memorySandbox({ ...recording.settings, adminToken: new Secret(ADMIN) });
    this.#began = this.#organization.now();
  }

  /** Makes as many other users as there were. The sandbox has its Admin already. */
  async populate(): Promise<void> {
    const { person, account, left } = this.#recording.others;
    for (let number = 2; number <= person; number += 1) await this.#organization.addHuman(`person_${number}`);
    for (let number = 1; number <= left; number += 1) {
      await this.#organization.addHuman(`left_${number}`);
      await this.#organization.deprovision(`left_${number}`);
    }
    await this.#organization.seed(account, { prefix: 'account_' });
  }

  /** Every user that is left in the sandbox. */
  async list(): Promise<Exchange[]> {
    const pages: Exchange[] = [];
    for (let next: unknown = ''; typeof next === 'string' && pages.length < 100; ) {
      const page = await this.#send(request('GET', `/v1/users?limit=1000${next && `&page_token=${next}`}`));
      pages.push(page);
      next = fieldOf(parsed(page.text), 'next_page_token');
    }
    return pages;
  }

  async ask(recorded: Recorded): Promise<Exchange> {
    const [method = '', target = ''] = recorded.request.split(/ (.*)/);
    const late = recorded.after - (this.#organization.now() - this.#began) / 1000;
    if (late > 0) await this.#organization.advance(Math.ceil(late));
    const isCounted = recorded.status === 429;
    if (target === '/v1/active_accounts' && !isCounted) await this.#wake(recorded.answer);
    const bearer = recorded.as === undefined ? ADMIN : recorded.as === 'nobody' ? null : this.#valueOf(recorded.as);
    const asked = request(method, this.#targetOf(target), recorded.body, bearer);
    // A request over the limit has no effect.
    if (isCounted) return this.#answered(asked, tooManyRequests(1));
    const exchange = await this.#send(asked);
    this.#bind(recorded.answer, parsed(exchange.text));
    return exchange;
  }

  /** Connects as the accounts that had a Duckling, since a recording has no connections. */
  async #wake(answer: unknown): Promise<void> {
    for (const account of listOf(answer, 'accounts')) {
      const username = String(fieldOf(account, 'username'));
      const types = TOKEN_TYPES.filter((type) =>
        listOf(account, 'ducklings').some((each) => fieldOf(each, 'type') === type),
      );
      // No read scaling before the first read/write connection.
      for (const type of TOKEN_TYPES) await this.#connect(username, type);
      for (const type of TOKEN_TYPES) if (!types.includes(type)) await this.#organization.sleep(username, type);
    }
  }

  async #connect(username: string, type: TokenType): Promise<void> {
    const tokens = () => this.#organization.inspect().accounts.find((account) => account.username === username)?.tokens;
    if (tokens() === undefined) return;
    const name = `replay ${type}`;
    await this.#organization.connect(await this.#organization.mint({ username, type, name }));
    const id = tokens()?.find((token) => token.name === name)?.id;
    await this.#send(request('DELETE', `/v1/users/${username}/tokens/${id}`));
  }

  async #send(asked: Asked): Promise<Exchange> {
    const { method, target, authorization, requestBody: body } = asked;
    return this.#answered(asked, await this.#organization.respond({ method, target, authorization, body }));
  }

  #answered(asked: Asked, { status, type, text, headers }: SandboxResponse): Exchange {
    const at = this.#organization.now();
    const date = new Date(at).toUTCString();
    return { ...asked, at, status, headers: new Headers({ date, 'content-type': type, ...headers }), text };
  }

  #targetOf(target: string): string {
    const [path = '', query] = target.split('?');
    const shown = path.split('/').map((part) => encodeURIComponent(this.#valueOf(decoded(part))));
    const parameters = query?.split('&').map((each) => {
      const [name = '', value = ''] = each.split('=');
      return `${name}=${encodeURIComponent(this.#valueOf(value))}`;
    });
    return shown.join('/') + (parameters === undefined ? '' : `?${parameters.join('&')}`);
  }

  #valueOf(replacement: string): string {
    if (!/^<(id|jwt|secret|page) \d+>$/.test(replacement)) return replacement;
    return this.#bound.get(replacement) ?? UNKNOWN[replacement.slice(1, 3)] ?? 'unknown';
  }

  /** Learns what replacements stand for, from an answer and the sandbox's. */
  #bind(recorded: unknown, answered: unknown): void {
    if (typeof recorded === 'string' && typeof answered === 'string') {
      if (/^<(id|jwt|secret|page) \d+>$/.test(recorded) && !this.#bound.has(recorded))
        this.#bound.set(recorded, answered);
    } else if (Array.isArray(recorded) && Array.isArray(answered)) {
      for (const [index, each] of recorded.entries()) this.#bind(each, counterpart(each, answered) ?? answered[index]);
    } else if (typeof recorded === 'object' && recorded !== null) {
      for (const [name, each] of Object.entries(recorded)) this.#bind(each, fieldOf(answered, name));
    }
  }
}

type Asked = Pick<Exchange, 'method' | 'target' | 'authorization' | 'requestBody'>;

/** @param bearer null: none */
function request(method: string, target: string, body?: unknown, bearer: string | null = ADMIN): Asked {
  const authorization = bearer === null ? undefined : `Bearer ${bearer}`;
  return { method, target, authorization, requestBody: body === undefined ? '' : JSON.stringify(body) };
}

/** An id that is nowhere. */
const UNKNOWN: Readonly<Record<string, string>> = { id: '00000000-0000-4000-8000-000000000000' };

/** The element of a list of the same name. */
function counterpart(element: unknown, list: readonly unknown[]): unknown {
  const key = ['username', 'name'].find((name) => fieldOf(element, name) !== undefined);
  return key === undefined ? undefined : list.find((each) => fieldOf(each, key) === fieldOf(element, key));
}

function differencesOf(recorded: Recorded, answered: Recorded, usual: Recording['headers']): Difference[] {
  const found: Difference[] = [];
  const compareShown = (of: string, one: unknown, other: unknown) => {
    const [a, b] = [unnumbered(one), unnumbered(other)];
    if (a !== b) found.push({ of, recorded: a ?? 'none', sandbox: b ?? 'none' });
  };
  compareShown('status', recorded.status, answered.status);
  for (const name of ['code', 'message'])
    compareShown(name, fieldOf(recorded.answer, name), fieldOf(answered.answer, name));
  const [headers, own] = [recorded.headers ?? usual, answered.headers ?? usual];
  for (const name of new Set([...Object.keys(headers), ...Object.keys(own)]))
    compareShown(`header ${name}`, headerOf(headers, name), headerOf(own, name));
  // Two answers that mean different things have other fields for that reason alone.
  if (recorded.status !== answered.status) return found;
  found.push(...shapeDifferences(recorded.answer, answered.answer));
  if (recorded.request.includes(RECORDED_RUN)) found.push(...valueDifferences(recorded.answer, answered.answer));
  return found;
}

/** Which users are on a page, and whether another one follows, depends on who is there: users are compared by themselves. */
function withoutUsers(answer: unknown): unknown {
  if (!Array.isArray(fieldOf(answer, 'users'))) return answer;
  const next = fieldOf(answer, 'next_page_token');
  const isPage = next === null || (typeof next === 'string' && next !== '');
  return { ...(answer as object), users: [], ...(isPage ? { next_page_token: null } : {}) };
}

/** `own`: of the run. */
type UserKind = 'own' | 'person' | 'account' | 'left';

function kindOf(user: unknown): UserKind | undefined {
  const username = String(fieldOf(user, 'username'));
  if (username.startsWith(RECORDED_RUN)) return 'own';
  return (['person', 'account', 'left'] as const).find((kind) => new RegExp(`^${kind}_\\d+$`).test(username));
}

/** The types of the sandbox's users, by kind. */
function usersByKind(answers: readonly Recorded[]): ReadonlyMap<UserKind, ReadonlyMap<string, readonly string[]>> {
  const kinds = new Map<UserKind, unknown[]>();
  for (const user of answers.flatMap(({ answer }) => listOf(answer, 'users'))) {
    const kind = kindOf(user);
    const same = kind && kinds.get(kind);
    if (same !== undefined) same.push(user);
    else if (kind !== undefined) kinds.set(kind, [user]);
  }
  return new Map([...kinds].map(([kind, of]) => [kind, typesOf(of)]));
}

/** What a recorded user has that no user of that kind has in the sandbox, or lacks that all have. */
function userDifferences(recorded: unknown, answered: unknown, kinds: ReturnType<typeof usersByKind>): Difference[] {
  return listOf(recorded, 'users').flatMap((user) => {
    const kind = kindOf(user);
    const known = kind && kinds.get(kind);
    if (kind === undefined || known === undefined) return [];
    const types = typesOf([user]);
    const found: Difference[] = [];
    for (const path of new Set([...types.keys(), ...known.keys()])) {
      const [a, b] = [types.get(path) ?? [], known.get(path) ?? []];
      const isIn = a.length > 0 && a.every((type) => b.includes(type));
      const isInEmptyList = path.lastIndexOf('[]') > 0 && (a.length === 0 || b.length === 0);
      if (isIn || isInEmptyList) continue;
      const of = `field users${path} of ${KINDS[kind]}`;
      found.push({ of, recorded: a.join(' or ') || 'none', sandbox: b.join(' or ') || 'none' });
    }
    const other = kind === 'own' ? counterpart(user, listOf(answered, 'users')) : undefined;
    return [...found, ...(other === undefined ? [] : valueDifferences(user, other, 'users'))];
  });
}

const KINDS: Readonly<Record<UserKind, string>> = {
  own: "the run's account",
  person: 'a person',
  account: 'a service account',
  left: 'a deprovisioned user',
};

function headerOf(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(headers, name) ? headers[name] : undefined;
}

/** Fields that only one has, and fields of other types. Elements of a list are compared where both have some. */
function shapeDifferences(recorded: unknown, answered: unknown): Difference[] {
  const [one, other] = [typesOf(recorded), typesOf(answered)];
  const found: Difference[] = [];
  for (const path of new Set([...one.keys(), ...other.keys()])) {
    const [a, b] = [one.get(path), other.get(path)];
    if (a?.join() === b?.join()) continue;
    const list = path.slice(0, Math.max(0, path.lastIndexOf('[]')));
    const isInEmptyList =
      path.includes('[]') && [one, other].some((types) => types.has(list) && !types.has(`${list}[]`));
    const parent = path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '';
    const isInMissing = parent !== '' && [one, other].some((types) => !types.has(parent));
    if (isInEmptyList || isInMissing) continue;
    found.push({
      of: path === '' ? 'body' : `field ${path}`,
      recorded: a?.join(' or ') ?? 'none',
      sandbox: b?.join(' or ') ?? 'none',
    });
  }
  return found;
}

/** The types of each field, in alphabetical order. */
function typesOf(json: unknown): Map<string, string[]> {
  const types = new Map<string, string[]>();
  for (const shape of shapesOf(json)) {
    const [path = '', type = ''] = shape.split(/ (.*)/);
    const known = types.get(path) ?? [];
    if (!known.includes(type)) types.set(path, [...known, type].sort());
  }
  return types;
}

/** What an account of the run has otherwise: sizes, numbers, switches, and how many tokens. */
function valueDifferences(recorded: unknown, answered: unknown, path = ''): Difference[] {
  if (Array.isArray(recorded) && Array.isArray(answered)) {
    if (path.endsWith('path') || path.endsWith('issues')) return [];
    const [count, own] = [lengthOf(recorded), lengthOf(answered)];
    if (count !== own) return [{ of: `length of ${path}`, recorded: String(count), sandbox: String(own) }];
    return recorded.flatMap((each, index) =>
      valueDifferences(each, counterpart(each, answered) ?? answered[index], `${path}[${index}]`),
    );
  }
  if (typeof recorded === 'object' && recorded !== null && typeof answered === 'object' && answered !== null) {
    return Object.entries(recorded).flatMap(([name, value]) =>
      name === 'code' || name === 'message'
        ? []
        : valueDifferences(value, fieldOf(answered, name), path === '' ? name : `${path}.${name}`),
    );
  }
  if (typeof recorded !== typeof answered || recorded === null || answered === null) return [];
  const [a, b] = [unnumbered(recorded), unnumbered(answered)];
  return a === b || isReplaced(a) || isReplaced(b)
    ? []
    : [{ of: `value ${path}`, recorded: a ?? '', sandbox: b ?? '' }];
}

function isReplaced(value: string | undefined): boolean {
  return value === undefined || /^<.*>$/.test(value);
}

/** A replacement without its number, which depends on how much was recorded. */
function unnumbered(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/<([a-z]+) \d+>/g, '<$1>').replace(/\b(person|account|left)_\d+/g, '<name>');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** For a person: each exchange that differs, and in what. */
export function comparedText(compared: readonly Compared[], of: string): string {
  const differing = compared.filter(({ differences }) => differences.length > 0);
  if (differing.length === 0) return `The sandbox answers all ${compared.length} recorded requests as ${of} did.\n`;
  const count = differing.reduce((sum, { differences }) => sum + differences.length, 0);
  const blocks = differing.map(({ recorded, number, differences }) => {
    const body = recorded.body === undefined ? '' : ` ${JSON.stringify(recorded.body)}`;
    const as = recorded.as === undefined ? '' : ` as ${recorded.as}`;
    const request = `${recorded.request}${as}${body}`.replaceAll(RECORDED_RUN, 'RUN');
    const lines = differences.map(
      (each) => `  ${each.of}\n    recording: ${each.recorded}\n    sandbox:   ${each.sandbox}`,
    );
    return `${number}. ${request.length > 160 ? `${request.slice(0, 160)}...` : request}\n${lines.join('\n')}\n`;
  });
  const sum = `${counted(count, 'difference')} in ${differing.length} of ${compared.length} recorded requests.\n`;
  return `${blocks.join('\n')}\n${sum}`;
}
