/** What holds after every run, also one that was killed; and what holds after the last one. */
import type { Action, RevokeToken } from '../../src/model/action.ts';
import type { PlanWarning } from '../../src/model/notice.ts';
import type { Plan } from '../../src/model/plan.ts';
import { generationOf, isSmokeName } from '../../src/model/tokens.ts';
import { hasChanges } from '../../src/plan/summary.ts';
import { brief } from '../world.ts';
import type { Call, LiveAccount, Ran, RandomWorld } from './random-world.ts';
import { POLICIES } from './steps.ts';

/** What was there before a run. */
export interface Before {
  readonly accounts: readonly LiveAccount[];
  readonly now: number;
  /** Secrets in stores that opened something, of tokens of the configuration. */
  readonly opening: readonly { readonly account: string; readonly key: string; readonly store: string }[];
}

export function snapshot(world: RandomWorld): Before {
  return {
    accounts: world.organization.inspect().accounts,
    now: world.now(),
    opening: desiredTokens(world).filter(({ account, key, store }) => opens(world, account, key, store)),
  };
}

export function problemsAfterRun(world: RandomWorld, before: Before, ran: Ran): string[] {
  return [
    ...ran.calls.flatMap((call) => unplanned(call, before, ran) ?? notOurs(call, world, before, ran) ?? []),
    ...ran.calls.flatMap((call) => usedToken(call, world) ?? []),
    ...(ran.plan?.actions ?? []).flatMap((action) => withoutProof(action, before) ?? []),
    ...cutOff(world, before),
  ];
}

/** A call that the plan does not name. */
function unplanned(call: Call, { accounts }: Before, { plan, calls }: Ran): string | undefined {
  const { method, account, id = '' } = call;
  const actions = plan?.actions.filter((action) => action.account === account) ?? [];
  const has = (...names: readonly Action['action'][]) => actions.some(({ action }) => names.includes(action));
  const isPlanned = (): boolean => {
    switch (method) {
      case 'POST account':
        return has('create_account');
      case 'PUT ducklings':
        return has('set_ducklings');
      case 'DELETE account':
        return has('delete_account');
      case 'POST token':
        return (
          isSmokeName(call.name ?? '') ||
          actions.some(
            (each) =>
              /^(create|rotate)_token$/.test(each.action) &&
              'name' in (each.after ?? {}) &&
              (each.after as { name: string }).name === call.name,
          )
        );
      default: {
        const name = nameOf(id, account, accounts);
        const isMadeNow = calls.some((other) => other.method === 'POST token' && other.id === id);
        return isMadeNow || (plan !== undefined && names(plan, account, id, name));
      }
    }
  };
  return isPlanned() ? undefined : `not in the plan: ${method} ${account} ${nameOf(id, account, accounts) ?? ''}`;
}

/** Something was deleted that the program neither created nor adopted. */
function notOurs(
  { method, account, id = '' }: Call,
  { ours }: RandomWorld,
  { accounts }: Before,
  { plan }: Ran,
): string | undefined {
  // A token with the name of a managed series belongs to it, whoever made it: it leaves with its key, and the plan names it.
  const leaves = plan?.actions.some(
    (each) => each.action === 'revoke_token' && each.before.id === id && isOfSeries(each),
  );
  if (method === 'DELETE token' && !ours.tokens.has(id) && !leaves) {
    return `revoked a token of somebody else: ${account} ${nameOf(id, account, accounts)}`;
  }
  const user = accounts.find(({ username }) => username === account)?.id ?? '';
  if (method === 'DELETE account' && !ours.users.has(user)) return `deleted an account of somebody else: ${account}`;
  return undefined;
}

function isOfSeries({ token, reason, before }: RevokeToken): boolean {
  const names = [token ?? '', ...Object.values(POLICIES).flatMap((policy) => ('name' in policy ? [policy.name] : []))];
  return reason.kind === 'removed' && names.some((name) => generationOf(name, before.name) !== undefined);
}

/** A token was revoked that a store held until now, or within its overlap. */
function usedToken({ method, account, id }: Call, world: RandomWorld): string | undefined {
  if (method !== 'DELETE token') return undefined;
  const made = world.made.get(id ?? '');
  const stored = made && world.stored.get(made.secret);
  if (made === undefined || stored === undefined) return undefined;
  const { token, until = world.now(), overlap } = stored;
  if (world.now() >= until + overlap * 1000 - 1000 && overlap > 0) return undefined;
  if (stored.until !== undefined && overlap === 0) return undefined;
  return `revoked a token that programs may use: ${account}/${token} "${made.name}"`;
}

/** Nothing is absent without a proof. */
function withoutProof(action: Action, { accounts }: Before): string | undefined {
  const isThere = accounts.some(({ username }) => username === action.account);
  if (action.action === 'create_account' && isThere) return `plans to create ${action.account}, which is there`;
  const isGone =
    action.action === 'forget' && action.token === undefined && /^(removed|destroyed)$/.test(action.reason.kind);
  return isGone && isThere ? `plans to forget ${action.account}, which is there` : undefined;
}

/** A program that could connect with what its store holds can still do so. */
function cutOff(world: RandomWorld, { opening, now }: Before): string[] {
  return opening.flatMap(({ account, key, store }) => {
    const secret = world.secretOf(account, key, store) ?? '';
    const made = [...world.made.values()].find((each) => each.secret === secret);
    const isExpired = made !== undefined && world.expiryOf(made) <= now + 60_000;
    const isOpen = isExpired || opens(world, account, key, store);
    return isOpen ? [] : [`what the store has for ${account}/${key} opens nothing any more`];
  });
}

/** After the last run: its second plan is empty, and every token is in its place. */
export function problemsAtEnd(world: RandomWorld, plan: Plan): string[] {
  const left = hasChanges(plan)
    ? [`the second plan is not empty: ${brief(plan).join(', ')} ${JSON.stringify(plan.protection)}`]
    : [];
  const unplanned = new Set(plan.errors.map(({ account }) => account));
  return [
    ...left,
    ...desiredTokens(world).flatMap((desired) =>
      unplanned.has(desired.account) ? [] : unusable(world, desired, plan),
    ),
    ...unsaidLosses(world, plan),
    ...unnamed(world, plan),
  ];
}

/** The token of the configuration is live, and programs can read its secret. */
function unusable(world: RandomWorld, { account, key, store, name }: DesiredName, plan: Plan): string[] {
  const current = world.state.accounts.get(account)?.tokens.get(key)?.current;
  const live = world.account(account)?.tokens.find(({ id }) => id === current?.id);
  if (current === undefined || live === undefined) return [`${account}/${key} has no live token`];
  if (generationOf(name, live.name) === undefined) return [`${account}/${key} is "${live.name}"`];
  if (current.secret === 'unknown') return [];
  const made = world.made.get(current.id);
  // What is there is not known, since secrets are never read back, but that nothing is there is said.
  const broken = world.broken.get(`${store} ${account}/${key}`);
  if (broken === 'theirs' || (broken === 'gone' && saysLost(plan, store, `${account}/${key}`))) return [];
  // An older state knows nothing of a token that is gone, so nor of its secret in the store.
  const found = world.secretOf(account, key, store);
  const isUnknown = [...world.made.values()].some((each) => each.secret === found && world.revoked.has(each.id));
  if (world.isRestored && isUnknown) return [];
  return made?.secret === world.secretOf(account, key, store)
    ? []
    : [`the secret of ${account}/${key} is not in its store`];
}

/** Of every current token whose secret is gone, also of an account that left the configuration, the plan says so. */
function unsaidLosses(world: RandomWorld, plan: Plan): string[] {
  return [...world.state.accounts].flatMap(([key, { username, tokens }]) => {
    const isRetained = !world.desired.accounts.has(key) && plan.retained.includes(username);
    return [...tokens].flatMap(([token, { current }]) => {
      if (!isRetained || current === undefined || current.secret === 'unknown') return [];
      const { store } = current.secret;
      const isGone = !world.stores.get(store)?.secrets.has(`${username}/${token}`);
      return !isGone || saysLost(plan, store, `${username}/${token}`)
        ? []
        : [`nothing says that the secret of ${username}/${token} is gone`];
    });
  });
}

function saysLost({ warnings }: Plan, store: string, token: string): boolean {
  return warnings.some((each) => each.kind === 'secret_lost' && each.store === store && each.tokens.includes(token));
}

/** A token that the program created is the current one of its series, or the plan says what becomes of it. */
function unnamed(world: RandomWorld, plan: Plan): string[] {
  return [...world.made.values()].flatMap((made) => {
    const { account, id, name, secret } = made;
    if (!world.isLive(made)) return [];
    const tokens = [...(world.state.accounts.get(account)?.tokens ?? [])];
    const isCurrent = tokens.some(([, { current }]) => current?.id === id);
    const isStored = [...world.stores.values()].some((store) => [...store.secrets.values()].includes(secret));
    // That of a smoke test that was killed expires by itself.
    if (isCurrent || isSmokeName(name) || names(plan, account, id, name)) return [];
    return [`${isStored ? 'forgotten' : 'its secret is nowhere, and no plan names it'}: ${account} "${name}" is alive`];
  });
}

/** Whether a plan says something of a token. */
function names(plan: Plan, account: string, id: string, name = ''): boolean {
  return (
    JSON.stringify([plan.actions, plan.unmanaged.tokens]).includes(`"${id}"`) ||
    plan.next.some((each) => each.account === account && each.name === name) ||
    plan.warnings.some((each) => 'account' in each && each.account === account && saysName(each, name)) ||
    plan.errors.some((each) => each.account === account) ||
    plan.unmanaged.accounts?.includes(account) === true
  );
}

function saysName(warning: PlanWarning, name: string): boolean {
  return ('replaced' in warning && warning.replaced === name) || ('name' in warning && warning.name === name);
}

interface DesiredName {
  readonly account: string;
  readonly key: string;
  readonly store: string;
  readonly name: string;
}

function desiredTokens({ desired }: RandomWorld): DesiredName[] {
  return [...desired.accounts.values()].flatMap(({ username: account, tokens }) =>
    [...tokens.values()].flatMap(({ key, stores, name }) => stores.map((store) => ({ account, key, store, name }))),
  );
}

function opens(world: RandomWorld, account: string, key: string, store: string): boolean {
  const secret = world.secretOf(account, key, store);
  return secret !== undefined && world.opens(secret) !== undefined;
}

function nameOf(id: string | undefined, account: string, accounts: readonly LiveAccount[]): string | undefined {
  return accounts.find(({ username }) => username === account)?.tokens.find((token) => token.id === id)?.name;
}
