/** One connection: opened through the connector, checked, and its Duckling shut down if requested. */
import type { Notice } from '../model/notice.ts';
import type { Secret } from '../model/secret.ts';
import type { ConnectionSmoke, SmokeCheck } from '../model/smoke.ts';
import { UserError } from '../model/user-error.ts';
import type { Connector } from '../motherduck/connector.ts';
import type { ProbeReport, ProbeRequest, ProbeRunner } from '../motherduck/probe-process.ts';
import { scrub } from '../motherduck/scrub.ts';
import { type Expected, judge, organizationOf, requestFor } from './checks.ts';
import { explain, type Failure } from './failures.ts';

/** How the connections of a run are made. */
export interface ConnectionOptions {
  readonly connector: Connector;
  readonly probe: ProbeRunner;
  /** Milliseconds for one connection with its checks. */
  readonly timeoutMs: number;
  readonly probePath?: string;
  readonly signal?: AbortSignal;
}

/** A token to connect with. */
export interface ConnectingToken {
  /** Its key, or the name of a temporary token. */
  readonly name: string;
  /** It was created for this test. */
  readonly temporary: boolean;
  readonly secret: Secret;
}

export interface Connected {
  readonly smoke: ConnectionSmoke;
  readonly connects: boolean;
  /** It connected as the expected account. */
  readonly verified: boolean;
  /** SHUTDOWN was sent, with or without success. */
  readonly shutDown: boolean;
  /** Why the connection could not be made. */
  readonly failure?: Failure;
}

/** Connects once and checks. Never rejects. */
export async function connect(
  options: ConnectionOptions,
  token: ConnectingToken,
  subject: Omit<Expected, 'token'>,
  shutdown: boolean,
  warn: (notice: Notice) => void,
): Promise<Connected> {
  const expected: Expected = token.temporary ? subject : { ...subject, token: token.name };
  let checked = expected;
  let missing: SmokeCheck | undefined;
  let report = await open(options, token, expected.database, requestFor(expected, shutdown));
  const first = report.get('connect')?.failure;
  if (first?.kind === 'sql' && expected.database !== undefined && explain(first, expected).scope === 'account') {
    // The database may be what is missing, which does not mean that the token is wrong.
    missing = { name: 'database', passed: false, ms: msOf(report), ...explain(first, expected).problem };
    const { database, query, ...without } = expected;
    checked = without;
    report = await open(options, token, undefined, requestFor(checked, shutdown));
  }
  const failure = report.get('connect')?.failure;
  const judged = judge(report, checked);
  const checks = missing === undefined || failure !== undefined ? judged : [...judged, missing];
  const organization = organizationOf(report.get('organization')?.answer);
  const shutDown = await finishShutdown(options.connector, report, expected, warn);
  return {
    smoke: {
      type: expected.type,
      token: token.name,
      temporary: token.temporary,
      checks,
      passed: checks.every((check) => check.passed),
      shut_down: shutDown,
      ...(organization && { organization }),
    },
    connects: failure === undefined,
    verified: failure === undefined && checks.some((check) => check.name === 'user' && check.passed),
    shutDown: report.has('shutdown'),
    ...(failure && { failure: explain(failure, expected) }),
  };
}

/** Connects once more to shut the Duckling down. Resolves to whether SHUTDOWN succeeded. Never rejects. */
export async function shutDownDuckling(
  options: ConnectionOptions,
  token: ConnectingToken,
  expected: Expected,
  warn: (notice: Notice) => void,
): Promise<boolean> {
  const report = await open(options, token, undefined, { steps: [], shutdown: true });
  return finishShutdown(options.connector, report, expected, warn);
}

async function open(
  { connector, probe, timeoutMs, probePath, signal }: ConnectionOptions,
  { secret }: ConnectingToken,
  database: string | undefined,
  request: ProbeRequest,
): Promise<ProbeReport> {
  try {
    const target = await connector.target(secret, database);
    const probeOptions = { timeoutMs, secrets: [secret], ...(probePath && { probePath }), ...(signal && { signal }) };
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
