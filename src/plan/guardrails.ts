/** Guardrails: what a plan must not do. */
import type { Action, ComputeCeiling, DeleteAccount } from '../model/action.ts';
import { allowedBy, type Desired } from '../model/desired.ts';
import { type LiveUser, namesInClaims } from '../model/live.ts';
import type { CeilingExceeded, PlanWarning, Violation } from '../model/notice.ts';
import type { State } from '../model/state.ts';
import { accountKey } from '../model/username.ts';
import { currencyOf } from './compute-ceiling.ts';

/** What the guardrails are checked against. */
interface GuardrailInput {
  readonly desired: Desired;
  readonly state: State;
  readonly actions: readonly Action[];
  readonly compute: ComputeCeiling | undefined;
  /** Of the accounts that are planned alone (`--only`). */
  readonly ownCompute: ComputeCeiling;
  /** The plan is of scheduled work, which changes no Ducklings. */
  readonly due: boolean;
  /** The accounts with a ceiling that is not known after the plan. */
  readonly unpriced: readonly string[];
  isPlanned(username: string): boolean;
  isSelf(username: string): boolean;
}

/** The violations of a plan; apply refuses while there is one. */
export function findViolations(input: GuardrailInput): Violation[] {
  const deletions = input.actions.filter((action): action is DeleteAccount => action.action === 'delete_account');
  const accounts = deletions.map(({ account }) => account);
  return [
    ...accounts.flatMap((account) => refusedDeletion(account, input)),
    ...tooManyDeletes(accounts, input),
    ...tooManyCreates(input),
    ...(raisesCeiling(input) ? ceilingViolation(input) : []),
  ];
}

function tooManyDeletes(accounts: readonly string[], { desired, state }: GuardrailInput): Violation[] {
  const { maxDeletes: limit } = desired.guardrails;
  const allowed = allowedBy(limit, state.accounts.size);
  return accounts.length > allowed ? [{ kind: 'too_many_deletes', limit, allowed, accounts }] : [];
}

/** A percentage is rounded up, so that a small organization can grow, and the first apply has nothing to be a part of. */
function tooManyCreates({ desired, state, actions }: GuardrailInput): Violation[] {
  const { maxCreates: limit } = desired.guardrails;
  const managed = state.accounts.size;
  if (limit === undefined || (typeof limit !== 'number' && managed === 0)) return [];
  const accounts = actions.filter(({ action }) => action === 'create_account').map(({ account }) => account);
  const allowed = allowedBy(limit, managed, 'up');
  return accounts.length > allowed ? [{ kind: 'too_many_creates', limit, allowed, accounts }] : [];
}

/** A ceiling that is exceeded already refuses only plans that raise it: tokens are still rotated. */
export function ceilingWarning(
  input: Pick<GuardrailInput, 'desired' | 'compute' | 'ownCompute' | 'due'>,
): PlanWarning[] {
  const limit = input.desired.guardrails.maxComputeCeiling;
  const ceiling = input.compute?.after ?? null;
  return limit === undefined || ceiling === null || ceiling <= limit || raisesCeiling(input)
    ? []
    : [exceeded(ceiling, limit, input.compute)];
}

function exceeded(ceiling: number, limit: number, compute: ComputeCeiling | undefined): CeilingExceeded {
  return { kind: 'ceiling_exceeded', ceiling, limit, ...currencyOf(compute ?? {}) };
}

function raisesCeiling({ due, ownCompute: { before, after } }: Pick<GuardrailInput, 'due' | 'ownCompute'>): boolean {
  if (due) return false;
  return before === null || after === null || after > before;
}

function refusedDeletion(account: string, { state, isSelf }: GuardrailInput): Violation[] {
  if (isSelf(account)) return [{ kind: 'own_account', account }];
  return state.accounts.get(accountKey(account))?.deletion_protection ? [{ kind: 'protected', account }] : [];
}

function ceilingViolation({ desired, compute, unpriced, isPlanned }: GuardrailInput): Violation[] {
  const limit = desired.guardrails.maxComputeCeiling;
  if (limit === undefined || compute === undefined) return [];
  const { after: ceiling } = compute;
  if (ceiling !== null) return ceiling <= limit ? [] : [exceeded(ceiling, limit, compute)];
  const own = unpriced.filter(isPlanned);
  const planned = own.length > 0;
  return [{ kind: 'ceiling_unknown', limit, accounts: planned ? own : unpriced, planned }];
}

/** Tells whether an account is the one whose token runs the program, by the claims in the token itself. */
export function selfMatcher(claims: readonly string[], users: readonly LiveUser[]): (username: string) => boolean {
  const own = new Set(claims.map((claim) => claim.toLowerCase()));
  const isOwn = (name: string) => own.has(name);
  const keys = new Set(users.flatMap((user) => (namesInClaims(user).some(isOwn) ? [accountKey(user.username)] : [])));
  return (username) => isOwn(username.toLowerCase()) || keys.has(accountKey(username));
}
