/**
 * A run: the steps, the facts, and then, whatever happened, the removal of what was made and the report. It is not the
 * process in which the steps run, so that their failing, hanging or being killed takes neither away.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Secret } from '../../src/model/secret.ts';
import { counted } from '../../src/model/wording.ts';
import { motherduckConnector } from '../../src/motherduck/connector.ts';
import { type ProbeRunner, runProbe } from '../../src/motherduck/probe-process.ts';
import { readUsage } from '../../src/motherduck/usage.ts';
import { sandboxConnector } from '../../src/sandbox/connector.ts';
import { type Cleaned, cleanUp } from './clean-up.ts';
import type { FactContext } from './facts/context.ts';
import type { Fact } from './facts/fact.ts';
import { lookAtFacts } from './facts/facts.ts';
import { type Journey, journey } from './journey.ts';
import { FACTS, newRun, runOf } from './names.ts';
import { type RawAnswer, RawApi } from './raw-api.ts';
import { Recorder } from './recording/recorder.ts';
import { recordingOf, recordingText } from './recording/recording.ts';
import { redactor } from './redact.ts';
import { factLine, passed, type Run, report } from './report.ts';
import { senderTo } from './send.ts';
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

/** Which of the two is run. */
export interface Parts {
  readonly journey: boolean;
  readonly facts: boolean;
}

export interface RunOptions {
  readonly parts: Parts;
  /** The file for a recording. */
  readonly record?: string;
  /** Words that the recording must not show. */
  readonly hide: readonly string[];
}

/** Runs everything. Gives whether the product did what it should, and nothing was left behind. */
export async function runSuite(settings: Settings, options: RunOptions, world: World): Promise<boolean> {
  const { parts, record } = options;
  const { note, stopping } = world;
  const run = settings.run ?? newRun();
  const send = senderTo(settings.address, world.env);
  const recorder = record === undefined ? undefined : new Recorder(send);
  const api = new RawApi({
    ...settings,
    run,
    send: recorder === undefined ? send : (request) => recorder.send(request),
  });
  // Found out now, and not when the run is over.
  if (record !== undefined) closeSync(openSync(record, 'a'));
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
  let before: Cleaned = { removed: [], left: new Map() };
  let cleaned: Cleaned;
  const redact = redactor(api.secrets, others);
  const told = (fact: Fact) => note(factLine({ ...fact, seen: redact(fact.seen) }));
  const organization = new Set<string>();
  // The commands of the journey reach the API through it.
  const port = parts.journey ? await recorder?.serve(settings.address) : undefined;
  try {
    const env = { ...environmentOf(settings, world.env), ...(port && { MOTHERDUCK_API_URL: port.url }) };
    if (parts.journey) went = await journey({ ...world, env, work, run });
    if (parts.journey && parts.facts && !stopping.aborted) {
      note('The steps are done; now the facts.');
      // A plan can allow few accounts.
      before = await cleanUp(api);
    }
    if (parts.facts) facts = await lookAtFacts(siteOf(settings, api, world, organization), stopping, told);
  } catch (error) {
    failure = `it broke off: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    cleaned = await cleanUp(api);
    await port?.close();
  }
  rmSync(work, { recursive: true, force: true });
  const broken = stopping.aborted
    ? String(stopping.reason)
    : (failure ?? (parts.journey && went.code === undefined ? 'the steps were killed' : undefined));
  const outcome: Run = {
    run,
    version: world.version,
    node: process.version,
    at: settings.address.origin,
    isSandbox: greeted.headers.has('x-sandbox'),
    began,
    parts,
    steps: went.steps,
    facts,
    left: cleaned.left,
    removed: [...new Set([...before.removed, ...cleaned.removed])],
    ...(broken === undefined ? {} : { broken }),
  };
  const text = report(outcome, redact);
  world.result(text);
  if (settings.report !== undefined) writeFileSync(settings.report, text);
  if (record !== undefined && recorder !== undefined) {
    const hidden = [...options.hide, ...organization, ...api.secrets, ...networkNames(settings, world.env)];
    const recording = recordingOf(recorder.exchanges, {
      run,
      admin: settings.token.reveal(),
      made_by: `motherduck-accounts ${world.version}`,
      hidden,
    });
    writeFileSync(record, recordingText(recording));
    note(`Recorded ${counted(recording.exchanges.length, 'request')} in ${record}. Read it before you send it.`);
  }
  return passed(outcome) && (!parts.journey || went.code === 0);
}

const PROXIES = /^(https?|all)_proxy$/i;

/** Hosts, and the user and password of a proxy: what an error of a network may repeat. */
function networkNames({ address }: Settings, env: NodeJS.ProcessEnv): string[] {
  const proxies = Object.entries(env).flatMap(([name, value]) => (PROXIES.test(name) && value ? [value] : []));
  return [address.href, ...proxies].flatMap((text) => {
    if (!URL.canParse(text)) return [text];
    const { host, hostname, username, password } = new URL(text);
    return [text, host, hostname, username, password, decodeURIComponent(username), decodeURIComponent(password)];
  });
}

/** A folder is named from where a person types, and the steps run elsewhere. */
function environmentOf({ sandbox }: Settings, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const address = env.MOTHERDUCK_API_URL || env.MOTHERDUCK_API_BASE_URL;
  return { ...env, ...(sandbox && { MDACC_SANDBOX: sandbox }), ...(address && { MOTHERDUCK_API_URL: address }) };
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
  organization: Set<string>,
): FactContext {
  const agent = `motherduck-accounts/${version}`;
  const connector =
    sandbox === undefined
      ? motherduckConnector({ userAgent: agent, env: process.env })
      : sandboxConnector(sandbox, { agent, adminToken: token });
  const probePath = path.join(root, 'dist/probe.cjs');
  const options = { timeoutMs: CONNECT_MS, probePath, env: process.env, signal: stopping };
  return {
    api,
    subject: `${api.run}_${FACTS.subject}`,
    admin: token,
    usage,
    wait,
    sleep: (ms) => sleep(ms, undefined, { signal: stopping }),
    connect: async (secret: Secret, steps, shutdown = false) => {
      const foreign = steps.flatMap(({ sql, foreign }) => (foreign ? [sql] : []));
      const target = await connector.target(secret, undefined, undefined, foreign);
      const report = await runProbe(target, { steps, shutdown }, { ...options, secrets: [secret] });
      await connector.noteStatements?.(secret, foreign);
      const info = report.get('info')?.answer?.row;
      for (const name of ['org_id', 'org_name', 'user_id']) if (info?.[name]) organization.add(info[name]);
      return report;
    },
    readUsage: () => {
      const probe: ProbeRunner = (target, request, given) => runProbe(target, request, { ...options, ...given });
      const about = { connector, probe, token, timeoutMs: CONNECT_MS, signal: stopping };
      return readUsage(about, Date.now());
    },
  };
}
