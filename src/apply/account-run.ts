/** One account's part of an apply: its actions in order, the proof that what is new connects, and what is revoked last. */
import type { Desired, DesiredAccount } from '../model/desired.ts';
import type { Live } from '../model/live.ts';
import type { Action, Plan } from '../model/plan.ts';
import type { Secret } from '../model/secret.ts';
import type { AccountSmoke } from '../model/smoke.ts';
import type { TokenType } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { Api } from '../motherduck/api.ts';
import { isAfterVerification } from '../plan/action-order.ts';
import type { SecretStore } from '../secrets/store.ts';
import { adoptAccount, adoptToken, createAccount, deleteAccount, forget, setDucklings } from './account-steps.ts';
import type { StateWriter } from './state-writer.ts';
import { makeToken, noteProof, revokeToken } from './token-steps.ts';

/** Secrets that were just made, by the token's key. */
export type FreshSecrets = ReadonlyMap<string, { readonly secret: Secret; readonly type: TokenType }>;

export interface ApplyInput {
  readonly plan: Plan;
  readonly desired: Desired;
  readonly live: Live;
  readonly api: Api;
  readonly stateWriter: StateWriter;
  readonly stores: ReadonlyMap<string, SecretStore>;
  /** Connects as an account; absent with --no-smoke, and then overlaps begin when the new secret is stored. */
  readonly verify?: (account: DesiredAccount, secrets: FreshSecrets) => Promise<AccountSmoke>;
  readonly parallelism: number;
  readonly stopping: AbortSignal;
  readonly onEvent?: (event: ApplyEvent) => void;
}

export type ApplyEvent =
  | { readonly kind: 'begin'; readonly action: Action }
  | { readonly kind: 'verify'; readonly account: string }
  | { readonly kind: 'end'; readonly outcome: Outcome }
  | { readonly kind: 'account'; readonly account: string };

export interface Outcome {
  readonly action: Action;
  readonly result: 'done' | 'failed' | 'skipped';
  /** Why it failed, or what it was skipped for. */
  readonly error?: UserError;
}

/** Set when the state cannot be written any more: what cannot be noted must not be begun, by any account. */
export interface Halt {
  because?: UserError;
}

export interface AccountResult {
  readonly outcomes: readonly Outcome[];
  readonly smoke: readonly AccountSmoke[];
  readonly failures: readonly UserError[];
}

export class AccountRun {
  readonly #account: string;
  readonly #input: ApplyInput & { readonly halt: Halt };
  readonly #want: DesiredAccount | undefined;
  readonly #outcomes: Outcome[] = [];
  readonly #smoke: AccountSmoke[] = [];
  readonly #fresh = new Map<string, { secret: Secret; type: TokenType }>();
  readonly #failedTokens = new Map<string, UserError>();
  /** Keys of tokens that were made now and were not seen to connect. */
  readonly #unproved = new Set<string>();
  /** What went wrong beside the actions. */
  readonly #failed: UserError[] = [];
  #failedAccount: UserError | undefined;
  #isTouched = false;

  constructor(account: string, input: ApplyInput & { readonly halt: Halt }) {
    this.#account = account;
    this.#input = input;
    this.#want = input.desired.accounts.get(accountKey(account));
  }

  async run(actions: readonly Action[]): Promise<AccountResult> {
    for (const action of actions.filter((each) => !isAfterVerification(each))) await this.#step(action);
    await this.#prove();
    for (const action of actions.filter(isAfterVerification)) await this.#step(action);
    return { outcomes: this.#outcomes, smoke: this.#smoke, failures: this.#failed };
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
    const failed = token === undefined ? undefined : this.#failedTokens.get(token);
    return this.#input.halt.because ?? this.#failedAccount ?? failed ?? this.#waitsForProof(action);
  }

  /** A token that programs may be using goes only when its replacement, made in this run, was seen to connect. */
  #waitsForProof(action: Action): UserError | undefined {
    if (action.action !== 'revoke_token' || !this.#unproved.has(action.token ?? '')) return undefined;
    if (action.reason.kind !== 'overlap_ended' && action.reason.kind !== 'orphan') return undefined;
    const message = `its replacement was not seen to connect, so "${action.before.name}" stays`;
    return new UserError('SMOKE_FAILED', message, 'Fix what the smoke test names, and run apply again.');
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
        return forget(action, tools.stateWriter);
      default:
        return action satisfies never;
    }
  }

  /** Connects as the account with what is new; then the tokens that were replaced begin their overlap. */
  async #prove(): Promise<void> {
    const want = this.#want;
    const { stopping, halt } = this.#input;
    if (want === undefined || this.#failedAccount || stopping.aborted || halt.because) return;
    const isTested = this.#input.verify !== undefined && want.smoke !== false;
    if (isTested && !this.#isTouched && !this.#input.plan.retest.includes(this.#account)) return;
    try {
      await noteProof(want, await this.#test(want), new Set(this.#fresh.keys()), this.#input);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (error.code === 'STATE_UNWRITABLE') this.#input.halt.because = error;
      this.#failed.push(error);
    } finally {
      this.#fresh.clear();
    }
  }

  /** What the smoke test shows; undefined where none is wanted. */
  async #test(want: DesiredAccount): Promise<AccountSmoke | undefined> {
    const { verify, onEvent } = this.#input;
    if (verify === undefined || want.smoke === false) return undefined;
    onEvent?.({ kind: 'verify', account: this.#account });
    const smoke = await verify(want, this.#fresh);
    this.#smoke.push(smoke);
    for (const key of this.#fresh.keys()) if (!smoke.verified.includes(key)) this.#unproved.add(key);
    return smoke;
  }

  #wanted(): DesiredAccount {
    if (this.#want === undefined) throw new Error(`${this.#account} is in the plan and not in the configuration`);
    return this.#want;
  }
}
