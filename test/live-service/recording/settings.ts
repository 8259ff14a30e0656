/** The settings of a sandbox that answers as a recording does, where it can. Pure. */
import { isSize, sizeFacts } from '../../../src/model/ducklings.ts';
import { MINUTE } from '../../../src/model/time.ts';
import { TOKEN_TYPES } from '../../../src/model/tokens.ts';
import type { Settings } from '../../../src/sandbox/settings.ts';
import { fieldOf, listOf } from '../raw-api.ts';
import { decoded } from './anonymous.ts';
import type { Others, Recorded } from './recording.ts';

/** As in a sandbox's `organization.json`; what the recording does not tell is left out. */
export type RecordedSettings = Partial<Settings>;

const CREATE = 'POST /v1/users';

export function settingsOf(exchanges: readonly Recorded[], others: Others): RecordedSettings {
  const byAdmin = exchanges.filter(({ as }) => as === undefined);
  const lists = byAdmin.filter(({ request }) => /^GET \/v1\/users(\?|$)/.test(request));
  const list = lists[0]?.status;
  const isLite = byAdmin.some(({ status, answer }) => status === 400 && /\blite\b/i.test(messageOf(answer)));
  const isExplorer = byAdmin.some(({ status, answer }) => status === 403 && /minimum role/i.test(messageOf(answer)));
  const described = exchanges.find(
    ({ request, body, status }) => /^POST .*\/tokens$/.test(request) && status === 200 && fieldOf(body, 'description'),
  );
  const found: { readonly [Name in keyof Settings]?: Settings[Name] | undefined } = {
    plan: isLite ? 'lite' : undefined,
    role: isExplorer ? 'explorer' : undefined,
    users_list: list === 403 ? 'forbidden' : list === 404 ? 'missing' : undefined,
    page_size: pageSize(lists),
    max_service_accounts: isLite ? undefined : maxServiceAccounts(exchanges, others),
    max_pool_size: maxPoolSize(exchanges),
    read_scaling_sizes: hasLargeReadScaling(exchanges) ? 'all' : undefined,
    default_cooldown: hasShortCooldown(exchanges) ? 'minute' : undefined,
    taken_name: takenName(exchanges),
    token_names: tokenNames(exchanges),
    descriptions: described && fieldOf(described.answer, 'description') == null ? 'dropped' : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** The number of users on a page that has fewer than were asked for, and is not the last. */
function pageSize(lists: readonly Recorded[]): number | undefined {
  for (const { request, answer } of lists) {
    const limit = Number(/[?&]limit=(\d+)/.exec(request)?.[1]);
    const count = lengthOf(listOf(answer, 'users'));
    if (fieldOf(answer, 'next_page_token') && limit > count && limit <= 1000) return count;
  }
  return undefined;
}

/** The most service accounts that there were, if another one was refused for a limit. */
function maxServiceAccounts(exchanges: readonly Recorded[], others: Others): number | undefined {
  const made = new Set<unknown>();
  let [most, isLimited] = [0, false];
  for (const exchange of exchanges) {
    noteAccount(made, exchange);
    const { request, status, answer } = exchange;
    const isRefused = request === CREATE && status >= 400 && status < 500;
    most = Math.max(most, made.size);
    isLimited ||=
      isRefused &&
      /\b(limit|maximum|at most|upgrade)\b/i.test(messageOf(answer)) &&
      listOf(answer, 'issues').length === 0;
  }
  return isLimited ? others.account + most : undefined;
}

/** The largest read scaling pool that was seen, where one of a valid size was refused. */
function maxPoolSize(exchanges: readonly Recorded[]): number | undefined {
  const sizeIn = (json: unknown) => fieldOf(fieldOf(json, 'read_scaling'), 'flock_size');
  const refused = exchanges.some(({ request, body, status, answer }) => {
    const config = fieldOf(body, 'config');
    const isPulse = fieldOf(fieldOf(config, 'read_scaling'), 'instance_size') === 'pulse';
    const isOfPlan =
      status === 400 && /Invalid config for tier/.test(messageOf(answer)) && /flock/.test(messageOf(answer));
    return request.startsWith('PUT ') && isPulse && Number(sizeIn(config)) <= 64 && isOfPlan;
  });
  if (!refused) return undefined;
  return Math.max(0, ...exchanges.map(({ answer }) => Number(sizeIn(answer) ?? 0)).filter(Number.isInteger));
}

const SET_DUCKLINGS = /^PUT .*\/instances$/;

/** Whether read scaling was given a size that MotherDuck's support has to enable. */
function hasLargeReadScaling(exchanges: readonly Recorded[]): boolean {
  return exchanges.some(({ request, status, answer }) => {
    const size = String(fieldOf(fieldOf(answer, 'read_scaling'), 'instance_size'));
    return SET_DUCKLINGS.test(request) && status === 200 && isSize(size) && !sizeFacts(size).readScaling;
  });
}

/** Whether a Duckling that was given no cooldown got a minute, although its size has a longer one. */
function hasShortCooldown(exchanges: readonly Recorded[]): boolean {
  return exchanges.some(({ request, body, status, answer }) =>
    TOKEN_TYPES.some((type) => {
      const [asked, got] = [fieldOf(fieldOf(body, 'config'), type), fieldOf(answer, type)];
      const size = String(fieldOf(got, 'instance_size'));
      const isLonger = isSize(size) && sizeFacts(size).cooldown.seconds > MINUTE;
      const isLeftOut = fieldOf(asked, 'cooldown_seconds') === undefined;
      const isSet = SET_DUCKLINGS.test(request) && status === 200;
      return isSet && isLonger && isLeftOut && fieldOf(got, 'cooldown_seconds') === MINUTE;
    }),
  );
}

/** What the second creation of a username was answered with. */
function takenName(exchanges: readonly Recorded[]): Settings['taken_name'] | undefined {
  const made = new Set<unknown>();
  for (const exchange of exchanges) {
    noteAccount(made, exchange);
    const { request, body, status, answer } = exchange;
    if (request === CREATE && status !== 200 && made.has(fieldOf(body, 'username'))) return refusalOf(status, answer);
  }
  return undefined;
}

/** Notes an account that was made, and forgets one that was deleted. */
function noteAccount(made: Set<unknown>, { request, body, status }: Recorded): void {
  if (status !== 200) return;
  const deleted = /^DELETE \/v1\/users\/([^/]+)$/.exec(request)?.[1];
  if (deleted !== undefined) made.delete(decoded(deleted));
  if (request === CREATE) made.add(fieldOf(body, 'username'));
}

/** Whether a second token of a name could be made while the first one lived. */
function tokenNames(exchanges: readonly Recorded[]): Settings['token_names'] | undefined {
  const living = new Map<unknown, string>();
  for (const { request, body, status, answer } of exchanges) {
    if (/^POST .*\/tokens$/.test(request)) {
      const name = `${request} ${String(fieldOf(body, 'name'))}`;
      const isTaken = [...living.values()].includes(name);
      if (isTaken && status === 200) return 'repeated';
      if (isTaken && refusalOf(status, answer) !== undefined) return 'unique';
      if (status === 200) living.set(fieldOf(answer, 'id'), name);
    } else if (/^DELETE .*\/tokens\//.test(request) && status === 200) {
      living.delete(request.split('/').at(-1));
    } else if (request.startsWith('DELETE ') && status === 200) {
      const gone = `${request.replace('DELETE', 'POST')}/tokens `;
      for (const [id, name] of living) if (name.startsWith(gone)) living.delete(id);
    }
  }
  return undefined;
}

function refusalOf(status: number, answer: unknown): Settings['taken_name'] | undefined {
  if (status === 409) return 'conflict';
  return status === 400 && /unique constraint/i.test(messageOf(answer)) ? 'unique_constraint' : undefined;
}

function messageOf(answer: unknown): string {
  return String(fieldOf(answer, 'message') ?? '');
}

/** The last element of a list that was cut. */
export const CUT = /^<and (\d+) more>$/;

/** The length of a list, before it was cut. */
export function lengthOf(list: readonly unknown[]): number {
  return list.reduce<number>((sum, each) => sum + Number((typeof each === 'string' && CUT.exec(each)?.[1]) || 1), 0);
}
