import { COOLDOWN_SECONDS, POOL_SIZE, SIZES, type Size, sizeFacts } from '../model/ducklings.ts';
import { TOKEN_TYPES, type TokenType } from '../model/tokens.ts';
import type { WireActiveAccounts, WireDucklings } from '../model/wire.ts';
import { type Answer, accountOf, fault, ok, type RequestContext } from './endpoint.ts';
import type { Account, Tier } from './organization-state.ts';
import { Issues } from './validation.ts';

/** GET /v1/users/{username}/instances. */
export function getDucklings({ store, username }: RequestContext): Answer {
  return ok(accountOf(store.read(), username).ducklings);
}

/** PUT /v1/users/{username}/instances: both parts; a cooldown left out becomes the size's default. */
export function setDucklings({ store, rules, username, body }: RequestContext): Promise<Answer> {
  const ducklings = withDefaults(readDucklings(body));
  return store.write((state, at) => {
    const account = accountOf(state, username);
    checkTier(ducklings, rules.tier);
    return { events: [{ at, event: 'ducklings_set', account: account.username, ducklings }], result: ok(ducklings) };
  });
}

/** `{config:{read_write, read_scaling}}`; both parts are required. */
function readDucklings(body: unknown): WireDucklings {
  const issues = new Issues();
  const root = issues.object(body, []);
  const config = root && issues.object(root.config, ['config']);
  const readWrite = readDuckling(issues, config, 'read_write');
  const readScaling = readDuckling(issues, config, 'read_scaling');
  const flock =
    readScaling && issues.integer(readScaling.part.flock_size, [...readScaling.path, 'flock_size'], POOL_SIZE);
  issues.check();
  return {
    read_write: readWrite?.duckling ?? { instance_size: 'pulse' },
    read_scaling: { ...(readScaling?.duckling ?? { instance_size: 'pulse' }), flock_size: flock ?? 0 },
  };
}

function readDuckling(issues: Issues, config: Record<string, unknown> | undefined, name: TokenType) {
  const path = ['config', name];
  const part = config && issues.object(config[name], path);
  if (part === undefined) return undefined;
  const size = issues.oneOf(part.instance_size, [...path, 'instance_size'], SIZES);
  const asked = part.cooldown_seconds;
  const cooldown =
    asked === undefined ? undefined : issues.integer(asked, [...path, 'cooldown_seconds'], COOLDOWN_SECONDS);
  if (size !== undefined && !sizeFacts(size).cooldown.settable && cooldown !== undefined) {
    issues.add(
      'custom',
      `cooldown_seconds cannot be set for ${size.charAt(0).toUpperCase()}${size.slice(1)} instances`,
      [...path, 'cooldown_seconds'],
    );
  }
  const duckling = {
    instance_size: size ?? 'pulse',
    ...(cooldown !== undefined && { cooldown_seconds: cooldown }),
  } as const;
  return { part, path, duckling };
}

/** How long a Duckling without a cooldown setting stays awake, in seconds. Assumption: as long as it is billed for at least. */
const BILLED_AT_LEAST = 60;

/** Puts in the cooldowns that were left out, as reads report them after. */
export function withDefaults({ read_write, read_scaling }: WireDucklings): WireDucklings {
  return {
    read_write: { ...read_write, ...cooldownOf(read_write) },
    read_scaling: { ...read_scaling, ...cooldownOf(read_scaling) },
  };
}

function cooldownOf(part: { instance_size: Size; cooldown_seconds?: number }): { cooldown_seconds?: number } {
  const { settable, seconds } = sizeFacts(part.instance_size).cooldown;
  return settable ? { cooldown_seconds: part.cooldown_seconds ?? seconds } : {};
}

/** Refuses sizes that the organization's plan does not include. @throws Fault */
export function checkTier(ducklings: WireDucklings, tier: Tier): void {
  for (const part of TOKEN_TYPES) {
    const { instance_size: size } = ducklings[part];
    if (!isOffered(size, tier, part)) {
      throw fault('BAD_REQUEST', `Invalid config for tier ${tier}: ${part} does not support instance_size ${size}`);
    }
  }
}

function isOffered(size: Size, tier: Tier, part: TokenType): boolean {
  const { lite, readScaling } = sizeFacts(size);
  return (tier === 'business' || lite) && (part === 'read_write' || readScaling);
}

/** How long a Duckling stays awake after it was connected to, in milliseconds. */
export function awakeFor(ducklings: WireDucklings, type: TokenType): number {
  return (ducklings[type].cooldown_seconds ?? BILLED_AT_LEAST) * 1000;
}

/**
 * GET /v1/active_accounts: accounts with a Duckling that was connected to and neither slept nor reached the end of its
 * cooldown. The sandbox does not see a connection close, so all of them are `active` and none in `cooldown`.
 * Assumption: the first read scaling Duckling is `rs.1`.
 */
export function activeAccounts({ store }: RequestContext): Answer {
  const now = store.now();
  const accounts: WireActiveAccounts['accounts'] = [];
  for (const account of store.read().accounts()) {
    const ducklings = TOKEN_TYPES.filter((type) => isAwake(account, type, now)).map((type) => ({
      id: type === 'read_write' ? 'rw' : 'rs.1',
      type,
      status: 'active' as const,
    }));
    if (ducklings.length > 0) accounts.push({ username: account.username, ducklings });
  }
  return ok({ accounts });
}

export function isAwake(account: Account, type: TokenType, now: number): boolean {
  const wokenAt = account.wokenAt.get(type);
  return wokenAt !== undefined && now < wokenAt + awakeFor(account.ducklings, type);
}
