/** One account: what is wanted, live and remembered of it becomes its actions, in the order in which apply does them. */

import type { Desired, DesiredAccount } from '../model/desired.ts';
import type { LiveAccount, LiveToken, Presence } from '../model/live.ts';
import type { Action, ComputeCeiling, Notice, SetDucklings, Unmanaged } from '../model/plan.ts';
import type { StateAccount } from '../model/state.ts';
import { generationOf, isSmokeToken } from '../model/tokens.ts';
import { type AccountContext, type AccountPlan, NOTHING, position, sourceLine } from './account-plan.ts';
import { inOrder } from './action-order.ts';
import { ducklingChanges, ducklingRisk, hourlyCeiling, mergeDucklings, type Rates } from './ducklings.ts';
import { planRemovedAccount } from './removed-account.ts';
import { accountRecords, isExpired, show } from './series.ts';
import { planRemovedToken, planToken, type TokenPlan } from './tokens.ts';

/** Plans an account that the configuration or the state names. */
export function planAccount(
  want: DesiredAccount | undefined,
  state: StateAccount | undefined,
  live: Presence<LiveAccount>,
  context: AccountContext,
): AccountPlan {
  const account = want?.username ?? state?.username ?? '';
  if (live.presence === 'unknown') {
    const { message, hint, code } = live.error;
    return { ...NOTHING, errors: [{ account, code, message, hint }] };
  }
  const found = live.presence === 'present' ? live.value : undefined;
  if (want === undefined) return planRemovedAccount(account, state, found, context);
  const unusable = found && whyUnusable(account, found);
  if (unusable) return { ...NOTHING, errors: [unusable] };
  return planWantedAccount(want, state, found, context);
}

function planWantedAccount(
  want: DesiredAccount,
  state: StateAccount | undefined,
  live: LiveAccount | undefined,
  context: AccountContext,
): AccountPlan {
  const entry = planEntry(want, state, live, context.desired.file);
  const ducklings = planDucklings(want, live, context);
  const tokens = planTokens(want, state, live, context);
  const changes = tokens.flatMap((plan) => plan.actions);
  const known = new Set(tokens.flatMap((plan) => [...plan.known]));
  const isFailing = state?.smoke?.passed === false && want.smoke !== false && live !== undefined;
  const protection = { before: state?.deletion_protection ?? want.deletionProtection, after: want.deletionProtection };
  return {
    ...NOTHING,
    actions: inOrder([
      ...entry,
      ...(ducklings ? [ducklings] : []),
      ...changes,
      ...smokeLeftovers(want.username, live, context.now),
    ]),
    warnings: [
      ...tokens.flatMap((plan) => plan.warnings),
      ...turnover(want, state, changes, context.now),
      ...(isFailing ? [failedLast(want.username)] : []),
    ],
    errors: tokens.flatMap((plan) => plan.errors),
    next: tokens.flatMap((plan) => plan.next),
    unmanagedTokens: unmanagedTokens(want.username, live, known, context.now),
    retest: isFailing,
    unverified: [...want.tokens.keys()].filter((_key, index) => tokens[index]?.unverified),
    ...(protection.before === protection.after ? {} : { protection }),
    ...computeOf(want, live, context.desired.computeRates),
  };
}

/** The account itself: made, taken over, or already here. */
function planEntry(
  want: DesiredAccount,
  state: StateAccount | undefined,
  live: LiveAccount | undefined,
  file: string,
): Action[] {
  const about = { account: want.username, ...position(want.location), risk: 'safe', before: null } as const;
  const after = { username: want.username, deletion_protection: want.deletionProtection };
  if (live === undefined) {
    const gone = state !== undefined && state.intent?.action !== 'create_account';
    const reason = gone
      ? ({ kind: 'deleted_outside', since: state.since } as const)
      : ({ kind: 'new', at: sourceLine(want.location, file) } as const);
    return [{ action: 'create_account', ...about, reason, after }];
  }
  if (state === undefined) {
    return [{ action: 'adopt_account', ...about, reason: { kind: 'unmanaged' }, after }];
  }
  if (state.intent?.action === 'create_account') {
    return [{ action: 'adopt_account', ...about, reason: { kind: 'interrupted' }, after }];
  }
  return [];
}

function planDucklings(
  want: DesiredAccount,
  live: LiveAccount | undefined,
  context: AccountContext,
): SetDucklings | undefined {
  if (want.ducklings === undefined) return undefined;
  const { location, ...desired } = want.ducklings;
  const rates = context.desired.computeRates;
  const at = sourceLine(location, context.desired.file);
  const about = { action: 'set_ducklings', account: want.username, ...position(location) } as const;
  if (live?.ducklings === undefined) {
    const compute = rates && { compute: { before: 0, after: hourlyCeiling(desired, rates) } };
    return { ...about, reason: { kind: 'new_account', at }, risk: 'safe', before: null, after: desired, ...compute };
  }
  const changes = ducklingChanges(desired, live.ducklings);
  if (changes.length === 0) return undefined;
  const after = mergeDucklings(desired, live.ducklings);
  const compute = rates && {
    compute: { before: hourlyCeiling(live.ducklings, rates), after: hourlyCeiling(after, rates) },
  };
  return {
    ...about,
    reason: { kind: 'changed', at },
    risk: ducklingRisk(desired, live.ducklings),
    before: live.ducklings,
    after,
    ...compute,
  };
}

function planTokens(
  want: DesiredAccount,
  state: StateAccount | undefined,
  live: LiveAccount | undefined,
  context: AccountContext,
): TokenPlan[] {
  const account = want.username;
  const liveTokens = live?.tokens ?? [];
  const renamed = renamedKeys(want, state, liveTokens, context.now);
  const holds = accountRecords(state?.tokens.values() ?? []);
  const plans = [...want.tokens.values()].map((token) => {
    const renamedFrom = renamed.get(token.key);
    return planToken(token, state?.tokens.get(renamedFrom ?? token.key), liveTokens, {
      account,
      now: context.now,
      file: context.desired.file,
      newAccount: live === undefined,
      rotateNow: context.isRotatedNow(account, token.key),
      secretPath: (wanted) => context.secretPath(account, wanted),
      isTested: want.smoke !== false,
      holds,
      ...(renamedFrom === undefined ? {} : { renamedFrom }),
    });
  });
  const moved = new Set(renamed.values());
  for (const [key, token] of state?.tokens ?? []) {
    if (!want.tokens.has(key) && !moved.has(key))
      plans.push(planRemovedToken(key, token, liveTokens, holds, account, context.now));
  }
  return plans;
}

/** The keys that the configuration gave a new name while the token kept its own: new key to old. */
function renamedKeys(
  want: DesiredAccount,
  state: StateAccount | undefined,
  live: readonly LiveToken[],
  now: number,
): Map<string, string> {
  const renamed = new Map<string, string>();
  for (const [old, { current }] of state?.tokens ?? []) {
    const found = live.find((token) => token.id === current?.id);
    if (want.tokens.has(old) || found === undefined || isExpired(found, now)) continue;
    const heir = [...want.tokens.values()].find(
      ({ key, name, type }) =>
        !state?.tokens.has(key) &&
        !renamed.has(key) &&
        type === found.type &&
        generationOf(name, found.name) !== undefined,
    );
    if (heir) renamed.set(heir.key, old);
  }
  return renamed;
}

function failedLast(account: string): Notice {
  return {
    account,
    message: 'its last smoke test failed: apply tests it again',
    hint: { text: 'See why.', command: ['smoke', '--only', account] },
  };
}

function whyUnusable(account: string, live: LiveAccount): Notice | undefined {
  if (live.user === undefined) return undefined;
  if (!live.user.isServiceAccount) {
    return {
      account,
      code: 'ACCOUNT_UNUSABLE',
      message: `"${account}" is a person's user at MotherDuck, not a service account`,
      hint: { text: 'An Admin cannot create tokens for another person. Choose another name for the service account.' },
    };
  }
  if (live.user.isDeprovisioned) {
    return {
      account,
      code: 'ACCOUNT_UNUSABLE',
      message: `"${account}" is deprovisioned at MotherDuck`,
      hint: { text: 'Have it provisioned again in MotherDuck, or remove it from the configuration.' },
    };
  }
  return undefined;
}

/** The smoke test's own tokens live five minutes; one that a killed run left is revoked sooner. */
function smokeLeftovers(account: string, live: LiveAccount | undefined, now: number): Action[] {
  const left = live?.tokens.filter((token) => isSmokeToken(token) && !isExpired(token, now)) ?? [];
  return left.map((token) => ({
    action: 'revoke_token',
    account,
    reason: { kind: 'smoke_test' },
    risk: 'safe',
    before: show(token),
    after: null,
  }));
}

function unmanagedTokens(
  account: string,
  live: LiveAccount | undefined,
  known: ReadonlySet<string>,
  now: number,
): Unmanaged['tokens'] {
  const others =
    live?.tokens.filter((token) => !known.has(token.id) && !isSmokeToken(token) && !isExpired(token, now)) ?? [];
  return others.map((token) => ({ account, name: token.name, id: token.id }));
}

/** Warns when every token of an account is replaced within one overlap: a program that restarts late then has none. */
function turnover(
  want: DesiredAccount,
  state: StateAccount | undefined,
  actions: readonly Action[],
  now: number,
): Notice[] {
  const rotating = new Set(actions.flatMap((action) => (action.action === 'rotate_token' ? [action.token] : [])));
  if (want.tokens.size < 2 || rotating.size === 0) return [];
  const inOverlap = (key: string) =>
    state?.tokens.get(key)?.retiring.some((old) => old.retire_at !== undefined && Date.parse(old.retire_at) > now);
  const all = [...want.tokens.keys()].every((key) => rotating.has(key) || inOverlap(key));
  if (!all) return [];
  const message = `all ${want.tokens.size} tokens of ${want.username} turn over within one overlap`;
  const hint = {
    text: 'Restart the programs that use several of them within that time; different ttl values spread the rotations.',
  };
  return [{ account: want.username, message, hint }];
}

function computeOf(
  want: DesiredAccount,
  live: LiveAccount | undefined,
  rates: Rates | undefined,
): { compute?: ComputeCeiling } {
  if (rates === undefined) return {};
  const before = live === undefined ? 0 : live.ducklings === undefined ? null : hourlyCeiling(live.ducklings, rates);
  const wanted = want.ducklings ?? { read_write: {}, read_scaling: {} };
  const after = hourlyCeiling(live?.ducklings ? mergeDucklings(wanted, live.ducklings) : wanted, rates);
  return { compute: { before, after } };
}

/** What an account can cost by the configuration alone, without a reading. */
export function configuredCeiling(desired: Desired, want: DesiredAccount | undefined): ComputeCeiling {
  const rates = desired.computeRates;
  const ceiling = rates && want?.ducklings ? hourlyCeiling(want.ducklings, rates) : null;
  return { before: ceiling, after: ceiling };
}
