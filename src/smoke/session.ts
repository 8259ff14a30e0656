/**
 * What the smoke tests of one run share: who was awake before the first of them, how many processes may run at once,
 * and what turned out to be wrong with this machine.
 */
import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Notice } from '../model/plan.ts';
import type { AccountSmoke, Smoke } from '../model/smoke.ts';
import type { TokenType } from '../model/tokens.ts';
import type { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { Api } from '../motherduck/api.ts';
import type { Connecting } from './connection.ts';
import type { Explained } from './failures.ts';
import { judgeOrganization } from './organization.ts';
import { type SmokeOptions, type SmokeSubject, smokeAccount } from './smoke.ts';

export interface SessionOptions extends Connecting {
  readonly api: Api;
  /** At most so many accounts at a time; fewer where the machine is small, since every connection is a process. */
  readonly parallelism: number;
}

type Awake = Readonly<Record<TokenType, boolean>>;
const ASLEEP: Awake = { read_write: false, read_scaling: false };

/** Tests accounts as they come, from as many callers at once as like. */
export class SmokeSession {
  readonly #options: SessionOptions;
  readonly #places: number;
  readonly #warnings: Notice[] = [];
  readonly #machine: { trouble?: Explained } = {};
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #awake: Promise<ReadonlyMap<string, Awake> | undefined> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#places = Math.max(1, Math.min(options.parallelism, availableParallelism() * 2));
    // Every process listens; Node takes more than ten for a leak.
    if (options.signal !== undefined) setMaxListeners(0, options.signal);
  }

  /** Tests one account, when there is a place. Never rejects: whatever fails is in the result. */
  async test(account: SmokeSubject, secrets: SmokeOptions['secrets'] = new Map()): Promise<AccountSmoke> {
    const known = account.smoke === false ? undefined : await this.#awakeBefore();
    const wasActive = known && (known.get(accountKey(account.username)) ?? ASLEEP);
    await this.#enter();
    try {
      return await smokeAccount({ ...this.#options, account, secrets, wasActive, machine: this.#machine });
    } finally {
      this.#leave();
    }
  }

  /** What the tests of a run say together: also whether all accounts are in one organization. */
  result(accounts: readonly AccountSmoke[]): Smoke {
    const judged = judgeOrganization(accounts);
    return {
      at: new Date(this.#options.api.now()).toISOString(),
      ...judged,
      warnings: this.#warnings,
      passed: judged.accounts.every(({ outcome }) => outcome === 'passed' || outcome === 'skipped'),
    };
  }

  /** Which accounts had Ducklings up, also cooling down; undefined when MotherDuck does not say. Read once. */
  #awakeBefore(): Promise<ReadonlyMap<string, Awake> | undefined> {
    this.#awake ??= this.#options.api.activeAccounts().then(
      (active) =>
        new Map(
          active.map(({ username, ducklings }) => [
            accountKey(username),
            {
              read_write: ducklings.some((duckling) => duckling.type === 'read_write'),
              read_scaling: ducklings.some((duckling) => duckling.type === 'read_scaling'),
            },
          ]),
        ),
      (error: UserError) => {
        this.#warnings.push({
          message: `it is not known which Ducklings ran before, so none is sent to sleep: ${error.message}`,
          hint: { text: 'They stop by themselves when their cooldown is over.' },
        });
        return undefined;
      },
    );
    return this.#awake;
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#places) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The place goes to who waited longest. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}
