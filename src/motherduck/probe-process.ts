/**
 * Runs the probe program (probe.ts) in a child process. Whatever the child does (hang, crash, print garbage), the result
 * is a report.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { defined } from '../model/defined.ts';
import { proxySecrets } from '../model/environment-secrets.ts';
import { type Secret, withoutTokens } from '../model/secret.ts';
import { monotonicMs } from '../model/time.ts';
import type { ConnectionTarget } from './connector.ts';
import type { DuckDBBuild, ProbeAnswer, ProbeEvent, ProbeInput, ProbeRequest, ProbeRow } from './probe-protocol.ts';
import { describeDownloads, inBothSpellings } from './proxy.ts';
import { printableWithoutAll } from './scrub.ts';

export type { ProbeAnswer, ProbeRequest } from './probe-protocol.ts';

/** Why a step of a probe failed. */
export interface ProbeFailure {
  /**
   * `sql`: an error of DuckDB or MotherDuck; `native`: DuckDB is not available for this platform; `refused`: there was no
   * token; `time_limit` and `aborted`: the child was killed; `crashed`: it exited without a report.
   */
  readonly kind: 'sql' | 'native' | 'refused' | 'time_limit' | 'aborted' | 'crashed';
  /** One line, without secrets and control characters. */
  readonly text: string;
  /** The DuckDB that could not connect, where its version or extension may be why. */
  readonly duckdb?: DuckDBBuild;
  /** The variable that gives other programs another host to connect to; the child is without it. */
  readonly withheld?: string;
  /** The proxy through which DuckDB downloads its extension: `the proxy proxy.example:8080 (HTTPS_PROXY)`. */
  readonly through?: string;
}

/** The result of one step of a probe: its answer, or why it failed. */
export interface ProbeStep {
  readonly ms: number;
  readonly answer?: ProbeAnswer;
  readonly failure?: ProbeFailure;
}

/** How each step ended, by name: `connect`, those of the request, `shutdown`. A step that was not reached is absent. */
export type ProbeReport = ReadonlyMap<string, ProbeStep>;

/** The limits of the process that runs a probe, and where its program is. */
interface ProbeOptions {
  /** The environment of the run, of which the process gets what a connection needs. */
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds for all steps together; then the child is killed. */
  readonly timeoutMs: number;
  /** The built probe program; unless given, `probe.cjs` beside the running bundle or one folder up. */
  readonly probePath?: string;
  readonly signal?: AbortSignal;
  /** Secrets that are removed from all texts of the report, beside the token in the target's options. */
  readonly secrets?: readonly Secret[];
}

/** A function that probes a target, as `runProbe` does. */
export type ProbeRunner = (
  target: ConnectionTarget,
  request: ProbeRequest,
  options: Omit<ProbeOptions, 'env' | 'probePath'>,
) => Promise<ProbeReport>;

/** Runs probes in the environment of a run. */
export function probeRunner(env: NodeJS.ProcessEnv): ProbeRunner {
  return (target, request, options) => runProbe(target, request, { ...options, env });
}

/** The build puts probe.cjs at the top of dist/, and this code either there or in a folder for shared chunks. */
export function builtProbe(): string {
  const candidates = ['probe.cjs', '../probe.cjs'].map((file) => path.join(import.meta.dirname, file));
  return candidates.find((file) => existsSync(file)) ?? candidates.join(' or ');
}

/** Characters; more than the largest valid report. */
const MAX_REPORT = 256 * 1024;
/** Characters, for requests that return all rows: a few values for each user of an organization. */
const MAX_ROWS_REPORT = 16 * 1024 * 1024;
const MAX_STDERR = 4096;

/** Opens the target in a child process and runs the request there. Never rejects. */
export async function runProbe(
  target: ConnectionTarget,
  request: ProbeRequest,
  options: ProbeOptions,
): Promise<ProbeReport> {
  const started = monotonicMs();
  const clean = printableWithoutAll(secretsOf(target, options.env, options.secrets));
  const steps = new Map<string, ProbeStep>();
  const take = (event: ProbeEvent) => steps.set(event.step, stepOf(event, clean, options.env));
  const end = await runChild({ target, request }, options, take);

  if (steps.get('connect')?.failure !== undefined) return steps;
  if (request.stopAtFailure && [...steps.values()].some(({ failure }) => failure !== undefined)) return steps;
  const names = ['connect', ...request.steps.map((step) => step.name), ...(request.shutdown ? ['shutdown'] : [])];
  const unfinished = names.find((name) => !steps.has(name));
  if (unfinished !== undefined) {
    const spent = [...steps.values()].reduce((sum, step) => sum + step.ms, 0);
    const ms = Math.max(0, Math.round(monotonicMs() - started - spent));
    steps.set(unfinished, { ms, failure: { kind: end.kind, text: clean(end.text) } });
  }
  return steps;
}

/** Runs the child until it exits, and passes on each event. Returns the failure of a step that was not reported. */
async function runChild(
  input: ProbeInput,
  options: ProbeOptions,
  take: (event: ProbeEvent) => void,
): Promise<ProbeFailure> {
  const { spawn } = await import('node:child_process');
  const { signal, timeoutMs } = options;
  if (signal?.aborted) return { kind: 'aborted', text: 'interrupted before it started' };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [options.probePath ?? builtProbe()], {
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      env: childEnvironment(options.env),
      windowsHide: true,
    });
    let why: ProbeFailure | undefined; // the first cause is reported
    let stderr = '';
    const kill = (kind: ProbeFailure['kind'], text: string) => {
      why ??= { kind, text };
      child.kill('SIGKILL');
    };
    const stop = () => kill('aborted', 'interrupted');
    const timer = setTimeout(() => kill('time_limit', `no answer within ${timeoutMs / 1000} s`), timeoutMs);
    signal?.addEventListener('abort', stop);
    const done = (last: string) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      resolve(why ?? { kind: 'crashed', text: stderr === '' ? last : `${last}: ${stderr}` });
    };

    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(0, MAX_STDERR);
    });
    // Without pipes, as where too many files are open, 'error' says so.
    const report = child.stdio?.[3];
    if (report && 'read' in report) {
      const maxLength = input.request.steps.some(({ every }) => every) ? MAX_ROWS_REPORT : MAX_REPORT;
      readEvents(report, maxLength, take, (problem) => kill('crashed', problem));
    }
    child.on('error', (error) => done(`it could not be started: ${error.message}`));
    child.on('close', (code, name) => done(name === null ? `it ended with exit code ${code}` : `it ended by ${name}`));
    child.stdin?.on('error', () => {}); // the child has exited, and 'close' says how
    child.stdin?.write(`${JSON.stringify(input)}\n`); // and left open: its end tells the child that this process has exited
  });
}

function readEvents(
  stream: NodeJS.ReadableStream,
  maxLength: number,
  take: (event: ProbeEvent) => void,
  onProblem: (problem: string) => void,
): void {
  let rest = '';
  let total = 0;
  let over = false;
  const stop = (problem: string) => {
    over = true;
    onProblem(problem);
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    if (over) return;
    total += text.length;
    if (total > maxLength) return stop('its report is too long');
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const event = eventOf(line);
      if (event === undefined) return stop('its report cannot be read');
      take(event);
    }
  });
}

function eventOf(line: string): ProbeEvent | undefined {
  try {
    const value = JSON.parse(line) as ProbeEvent | null;
    return typeof value?.step === 'string' && typeof value.ms === 'number' ? value : undefined;
  } catch {
    return undefined;
  }
}

function stepOf(
  { ms, answer, failure }: ProbeEvent,
  clean: (text: string) => string,
  env: NodeJS.ProcessEnv,
): ProbeStep {
  const cleanRow = (row: ProbeRow): ProbeRow =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [clean(key), value && clean(value)]));
  return {
    ms,
    ...(answer && {
      answer: {
        rows: answer.rows,
        ...(answer.row && { row: cleanRow(answer.row) }),
        ...(answer.every && { every: answer.every.map(cleanRow) }),
      },
    }),
    ...(failure && { failure: cleanFailure(failure, clean, env) }),
  };
}

/** A failure of the probe program, with clean text and the facts of the environment that explain it. */
export function cleanFailure(
  { kind, text, duckdb }: NonNullable<ProbeEvent['failure']>,
  clean: (text: string) => string,
  env: NodeJS.ProcessEnv,
) {
  const withheld = ['MOTHERDUCK_HOST', 'motherduck_host'].find((name) => env[name]);
  const through = duckdb && describeDownloads(env);
  return {
    kind,
    text: clean(text),
    ...defined({ duckdb }),
    ...(withheld && { withheld }),
    ...(through && { through }),
  };
}

/**
 * The variables that the child needs: files, languages, certificates, proxies, what Windows starts programs with, and the
 * build of the extension where somebody pins it.
 */
const PASSED = new RegExp(
  `^(${[
    'home|path|user|logname|tz|lang|language|lc_\\w+|tmpdir|temp|tmp|(dy)?ld_(fallback_)?library_path',
    'all_proxy|ssl_cert_(file|dir)|curl_ca_bundle|node_extra_ca_certs|grpc_default_ssl_roots_file_path',
    'motherduck_ext_version',
    'systemroot|systemdrive|windir|comspec|pathext|userprofile|homedrive|homepath|appdata|localappdata|programdata',
  ].join('|')})$`,
  'i',
);

/**
 * The variables of the parent's environment that a connection needs, and no other: those of MotherDuck would give the child
 * another identity or address, and secrets of other programs are none of its business. No value contains a token.
 */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const known = withoutTokens(env);
  const passed = Object.entries(known).filter(([name]) => PASSED.test(name));
  return { ...Object.fromEntries(passed), ...inBothSpellings(known), BROWSER: 'false' };
}

/** The secrets that texts of a probe may contain: those of the target, of proxies in the environment, and `more`. */
export function secretsOf(target: ConnectionTarget, env: NodeJS.ProcessEnv, more: readonly Secret[] = []): string[] {
  const inOptions = Object.entries(target.options).filter(([name]) => /token|secret|password/i.test(name));
  return [...inOptions.map(([, value]) => value), ...more.map((secret) => secret.reveal()), ...proxySecrets(env)];
}
