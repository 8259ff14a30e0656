/** Runs the SQL of an account's `setup` in one connection, as the account. */
import { connectSeconds, SETUP_SECONDS } from '../model/defaults.ts';
import { defined } from '../model/defined.ts';
import type { DesiredAccount } from '../model/desired.ts';
import type { Notice } from '../model/notice.ts';
import type { Secret } from '../model/secret.ts';
import { openTransaction, type SetupOutcome } from '../model/setup.ts';
import type { TokenType } from '../model/tokens.ts';
import { UserError } from '../model/user-error.ts';
import { explainConnection } from '../motherduck/connection-errors.ts';
import type { TimeLimit } from '../motherduck/connection-failure.ts';
import type { ProbeFailure, ProbeReport } from '../motherduck/probe-process.ts';
import { ApiError } from '../motherduck/transport-errors.ts';
import { type ConnectingToken, type ConnectionOptions, runAlone } from './connection.ts';
import { type TokenApi, withTemporaryToken } from './temporary-token.ts';

/** What the setup of an account needs. */
interface SetupOptions extends ConnectionOptions {
  readonly account: DesiredAccount;
  /** The secrets of tokens that this run created, by token key. */
  readonly secrets: ReadonlyMap<string, { readonly secret: Secret; readonly type: TokenType }>;
  readonly api: TokenApi;
  /** Whether the Duckling is shut down afterwards. */
  readonly shutdown: boolean;
  readonly warn: (notice: Notice) => void;
}

/** Runs all statements in order, until one fails, with a new read/write token or a temporary one. Never rejects for what MotherDuck refuses. */
export async function setUpAccount(options: SetupOptions): Promise<SetupOutcome> {
  const { account, secrets, api, warn } = options;
  const [known] = [...secrets].filter(([, { type }]) => type === 'read_write');
  if (known !== undefined) return run({ key: known[0], secret: known[1].secret }, options);
  const { seconds } = limitFor(options);
  try {
    return await withTemporaryToken(
      { api, account: account.username, type: 'read_write', limit: seconds, warn },
      (secret) => run({ secret }, options),
    );
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const message = `the setup did not begin, because no temporary token could be created: ${error.message}`;
    return { done: 0, error: new UserError('SETUP_FAILED', message, error.hint, { cause: error }) };
  }
}

async function run(token: ConnectingToken, options: SetupOptions): Promise<SetupOutcome> {
  const { account, connector } = options;
  const { setup = [], username } = account;
  const limit = limitFor(options);
  const about = { account: username, type: 'read_write', ranBefore: false, limit } as const;
  const steps = setup.map(({ sql }, index) => ({ name: stepName(index), sql, foreign: true }));
  const request = { steps, shutdown: options.shutdown, stopAtFailure: true };
  const report = await runAlone(options, token, about, request, options.warn);
  const failed = setup.findIndex((_, index) => report.get(stepName(index))?.failure !== undefined);
  const ran = setup.filter((_, index) => isDone(report, index)).map(({ sql }) => sql);
  // With the end of the connection, what an open transaction did is rolled back.
  const done = ran.length === setup.length ? ran.length : (openTransaction(ran) ?? ran.length);
  await connector.noteStatements?.(token.secret, ran.slice(0, done));
  if (done === setup.length) return { done };
  const failure = report.get(failed === -1 ? 'connect' : stepName(failed))?.failure;
  if (failure === undefined) throw new Error('a statement of setup has neither run nor failed');
  const statement = setup[failed];
  if (failure.kind === 'aborted') {
    const where =
      statement === undefined ? 'before the first statement' : `at statement ${failed + 1} of ${setup.length}`;
    const message = `interrupted ${where} of the setup`;
    const hint = { text: 'Continue; then all statements run again.', command: ['apply'] };
    return { done, error: new UserError('INTERRUPTED', message, hint) };
  }
  if (statement === undefined) {
    const told = { ...about, ...defined({ token: token.key }) };
    const { scope, problem, advice } = explainConnection(failure, told);
    const isOfToken = scope === 'token' && token.key !== undefined;
    const hint = isOfToken ? problem.hint : { text: `${advice} Then continue.`, command: ['apply'] };
    return { done, error: new UserError('SETUP_FAILED', `the setup did not begin: ${problem.message}`, hint) };
  }
  const { file, line } = statement.location;
  const message = `statement ${failed + 1} of ${setup.length} of the setup failed (${file}:${line}): ${reasonOf(failure, limit.seconds)}`;
  const hint = { text: 'Correct it, or what it needs; then all statements run again.', command: ['apply'] };
  const error = new UserError('SETUP_FAILED', message, hint, { location: statement.location });
  return failure.kind === 'sql' ? { done, error, isRefused: true } : { done, error };
}

function limitFor({ account, timeout }: SetupOptions): TimeLimit {
  const size = account.ducklings?.read_write.size;
  const connecting = timeout ?? connectSeconds(size);
  const seconds = timeout ?? connecting + SETUP_SECONDS;
  return { seconds, connecting, isGiven: timeout !== undefined, ...defined({ size }) };
}

function reasonOf({ kind, text }: ProbeFailure, seconds: number) {
  return kind === 'time_limit' ? `it did not end within ${seconds} s (--timeout allows more)` : text;
}

function isDone(report: ProbeReport, index: number): boolean {
  const step = report.get(stepName(index));
  return step !== undefined && step.failure === undefined;
}

function stepName(index: number): string {
  return `setup ${index + 1}`;
}
