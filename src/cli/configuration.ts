/** The configuration and the state that belongs to it, as every command reads them. */
import { DEFAULT_CONFIG, InvalidConfiguration } from '../config/errors.ts';
import { type Loaded, loadConfig } from '../config/load.ts';
import type { ServiceOptions } from '../engine/service.ts';
import type { StateLocation } from '../engine/state.ts';
import type { Desired } from '../model/desired.ts';
import { diagnosticJson } from '../yaml/diagnostic.ts';
import { renderDiagnostics } from '../yaml/render.ts';
import type { Io } from './io.ts';
import { columnsOf } from './terminal.ts';
import { suitEngineToCommand } from './v8-flags.ts';

export type ConfigOptions = StateLocation;

/** Reads the configuration, first of all; what is found in it is shown on stderr. @throws InvalidConfiguration */
export async function readDesired({ config }: ConfigOptions, io: Io): Promise<Desired> {
  suitEngineToCommand();
  const loaded = await loadConfig(config, io.env);
  showFindings(loaded, io);
  if (loaded.ok) return loaded.desired;
  throw new InvalidConfiguration(config, loaded.diagnostics.map(diagnosticJson), true);
}

/** Writes errors and warnings, with the lines they are about, to stderr. */
export function showFindings(loaded: Loaded, io: Io): void {
  const errors = loaded.ok ? [] : loaded.diagnostics;
  const found = io.options.quiet ? errors : [...errors, ...loaded.warnings];
  if (found.length > 0) io.say(renderDiagnostics(found, loaded.sources, io.paint.err, columnsOf(process.stderr)));
}

/** ` --config FILE`, in a command to type next; nothing for the usual name. */
export function configWords(config: string): string {
  return config === DEFAULT_CONFIG ? '' : ` --config ${config}`;
}

/** ` --sandbox DIR`, in a command to type next; nothing for MotherDuck. */
export function sandboxWords({ sandbox }: Pick<ServiceOptions, 'sandbox'>): string {
  if (sandbox === undefined) return '';
  return sandbox === true ? ' --sandbox' : ` --sandbox ${sandbox}`;
}
