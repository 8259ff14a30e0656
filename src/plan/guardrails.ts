/** Guardrails: what a plan must not do. Each violation holds the numbers and the way out. */

import type { Desired } from '../model/desired.ts';
import type { LiveUser } from '../model/live.ts';
import type { Action, ComputeCeiling, DeleteAccount, Notice } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import { counted, few } from '../model/wording.ts';

export interface GuardrailInput {
  readonly desired: Desired;
  readonly state: State;
  readonly actions: readonly Action[];
  readonly compute: ComputeCeiling | undefined;
  /** Of the accounts that are planned alone (`--only`). */
  readonly ownCompute: ComputeCeiling;
  /** The accounts with a ceiling that is not known after the plan. */
  readonly unpriced: readonly string[];
  isPlanned(username: string): boolean;
  /** `unknown` when the users cannot be listed, so that nobody can tell. */
  isSelf(username: string): boolean | 'unknown';
}

/** The violations of a plan; apply refuses while there is one. */
export function findViolations(input: GuardrailInput): Notice[] {
  const deletions = input.actions.filter((action): action is DeleteAccount => action.action === 'delete_account');
  return [
    ...deletions.flatMap((deletion) => protectedFrom(deletion, input)),
    ...tooManyDeletes(deletions, input.desired),
    ...(raisesCeiling(input) ? ceilingBroken(input) : []),
  ];
}

/** A ceiling that is broken already stands in the way of what raises it, and of nothing else: tokens are still rotated. */
export function brokenAlready(input: Pick<GuardrailInput, 'desired' | 'compute' | 'ownCompute'>): Notice[] {
  const limit = input.desired.guardrails.maxComputeCeiling;
  const after = input.compute?.after ?? null;
  return limit === undefined || after === null || after <= limit || raisesCeiling(input)
    ? []
    : [overCeiling(after, limit)];
}

function raisesCeiling({ ownCompute: { before, after } }: Pick<GuardrailInput, 'ownCompute'>): boolean {
  return before === null || after === null || after > before;
}

function protectedFrom(deletion: DeleteAccount, input: GuardrailInput): Notice[] {
  const { account } = deletion;
  const isSelf = input.isSelf(account);
  if (isSelf === 'unknown') {
    const message = `whether ${account} is the account whose token runs this program cannot be told, since users cannot be listed`;
    return [
      { account, code: 'GUARDRAIL', message, hint: { text: 'Delete it at MotherDuck; the next plan forgets it.' } },
    ];
  }
  if (isSelf) {
    const message = `${account} is the account whose token runs this program: it is never deleted`;
    return [
      { account, code: 'GUARDRAIL', message, hint: { text: 'Run with the admin token of another user, or keep it.' } },
    ];
  }
  if (!input.state.accounts.get(accountKey(account))?.deletion_protection) return [];
  const message = `${account} has deletion_protection, remembered in the state`;
  const hint = {
    text: 'Before you delete it, set "deletion_protection: false" in its block (restore the block if it is gone) and apply that.',
    command: ['apply', '--only', account],
  };
  return [{ account, code: 'GUARDRAIL', message, hint }];
}

function tooManyDeletes(deletions: readonly DeleteAccount[], desired: Desired): Notice[] {
  const { maxDeletes } = desired.guardrails;
  if (deletions.length <= maxDeletes) return [];
  const names = deletions.map((deletion) => deletion.account).join(', ');
  const message = `the plan deletes ${counted(deletions.length, 'account')} and guardrails.max_deletes is ${maxDeletes}: ${names}`;
  const narrow = deletions.length > 1 ? ', or narrow the plan with --only' : '';
  const hint = { text: `If that is intended, set "max_deletes: ${deletions.length}" under guardrails${narrow}.` };
  return [{ code: 'GUARDRAIL', message, hint }];
}

function ceilingBroken(input: GuardrailInput): Notice[] {
  const limit = input.desired.guardrails.maxComputeCeiling;
  if (limit === undefined || input.compute === undefined) return [];
  const { after } = input.compute;
  if (after === null) return ceilingUnknown(limit, input);
  return after <= limit ? [] : [overCeiling(after, limit)];
}

function overCeiling(after: number, limit: number): Notice {
  const message = `all Ducklings at once would cost ${after} an hour and guardrails.max_compute_ceiling is ${limit}`;
  const hint = { text: 'Choose smaller sizes or pools, or raise max_compute_ceiling.' };
  return { code: 'GUARDRAIL', message, hint };
}

function ceilingUnknown(limit: number, { unpriced, isPlanned }: GuardrailInput): Notice[] {
  const others = unpriced.filter((username) => !isPlanned(username));
  const isOutside = others.length === unpriced.length;
  const names = few(isOutside ? others : unpriced.filter(isPlanned));
  const message = `guardrails.max_compute_ceiling is ${limit}, and the ceiling of ${names} is not known`;
  const text = isOutside
    ? 'This plan raises the ceiling of its own accounts. Plan without --only, so that the Ducklings of all are read.'
    : 'Write out size and pool_size of their Ducklings, and a rate for every size under compute_rates.';
  return [{ code: 'GUARDRAIL', message, hint: { text } }];
}

/**
 * Tells whether a user is the one whose token runs the program, by the claims in the token itself: any claim that is
 * the user's id, name or e-mail address. MotherDuck does not document the claims, so none is relied on by name.
 */
export function selfMatcher(
  claims: readonly string[],
  users: readonly LiveUser[] | undefined,
): (username: string) => boolean | 'unknown' {
  const own = new Set(claims.map((claim) => claim.toLowerCase()));
  return (username) => {
    if (users === undefined) return own.has(username.toLowerCase()) || 'unknown';
    const user = users.find((candidate) => accountKey(candidate.username) === accountKey(username));
    const names = [username, user?.username, user?.id, user?.email];
    return names.some((name) => name !== undefined && own.has(name.toLowerCase()));
  };
}
