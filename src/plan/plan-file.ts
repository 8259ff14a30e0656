/**
 * A plan that was reviewed and is done later, exactly. It holds what it was made from (the configuration's hash, the
 * state's lineage and serial, a fingerprint of each account as it was read), so that apply can tell whether anything
 * moved since. Every apply raises the state's serial, so a plan that does something works once.
 */
import { createHash } from 'node:crypto';
import type { Live, LiveAccount, Presence } from '../model/live.ts';
import type { Action, Plan } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { SMOKE_TOKEN_NAME } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';

export interface PlanFile {
  readonly kind: 'motherduck-accounts plan';
  readonly version: 1;
  readonly plan: Plan;
  /** Whether it was asked to delete what left the configuration. */
  readonly prune: boolean;
  readonly configuration: string;
  /** null: there was no state yet. */
  readonly state: { readonly lineage: string; readonly serial: number } | null;
  /** Of each account that was read, by its key. */
  readonly fingerprints: Readonly<Record<string, string>>;
}

interface Planned {
  readonly desired: { readonly hash: string };
  readonly live: Live;
  readonly plan: Plan;
}

/** The text of a plan file. */
export function planFile(planned: Planned, state: State, prune: boolean): string {
  const file: PlanFile = {
    kind: 'motherduck-accounts plan',
    version: 1,
    plan: planned.plan,
    prune,
    configuration: planned.desired.hash,
    state: position(state),
    fingerprints: fingerprints(planned.live),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Reads the text of a plan file. @throws UserError PLAN_INVALID */
export function parsePlanFile(text: string, name: string): PlanFile {
  try {
    const file = JSON.parse(text) as Partial<PlanFile> | null;
    if (
      file?.kind === 'motherduck-accounts plan' &&
      file.version === 1 &&
      Array.isArray(file.plan?.actions) &&
      file.fingerprints
    ) {
      return file as PlanFile;
    }
  } catch {
    // Said below.
  }
  throw new UserError(
    'PLAN_INVALID',
    `${name} is not a plan file of this version`,
    `Make one: mdacc plan --out ${name}`,
  );
}

/**
 * Holds a saved plan against one that was just made in the same way. What only time brought may be new in that one; but
 * every action that was reviewed must still be what would be planned, so that a file that was altered is refused too.
 *
 * @throws UserError PLAN_STALE, naming what moved since the plan was made
 */
export function refuseStale(file: PlanFile, now: Planned, state: State): void {
  const moved: string[] = [];
  if (file.configuration !== now.desired.hash) moved.push('the configuration');
  if (JSON.stringify(file.state) !== JSON.stringify(position(state))) {
    moved.push(`the state (serial ${file.state?.serial ?? 0} then, ${state.serial} now)`);
  }
  const current = new Map(Object.entries(fingerprints(now.live)));
  const planned = new Map(Object.entries(file.fingerprints));
  const accounts = [...new Set([...planned.keys(), ...current.keys()])].filter(
    (account) => planned.get(account) !== current.get(account),
  );
  if (accounts.length > 0) moved.push(`at MotherDuck: ${accounts.join(', ')}`);
  if (moved.length === 0) {
    const planned = new Set(now.plan.actions.map(essence));
    moved.push(...file.plan.actions.filter((action) => !planned.has(essence(action))).map(named));
  }
  if (moved.length === 0) return;
  const message = `the plan is stale; since it was made, this moved: ${moved.join('; ')}`;
  throw new UserError('PLAN_STALE', message, 'Plan again, have it reviewed, and apply that. A plan works once.');
}

/** An action without its reason, which counts days. */
function essence(action: Action): string {
  const { reason: _, ...rest } = action;
  return JSON.stringify(rest);
}

function named(action: Action): string {
  return `${action.action} of ${action.account}`;
}

function position(state: State): PlanFile['state'] {
  return state.serial === 0 ? null : { lineage: state.lineage, serial: state.serial };
}

function fingerprints(live: Live): Record<string, string> {
  return Object.fromEntries([...live.accounts].map(([key, account]) => [key, fingerprint(account)]));
}

/** What a person or another program could have changed: not the tokens of a smoke test, nor what only time changes. */
function fingerprint(account: Presence<LiveAccount>): string {
  const { presence } = account;
  if (presence !== 'present') return presence;
  const { ducklings, tokens, user } = account.value;
  const seen = { ducklings, tokens: tokens.filter((token) => token.name !== SMOKE_TOKEN_NAME), user };
  return createHash('sha256').update(JSON.stringify(seen)).digest('hex').slice(0, 32);
}
