/** `mdacc smoke`: tests each account with a connection through DuckDB. */
import { remindToCommit } from '../cli/commit-reminder.ts';
import { type ConfigOptions, readDesired } from '../cli/configuration.ts';
import { EXIT, runCommand } from '../cli/exit-codes.ts';
import type { Io, OutputOptions } from '../cli/io.ts';
import { withProgress } from '../cli/progress.ts';
import { interruptibleUnderLock } from '../cli/signals.ts';
import { openServiceFor, openStateOf } from '../engine/open-state.ts';
import type { OpenServiceOptions } from '../engine/service.ts';
import { recordSmoke, smokeTest } from '../engine/smoke.ts';
import { backendContext, backendOf } from '../engine/state-location.ts';
import type { Desired } from '../model/desired.ts';
import type { Smoke } from '../model/smoke.ts';
import { renderSmoke, type SmokeFormat } from '../report/formats.ts';
import type { StateBackend } from '../state/backend.ts';
import type { OpenedState } from '../state/opened-state.ts';

interface SmokeOptions extends ConfigOptions, OpenServiceOptions, OutputOptions {
  readonly only?: readonly string[];
  readonly format: SmokeFormat;
  /** Globs that were typed as arguments. */
  readonly names?: readonly string[];
  /** Seconds. */
  readonly lockTimeout?: number;
}

/** @param names globs of usernames, which --only narrows */
export function run(given: SmokeOptions, names: readonly string[] = []): Promise<number> {
  const options = names.length === 0 ? given : { ...given, names };
  return runCommand(options, async (io) => {
    const desired = await readDesired(options, io);
    const backend = await backendOf(options, desired.state, backendContext(options, io));
    const { smoke, stateWriter, serial } = await interruptibleUnderLock('smoke', backend, options, io, (stopping) =>
      tested(desired, backend, options, io, stopping),
    );
    io.report(renderSmoke(smoke, options.format, io.paint.out, io.inContext));
    if (smoke.accounts.some(({ outcome }) => outcome === 'passed'))
      io.note(
        'Temporary tokens connected. The secrets in the stores were not tested: that is done when they are stored.',
      );
    await remindToCommit(stateWriter, serial, io);
    if (smoke.accounts.some((account) => account.outcome === 'interrupted')) {
      io.say('Interrupted. Run the same command to test all of them.');
      return EXIT.interrupted;
    }
    return smoke.passed ? EXIT.done : EXIT.smokeFailed;
  });
}

async function tested(
  desired: Desired,
  backend: StateBackend,
  options: SmokeOptions,
  io: Io,
  stopping: AbortSignal,
): Promise<{ readonly smoke: Smoke; readonly stateWriter: OpenedState; readonly serial: number }> {
  const service = await openServiceFor(options, desired, io);
  try {
    const { stateWriter } = await openStateOf(backend, options, desired, service);
    const { serial } = stateWriter.state;
    const smoke = await withProgress('Testing accounts', io, stopping, (context) =>
      smokeTest(desired, stateWriter.state, service, options, context),
    );
    await recordSmoke(stateWriter, smoke);
    return { smoke, stateWriter, serial };
  } finally {
    await service.close();
  }
}
