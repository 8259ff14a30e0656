/** One connection: opened through the door, asked, judged, and its Duckling put back to sleep where that is wanted. */
import type { Notice } from '../model/plan.ts';
import type { Secret } from '../model/secret.ts';
import type { ConnectionSmoke, SmokeCheck } from '../model/smoke.ts';
import { UserError } from '../model/user-error.ts';
import { type ProbeReport, type ProbeRequest, type ProbeRunner, scrub } from '../motherduck/connect.ts';
import type { Connector } from '../motherduck/connector.ts';
import { type Expected, judge, organizationOf, requestFor } from './checks.ts';
import { type Explained, explain } from './failures.ts';

/** How connections are made, the same for all of a run. */
export interface Connecting {
  readonly connector: Connector;
  readonly probe: ProbeRunner;
  /** For one connection with its checks. */
  readonly timeoutMs: number;
  readonly probePath?: string;
  readonly signal?: AbortSignal;
}

/** A token that connects: one at hand, or one made for the test. */
export interface Holder {
  readonly token: string;
  readonly minted: boolean;
  readonly secret: Secret;
}

export interface Connected {
  readonly smoke: ConnectionSmoke;
  readonly connects: boolean;
  /** It connected as the account that it should be. */
  readonly proves: boolean;
  /** SHUTDOWN was sent, with or without success. */
  readonly shutDown: boolean;
  /** Why the connection could not be made. */
  readonly failure?: Explained;
}

/** Connects once and checks. Never rejects. */
export async function connect(
  how: Connecting,
  holder: Holder,
  wanted: Omit<Expected, 'token'>,
  shutdown: boolean,
  warn: (notice: Notice) => void,
): Promise<Connected> {
  const expected: Expected = holder.minted ? wanted : { ...wanted, token: holder.token };
  let held = expected;
  let missing: SmokeCheck | undefined;
  let report = await open(how, holder, expected.database, requestFor(expected, shutdown));
  const first = report.get('connect')?.failure;
  if (first?.kind === 'sql' && expected.database !== undefined && explain(first, expected).scope === 'account') {
    // The database may be what is missing: a token is not disproved by that.
    missing = { name: 'database', passed: false, ms: msOf(report), ...explain(first, expected).said };
    const { database, query, ...without } = expected;
    held = without;
    report = await open(how, holder, undefined, requestFor(held, shutdown));
  }
  const failure = report.get('connect')?.failure;
  const judged = judge(report, held);
  const checks = missing === undefined || failure !== undefined ? judged : [...judged, missing];
  const organization = organizationOf(report.get('organization')?.answer);
  const slept = await noteSleep(how.connector, report, expected, warn);
  return {
    smoke: {
      type: expected.type,
      token: holder.token,
      minted: holder.minted,
      checks,
      passed: checks.every((check) => check.passed),
      slept,
      ...(organization && { organization }),
    },
    connects: failure === undefined,
    proves: failure === undefined && checks.some((check) => check.name === 'user' && check.passed),
    shutDown: report.has('shutdown'),
    ...(failure && { failure: explain(failure, expected) }),
  };
}

/** Connects once more, only to send the Duckling to sleep. Gives whether that was done. Never rejects. */
export async function putToSleep(
  how: Connecting,
  holder: Holder,
  expected: Expected,
  warn: (notice: Notice) => void,
): Promise<boolean> {
  const report = await open(how, holder, undefined, { steps: [], shutdown: true });
  return noteSleep(how.connector, report, expected, warn);
}

async function open(
  { connector, probe, timeoutMs, probePath, signal }: Connecting,
  { secret }: Holder,
  database: string | undefined,
  request: ProbeRequest,
): Promise<ProbeReport> {
  try {
    const target = await connector.target(secret, database);
    const options = { timeoutMs, secrets: [secret], ...(probePath && { probePath }), ...(signal && { signal }) };
    return await probe(target, request, options);
  } catch (error) {
    const said = error instanceof UserError ? `${error.message} (${error.hint.text})` : String(error);
    return new Map([['connect', { ms: 0, failure: { kind: 'sql', text: scrub(said, [secret.reveal()]) } }]]);
  }
}

async function noteSleep(
  connector: Connector,
  report: ProbeReport,
  { account, type }: Expected,
  warn: (notice: Notice) => void,
): Promise<boolean> {
  const step = report.get('shutdown');
  if (step === undefined) return false;
  const hint = { text: 'It stops by itself when its cooldown is over.' };
  if (step.failure !== undefined) {
    warn({ account, message: `the Duckling was not put back to sleep: ${step.failure.text}`, hint });
    return false;
  }
  try {
    await connector.slept(account, type);
  } catch (error) {
    warn({ account, message: `the Duckling was sent SHUTDOWN, but: ${scrub(String(error), [])}`, hint });
  }
  return true;
}

function msOf(report: ProbeReport): number {
  return report.get('connect')?.ms ?? 0;
}
