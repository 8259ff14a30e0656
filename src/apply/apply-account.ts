/** Applies a plan to one account: its actions in order, the verification of new tokens, then revocations. */
import type { Action } from '../model/action.ts';
import type { DesiredAccount } from '../model/desired.ts';
import type { Secret } from '../model/secret.ts';
import type { SetupOutcome } from '../model/setup.ts';
import type { AccountSmoke } from '../model/smoke.ts';
import type { TokenType } from '../model/tokens.ts';
import { isStateError, UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { isAfterVerification } from '../plan/action-order.ts';
import { createAccount, type DeletionTools, deleteAccount, forget, runSetup, setDucklings } from './account-actions.ts';
import { adoptAccount, adoptToken } from './adopt.ts';
import type { ActionOutcome, ApplyInput } from './apply-input.ts';
import { createToken } from './create-token.ts';
import { nextCommand } from './next-command.ts';
import { revokeToken, type TokenTools } from './revoke-token.ts';
import { awaitsVerification, recordVerification, withPlannedOverlaps } from './verification.ts';

/** Shared by all accounts. Set when the state can no longer be written, or the clock is wrong: no account begins another action. */
export interface Halt {
  error?: UserError;
}

/** Shared by all accounts: the number of setups that succeeded so far. */
interface Setups {
  done: number;
}

/** A setup that may succeed when those of other accounts have. */
interface RefusedSetup {
  readonly action: Action;
  readonly error: UserError;
  /** How many had succeeded when it began. */
  readonly doneBefore: number;
}

/** What was done for one account. */
export interface AccountResult {
  readonly outcomes: readonly ActionOutcome[];
  readonly smoke: readonly AccountSmoke[];
  readonly failures: readonly UserError[];
}

/** What the accounts of an apply share. */
interface AccountInput
  extends ApplyInput,
    Pick<DeletionTools, 'idOf'>,
    Pick<TokenTools, 'before' | 'outsideSlot' | 'remover' | 'tokenIds'> {
  readonly halt: Halt;
  readonly setups: Setups;
  /** Actions whose secrets the stores refuse. The rest of a scheduled plan is applied nevertheless. */
  readonly refused: ReadonlyMap<Action, UserError>;
}

/** The apply of one account. */
export class AccountApply {
  readonly #account: string;
  readonly #input: AccountInput;
  #desired: DesiredAccount | undefined;
  readonly #outcomes: ActionOutcome[] = [];
  readonly #smoke: AccountSmoke[] = [];
  readonly #fresh = new Map<string, { secret: Secret; type: TokenType }>();
  readonly #failedTokens = new Map<string, UserError>();
  /** Keys of tokens that were created in this run and did not connect. */
  readonly #unverified = new Set<string>();
  /** Failures outside of actions. */
  readonly #failures: UserError[] = [];
  #failedAccount: UserError | undefined;
  /** Whether a statement of the last setup was refused. */
  #isRefused = false;
  #refusedSetup: RefusedSetup | undefined;
  #afterVerification: readonly Action[] = [];
  #isTouched = false;

  constructor(account: string, input: AccountInput) {
    this.#account = account;
    this.#input = input;
    this.#desired = input.desired.accounts.get(accountKey(account));
  }

  /** Applies the actions; resolves to undefined when its setup waits for those of other accounts, and `finish` does the rest. */
  async run(actions: readonly Action[]): Promise<AccountResult | undefined> {
    this.#desired = this.#desired && withPlannedOverlaps(this.#desired, actions);
    this.#afterVerification = actions.filter(isAfterVerification);
    for (const action of actions.filter((each) => !isAfterVerification(each))) await this.#apply(action);
    return this.#refusedSetup === undefined ? this.finish() : undefined;
  }

  /**
   * Runs a refused setup again if others succeeded meanwhile; then verifies, and does what comes after that. Resolves to
   * undefined when it is refused again: it is called again, since others may have succeeded by then.
   */
  async finish(): Promise<AccountResult | undefined> {
    const refused = this.#refusedSetup;
    this.#refusedSetup = undefined;
    if (refused !== undefined) await this.#setUpAgain(refused);
    if (this.#refusedSetup !== undefined) return undefined;
    await this.#verify();
    for (const action of this.#afterVerification) await this.#apply(action);
    return { outcomes: this.#outcomes, smoke: this.#smoke, failures: this.#failures };
  }

  async #apply(action: Action): Promise<void> {
    const obstacle = this.#obstacle(action);
    if (obstacle) return this.#end({ action, result: 'skipped', error: obstacle });
    this.#input.onEvent?.({ kind: 'begin', action });
    await this.#carryOut(action);
  }

  async #carryOut(action: Action): Promise<void> {
    const doneBefore = this.#input.setups.done;
    try {
      const refused = this.#input.refused.get(action);
      if (refused) throw refused;
      await this.#input.stateWriter.confirm();
      this.#end({ action: await this.#perform(action), result: 'done' });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (isStateError(error)) this.#input.halt.error = error;
      else if (action.action === 'run_setup' && this.#isRefused) {
        this.#refusedSetup = { action, error, doneBefore };
        return;
      }
      if (action.action === 'create_account' || action.action === 'adopt_account') this.#failedAccount = error;
      if ('token' in action && action.token !== undefined) this.#failedTokens.set(action.token, error);
      this.#end({ action, result: 'failed', error });
    }
  }

  async #setUpAgain({ action, error, doneBefore }: RefusedSetup): Promise<void> {
    const isHopeless = this.#input.setups.done === doneBefore || this.#obstacle(action) !== undefined;
    if (isHopeless) this.#end({ action, result: 'failed', error });
    else await this.#carryOut(action);
  }

  #obstacle(action: Action): UserError | undefined {
    const { halt, stateWriter, stopping } = this.#input;
    if (stopping.aborted) {
      return new UserError('INTERRUPTED', 'interrupted before this action began', {
        text: 'Continue.',
        command: nextCommand([action]),
      });
    }
    this.#checkClock([action]);
    const token = 'token' in action ? action.token : undefined;
    const failed = token === undefined ? undefined : this.#failedTokens.get(token);
    return halt.error ?? this.#failedAccount ?? failed ?? awaitsVerification(action, this.#unverified, stateWriter);
  }

  /** Overlaps are recorded and ended by this time, and a token that is revoked cannot be restored. */
  #checkClock(undone: readonly Action[]): void {
    const { halt, checkClock } = this.#input;
    if (halt.error) return;
    try {
      checkClock?.(undone);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      halt.error = error;
      this.#failures.push(error);
    }
  }

  #end(outcome: ActionOutcome): void {
    this.#outcomes.push(outcome);
    this.#input.onEvent?.({ kind: 'end', outcome });
  }

  /** Performs an action, and resolves to what was done: a new token may have another name than was planned. */
  async #perform(action: Action): Promise<Action> {
    const tools = this.#input;
    switch (action.action) {
      case 'create_account':
        await createAccount(action, tools);
        this.#isTouched = true;
        break;
      case 'adopt_account':
        adoptAccount(action, tools);
        break;
      case 'set_ducklings':
        await setDucklings(action, this.#requireDesired(), tools);
        this.#isTouched = true;
        break;
      case 'create_token':
      case 'rotate_token': {
        const created = await createToken(action, this.#requireDesired(), tools);
        this.#fresh.set(action.token, { secret: created.secret, type: action.after.type });
        this.#isTouched = true;
        return created.action;
      }
      case 'adopt_token':
        adoptToken(action, tools);
        break;
      case 'revoke_token':
        // The token was revoked nevertheless, so the next tokens of its series are revoked too.
        this.#failures.push(...(await revokeToken(action, this.#desired?.tokens.has(action.token) ?? false, tools)));
        break;
      case 'run_setup':
        this.#isTouched = true;
        await runSetup(this.#requireDesired(), () => this.#setUp(), tools);
        tools.setups.done += 1;
        break;
      case 'delete_account':
        // The account was deleted nevertheless; secrets that remain are reported as failures.
        this.#failures.push(...(await deleteAccount(action, tools)));
        break;
      case 'forget':
        await forget(action, tools);
        break;
      default:
        action satisfies never;
    }
    return action;
  }

  /** Connects with the new tokens; then the overlap of the replaced ones begins. */
  async #verify(): Promise<void> {
    const desired = this.#desired;
    const { stopping, halt } = this.#input;
    if (desired === undefined || this.#failedAccount || halt.error) return;
    const isToVerify = this.#input.verify !== undefined && desired.smoke !== false;
    if (isToVerify && !this.#isTouched && !this.#input.plan.retest.includes(this.#account)) return;
    if (stopping.aborted && isToVerify) {
      this.#smoke.push(untested(desired.username));
      return;
    }
    try {
      const smoke = await this.#test(desired);
      this.#checkClock([]);
      const tested = new Set(this.#fresh.keys());
      if (!halt.error) await recordVerification(desired, smoke, tested, this.#input, stopping.aborted);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (isStateError(error)) halt.error = error;
      this.#failures.push(error);
    } finally {
      this.#fresh.clear();
    }
  }

  /** The result of the smoke test; undefined when the account is not tested. */
  async #test(desired: DesiredAccount): Promise<AccountSmoke | undefined> {
    const { verify, onEvent } = this.#input;
    if (verify === undefined || desired.smoke === false) return undefined;
    onEvent?.({ kind: 'verify', account: this.#account });
    const smoke = await verify(this.#asApplied(desired), this.#fresh);
    this.#smoke.push(smoke);
    for (const key of this.#fresh.keys()) if (!smoke.verified.includes(key)) this.#unverified.add(key);
    return smoke;
  }

  /** Scheduled work does not change Ducklings, so the test expects the live ones. */
  #asApplied(desired: DesiredAccount): DesiredAccount {
    const { plan, live } = this.#input;
    if (desired.ducklings === undefined || !plan.due) return desired;
    const { ducklings, ...rest } = desired;
    const found = live.accounts.get(accountKey(this.#account));
    const current = found?.presence === 'present' ? found.value.ducklings : undefined;
    return { ...rest, ...(current && { ducklings: { ...current, location: ducklings.location } }) };
  }

  async #setUp(): Promise<SetupOutcome> {
    const { setUp } = this.#input;
    if (setUp === undefined) throw new Error('nothing runs the setup');
    const outcome = await setUp(this.#requireDesired(), this.#fresh);
    this.#isRefused = outcome.isRefused === true;
    return outcome;
  }

  #requireDesired(): DesiredAccount {
    if (this.#desired === undefined) throw new Error(`${this.#account} is in the plan and not in the configuration`);
    return this.#desired;
  }
}

/** Of an account whose test did not begin. */
function untested(account: string): AccountSmoke {
  return { account, outcome: 'interrupted', connections: [], verified: [], warnings: [], ms: 0 };
}
