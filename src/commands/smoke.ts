/** `mdacc smoke`: connects as each account through DuckDB and checks what it finds. */
import { updateAccount } from '../apply/state-writer.ts';
import { type ConfigOptions, readDesired } from '../cli/configuration.ts';
import type { Io, OutputOptions } from '../cli/io.ts';
import { underLock } from '../cli/locked.ts';
import { Progress } from '../cli/progress.ts';
import { EXIT, runCommand } from '../cli/run.ts';
import { matchesNothing, onlyMatcher } from '../engine/reading.ts';
import { openService, type Service, type ServiceOptions } from '../engine/service.ts';
import { statePath } from '../engine/state.ts';
import type { Desired } from '../model/desired.ts';
import type { Smoke } from '../model/smoke.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { runProbe } from '../motherduck/probe-process.ts';
import { smokeJson } from '../report/smoke/json.ts';
import { smokeJunit } from '../report/smoke/junit.ts';
import { smokeText } from '../report/smoke/text.ts';
import { smokeAccounts } from '../smoke/session.ts';
import { openState, type StateFile } from '../state/state-file.ts';

interface SmokeOptions extends ConfigOptions, ServiceOptions, OutputOptions {
  readonly only?: readonly string[];
  readonly format: 'text' | 'json' | 'junit';
  /** Seconds. */
  readonly lockTimeout?: number;
}

export function run(options: SmokeOptions): Promise<number> {
  return runCommand(options, async (io) => {
    const desired = await readDesired(options, io);
    const path = statePath(options);
    const smoke = await underLock('smoke', path, options, io, (stopping) =>
      tested(desired, path, options, io, stopping),
    );
    io.report(render(smoke, options, io));
    if (smoke.accounts.some((account) => account.outcome === 'interrupted')) {
      io.say('Interrupted: the accounts that were not tested say so. Test them with the same command.');
      return EXIT.interrupted;
    }
    return smoke.passed ? EXIT.done : EXIT.smokeFailed;
  });
}

async function tested(
  desired: Desired,
  path: string,
  options: SmokeOptions,
  io: Io,
  stopping: AbortSignal,
): Promise<Smoke> {
  const service = await openService(options, io);
  try {
    const stateWriter = await openState(path, desired.organization, { sandbox: service.isSandbox });
    const smoke = await test(desired, service, options, io, stopping);
    await remember(stateWriter, smoke);
    return smoke;
  } finally {
    await service.close();
  }
}

async function test(
  desired: Desired,
  service: Service,
  options: SmokeOptions,
  io: Io,
  signal: AbortSignal,
): Promise<Smoke> {
  const only = onlyMatcher(options.only);
  const accounts = [...desired.accounts.values()].filter((account) => only(account.username));
  if (accounts.length === 0) {
    const names = [...desired.accounts.values()].map((account) => account.username);
    if (options.only && names.length > 0) throw matchesNothing(options.only, names, 'the configuration');
    const hint = 'Name one under accounts, then type: mdacc apply';
    throw new UserError('USAGE', 'there is no account to test: the configuration names none', hint);
  }
  const progress = new Progress(io, 'Testing accounts', accounts.length);
  try {
    return await smokeAccounts({
      accounts: accounts.map((account) => ({ account })),
      api: service.api,
      connector: service.connector,
      probe: runProbe,
      timeoutMs: service.connectMs,
      parallelism: options.parallelism,
      signal,
      onDone: () => progress.step(),
    });
  } finally {
    progress.end();
  }
}

/** The state keeps how the last test of each managed account ended. */
async function remember(stateWriter: StateFile, smoke: Smoke): Promise<void> {
  const tested = smoke.accounts.filter(({ outcome }) => outcome === 'passed' || outcome === 'failed');
  const known = tested.filter(({ account }) => stateWriter.state.accounts.has(accountKey(account)));
  await Promise.all(
    known.map(({ account, outcome }) =>
      updateAccount(
        stateWriter,
        account,
        (held) => held && { ...held, smoke: { at: smoke.at, passed: outcome === 'passed' } },
      ),
    ),
  );
}

function render(smoke: Smoke, options: SmokeOptions, io: Io): string {
  switch (options.format) {
    case 'text':
      return smokeText(smoke, io.paint.out);
    case 'json':
      return smokeJson(smoke);
    case 'junit':
      return smokeJunit(smoke);
    default:
      return options.format satisfies never;
  }
}
