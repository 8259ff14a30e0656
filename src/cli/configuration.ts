/** The configuration and the state that belongs to it, as every command reads them. */
import path from 'node:path';
import { type DiagnosticJson, diagnosticJson } from '../config/diagnostics.ts';
import { type Loaded, loadConfig } from '../config/load.ts';
import { renderDiagnostics } from '../config/render.ts';
import type { Desired } from '../model/desired.ts';
import { UserError } from '../model/user-error.ts';
import type { Io } from './io.ts';

export interface ConfigOptions {
  readonly config: string;
  readonly state?: string;
}

/** A configuration that says what it wants in a way that cannot be done: every error of it. */
export class InvalidConfiguration extends UserError {
  readonly diagnostics: readonly DiagnosticJson[];

  constructor(config: string, diagnostics: readonly DiagnosticJson[]) {
    const count = diagnostics.length === 1 ? 'an error' : `${diagnostics.length} errors`;
    super('CONFIG_INVALID', `${config} has ${count}`, 'Correct it, and check it with: mdacc validate');
    this.diagnostics = diagnostics;
  }
}

/** Reads the configuration; what is found in it is shown on stderr. @throws InvalidConfiguration */
export async function readDesired({ config }: ConfigOptions, io: Io): Promise<Desired> {
  const loaded = await loadConfig(config, io.env);
  showFindings(loaded, io);
  if (loaded.ok) return loaded.desired;
  throw new InvalidConfiguration(config, loaded.diagnostics.map(diagnosticJson));
}

/** Writes errors and warnings, with the lines they are about, to stderr. */
export function showFindings(loaded: Loaded, io: Io): void {
  const errors = loaded.ok ? [] : loaded.diagnostics;
  const found = io.options.quiet ? errors : [...errors, ...loaded.warnings];
  if (found.length > 0) process.stderr.write(`${renderDiagnostics(found, loaded.sources, io.paint.err)}\n`);
}

/** The state's file: beside the configuration unless it is named. */
export function statePath({ config, state }: ConfigOptions): string {
  return state ?? path.join(path.dirname(config), 'motherduck.accounts.state.json');
}
