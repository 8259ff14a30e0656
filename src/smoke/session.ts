/**
 * The smoke tests of one run. They share which Ducklings ran before, the limit of concurrent processes, a failure that
 * all would meet, and the organization that all accounts must belong to.
 */
import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import type { DesiredAccount } from '../model/desired.ts';
import type { Notice } from '../model/notice.ts';
import type { SetupOutcome } from '../model/setup.ts';
import type { AccountSmoke, ConnectionSmoke, Smoke, SmokeOrganization } from '../model/smoke.ts';
import type { TokenType } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import type { Api } from '../motherduck/api.ts';
import { Slots } from '../motherduck/concurrency.ts';
import { type SmokeOptions, type SmokeSubject, smokeAccount } from './account.ts';
import { CommonFailure } from './common-failure.ts';
import type { ConnectionOptions } from './connection.ts';
import { setUpAccount } from './setup.ts';
import type { TokenApi } from './temporary-token.ts';

/** What the tests of a run share. */
export interface SessionOptions extends ConnectionOptions {
  readonly api: TokenApi & Pick<Api, 'activeAccounts' | 'now'>;
  /** Maximum number of accounts tested at once; lower on machines with few cores, because every connection is a process. */
  readonly parallelism: number;
  /** The id of the organization that all accounts must be in; absent: that of most of them. */
  readonly organization?: string | undefined;
}

type Running = Readonly<Record<TokenType, boolean>>;
const NONE: Running = { read_write: false, read_scaling: false };

/** Tests accounts for any number of concurrent callers. */
export class SmokeSession {
  readonly #options: SessionOptions;
  readonly #slots: Slots;
  readonly #warnings: Notice[] = [];
  readonly #common = new CommonFailure();
  #before: Promise<ReadonlyMap<string, Running> | undefined> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#slots = new Slots(Math.min(options.parallelism, availableParallelism() * 2));
    // Every child process adds a listener; Node warns about a leak at more than ten.
    if (options.signal !== undefined) setMaxListeners(0, options.signal);
  }

  /** Tests one account as soon as the limit allows. A failure is in the result; only a bug is thrown. */
  async test(account: SmokeSubject, secrets: SmokeOptions['secrets'] = new Map()): Promise<AccountSmoke> {
    const { organization } = this.#options;
    const running = account.smoke === false ? undefined : await this.#runningBefore();
    const ranBefore = running && (running.get(accountKey(account.username)) ?? NONE);
    return this.#slots.within(async () => {
      const tested = await smokeAccount({ ...this.#options, account, secrets, ranBefore, common: this.#common });
      return organization === undefined ? tested : judgeAccount(tested, organization);
    });
  }

  /**
   * Runs the account's setup as soon as the limit allows.
   *
   * @param isTested whether a test follows, which shuts the Duckling down
   */
  async setUp(account: DesiredAccount, secrets: SmokeOptions['secrets'], isTested: boolean): Promise<SetupOutcome> {
    const running = await this.#runningBefore();
    const shutdown = !isTested && running !== undefined && !running.get(accountKey(account.username))?.read_write;
    const warn = (notice: Notice) => this.#warnings.push(notice);
    return this.#slots.within(() => setUpAccount({ ...this.#options, account, secrets, shutdown, warn }));
  }

  /** The result of a run, which also checks that all accounts belong to one organization. */
  result(accounts: readonly AccountSmoke[]): Smoke {
    const judged = judgeOrganization(accounts, this.#options.organization);
    return {
      at: new Date(this.#options.api.now()).toISOString(),
      ...judged,
      warnings: this.#warnings,
      passed: judged.accounts.every(({ outcome }) => outcome === 'passed' || outcome === 'skipped'),
    };
  }

  /** The Ducklings that ran before the first test, including their cooldowns; undefined when unknown. Read once. */
  #runningBefore(): Promise<ReadonlyMap<string, Running> | undefined> {
    this.#before ??= this.#options.api.activeAccounts().then(
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
      (error: unknown) => {
        if (!(error instanceof UserError)) throw error;
        this.#warnings.push({
          message: `it is unknown which Ducklings ran before, so none is shut down: ${error.message}`,
          hint: { text: 'They stop by themselves when their cooldown ends.' },
        });
        return undefined;
      },
    );
    return this.#before;
  }
}

interface SmokeRun extends SessionOptions {
  readonly accounts: readonly { readonly account: SmokeSubject; readonly secrets?: SmokeOptions['secrets'] }[];
  readonly onDone?: (result: AccountSmoke, progress: { readonly done: number; readonly total: number }) => void;
}

/** Tests accounts; the results are in the given order. A failing account does not stop the others. Only a bug is thrown. */
export async function smokeAccounts(run: SmokeRun): Promise<Smoke> {
  const session = new SmokeSession(run);
  const total = run.accounts.length;
  let done = 0;
  const results = await Promise.all(
    run.accounts.map(async ({ account, secrets }) => {
      const result = await session.test(account, secrets);
      done += 1;
      run.onDone?.(result, { done, total });
      return result;
    }),
  );
  return session.result(results);
}

/** Fails the check `organization` of accounts in another one than `known`, or else than most of them (than the first, when even). */
function judgeOrganization(
  accounts: readonly AccountSmoke[],
  known?: string,
): {
  readonly organization?: SmokeOrganization;
  readonly accounts: readonly AccountSmoke[];
} {
  const organization = mostFrequent(accounts);
  if (organization === undefined) return { accounts };
  const expected = known === undefined || known === organization.id ? organization : known;
  return { organization, accounts: accounts.map((account) => judgeAccount(account, expected)) };
}

/** The organization that is expected; that of the state by its id alone. */
type ExpectedOrganization = SmokeOrganization | string;

function mostFrequent(accounts: readonly AccountSmoke[]): SmokeOrganization | undefined {
  const counts = new Map<string, { organization: SmokeOrganization; count: number }>();
  for (const account of accounts) {
    const organization = account.connections.find((connection) => connection.organization)?.organization;
    if (organization === undefined) continue;
    const counted = counts.get(organization.id) ?? { organization, count: 0 };
    counts.set(organization.id, { ...counted, count: counted.count + 1 });
  }
  let best: { organization: SmokeOrganization; count: number } | undefined;
  for (const counted of counts.values()) {
    if (best === undefined || counted.count > best.count) best = counted;
  }
  return best?.organization;
}

/** The tokens of an account in another organization are not those that the state means, so none is verified. */
function judgeAccount(account: AccountSmoke, expected: ExpectedOrganization): AccountSmoke {
  const id = typeof expected === 'string' ? expected : expected.id;
  const isForeign = (connection: ConnectionSmoke) =>
    connection.organization !== undefined && connection.organization.id !== id;
  if (!account.connections.some(isForeign)) return account;
  const connections = account.connections.map((connection) =>
    isForeign(connection) ? failOrganization(connection, expected) : connection,
  );
  return { ...account, connections, verified: [], outcome: account.outcome === 'passed' ? 'failed' : account.outcome };
}

function failOrganization(connection: ConnectionSmoke, expected: ExpectedOrganization): ConnectionSmoke {
  const found = connection.organization?.name ?? '';
  const difference =
    typeof expected === 'string'
      ? {
          expected,
          message: `the account is in the organization "${found}", and the state is of another one`,
          hint: { text: 'Check that the admin token and --state are of the same organization.' },
        }
      : {
          expected: `${expected.name} (${expected.id})`,
          message: `the account is in the organization "${found}", the others are in "${expected.name}"`,
          hint: {
            text: 'One configuration manages one organization: give the other one its own file, state and admin token.',
          },
        };
  const checks = connection.checks.map((check) =>
    check.name === 'organization'
      ? {
          ...check,
          passed: false,
          found: `${found} (${connection.organization?.id})`,
          ...difference,
        }
      : check,
  );
  return { ...connection, checks, passed: false };
}
