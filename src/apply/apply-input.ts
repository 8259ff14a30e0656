/** The input of an apply, and the events that it reports while it runs. */
import type { Action } from '../model/action.ts';
import type { Desired, DesiredAccount } from '../model/desired.ts';
import type { Live } from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import type { Secret } from '../model/secret.ts';
import type { SetupOutcome } from '../model/setup.ts';
import type { AccountSmoke } from '../model/smoke.ts';
import type { StateRun } from '../model/state-run.ts';
import type { TokenType } from '../model/tokens.ts';
import type { UserError } from '../model/user-error.ts';
import type { Api } from '../motherduck/api.ts';
import type { SecretStore } from '../secrets/store.ts';
import type { StateWriter } from './state-writer.ts';

/** Secrets of tokens that were created in this run, by the token's key. */
type FreshSecrets = ReadonlyMap<string, { readonly secret: Secret; readonly type: TokenType }>;

/** A plan to apply, and what apply needs. */
export interface ApplyInput {
  readonly plan: Plan;
  readonly desired: Desired;
  readonly live: Live;
  readonly api: Api;
  readonly stateWriter: StateWriter;
  readonly stores: ReadonlyMap<string, SecretStore>;
  /** Connects as an account; absent with --no-smoke, where an overlap begins when the new secret is stored. */
  readonly verify?: (account: DesiredAccount, secrets: FreshSecrets) => Promise<AccountSmoke>;
  /** Runs the account's setup, before it is verified; absent where no plan has one. */
  readonly setUp?: (account: DesiredAccount, secrets: FreshSecrets) => Promise<SetupOutcome>;
  /** Called before each action: throws when the time by which the plan decided can no longer be trusted. */
  readonly checkClock?: (undone: readonly Action[]) => void;
  /** The maximum number of accounts processed at once; those that wait for the state or a secrets file do not count. */
  readonly parallelism: number;
  /** When aborted, actions in progress finish and no others begin. */
  readonly stopping: AbortSignal;
  readonly onEvent?: (event: ApplyEvent) => void;
  /** Recorded with the first change, for the history. */
  readonly run?: StateRun;
}

/** Progress of an apply: an action begins or ends, an account is connected to or finished. */
export type ApplyEvent =
  | { readonly kind: 'begin'; readonly action: Action }
  | { readonly kind: 'verify'; readonly account: string }
  | { readonly kind: 'end'; readonly outcome: ActionOutcome }
  | { readonly kind: 'account'; readonly account: string };

/** The result of one action. */
export interface ActionOutcome {
  readonly action: Action;
  readonly result: 'done' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  readonly error?: UserError;
}
