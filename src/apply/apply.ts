/**
 * A Plan becomes effects:
 *
 *   first         what the plan's stores need is checked; a store that cannot be written stops all, before anything
 *   over accounts in parallel, as many at once as `parallelism`
 *   an account    in the plan's order: the account, its Ducklings, its tokens, then the proof that what is new
 *                 connects, and last what is revoked
 *
 * A failed action takes with it what needs it: everything, when it was the account; the rest of its token, when it was
 * a token; nothing else. When `stopping` is aborted, the action in flight is finished and no other is begun.
 */
import { setMaxListeners } from 'node:events';
import type { Desired, DesiredAccount } from '../model/desired.ts';
import { isoTime } from '../model/instant.ts';
import type { Live } from '../model/live.ts';
import type { Action, Plan } from '../model/plan.ts';
import type { Secret } from '../model/secret.ts';
import type { AccountSmoke } from '../model/smoke.ts';
import type { TokenType } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { Api } from '../motherduck/api.ts';
import { inParallel } from '../motherduck/parallel.ts';
import type { SecretStore } from '../secrets/store.ts';
import { adoptAccount, adoptToken, createAccount, deleteAccount, forget, setDucklings } from './account-steps.ts';
import { type Ledger, updateAccount } from './ledger.ts';
import { remember } from './remember.ts';
import { beginOverlap, makeToken, revokeToken } from './token-steps.ts';

/** Secrets that were just made, by the token's key. */
export type FreshSecrets = ReadonlyMap<string, { readonly secret: Secret; readonly type: TokenType }>;

export interface ApplyInput {
  readonly plan: Plan;
  readonly desired: Desired;
  readonly live: Live;
  readonly api: Api;
  readonly ledger: Ledger;
  readonly stores: ReadonlyMap<string, SecretStore>;
  /** Connects as an account; absent with --no-smoke, and then overlaps begin when the new secret is stored. */
  readonly prove?: (account: DesiredAccount, secrets: FreshSecrets) => Promise<AccountSmoke>;
  readonly parallelism: number;
  readonly stopping: AbortSignal;
  readonly onEvent?: (event: ApplyEvent) => void;
}

export type ApplyEvent =
  | { readonly kind: 'begin'; readonly action: Action }
  | { readonly kind: 'prove'; readonly account: string }
  | { readonly kind: 'end'; readonly outcome: Outcome }
  | { readonly kind: 'account'; readonly account: string };

export interface Outcome {
  readonly action: Action;
  readonly result: 'done' | 'failed' | 'skipped';
  /** Why it failed, or what it was skipped for. */
  readonly error?: UserError;
}

export interface Applied {
  readonly outcomes: readonly Outcome[];
  readonly smoke: readonly AccountSmoke[];
  readonly interrupted: boolean;
}

/** Does the plan. Failures of actions are in the result. @throws UserError STORE_UNUSABLE before anything was done */
export async function apply(input: ApplyInput): Promise<Applied> {
  setMaxListeners(0, input.stopping);
  await checkStores(input);
  await input.ledger.update((state) => remember(state, input.desired, input.live));
  const groups = groupByAccount(input);
  const halt: Halt = {};
  const results = await inParallel(groups, input.parallelism, async ([account, actions]) => {
    const result = await new AccountRun(account, { ...input, halt }).run(actions);
    input.onEvent?.({ kind: 'account', account });
    return result;
  });
  return {
    outcomes: results.flatMap((result) => result.outcomes),
    smoke: results.flatMap((result) => result.smoke),
    interrupted: input.stopping.aborted,
  };
}

/** How many accounts an apply of this plan works on; the measure of its progress. */
export function countAccounts(input: Pick<ApplyInput, 'plan' | 'desired' | 'ledger'>): number {
  return groupByAccount(input).size;
}

async function checkStores({ plan, stores }: ApplyInput): Promise<void> {
  const names = plan.actions.flatMap((action) =>
    action.action === 'create_token' || action.action === 'rotate_token' ? [action.after.secret_store] : [],
  );
  await Promise.all([...new Set(names)].map((name) => stores.get(name)?.check()));
}

/** The plan's actions by account, and the accounts whose replaced tokens still wait for a proof. */
function groupByAccount({
  plan,
  desired,
  ledger,
}: Pick<ApplyInput, 'plan' | 'desired' | 'ledger'>): Map<string, Action[]> {
  const groups = new Map<string, Action[]>();
  for (const action of plan.actions) {
    const group = groups.get(action.account);
    if (group) group.push(action);
    else groups.set(action.account, [action]);
  }
  for (const account of plan.waiting) {
    const isKnown = desired.accounts.has(accountKey(account)) && ledger.state.accounts.has(accountKey(account));
    if (isKnown && !groups.has(account)) groups.set(account, []);
  }
  return groups;
}

/** Set when the state cannot be written any more: what cannot be noted must not be begun, by any account. */
interface Halt {
  because?: UserError;
}

/** One account's part of an apply. */
class AccountRun {
  readonly #account: string;
  readonly #input: ApplyInput & { readonly halt: Halt };
  readonly #want: DesiredAccount | undefined;
  readonly #outcomes: Outcome[] = [];
  readonly #smoke: AccountSmoke[] = [];
  readonly #fresh = new Map<string, { secret: Secret; type: TokenType }>();
  readonly #failedTokens = new Map<string, UserError>();
  #failedAccount: UserError | undefined;
  #isTouched = false;

  constructor(account: string, input: ApplyInput & { readonly halt: Halt }) {
    this.#account = account;
    this.#input = input;
    this.#want = input.desired.accounts.get(accountKey(account));
  }

  async run(actions: readonly Action[]): Promise<{ outcomes: Outcome[]; smoke: AccountSmoke[] }> {
    const isLast = (action: Action) => action.action === 'revoke_token' || action.action === 'forget';
    for (const action of actions.filter((each) => !isLast(each))) await this.#step(action);
    await this.#prove();
    for (const action of actions.filter(isLast)) await this.#step(action);
    return { outcomes: this.#outcomes, smoke: this.#smoke };
  }

  async #step(action: Action): Promise<void> {
    const obstacle = this.#obstacle(action);
    if (obstacle) return this.#end({ action, result: 'skipped', error: obstacle });
    this.#input.onEvent?.({ kind: 'begin', action });
    try {
      await this.#perform(action);
      this.#end({ action, result: 'done' });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (error.code === 'STATE_UNWRITABLE') this.#input.halt.because = error;
      if (action.action === 'create_account' || action.action === 'adopt_account') this.#failedAccount = error;
      if ('token' in action && action.token !== undefined) this.#failedTokens.set(action.token, error);
      this.#end({ action, result: 'failed', error });
    }
  }

  #obstacle(action: Action): UserError | undefined {
    if (this.#input.stopping.aborted) {
      return new UserError('INTERRUPTED', 'interrupted before this was begun', 'Run apply again to go on.');
    }
    const token = 'token' in action ? action.token : undefined;
    return (
      this.#input.halt.because ??
      this.#failedAccount ??
      (token === undefined ? undefined : this.#failedTokens.get(token))
    );
  }

  #end(outcome: Outcome): void {
    this.#outcomes.push(outcome);
    this.#input.onEvent?.({ kind: 'end', outcome });
  }

  async #perform(action: Action): Promise<void> {
    const tools = this.#input;
    switch (action.action) {
      case 'create_account':
        await createAccount(action, tools);
        this.#isTouched = true;
        return;
      case 'adopt_account':
        return adoptAccount(action, tools);
      case 'set_ducklings':
        await setDucklings(action, this.#wanted(), tools.api);
        this.#isTouched = true;
        return;
      case 'create_token':
      case 'rotate_token': {
        const secret = await makeToken(action, this.#wanted(), tools);
        this.#fresh.set(action.token, { secret, type: action.after.type });
        this.#isTouched = true;
        return;
      }
      case 'adopt_token':
        return adoptToken(action, tools);
      case 'revoke_token':
        return revokeToken(action, this.#want?.tokens.has(action.token ?? '') ?? false, tools);
      case 'delete_account':
        return deleteAccount(action, tools);
      case 'forget':
        return forget(action, tools.ledger);
      default:
        return action satisfies never;
    }
  }

  /** Connects as the account with what is new; then the tokens that were replaced begin their overlap. */
  async #prove(): Promise<void> {
    const { prove, ledger, stopping, api } = this.#input;
    const want = this.#want;
    const isWaiting = this.#input.plan.waiting.includes(this.#account);
    if (want === undefined || this.#failedAccount || stopping.aborted || !(this.#isTouched || isWaiting)) return;
    if (prove === undefined || want.smoke === false) return this.#beginOverlaps(want, undefined);
    this.#input.onEvent?.({ kind: 'prove', account: this.#account });
    const smoke = await prove(want, this.#fresh);
    this.#fresh.clear();
    this.#smoke.push(smoke);
    if (smoke.outcome === 'interrupted') return;
    const at = isoTime(api.now());
    await updateAccount(
      ledger,
      this.#account,
      (held) => held && { ...held, smoke: { at, passed: smoke.outcome === 'passed' } },
    );
    await this.#beginOverlaps(want, smoke);
  }

  /** Without a smoke test, storing the new secret is all the proof there is. */
  async #beginOverlaps(want: DesiredAccount, smoke: AccountSmoke | undefined): Promise<void> {
    for (const token of want.tokens.values()) {
      const isProved = smoke !== undefined && (smoke.outcome === 'passed' || smoke.proved.includes(token.key));
      if (smoke === undefined || isProved) await beginOverlap(want.username, token, isProved, this.#input);
    }
  }

  #wanted(): DesiredAccount {
    if (this.#want === undefined) throw new Error(`${this.#account} is in the plan and not in the configuration`);
    return this.#want;
  }
}
