/** One connection: opened through the connector, checked, and its Duckling shut down if requested. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectSeconds } from '../model/defaults.ts';
import { defined } from '../model/defined.ts';
import type { Size } from '../model/ducklings.ts';
import type { Notice } from '../model/notice.ts';
import type { Secret } from '../model/secret.ts';
import type { ConnectionSmoke, SmokeCheck } from '../model/smoke.ts';
import type { Seconds } from '../model/time.ts';
import { monotonicMs } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import { explainConnection } from '../motherduck/connection-errors.ts';
import type { ConnectionFailure, TimeLimit } from '../motherduck/connection-failure.ts';
import type { Connector } from '../motherduck/connector.ts';
import type { ProbeReport, ProbeRequest, ProbeRunner } from '../motherduck/probe-process.ts';
import { scrub } from '../motherduck/scrub.ts';
import { type Expected, judge, organizationOf, requestFor } from './checks.ts';

/** How the connections of a run are made. */
export interface ConnectionOptions {
  readonly connector: Connector;
  readonly probe: ProbeRunner;
  /** Seconds for one connection with its checks, as the user gave them; absent: as its Duckling needs. */
  readonly timeout?: Seconds;
  readonly probePath?: string;
  readonly signal?: AbortSignal;
}

/** A token to connect with. */
export interface ConnectingToken {
  /** Absent for a temporary token, which was created for this test. */
  readonly key?: string;
  readonly secret: Secret;
}

/** The result of one connection. */
interface Connected {
  readonly smoke: ConnectionSmoke;
  readonly connects: boolean;
  /** It was interrupted before it connected, so nothing was tested. */
  readonly aborted: boolean;
  /** It connected as the expected account, and not to a Duckling of another kind. */
  readonly verified: boolean;
  /** SHUTDOWN was sent, with or without success. */
  readonly shutDown: boolean;
  /** Why the connection could not be made, or not used. */
  readonly failure?: ConnectionFailure;
}

/** Connects once and checks. Never rejects. */
export async function connect(
  options: ConnectionOptions,
  token: ConnectingToken,
  subject: Omit<Expected, 'token'>,
  shutdown: boolean,
  warn: (notice: Notice) => void,
): Promise<Connected> {
  const limit = limitFor(options, subject.size);
  const expected: Limited = { ...subject, limit, ...defined({ token: token.key }) };
  const deadline = monotonicMs() + limit.seconds * 1000;
  let checked: Limited = expected;
  let missing: SmokeCheck | undefined;
  let { report, attempts } = await open(options, token, expected, requestFor(expected, shutdown), deadline);
  const first = report.get('connect')?.failure;
  const hasTime = deadline - monotonicMs() > SHORTEST_ATTEMPT_MS;
  if (
    hasTime &&
    first?.kind === 'sql' &&
    expected.database !== undefined &&
    isOfAccount(explainConnection(first, expected))
  ) {
    // The database may be what is missing, which does not mean that the token is wrong.
    const { database, query, ...without } = expected;
    const second = await open(options, token, without, requestFor(without, shutdown), deadline);
    if (!isLate(second.report)) {
      missing = { name: 'database', passed: false, ms: msOf(report), ...explainConnection(first, expected).problem };
      checked = without;
      ({ report, attempts } = second);
    }
  }
  const failure = report.get('connect')?.failure;
  const unusable = failure ?? report.get('user')?.failure;
  const judged = judge(report, { ...checked, attempts });
  const checks = missing === undefined || failure !== undefined ? judged : [...judged, missing];
  const organization = organizationOf(report.get('organization')?.answer);
  const shutDown = await finishShutdown(options.connector, report, expected, warn);
  return {
    smoke: {
      type: expected.type,
      ...defined({ token: token.key }),
      temporary: token.key === undefined,
      checks,
      passed: checks.every((check) => check.passed),
      shut_down: shutDown,
      ...defined({ organization }),
    },
    connects: failure === undefined,
    aborted: failure?.kind === 'aborted',
    verified: checks.some(isSameUser) && !checks.some(isOtherDuckling),
    shutDown: report.has('shutdown'),
    ...(unusable && { failure: explainConnection(unusable, { ...expected, attempts }) }),
  };
}

function isSameUser({ name, passed }: SmokeCheck): boolean {
  return name === 'user' && passed;
}

function isOtherDuckling({ name, passed }: SmokeCheck): boolean {
  return name === 'duckling' && !passed;
}

/** Connects once more to shut the Duckling down. Resolves to whether SHUTDOWN succeeded. Never rejects. */
export async function shutDownDuckling(
  options: ConnectionOptions,
  token: ConnectingToken,
  expected: Expected,
  warn: (notice: Notice) => void,
): Promise<boolean> {
  const { database: _, ...about } = { ...expected, limit: limitFor(options, expected.size) };
  const { report } = await open(options, token, about, { steps: [], shutdown: true });
  return finishShutdown(options.connector, report, expected, warn);
}

/** Opens one connection for other statements than the checks, and runs them. Never rejects. */
export async function runAlone(
  options: ConnectionOptions,
  token: ConnectingToken,
  expected: Limited,
  request: ProbeRequest,
  warn: (notice: Notice) => void,
): Promise<ProbeReport> {
  const { report } = await open(options, token, expected, request);
  await finishShutdown(options.connector, report, expected, warn);
  return report;
}

type Limited = Expected & { readonly limit: TimeLimit };

/** The time limit of one connection. */
export function limitFor({ timeout }: ConnectionOptions, size: Size | undefined): TimeLimit {
  return { seconds: timeout ?? connectSeconds(size), isGiven: timeout !== undefined, ...defined({ size }) };
}

function isOfAccount({ scope, isDoubtful = false }: ConnectionFailure): boolean {
  return scope === 'account' && !isDoubtful;
}

/**
 * Opens the target and runs the request; again after a momentary failure, within the time limit.
 *
 * @param deadline on `monotonicMs`; the time limit from now on unless given
 */
async function open(
  options: ConnectionOptions,
  token: ConnectingToken,
  expected: Limited,
  request: ProbeRequest,
  deadline = monotonicMs() + expected.limit.seconds * 1000,
): Promise<{ readonly report: ProbeReport; readonly attempts: number }> {
  const started = monotonicMs();
  const { seconds, connecting = seconds } = expected.limit;
  const left = () => deadline - monotonicMs();
  const leftToConnect = () => left() - (seconds - connecting) * 1000;
  let last: ProbeReport | undefined;
  for (let attempts = 1; ; attempts += 1) {
    const spent = monotonicMs() - started;
    const report = withDelay(await openOnce(options, token, expected.database, request, left()), spent);
    // The error of the last attempt tells more than the time limit.
    if (last !== undefined && isLate(report)) return { report: last, attempts };
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), LONGEST_PAUSE_MS);
    if (!isMomentary(report, expected) || leftToConnect() < pause + SHORTEST_ATTEMPT_MS) return { report, attempts };
    last = report;
    const isWaiting = await sleep(pause, true, options.signal && { signal: options.signal }).catch(() => false);
    if (!isWaiting) return { report, attempts };
  }
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
/** In less, nothing connects. */
const SHORTEST_ATTEMPT_MS = 1000;

/** Nothing fails without them. */
const OPTIONAL_STEPS: ReadonlySet<string> = new Set(['duckling', 'shutdown']);

/** The account's own query may have had an effect, so nothing is tried again after it was sent. */
function isMomentary(report: ProbeReport, expected: Expected): boolean {
  const failures = [...report].flatMap(([step, { failure }]) =>
    failure && !OPTIONAL_STEPS.has(step) ? [failure] : [],
  );
  return !report.has('query') && failures.some((failure) => explainConnection(failure, expected).isMomentary);
}

function isLate(report: ProbeReport): boolean {
  return report.get('connect')?.failure?.kind === 'time_limit';
}

/** @param ms spent on earlier attempts */
function withDelay(report: ProbeReport, ms: number): ProbeReport {
  const connected = report.get('connect');
  if (connected === undefined || ms < 1) return report;
  return new Map(report).set('connect', { ...connected, ms: connected.ms + Math.round(ms) });
}

async function openOnce(
  { connector, probe, probePath, signal }: ConnectionOptions,
  { secret }: ConnectingToken,
  database: string | undefined,
  request: ProbeRequest,
  timeoutMs: number,
): Promise<ProbeReport> {
  try {
    const foreign = request.steps.flatMap(({ sql, foreign }) => (foreign ? [sql] : []));
    const target = await connector.target(secret, database, timeoutMs / 1000, foreign);
    const probeOptions = { timeoutMs, secrets: [secret], ...(probePath && { probePath }), ...defined({ signal }) };
    return await probe(target, request, probeOptions);
  } catch (error) {
    const text = error instanceof UserError ? `${error.message} (${error.hint.text})` : String(error);
    return new Map([['connect', { ms: 0, failure: { kind: 'sql', text: scrub(text, [secret.reveal()]) } }]]);
  }
}

async function finishShutdown(
  connector: Connector,
  report: ProbeReport,
  { account, type }: Expected,
  warn: (notice: Notice) => void,
): Promise<boolean> {
  const step = report.get('shutdown');
  if (step === undefined) return false;
  const hint = { text: 'It stops by itself when its cooldown ends.' };
  if (step.failure !== undefined) {
    warn({ account, message: `the Duckling was not shut down: ${step.failure.text}`, hint });
    return false;
  }
  try {
    await connector.noteShutdown(account, type);
  } catch (error) {
    warn({ account, message: `the Duckling was sent SHUTDOWN, but: ${scrub(String(error), [])}`, hint });
  }
  return true;
}

function msOf(report: ProbeReport): number {
  return report.get('connect')?.ms ?? 0;
}
