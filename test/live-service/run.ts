/**
 * A run: the steps, the facts, and then, whatever happened, the removal of what was made and the report. It is not the
 * process in which the steps run, so that their failing, hanging or being killed takes neither away.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Secret } from '../../src/model/secret.ts';
import { motherduckConnector } from '../../src/motherduck/connector.ts';
import { runProbe } from '../../src/motherduck/probe-process.ts';
import { sandboxConnector } from '../../src/sandbox/connector.ts';
import { type Cleaned, cleanUp } from './clean-up.ts';
import type { FactContext } from './facts/context.ts';
import type { Fact } from './facts/fact.ts';
import { lookAtFacts } from './facts/facts.ts';
import { type Journey, journey } from './journey.ts';
import { FACTS, newRun, runOf } from './names.ts';
import { type RawAnswer, RawApi } from './raw-api.ts';
import { redactor } from './redact.ts';
import { passed, type Run, report } from './report.ts';
import type { Settings } from './settings.ts';
import { listUsers, namesOfOthers } from './users.ts';

export interface World {
  /** Of the repository, with dist/ built. */
  readonly root: string;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  /** The first interruption, or the end of the time that it may take. */
  readonly stopping: AbortSignal;
  result(text: string): void;
  note(line: string): void;
}

/** What a run writes, secrets of its tokens too, until it ends. */
export function workFolder(run: string): string {
  return path.join(tmpdir(), run);
}

const CONNECT_MS = 60_000;

/** Runs everything. Gives whether the product did what it should, and nothing was left behind. */
export async function runSuite(settings: Settings, world: World): Promise<boolean> {
  const { note, stopping } = world;
  const run = settings.run ?? newRun();
  const api = new RawApi({ ...settings, run });
  const began = Date.now();
  const greeted = await api.get('/v1/users?limit=1');
  refuseUnusable(greeted, settings.address);
  note(`The run ${run}. If it is killed, this removes what it made: npm run test:live -- --clean ${run}`);

  const others = namesOfOthers((await listUsers(api)) ?? [], (username) => runOf(username) === run);
  const work = workFolder(run);
  mkdirSync(work, { mode: 0o700 });
  let went: Journey = { steps: [], code: undefined };
  let facts: Fact[] = [];
  let failure: string | undefined;
  let cleaned: Cleaned;
  try {
    went = await journey({ ...world, env: environmentOf(settings, world.env), work, run });
    if (!stopping.aborted) note('The steps are done; now the facts.');
    facts = await lookAtFacts(siteOf(settings, api, world), stopping);
  } catch (error) {
    failure = `it broke off: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    cleaned = await cleanUp(api);
  }
  rmSync(work, { recursive: true, force: true });
  const broken = stopping.aborted
    ? String(stopping.reason)
    : (failure ?? (went.code === undefined ? 'the steps were killed' : undefined));
  const told: Run = {
    run,
    version: world.version,
    node: process.version,
    at: settings.address.origin,
    isSandbox: greeted.headers.has('x-sandbox'),
    began,
    steps: went.steps,
    facts,
    ...cleaned,
    ...(broken === undefined ? {} : { broken }),
  };
  const text = report(told, redactor(api.secrets, others));
  world.result(text);
  if (settings.report !== undefined) writeFileSync(settings.report, text);
  return passed(told) && went.code === 0;
}

/** A folder is named from where a person types, and the steps run elsewhere. */
function environmentOf({ sandbox }: Settings, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return sandbox === undefined ? env : { ...env, MDACC_SANDBOX: sandbox };
}

/** Before anything is made: is this an Admin of MotherDuck? Without the list of users, the rest can still be tried. */
function refuseUnusable({ status, json }: RawAnswer, address: URL): void {
  if (status === 401) throw new Error(`${address.origin} refuses MOTHERDUCK_ADMIN_TOKEN (401): nothing was made`);
  if (json === undefined && status !== 404)
    throw new Error(`what answers at ${address.origin} (${status}) is not MotherDuck's API: nothing was made`);
}

function siteOf(
  { token, sandbox, usage, wait }: Settings,
  api: RawApi,
  { root, version, stopping }: World,
): FactContext {
  const agent = `motherduck-accounts/${version}`;
  const connector =
    sandbox === undefined
      ? motherduckConnector({ userAgent: agent, timeoutMs: CONNECT_MS, env: process.env })
      : sandboxConnector(sandbox, { agent, adminToken: token });
  const options = { timeoutMs: CONNECT_MS, probePath: path.join(root, 'dist/probe.cjs'), signal: stopping };
  return {
    api,
    subject: `${api.run}_${FACTS.subject}`,
    admin: token,
    usage,
    wait,
    sleep: (ms) => sleep(ms, undefined, { signal: stopping }),
    connect: async (secret: Secret, steps, shutdown = false) =>
      runProbe(await connector.target(secret, undefined), { steps, shutdown }, { ...options, secrets: [secret] }),
  };
}
