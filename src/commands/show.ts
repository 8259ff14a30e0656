/** `mdacc show`: renders a saved plan in any format, without a network connection. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ConfigOptions } from '../cli/configuration.ts';
import { EXIT, runCommand } from '../cli/exit-codes.ts';
import type { Io, OutputOptions } from '../cli/io.ts';
import { readPlanFile } from '../cli/read-plan-file.ts';
import { contextOf } from '../cli/typed-options.ts';
import { apiAddress, mayBeSandbox, type OpenServiceOptions } from '../engine/service.ts';
import { backendAt, backendContext } from '../engine/state-location.ts';
import { shownRelativePath, workTreeOf } from '../files/paths.ts';
import { DEFAULT_CONFIG } from '../model/defaults.ts';
import { UserError } from '../model/user-error.ts';
import { isMadeFrom, type PlanFile, parsePlanFile } from '../plan/plan-file.ts';
import { type PlanFormat, renderPlan } from '../report/formats.ts';
import { relocated } from '../report/locations.ts';
import { openAnyState } from '../state/opened-state.ts';

interface Options extends ConfigOptions, OpenServiceOptions, OutputOptions {
  readonly format: PlanFormat;
  readonly verbose?: boolean;
}

export function run(typed: Options, file: string): Promise<number> {
  return runCommand(typed, async (io) => {
    const saved = parsePlanFile(await readPlanFile(file), file);
    const options = { ...typed, config: configOf(saved, typed) };
    const inContext = contextOf({
      ...options,
      ...(isOfSandbox(saved, options, io) ? { sandbox: true } : {}),
      planFile: file,
    });
    const layout = { ...options, pathOf: io.pathOf };
    io.report(renderPlan(relocated(saved.plan, io.pathOf), options.format, io.paint.out, inContext, layout));
    await warnIfStale(saved, file, options, io);
    return EXIT.done;
  });
}

/** The configuration that the plan was made from, unless another was typed. */
function configOf({ plan: { scope } }: PlanFile, { config }: Options): string {
  if (config !== DEFAULT_CONFIG || scope === undefined) return config;
  // It is named from the root of the repository.
  const planned = path.resolve(workTreeOf(path.resolve()) ?? '', scope.configuration);
  return existsSync(planned) ? shownRelativePath(planned) : config;
}

/** Whether commands about the plan need `--sandbox`: one that is served is found by its address. */
function isOfSandbox({ plan }: PlanFile, options: Options, { env }: Io): boolean {
  if (!plan.sandbox) return false;
  try {
    return !mayBeSandbox(apiAddress(options, env).address, env);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return true;
  }
}

/** Compares the plan with a state that is a file: to read another needs a network. One that cannot be read says nothing of the plan. */
async function warnIfStale(saved: PlanFile, file: string, options: Options, io: Io): Promise<void> {
  try {
    const backend = await backendAt(options, backendContext(options, io));
    if (backend.file === undefined) return;
    const { state } = await openAnyState(backend);
    if (isMadeFrom(saved, state)) return;
    const serials = `it was made at serial ${saved.state?.serial ?? 0}, and the state is at ${state.serial}`;
    io.warn(`${file} was applied, or another plan was: ${serials}, so apply refuses it`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}
