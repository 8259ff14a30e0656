import { COOLDOWN_SECONDS, includesSize, isSize, POOL_SIZE, SIZES, type Size, sizeFacts } from '../model/ducklings.ts';
import { MINUTE } from '../model/time.ts';
import { TOKEN_TYPES, type TokenType } from '../model/tokens.ts';
import type { WireActiveAccounts, WireDucklings } from '../model/wire.ts';
import { accountOf, ok, type RequestContext, RestError, type SandboxResponse } from './endpoint.ts';
import { type Account, withDefaultCooldowns } from './organization-state.ts';
import type { Settings } from './settings.ts';
import { Issues } from './validation.ts';

/** GET /v1/users/{username}/instances. */
export function getDucklings({ store, username }: RequestContext): SandboxResponse {
  return ok(accountOf(store.read(), username).ducklings);
}

/** PUT /v1/users/{username}/instances. Both kinds are required; a missing cooldown becomes the size's default. */
export function setDucklings({ store, settings, username, body }: RequestContext): Promise<SandboxResponse> {
  const ducklings = withDefaultCooldowns(readDucklings(body), settings);
  return store.write((state, at) => {
    const account = accountOf(state, username);
    checkPlan(ducklings, settings);
    return { events: [{ at, event: 'ducklings_set', account: account.username, ducklings }], result: ok(ducklings) };
  });
}

/**
 * GET /v1/active_accounts: accounts with a Duckling that was connected to, was not shut down, and whose cooldown has not
 * ended. The sandbox does not see a connection close, so their status is always `active`, never `cooldown`.
 */
export function activeAccounts({ store }: RequestContext): SandboxResponse {
  const now = store.now();
  const accounts: WireActiveAccounts['accounts'] = [];
  for (const account of store.read().accounts()) {
    const ducklings = TOKEN_TYPES.filter((type) => isAwake(account, type, now)).map((type) => ({
      id: ducklingId(type),
      type,
      status: 'active' as const,
    }));
    if (ducklings.length > 0) accounts.push({ username: account.username, ducklings });
  }
  return ok({ accounts });
}

/**
 * Whether a kind of Duckling of the account is awake.
 * @param now the sandbox's time, in milliseconds since 1970
 */
export function isAwake(account: Account, type: TokenType, now: number): boolean {
  const wokenAt = account.wokenAt.get(type);
  const { cooldown_seconds, instance_size } = account.ducklings[type];
  const seconds = cooldown_seconds ?? (isSize(instance_size) ? sizeFacts(instance_size).cooldown.seconds : MINUTE);
  return wokenAt !== undefined && now < wokenAt + seconds * 1000;
}

/** The id of a Duckling within its account. Assumption: that of the first for read scaling. */
export function ducklingId(type: TokenType): string {
  return type === 'read_write' ? 'rw' : 'rs.0';
}

/** A size as MotherDuck's texts and `md_live_duckling_size()` write it, for example `Pulse`. */
export function sizeTitle(size: Size): string {
  return size.charAt(0).toUpperCase() + size.slice(1);
}

/** Reads `{config: {read_write, read_scaling}}`. @throws RestError BAD_REQUEST */
function readDucklings(body: unknown): WireDucklings {
  const issues = new Issues();
  const root = issues.object(body, []);
  const config = root && issues.object(root.config, ['config']);
  const readWrite = readDuckling(issues, config, 'read_write');
  const readScaling = readDuckling(issues, config, 'read_scaling');
  const flockSize =
    readScaling && issues.integer(readScaling.fields.flock_size, [...readScaling.path, 'flock_size'], POOL_SIZE);
  return issues.check(
    readWrite?.duckling && readScaling?.duckling && flockSize !== undefined
      ? { read_write: readWrite.duckling, read_scaling: { ...readScaling.duckling, flock_size: flockSize } }
      : undefined,
  );
}

function readDuckling(issues: Issues, config: Readonly<Record<string, unknown>> | undefined, type: TokenType) {
  const path = ['config', type];
  const fields = config && issues.object(config[type], path);
  if (fields === undefined) return undefined;
  const size = issues.oneOf(fields.instance_size, [...path, 'instance_size'], SIZES);
  const cooldownPath = [...path, 'cooldown_seconds'];
  const cooldown =
    fields.cooldown_seconds === undefined
      ? undefined
      : issues.integer(fields.cooldown_seconds, cooldownPath, COOLDOWN_SECONDS);
  if (size !== undefined && cooldown !== undefined && !sizeFacts(size).cooldown.settable) {
    issues.add('custom', `cooldown_seconds cannot be set for ${sizeTitle(size)} instances`, cooldownPath);
  }
  const duckling = size && { instance_size: size, ...(cooldown !== undefined && { cooldown_seconds: cooldown }) };
  return { fields, path, duckling };
}

/**
 * Refuses sizes and pools that the organization's plan does not include. Assumption: the text after `Invalid config for tier`.
 *
 * @throws RestError BAD_REQUEST
 */
function checkPlan(ducklings: WireDucklings, { plan, max_pool_size, read_scaling_sizes }: Settings): void {
  const refused = (what: string) => new RestError('BAD_REQUEST', `Invalid config for tier ${plan}: ${what}`);
  for (const type of TOKEN_TYPES) {
    const { instance_size: size } = ducklings[type];
    if (
      !includesSize(plan, size) ||
      (type === 'read_scaling' && read_scaling_sizes === 'usual' && !sizeFacts(size).readScaling)
    ) {
      throw refused(`${type} does not support instance_size ${size}`);
    }
  }
  if (max_pool_size !== null && ducklings.read_scaling.flock_size > max_pool_size) {
    throw refused(`flock_size must be at most ${max_pool_size}`);
  }
}
